"""What is meant goes in all its versions, with all that was made of it, and nothing else does."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError, StoreError
from embodied_mem.memory import Add, Filter, Link, MemoryRecord, MemoryStore, Update
from embodied_mem.memory.facts import SnapshotFact
from embodied_mem.memory.record import Kind
from embodied_mem.memory.storage.rebuild import rebuild_database

PEOPLE = ("Ana", "Bo", "Cy")


def key(number: int) -> str:
    return f"{number:032x}"


def note(number: int, text: str = "", **fields: object) -> MemoryRecord:
    record = MemoryRecord(
        id=key(number),
        kind="event",
        content={"text": text or f"note {number}"},
        valid_from=number,
        recorded_at=number,
    )
    return record if not fields else _with(record, **fields)


def _with(record: MemoryRecord, **fields: object) -> MemoryRecord:
    return msgspec.structs.replace(record, **fields)


def stored(*records: MemoryRecord) -> MemoryStore:
    store = MemoryStore()
    store.apply([Add(record=record) for record in records])
    return store


def left(store: MemoryStore) -> list[int]:
    return [int(record.id, 16) for record in store.records()]


def test_a_name_means_what_was_told_by_them_about_them_and_in_them() -> None:
    store = stored(
        note(1, observer="Ana"),
        note(2, about=("Bo", "Ana")),
        note(3, place="Ana"),
        note(4, "Ana was here", observer="Bo"),
        note(5, about=("Bo",)),
    )
    report = store.forget(about="Ana")
    assert left(store) == [4, 5]
    assert (report.erased, report.by_kind) == (3, {"event": 3})
    assert not store.words.search("note", 9, size=9).slots.tolist()[2:]


def test_an_observer_means_only_what_they_told() -> None:
    store = stored(note(1, observer="Ana"), note(2, about=("Ana",), observer="Bo"))
    store.forget(observer="Ana")
    assert left(store) == [2]


def test_words_of_others_go_only_where_mentions_are_asked_for() -> None:
    store = stored(
        note(1, "I met ANA today", observer="Bo"),
        note(2, "bananas are sweet", observer="Bo"),
        note(3, content={"who": {"seen": ["Ana"]}}, observer="Bo"),
        note(4, place="Ana's room"),
    )
    store.forget(about="Ana")
    assert left(store) == [1, 2, 3, 4]
    store.forget(about="Ana", mentions=True)
    assert left(store) == [2]


def test_the_event_that_a_fact_was_read_from_goes_with_it() -> None:
    store = stored(
        note(1, "Ana snores", observer="Bo"),
        note(2, kind="fact", about=("Ana",), observer="Bo", provenance=(key(1),)),
        note(3, "good morning", observer="Bo"),
        note(4, kind="fact", about=("Ana",), provenance=(key(1), key(3))),
    )
    store.forget(about="Ana")
    assert left(store) == [3]


def test_all_versions_go_and_the_same_thing_under_another_name() -> None:
    store = stored(
        note(1, kind="fact", about=("cup-1",)),
        note(2, kind="fact", about=("cup-2",), links=(Link("same_object", key(1)),)),
        note(3, kind="fact", about=("cup-3",), links=(Link("near", key(1)),)),
    )
    moved = {"content": {"text": "elsewhere"}, "about": ("cup-9",)}
    store.apply([Update(id=key(1), tick=5, changes=moved, supersede_as=key(5))])
    report = store.forget(about="cup-9")
    assert left(store) == [3]
    assert report.changed == (key(3),) and store.get(key(3)).links == ()
    assert store.verify().ok


def test_what_was_derived_goes_by_provenance_and_by_link_and_through_each_other() -> None:
    store = stored(
        note(1, observer="Ana"),
        note(2, observer="Bo"),
        note(3, kind="summary", provenance=(key(1), key(2))),
        note(4, kind="summary", links=(Link("derived_from", key(3)),)),
        note(5, kind="summary", provenance=(key(2),)),
        note(6, kind="skill", provenance=(key(4),)),
    )
    report = store.forget(about="Ana")
    assert left(store) == [2, 5] and report.derived == 3


def snapshot(number: int, *things: str, links: tuple[Link, ...] = ()) -> MemoryRecord:
    boxes = dict.fromkeys(things, (0, 0, 4, 4))
    fact = SnapshotFact(tick=number, cluster=things[:1], boxes=boxes, width=8, height=8)
    return note(
        number,
        kind="snapshot",
        content=msgspec.to_builtins(fact),
        about=things[:1],
        links=links,
        payload=(b"picture",),
    )


def test_pictures_that_show_it_go_or_no_longer_say_where_it_is() -> None:
    def house() -> MemoryStore:
        return stored(
            note(
                1, kind="fact", about=("cup-1",), content={"type": "object", "object_id": "cup-1"}
            ),
            note(2, kind="fact", about=("pan-1",), content={"type": "object", "on": "cup-1"}),
            snapshot(3, "pan-1", "cup-1"),
            snapshot(4, "pan-1"),
            snapshot(5, "pan-2", links=(Link("shows", key(1)),)),
            note(6, content={"type": "place", "neighbours": ["cup-1", "hall"]}),
        )

    store = house()
    assert store.forget(ids=[key(1)]).pictures == 2
    assert left(store) == [2, 4, 6]
    store = house()
    report = store.forget(about="cup-1", pictures="keep")
    assert left(store) == [2, 3, 4, 5, 6]
    assert report.changed == (key(2), key(3), key(5), key(6))
    assert store.get(key(3)).content["boxes"] == {"pan-1": [0, 0, 4, 4]}
    assert store.get(key(2)).content["on"] is None
    assert store.get(key(6)).content["neighbours"] == ["hall"]
    assert not any("cup-1" in str(record) for record in store.records())


def test_nothing_can_be_rolled_back_afterwards() -> None:
    store = stored(note(1, observer="Ana"), note(2))
    store.forget(about="Ana")
    for sequence in range(1, store.sequence + 1):
        with pytest.raises(StoreError, match="cannot be undone"):
            store.rollback(sequence)
    assert left(store) == [2]


def test_a_wish_that_names_nothing_or_nobody_changes_nothing(tmp_path: Path) -> None:
    store = stored(note(1))
    for wish in ({}, {"about": ""}, {"about": ["Ana", ""]}):
        with pytest.raises(StoreError, match="forget what"):
            store.forget(**wish)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="treatment of pictures"):
        store.forget(about="Ana", pictures="blur")  # type: ignore[arg-type]
    assert store.forget(about="Ana", ids=[key(77)]).erased == 0
    assert left(store) == [1]
    with MemoryStore(tmp_path / "m"):
        pass
    with MemoryStore.read(tmp_path / "m") as reader, pytest.raises(StoreError, match="for reading"):
        reader.forget(about="Ana")


def test_a_database_that_is_made_anew_keeps_the_note(tmp_path: Path) -> None:
    with MemoryStore(tmp_path) as store:
        store.apply([Add(record=note(1)), Add(record=note(2))])
        with store._state.journal.transaction():
            store._state.journal.write_forgetting([key(1)])
    rebuild_database(tmp_path)
    with MemoryStore.read(tmp_path) as reader:
        assert left(reader) == [1, 2]
    with MemoryStore(tmp_path) as store:
        assert left(store) == [2]
        assert store._state.journal.forgetting() is None


@st.composite
def histories(draw: st.DrawFn) -> list[MemoryRecord]:
    records = []
    kinds: tuple[Kind, ...] = ("event", "fact", "summary")
    for number in range(1, draw(st.integers(1, 12)) + 1):
        earlier = st.lists(st.integers(1, number - 1), unique=True, max_size=2)
        sources = draw(earlier) if number > 1 else []
        linked = draw(earlier) if number > 1 else []
        link = draw(st.sampled_from(("near", "before", "derived_from")))
        records.append(
            note(
                number,
                kind=draw(st.sampled_from(kinds)),
                observer=draw(st.sampled_from(PEOPLE)),
                about=tuple(draw(st.lists(st.sampled_from(PEOPLE), unique=True, max_size=2))),
                provenance=tuple(map(key, sources)),
                links=tuple(Link(link, key(each)) for each in linked),
            )
        )
    return records


@settings(max_examples=40, deadline=None)
@given(histories())
def test_what_is_left_is_as_if_the_rest_had_never_been(records: list[MemoryRecord]) -> None:
    store = stored(*records)
    store.forget(about="Ana")
    kept = {record.id for record in store.records()}
    for record in records:
        meant = record.observer == "Ana" or "Ana" in record.about
        made_of = [*record.provenance]
        made_of += [link.id for link in record.links if link.type == "derived_from"]
        if meant or any(each not in kept for each in made_of):
            assert record.id not in kept
    other = stored(
        *(
            _with(each, links=tuple(link for link in each.links if link.id in kept))
            for each in records
            if each.id in kept
        )
    )
    assert store.digest() == other.digest()
    assert store.verify().ok
    assert not len(store.select(Filter(observer="Ana", status="any")))
