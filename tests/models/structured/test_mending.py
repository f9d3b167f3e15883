"""Answers that nearly follow a schema: what is mended, and what is refused."""

import enum
import json
from time import process_time
from typing import Any, Literal

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.brain.asking.replies import call_type
from embodied_mem.brain.plan.schema import Plan
from embodied_mem.brain.tools import memory_tools
from embodied_mem.brain.tools.arguments import Recall, WhereIs
from embodied_mem.errors import MalformedOutputError
from embodied_mem.memory import MemoryStore
from embodied_mem.models.mending import mend
from embodied_mem.models.mending.lenient import UnreadableError, read_value
from embodied_mem.testing.garbling import WAYS, Answer

Call: Any = call_type(memory_tools(MemoryStore(), write=True).values())
Next = Literal["call", "conclude", "give_up"]


class Colour(enum.Enum):
    RED = "red"
    GREEN = "green"


class Decision(msgspec.Struct, frozen=True):
    thought: str
    next: Next
    sure: bool = False
    spot: tuple[float, float] = (0.0, 0.0)
    colours: tuple[Colour, ...] = ()


MUG = {"thing": "mug"}
MENDED_ARGUMENTS = {
    "single quotes": ("{'thing': 'mug', 'max_tokens': None}", MUG),
    "apostrophe": ("{'thing': 'the dog's mug'}", {"thing": "the dog's mug"}),
    "trailing comma": ('{"thing": "mug",}', MUG),
    "bare names": ("{thing: 'mug', max_tokens: 80}", {**MUG, "max_tokens": 80}),
    "comments": ('{"thing": "mug" /* it */, // yes\n}', MUG),
    "fence": ('```json\n{"thing": "mug"}\n```', MUG),
    "cut fence": ('```\n{"thing": "mug"}', MUG),
    "prose": ('Sure [as asked]: {"thing": "mug"}. Is {this} right?', MUG),
    "thoughts": ('<think>{"thing": "cup"}</think>{"thing": "mug"}', MUG),
    "end of thoughts only": ('perhaps {"thing": "cup"}\n</think>\n{"thing": "mug"}', MUG),
    "twice": ('{"thing": "mug"}\n{"thing": "mug"}', MUG),
    "twice, cut off": ('{"thing": "mug"}\n{"thing": "mu', MUG),
    "quotes within": ('{"thing": "the "old" mug"}', {"thing": 'the "old" mug'}),
    "line within": ('{"thing": "old\nmug"}', {"thing": "old\nmug"}),
    "printed quotes": ("{“thing”: “mug”}", MUG),
    "comma missing": ('{"thing": "mug"\n"max_tokens": 80\n}', {**MUG, "max_tokens": 80}),
    "its last line missing": ('{"thing": "mug", "max_tokens": 80,\n', {**MUG, "max_tokens": 80}),
    "bracket too many": ('{"thing": "mug"}}', MUG),
    "double brackets": ('{{"thing": "mug"}}', MUG),
    "another case": ('{"Thing": "mug", "maxTokens": 80}', {**MUG, "max_tokens": 80}),
    "number as text": ('{"thing": "mug", "max_tokens": "80"}', {**MUG, "max_tokens": 80}),
    "null as text": ('{"thing": "mug", "max_tokens": "null"}', MUG),
    "value in a list": ('{"thing": ["mug"]}', MUG),
    "list around": ('[{"thing": "mug"}]', MUG),
    "answer around": ('{"answer": {"thing": "mug"}, "confidence": 0.9}', MUG),
    "schema around": ('{"properties": {"thing": "mug"}}', MUG),
    "call around": ('{"name": "where_is", "arguments": {"thing": "mug"}}', MUG),
    "text around": (r'{"arguments": "{\"thing\": \"mug\"}"}', MUG),
    "JSON as text": (json.dumps('{"thing": "mug"}'), MUG),
    "a thought beside": ('{"thing": "mug", "reasoning": "it was asked for"}', MUG),
    "an empty field beside": ('{"thing": "mug", "room": null}', MUG),
    "escapes": (r"{'thing': 'm\u00fcg\'s \ud83d\ude00 \x41'}", {"thing": "müg's 😀 A"}),
}
REFUSED_ARGUMENTS = {
    "nothing": ("", "no JSON"),
    "words": ("I cannot help with that.", "no JSON"),
    "null": ("null", "no JSON"),
    "cut off within a word": ('{"thing": "red mu', "cut off before `thing`"),
    "cut off in a number": ('{"thing": "mug", "max_tokens": 8', "cut off before `max_tokens`"),
    "cut off before what may follow": ('{"thing": "mug"', "cut off before `max_tokens`"),
    "cut off within a thought": ('<think>{"thing": "mug"}', "within a thought"),
    "missing": ('{"max_tokens": 80}', "thing"),
    "two answers": ('{"thing": "mug"} or {"thing": "cup"}', "several different answers"),
    "another answer, cut off": ('{"thing": "mug"}{"thing": "cup", "max', "another answer"),
    "given twice": ("{'thing': 'mug', 'thing': 'cup'}", "given twice"),
    "given twice, by near names": ('{"Thing": "mug", "thing ": "cup"}', "given twice"),
    "another tool's call": ('{"name": "history", "arguments": {"thing": "mug"}}', "'history'"),
    "a field of no use": ('{"thing": "mug", "room": "kitchen"}', "room"),
    "a far name": ('{"object": "mug"}', "object"),
    "a number in words": ('{"thing": "mug", "max_tokens": "eighty"}', "a number"),
    "a number with a unit": ('{"thing": "mug", "max_tokens": "80 words"}', "a number"),
    "a broken number": ('{"thing": "mug", "max_tokens": "80.5"}', "whole number"),
    "true for a number": ('{"thing": "mug", "max_tokens": true}', "a number"),
    "two for one": ('{"thing": ["mug", "cup"]}', "a text"),
    "a type for a value": ('{"thing": string}', "no value"),
    "dots": ('{"thing": ...}', "no JSON"),
    "no quote at an end": ('{"thing": "mug, "max_tokens": "80"}', "not escaped"),
    "a bracket too early": ('{"thing": "mug"}, "max_tokens": 80}', "closed too early"),
    "sums": ('{"thing": "red" + "mug"}', "not escaped"),
    "half a character": ('{"thing": "\ud800"}', "half of a character"),
    "half a character, escaped": (r"{'thing': '\ud800'}", "half of a character"),
    "out of bounds": ("{'thing': ''}", "length"),
    "too long": ('{"thing": "' + 300_000 * "x" + '", }', "at most are read"),
}


