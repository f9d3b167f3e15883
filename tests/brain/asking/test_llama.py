"""Asking a real llama.cpp server: the way there and back, and what it need not read again.

The model's weights are random and it knows nothing. What is shown is the plumbing: a grammar gives
what it writes its form, and whatever it writes, an inquiry ends in a well-formed way.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from embodied_mem.brain.asking import ModelAnswerer, store_pictures
from embodied_mem.memory import MemoryStore
from embodied_mem.models.client import Completion, Message, ModelClient
from embodied_mem.models.http import Http, HttpConfig
from embodied_mem.models.roles import Roles
from llama_server import LOG, llama_missing, running_llama
from rule_roles import RuleRoles

pytestmark = pytest.mark.skipif(bool(llama_missing()), reason=llama_missing() or "there is one")
QUESTIONS = ("Where is the red kettle?", "What is near the sofa?", "Is it raining? " * 20, "", "{}")
_REUSED = re.compile(r"(\d+) prefix-match hit, remaining (\d+) prompt tokens")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("llama")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[str]:
    with running_llama(folder, context=16384) as address:
        yield address


def test_a_model_that_knows_nothing_ends_every_inquiry(
    server: str, sample_memory: MemoryStore
) -> None:
    config = HttpConfig(base_url=server, temperature=1.0, seed=7, max_tokens=400)
    client = Http(config, pictures=store_pictures(sample_memory))
    answerer = ModelAnswerer(sample_memory, Roles.of(client), sees=False, most_calls=3)
    statuses = set()
    for question in QUESTIONS:
        asked = answerer.answer(question)
        statuses.add(asked.status)
        assert asked.text.strip()
        assert asked.seconds > 0.0 and asked.usage["planner"].prompt_tokens > 500
        assert len(asked.calls) <= 3
        shown = " ".join(call.result for call in asked.calls)
        assert all(proof.name in shown for proof in asked.citations)
    assert statuses <= {"answered", "unknown", "given_up", "refused"}
    client.close()


class Answering:
    """Sends every prompt to the server, and goes on with what the rules say."""

    name = "answering"

    def __init__(self, server: ModelClient) -> None:
        self.server, self.rules = server, RuleRoles()

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Completion:
        self.server.complete(messages)
        return self.rules.complete(messages)


def test_the_server_does_not_read_the_conversation_again(
    server: str, folder: Path, sample_memory: MemoryStore
) -> None:
    client = Http(HttpConfig(base_url=server, max_tokens=1, temperature=0.0))
    answerer = ModelAnswerer(sample_memory, Roles.of(Answering(client)), sees=False)
    start = len((folder / LOG).read_text(errors="replace"))
    for question in ("Where is the piano?", "What is in the kitchen?", "Where is the red kettle?"):
        answerer.answer(question)
    client.close()
    log = (folder / LOG).read_text(errors="replace")[start:]
    kept, read = (sum(map(int, each)) for each in zip(*_REUSED.findall(log), strict=True))
    assert kept / (kept + read) >= 0.6, (kept, read)
    print(f"the server kept {kept} tokens of {kept + read}")
