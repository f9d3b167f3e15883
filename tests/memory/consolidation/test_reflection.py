"""Summaries: what they say, from what, and to whom."""

import msgspec
import pytest

from consolidation_notes import drink, filled, note, number, thing
from embodied_mem.errors import ConfigError
from embodied_mem.memory import Add, Delete, Filter, MemoryRecord, MemoryStore, Update
from embodied_mem.memory.consolidation import (
    Consolidator,
    consolidate_memory,
    drop_summaries,
    is_summary,
    reflect,
)
from embodied_mem.memory.consolidation.summary import Level
from embodied_mem.memory.facts import PlaceFact
from embodied_mem.memory.forgetting import attach
from embodied_mem.memory.text import text_of

LEVELS: tuple[Level, ...] = ("visit", "room", "session")


def _kitchen() -> MemoryRecord:
    fact = PlaceFact(
        place_id="place-0001", category="kitchen", name="kitchen", centroid=(0.0, 0.0), area=9.0
    )
    return MemoryRecord(
        id=number(50),
        kind="summary",
        content=msgspec.to_builtins(fact),
        about=("place-0001",),
        place="place-0001",
    )


def _summaries(store: MemoryStore, level: str) -> list[MemoryRecord]:
    found = store.query(Filter(kind="summary"))
    return [each for each in found if is_summary(each) and each.content["type"] == level]


def test_a_room_is_summed_up_in_words_that_are_found() -> None:
    store = filled(_kitchen(), thing("mug-1", 0.0, 1), thing("mug-2", 1.0, 2))
    (written,) = reflect(store, "room")
    summary = store.get(written)
    assert summary.content["text"] == "In the kitchen I know of 2 red mugs."
    assert summary.content["text"] in text_of(summary)
    assert summary.provenance == tuple(sorted((number(50), number(1), number(2))))
    assert {(link.type, link.id) for link in summary.links} == {
        ("derived_from", number(1)),
        ("derived_from", number(2)),
    }
    slots = store.words.search("kitchen mugs", 5, size=store.columns.size).slots
    assert store.slot_of(written) in slots.tolist()


def test_a_summary_can_be_dropped_and_derived_again() -> None:
    store = filled(_kitchen(), thing("mug-1", 0.0, 1), drink("tea", 9), note("Ana left", 8, 3))
    consolidate_memory(store)
    digest = store.digest()
    assert drop_summaries(store) == 4  # Ana's session and the robot's are two
    assert store.digest() != digest
    for level in LEVELS:
        reflect(store, level)
    assert store.digest() == digest


def test_a_summary_is_replaced_when_its_sources_change_and_goes_with_them() -> None:
    store = filled(_kitchen(), thing("mug-1", 0.0, 1))
    (first,) = reflect(store, "room")
    assert reflect(store, "room") == []
    store.apply([Add(record=thing("mug-2", 1.0, 2, 5))])
    (second,) = reflect(store, "room")
    assert first not in store
    assert store.get(second).content["text"].endswith("2 red mugs.")
    store.apply([Delete(id=number(1)), Delete(id=number(2, 5))])
    reflect(store, "room")
    assert _summaries(store, "room") == []


def test_a_visit_tells_what_moved_and_what_was_gone() -> None:
    store = filled(_kitchen(), thing("mug-1", 0.0, 1), thing("mug-2", 0.0, 2))
    moved = thing("mug-1", 4.0, 3, 9)
    changes = {"content": moved.content, "pose": moved.pose, "session": "tuesday"}
    store.apply([Update(id=number(1), tick=9, changes=changes, supersede_as=number(3, 9))])
    gone = {"content": {**store.get(number(2)).content, "state": "missing"}, "session": "tuesday"}
    store.apply([Update(id=number(2), tick=9, changes=gone, supersede_as=number(4, 9))])
    reflect(store, "visit")
    monday, tuesday = sorted(record.content["text"] for record in _summaries(store, "visit"))
    assert monday == "Visit monday. Seen for the first time: 2 red mugs."
    assert tuesday == (
        "Visit tuesday. The red mug was moved by 4.0 m in the kitchen. "
        "The red mug was gone from the kitchen."
    )


def test_a_session_is_told_to_each_by_what_they_may_know() -> None:
    store = filled(
        drink("tea", 1, visibility="shared"),
        drink("gin", 2, visibility="private"),
        drink("rum", 3, visibility="private", observer="Ben"),
    )
    reflect(store, "session")
    texts = {
        viewer: " ".join(
            record.content["text"] for record in store.query(Filter(kind="summary", viewer=viewer))
        )
        for viewer in ("Ana", "Ben", "Cleo")
    }
    assert ["gin" in texts[name] for name in ("Ana", "Ben", "Cleo")] == [True, False, False]
    assert ["rum" in texts[name] for name in ("Ana", "Ben", "Cleo")] == [False, True, False]
    assert all("tea" in text for text in texts.values())
    for summary in _summaries(store, "session"):
        sources = [store.get(each) for each in summary.provenance]
        private = {each.observer for each in sources if each.visibility == "private"}
        assert len(private) <= 1
        assert (summary.visibility == "private") == bool(private)


def test_what_is_forgotten_is_in_no_summary_that_is_derived_anew() -> None:
    store = filled(_kitchen(), thing("mug-1", 0.0, 1), drink("zibibbo", 2, visibility="shared"))
    store.apply([Add(record=note("the window is open", 3, 3, observer="Ben"))])
    worker = Consolidator(store)
    attach(store, worker)
    worker.finish()
    assert any("zibibbo" in each.content["text"] for each in _summaries(store, "session"))
    store.forget(about=("Ana",))
    told = [each.content["text"] for each in _summaries(store, "session")]
    assert told == ['monday. Ben: "the window is open"']
    assert all("zibibbo" not in text_of(record) for record in store.records())


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ConfigError, match="level of reflection"):
        reflect(MemoryStore(), "year")  # type: ignore[arg-type]