@pytest.mark.parametrize("what", MENDED_ARGUMENTS)
def test_what_was_meant_is_read(what: str) -> None:
    text, meant = MENDED_ARGUMENTS[what]
    mended = mend(text, WhereIs)
    assert mended.value == WhereIs(**meant)
    assert mended.repaired


@pytest.mark.parametrize("what", REFUSED_ARGUMENTS)
def test_what_would_be_guessed_is_refused(what: str) -> None:
    text, says = REFUSED_ARGUMENTS[what]
    with pytest.raises(MalformedOutputError, match=says):
        mend(text, WhereIs)


@pytest.mark.parametrize(
    "text",
    [
        '{"tool": "WhereIs", "args": {"thing": "mug"}}',
        '{"name": "functions.where_is", "parameters": {"thing": "mug"}}',
        '{"name": "mcp__memory__where_is", "input": {"thing": "mug"}}',
        '{"tool": "where_is", "thing": "mug"}',
        '{"where_is": {"thing": "mug"}}',
        '{"tool_call": {"tool": "where_is", "arguments": {"thing": "mug"}}}',
        '{"tool_calls": [{"id": "call_1", "type": "function", "function": {"name": "where_is",'
        r' "arguments": "{\"thing\": \"mug\"}"}}]}',
        '<tool_call>\n{"name": "where_is", "arguments": {"thing": "mug"}}\n</tool_call>',
        '{"tool": "where_is", "arguments": {"thing": "mug"}',
        '{"tool": "wher_is", "arguments": "{\'thing\': \'mug\'}"}',
    ],
)
def test_calls_are_read_in_the_forms_of_other_protocols(text: str) -> None:
    mended = mend(text, Call)
    assert msgspec.to_builtins(mended.value) == {
        "tool": "where_is",
        "arguments": {"thing": "mug", "max_tokens": None},
    }


