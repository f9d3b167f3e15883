"""A real llama.cpp behind a real server, with a tiny model of random weights.

It shows that conversations arrive and that answers follow their schema; of what a model would
answer it shows nothing.
"""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from embodied_mem.brain.plan.schema import Plan, Task
from embodied_mem.brain.planning.prompt import schema_of
from embodied_mem.brain.tools import arguments
from embodied_mem.errors import ConfigError, ModelError, ModelTimeout
from embodied_mem.models import Message
from embodied_mem.models.http import Http, HttpConfig
from embodied_mem.models.structured import schema_for
from llama_server import MODEL, llama_missing, running_llama

pytestmark = pytest.mark.skipif(bool(llama_missing()), reason=llama_missing())

TYPES: dict[str, Any] = {
    "Recall": arguments.Recall,
    "WhereIs": arguments.WhereIs,
    "Remember": arguments.Remember,
    "Forget": arguments.Forget,
    "Plan": Plan,
    "Task": Task,
}
SEVERAL = 12


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_llama(tmp_path_factory.mktemp("llama")) as address:
        yield address


@pytest.fixture
def client(url: str) -> Iterator[Http]:
    with closing(Http(HttpConfig(temperature=0.9, max_tokens=3000), base_url=url)) as made:
        yield made


def asked(text: str) -> list[Message]:
    return [Message(role="system", text="You plan."), Message(role="user", text=text)]


def test_a_free_answer_is_counted_by_the_server(url: str) -> None:
    with closing(Http(HttpConfig(max_tokens=20), base_url=url)) as client:
        first = client.complete(asked("What now?"))
        assert client.complete(asked("What now?")).text == first.text  # nothing is drawn by lot
        assert client.name == f"{MODEL}@{url[7:-3]}"
    assert first.completion_tokens == 20
    letters = sum(len(message.text) for message in asked("What now?"))
    assert letters < first.prompt_tokens < letters + 40  # a token is a letter or little more
    assert first.seconds > 0.0


@pytest.mark.parametrize("kind", TYPES)
def test_what_a_model_of_random_weights_writes_follows_the_schema(client: Http, kind: str) -> None:
    schema = schema_of(kind) if kind in ("Plan", "Task") else schema_for(TYPES[kind])
    answers = {
        client.complete(asked(f"Case {case}: what now?"), schema=schema).text
        for case in range(SEVERAL)
    }
    for text in answers:
        assert isinstance(msgspec.json.decode(text, type=TYPES[kind]), TYPES[kind])
    assert client.way == "object_schema"
    assert len(answers) > 1  # it is a model that writes, and no table


def test_without_a_schema_nothing_follows_one(url: str) -> None:
    """Else the test above would show nothing."""
    config = HttpConfig(temperature=0.9, max_tokens=60)
    with closing(Http(config, base_url=url)) as client:
        texts = [client.complete(asked(f"Case {case}")).text for case in range(SEVERAL)]
    for text in texts:
        with pytest.raises(msgspec.DecodeError):
            msgspec.json.decode(text, type=arguments.WhereIs)


def test_threads_share_a_client(client: Http) -> None:
    schema = schema_for(arguments.WhereIs)
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda at: client.complete(asked(f"Case {at}"), schema=schema), range(16))
        )
    for answer in answers:
        msgspec.json.decode(answer.text, type=arguments.WhereIs)


def test_a_name_that_the_server_has_not_is_refused(url: str) -> None:
    """The server itself would answer by the model that it has."""
    with (
        closing(Http(base_url=url, model="tiny-randum")) as client,
        pytest.raises(ConfigError, match=f"did you mean {MODEL!r}"),
    ):
        client.complete(asked("What now?"))


def test_a_prompt_that_is_too_long_says_what_to_do(client: Http) -> None:
    with pytest.raises(ModelError, match=r"context length is 8192 tokens.*shorten the prompt"):
        client.complete(asked("where " * 6000))


def test_a_call_ends_in_its_time_and_the_server_goes_on(url: str) -> None:
    # Without a draw this model repeats itself to the end of its room: that takes a second.
    with closing(Http(HttpConfig(max_tokens=1200), base_url=url).connect()) as endless:
        begun = time.monotonic()
        with pytest.raises(ModelTimeout):
            endless.complete(asked("Tell everything."), timeout=0.1)
        assert time.monotonic() - begun < 2.0
    with closing(Http(HttpConfig(max_tokens=5), base_url=url)) as client:
        assert client.complete(asked("And now?")).completion_tokens == 5


def test_a_server_with_a_key_wants_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = HttpConfig(max_tokens=5, key_variable="LLAMA_KEY")
    with (
        running_llama(tmp_path, key="open-sesame") as url,
        closing(Http(config, base_url=url)) as client,
    ):
        with pytest.raises(ModelError, match=r"status 401.*LLAMA_KEY"):
            client.complete(asked("What now?"))
        monkeypatch.setenv("LLAMA_KEY", "open-sesame")
        assert client.complete(asked("What now?")).completion_tokens == 5
    with closing(Http(config, base_url=url)) as client, pytest.raises(ModelError) as caught:
        client.complete(asked("What now?"))
    assert str(caught.value).startswith(f"no model server answers at {url}")
