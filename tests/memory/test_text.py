"""The text of a record holds its words and nothing that is none, however it was stored."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.memory.facts import ObjectFact, PlaceFact, SnapshotFact, WalkFact
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.text import MAX_TEXT, text_of


def record(content: object, place: str | None = None) -> MemoryRecord:
    builtins = msgspec.to_builtins(content)
    return MemoryRecord(id="0" * 32, kind="fact", content=builtins, place=place)


def mug(**fields: object) -> ObjectFact:
    corner = (0.0, 0.0, 0.0)
    told = {"object_id": "object-0001", "category": "coffee mug", "colour": "red"}
    told |= {"position": corner, "box_min": corner, "box_max": corner, "state": "present"}
    told |= {"confidence": 1.0, "views": 1, "first_tick": 0, "last_tick": 0, "on": "object-0002"}
    return ObjectFact(**{**told, "votes": {"vase": 0.4}, **fields})  # type: ignore[arg-type]


SNAPSHOT = SnapshotFact(
    tick=1, cluster=("object-0001",), boxes={"object-0001": (0, 0, 1, 1)}, width=4, height=4
)
WALK = WalkFact(path=((0.0, 0.0),), length=0.0, frames=1, first_tick=0, last_tick=0)
KITCHEN = PlaceFact(
    place_id="place-0002", category="kitchen", name="kitchen 2", centroid=(0.0, 0.0), area=4.0
)


@pytest.mark.parametrize(
    ("content", "place", "expected"),
    [
        (mug(), "place-0002", "red coffee mug"),
        (mug(state="missing"), "hall", "red coffee mug missing hall"),
        (KITCHEN, None, "kitchen 2 kitchen"),
        (SNAPSHOT, None, ""),
        (WALK, None, ""),
        ({}, None, ""),
        ({"text": "Where is object-0001?", "who": "Ana"}, None, "Where is object-0001? Ana"),
        ({"type": "object", "note": "grandma's"}, "a b", "grandma's a b"),
        ({"type": ["odd"], "b": ["x", {"z": "q", "y": "p"}], "a": 3}, None, "x p q"),
        ({"object_id": "x", "links": ["0123456789abcdef", "lamp-12"], "n": None}, None, ""),
        ({"text": 5, "deep": [[["d"]]], "true": True}, None, "d"),
    ],
)
def test_words_are_in_and_ids_are_out(content: object, place: str | None, expected: str) -> None:
    assert text_of(record(content, place)) == expected


json_like = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-1, 1) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


@given(st.dictionaries(st.sampled_from(["text", "type", "a", "b", "x_id", "path"]), json_like))
def test_text_does_not_change_by_storing(content: dict[str, object]) -> None:
    text = text_of(record(content))
    stored = msgspec.msgpack.decode(msgspec.msgpack.Encoder(order="sorted").encode(content))
    assert text_of(record(stored)) == text
    backwards = dict(reversed(content.items()))
    assert text_of(record(backwards)) == text


def test_text_is_bounded() -> None:
    long = {"text": "word " * 9999}
    assert len(text_of(record(long))) == MAX_TEXT
    many = {f"k{n:05d}": f"word{n}" for n in range(9999)}
    text = text_of(record(many))
    assert len(text) <= MAX_TEXT
    assert text.startswith("word0 word1 ")
    nested: object = "bottom"
    for _ in range(5000):
        nested = [nested]
    assert text_of(MemoryRecord(id="0" * 32, kind="fact", content={"a": nested})) == "bottom"