@pytest.mark.parametrize(
    "text",
    [
        '{"tool": "find_it", "arguments": {"thing": "mug"}}',
        '{"tool": "where_was", "arguments": {"thing": "mug"}}',
        '{"name": "find_it", "arguments": {"query": "mug"}}',
        '{"arguments": {"query": "mug"}}',
        '{"arguments": {}}',
        '{"tool": "where_is", "arguments": "mug"}',
        '{"tool": ["where_is", "history"], "arguments": {"thing": "mug"}}',
        '{"tool": "where_is", "arguments": {"thing": "mug"}} {"tool": "history", "arguments":'
        ' {"thing": "mug"}}',
    ],
)
def test_which_tool_is_meant_is_never_guessed(text: str) -> None:
    with pytest.raises(MalformedOutputError):
        mend(text, Call)


def test_choices_lists_and_flags_are_fitted() -> None:
    text = "{thought: 'x', next: 'Give-Up', sure: 'true', spot: ['0.5', 1], colours: 'red, Green'}"
    assert mend(text, Decision).value == Decision(
        "x", "give_up", True, (0.5, 1.0), (Colour.RED, Colour.GREEN)
    )
    recall = mend('{"query": "mug", "k": "3", "kinds": ["Facts", "evnt"]}', Recall)
    assert recall.value == Recall(query="mug", k=3, kinds=["fact", "event"])


@pytest.mark.parametrize("said", ["uncall", "cal or conclude", "both", "concluded it", ""])
def test_a_choice_that_is_not_there_is_refused(said: str) -> None:
    with pytest.raises(MalformedOutputError):
        mend(json.dumps({"thought": "", "next": said}), Decision)


def test_a_choice_may_stand_alone_without_quotes() -> None:
    assert mend("give up.", Next).value == "give_up"  # type: ignore[arg-type]
    with pytest.raises(MalformedOutputError):
        mend("I would call, or conclude", Next)  # type: ignore[arg-type]


# -- properties ------------------------------------------------------------------------------------

WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
CALLS = st.one_of(
    st.builds(lambda thing: {"tool": "where_is", "arguments": {"thing": thing}}, WORDS),
    st.builds(
        lambda query, k, kinds: {
            "tool": "recall",
            "arguments": {"query": query, "k": k, "kinds": kinds, "place": None},
        },
        WORDS,
        st.none() | st.integers(1, 20),
        st.none() | st.lists(st.sampled_from(["fact", "event", "snapshot"]), max_size=3),
    ),
    st.builds(
        lambda target, within: {
            "tool": "what_is_near",
            "arguments": {"target": target, "within": within, "max_tokens": 300},
        },
        WORDS,
        st.none() | st.floats(0.1, 50.0),
    ),
    st.builds(
        lambda text, about, private: {
            "tool": "remember",
            "arguments": {"text": text, "about": about, "private": private},
        },
        WORDS,
        st.none() | st.lists(WORDS, max_size=3),
        st.none() | st.booleans(),
    ),
)


@settings(max_examples=200, deadline=None)
@given(CALLS)
def test_what_follows_the_schema_passes_unchanged(call: dict[str, Any]) -> None:
    text = json.dumps(call)
    mended = mend(text, Call)
    assert mended.value == msgspec.json.decode(text, type=Call) and not mended.repaired


