"""Asking for a value: what is sent back, to whom, and when it is given up."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
import pytest

from embodied_mem.brain.asking.replies import call_type
from embodied_mem.brain.tools import memory_tools
from embodied_mem.brain.tools.arguments import WhereIs
from embodied_mem.errors import ConfigError, MalformedOutputError, ModelTimeout
from embodied_mem.memory import MemoryStore
from embodied_mem.models import Completion, Message
from embodied_mem.models.structured import ask_for
from embodied_mem.testing.garbling import Garbling
from embodied_mem_envs.bench.models.malformed_calls import Knowing

ASKED = (Message(role="system", text="Find things."), Message(role="user", text="The mug?"))
GOOD = '{"thing":"mug"}'


class Replies:
    """A model that says what it was told to say, one reply after the other."""

    def __init__(self, *texts: str, name: str = "replies") -> None:
        self.texts = list(texts)
        self.name = name
        self.heard: list[tuple[Message, ...]] = []
        self.schemas: list[Any] = []

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Completion:
        self.heard.append(tuple(messages))
        self.schemas.append(schema)
        if timeout is not None and timeout < 1.0:
            raise ModelTimeout("too slow")
        return Completion(text=self.texts.pop(0), prompt_tokens=7, completion_tokens=3, seconds=0.5)


def test_a_good_answer_takes_one_call_and_carries_the_schema() -> None:
    client = Replies(GOOD)
    got = ask_for(client, ASKED, WhereIs)
    assert got.value == WhereIs(thing="mug")
    assert (got.retries, got.repaired, len(got.completions)) == (0, False, 1)
    assert client.heard == [ASKED]
    assert client.schemas == [msgspec.json.schema(WhereIs)]


def test_what_can_be_mended_takes_no_other_call() -> None:
    got = ask_for(Replies("Sure: {'thing': 'mug'}"), ASKED, WhereIs)
    assert (got.value, got.retries, got.repaired) == (WhereIs(thing="mug"), 0, True)


def test_what_cannot_is_sent_back_with_what_is_wrong_behind_the_same_beginning() -> None:
    client = Replies('{"item": "mug"}', "no", GOOD)
    got = ask_for(client, ASKED, WhereIs)
    assert (got.retries, got.repaired) == (2, False)
    assert (got.seconds, got.prompt_tokens, got.completion_tokens) == (1.5, 21, 9)
    first, second, third = client.heard
    assert second[: len(first)] == first and third[: len(second)] == second
    answer, refusal = second[len(first) :]
    assert answer == Message(role="assistant", text='{"item": "mug"}')
    assert refusal.role == "user" and "`item`" in refusal.text


def test_after_the_last_attempt_it_is_refused() -> None:
    client = Replies("no", "never", "not at all", GOOD)
    with pytest.raises(MalformedOutputError, match="replies wrote nothing usable, even after 3"):
        ask_for(client, ASKED, WhereIs)
    assert client.texts == [GOOD]
    with pytest.raises(MalformedOutputError, match="nothing usable: the answer is no JSON"):
        ask_for(Replies("no"), ASKED, WhereIs, retries=0)


def test_the_caller_writes_refused_answers_anew() -> None:
    planner, caller = Replies("no"), Replies("still no", GOOD, name="caller")
    got = ask_for(planner, ASKED, WhereIs, caller=caller)
    assert got.value == WhereIs(thing="mug")
    assert len(planner.heard) == 1 and len(caller.heard) == 2
    assert caller.heard[0][: len(ASKED)] == ASKED
    with pytest.raises(MalformedOutputError, match="caller wrote nothing"):
        ask_for(Replies("no"), ASKED, WhereIs, caller=Replies("no", name="caller"), retries=1)


def test_a_value_that_cannot_be_used_is_sent_back_and_its_reason_kept() -> None:
    def known(call: WhereIs) -> None:
        if call.thing != "mug":
            raise ValueError(f"nothing is called {call.thing}")

    client = Replies('{"thing":"cup"}', GOOD)
    assert ask_for(client, ASKED, WhereIs, check=known).retries == 1
    assert "nothing is called cup" in client.heard[1][-1].text
    with pytest.raises(MalformedOutputError, match="nothing is called cup") as refused:
        ask_for(Replies('{"thing":"cup"}'), ASKED, WhereIs, check=known, retries=0)
    assert isinstance(refused.value.__cause__, ValueError)


def test_a_model_that_does_not_answer_is_not_asked_again() -> None:
    client = Replies(GOOD)
    with pytest.raises(ModelTimeout):
        ask_for(client, ASKED, WhereIs, timeout=0.1)
    assert len(client.heard) == 1


def test_half_a_character_is_sent_back_as_text_that_can_be_sent() -> None:
    client = Replies("\ud800", GOOD)
    ask_for(client, ASKED, WhereIs)
    assert client.heard[1][-2].text.encode() == b"?"


def test_retries_are_no_negative_number() -> None:
    with pytest.raises(ConfigError, match="retries"):
        ask_for(Replies(GOOD), ASKED, WhereIs, retries=-1)


def test_with_30_percent_malformed_nearly_all_calls_come_and_none_is_another() -> None:
    of: Any = call_type(memory_tools(MemoryStore(), write=True).values())
    model, rng = Knowing(), np.random.default_rng(7)
    garbling = Garbling(model, 0.3, rng, reply=of)
    right = 0
    for number in range(400):
        model.text = f'{{"tool": "where_is", "arguments": {{"thing": "mug {number}"}}}}'
        meant = msgspec.json.decode(model.text, type=of)
        try:
            got = ask_for(garbling, ASKED, of).value
        except MalformedOutputError:
            continue
        assert got == meant
        right += 1
    assert right >= 380
    assert garbling.drawn.total() >= 100