@settings(max_examples=150, deadline=None)
@given(CALLS, st.sampled_from(sorted(WAYS)), st.integers(0, 2**32 - 1))
def test_a_slip_is_mended_into_what_was_meant_or_refused(
    call: dict[str, Any], way: str, seed: int
) -> None:
    text, rng = json.dumps(call), np.random.default_rng(seed)
    choices = frozenset(["fact", "event", "snapshot"])
    garbled = WAYS[way](Answer(text=text, value=call, choices=choices, rng=rng))
    if garbled is None or is_of_type(garbled):
        return
    try:
        mended = mend(garbled, Call)
    except MalformedOutputError:
        return
    assert mended.value == msgspec.json.decode(text, type=Call)


def is_of_type(text: str) -> bool:
    try:
        msgspec.json.decode(text, type=Call)
    except (msgspec.DecodeError, UnicodeEncodeError):
        return False
    return True


@settings(max_examples=150, deadline=None)
@given(CALLS, st.data())
def test_damaged_text_is_read_as_the_type_or_refused(
    call: dict[str, Any], data: st.DataObject
) -> None:
    text = json.dumps(call)
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start, min(len(text), start + 20)))
    damaged = text[:start] + data.draw(st.text("{}[]\"',:\\/nu1 ", max_size=4)) + text[end:]
    try:
        value = mend(damaged, Call).value
    except MalformedOutputError as error:
        assert str(error)
        return
    again = msgspec.json.encode(value)
    assert msgspec.json.decode(again, type=Call) == value


@settings(max_examples=150, deadline=None)
@given(st.text() | st.text("{}[]\"',:\\/`ab1.-# \n"))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    for reply in (WhereIs, Call, Decision, Plan, Next, dict[str, int], list[float], Any):
        try:
            mend(text, reply)
        except MalformedOutputError as error:
            assert str(error)


@settings(max_examples=100, deadline=None)
@given(CALLS)
def test_no_beginning_of_an_answer_is_taken_for_another_one(call: dict[str, Any]) -> None:
    text = json.dumps(call)
    meant = msgspec.json.decode(text, type=Call)
    for end in range(len(text)):
        try:
            mended = mend(text[:end], Call)
        except MalformedOutputError:
            continue
        assert mended.value == meant


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(st.lists(JSON, max_size=4) | st.dictionaries(st.text(), JSON, max_size=4))
def test_all_JSON_is_read_as_it_is(value: Any) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=2)):
        assert read_value(text) == (value, len(text))


PYTHON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text("ab'\" ,:é"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("ab'"), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.text("ab'"), PYTHON, min_size=1, max_size=4))
def test_Python_is_read_as_it_is_or_refused(value: Any) -> None:
    text = repr(value)
    try:
        assert read_value(text) == (value, len(text))
    except UnreadableError as error:
        assert "'" in text and "quote" in str(error)


PIECES = """{" " {"a": [{ ``` \\" {"a""b" { [ {"a":"b" {/* {# ["⏎ [" {" {"\\u <think> {"a":1, {' {a
{"a":1} ( [[1], {"tool":{"tool": [{"thing":"mug"}, \\ “ {"arguments":"{ ⏎ - 1e9 "⏎ {⏎ ["a"⏎"""


@pytest.mark.parametrize("piece", [each.replace("⏎", "\n ") for each in PIECES.split()])
def test_adversarial_answers_take_no_long_time(piece: str) -> None:
    text = (piece * 200_000)[:200_000]
    for whole in (text, '{"thing": ' + text[:-10], '{"thing": "' + text[:-11]):
        began = process_time()
        for reply in (WhereIs, Call, Plan):
            with pytest.raises(MalformedOutputError):
                mend(whole, reply)
        assert process_time() - began < 3.0
