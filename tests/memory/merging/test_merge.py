"""What merging decides: one thing seen twice, whose names are whose, and who may know."""

from pathlib import Path

import numpy as np
import pytest

from embodied_mem.brain.language.answers import answer_question
from embodied_mem.errors import BudgetError, StoreError
from embodied_mem.memory import Add, Filter, MemoryRecord, MemoryStore, RecordIds
from embodied_mem.memory.facts import MapFact, ObjectFact, SnapshotFact, active
from embodied_mem.memory.merging import entombed, following, merge_files, reidentified
from embodied_mem.memory.migration.payloads import read_grid
from merge_stores import Robot, Step


def _seen(number: int, at: tuple[int, int], views: int = 3, shared: bool = False) -> Step:
    return Step("object", number, at, views, shared)


def _facts(store: MemoryStore) -> list[ObjectFact]:
    return [fact for _, fact in active(store, ObjectFact)]


def test_a_thing_seen_by_both_is_counted_once_and_shown_by_pictures_of_both() -> None:
    a = Robot(1).run([_seen(0, (1, 1)), Step("snapshot", 0, (0, 0), 1, False)]).store
    b = Robot(2).run([_seen(3, (1, 1)), Step("snapshot", 3, (0, 0), 1, False)]).store
    both = a.merge(b, offset=100)
    (fact,) = _facts(both)
    assert (fact.first_tick, fact.last_tick) == (9, 110)
    assert answer_question("how many chairs are there?", both).value == 1
    shown = [snapshot for _, snapshot in active(both, SnapshotFact)]
    assert all(fact.object_id in snapshot.boxes for snapshot in shown)
    assert len(shown) == 2
    links = [link for r in both.records() for link in r.links if link.type == "same_object"]
    assert len(links) == 1


def test_one_name_for_two_things_becomes_two_names() -> None:
    a, b = Robot(1).run([_seen(0, (0, 0))]).store, Robot(2).run([_seen(0, (3, 3))]).store
    both = a.merge(b)
    names = sorted(fact.object_id for fact in _facts(both))
    assert len(names) == 2
    assert "object-0000" in names
    assert answer_question("how many chairs are there?", both).value == 2
    again = both.merge(a)
    assert sorted(fact.object_id for fact in _facts(again)) == names


def test_who_saw_a_thing_last_decides_where_it_is_and_the_rest_is_history() -> None:
    ground = Step("map", 0, (0, 0), 1, False)
    a = Robot(1).run([ground, _seen(0, (0, 0))]).store
    b = Robot(2).run([ground, _seen(0, (3, 1))]).store
    both = a.merge(b, offset=following(a, b))
    (fact,) = _facts(both)
    assert (fact.position, fact.state) == ((1.5, 0.5, 0.2), "moved")
    then = both.query(Filter(about=fact.object_id, valid_at=25))
    assert [record.content["position"] for record in then] == [[0.0, 0.0, 0.2]]
    assert answer_question("was the chair moved?", both).value is True
    back = b.merge(a, offset=following(b, a))
    assert [fact.position for fact in _facts(back)] == [(0.0, 0.0, 0.2)]


def test_maps_of_a_floor_become_one_that_knows_what_either_knew() -> None:
    a = Robot(1).run([Step("map", 0, (0, 2), 1, False)]).store
    b = Robot(2).run([Step("map", 3, (1, 0), 1, False)]).store
    both = a.merge(b)
    ((record, _),) = active(both, MapFact)
    known = np.count_nonzero(read_grid(record.payload[0]))
    for store in (a, b):
        assert known >= max(
            np.count_nonzero(read_grid(r.payload[0])) for r, _ in active(store, MapFact)
        )
    assert set(record.provenance) == {r.id for s in (a, b) for r, _ in active(s, MapFact)}


def test_nobody_is_told_more_or_less_than_before() -> None:
    ana, bo = Robot(1, "ana"), Robot(2, "bo")
    a, b = ana.run([_seen(0, (1, 1))]).store, bo.run([_seen(3, (1, 1), 4)]).store
    both = a.merge(b)
    assert len({fact.object_id for fact in _facts(both)}) == 1
    assert answer_question("how many chairs are there?", both).value == 1
    for name, store in (("ana", a), ("bo", b)):
        own = both.query(Filter(viewer=name, kind="fact"))
        assert [record.id for record in own] == [record.id for record in store.records()]
        assert [r.content["last_tick"] for r in own] == [
            r.content["last_tick"] for r in store.records()
        ]


def test_robots_with_one_seed_are_told_so_and_can_be_given_ids_of_their_own() -> None:
    a = Robot(1).run([Step("snapshot", 0, (0, 0), 1, False), _seen(0, (0, 0))]).store
    b = Robot(1).run([Step("snapshot", 2, (0, 0), 1, False), _seen(0, (3, 3))]).store
    with pytest.raises(StoreError, match=r"same seed.*reidentified"):
        a.merge(b)
    fresh = reidentified(b, "bo")
    assert reidentified(b, "bo").digest() == fresh.digest()
    assert len(_facts(a.merge(fresh))) == 2
    assert a.merge(fresh).digest() == fresh.merge(a).digest()


def test_what_is_merged_with_another_offset_is_refused() -> None:
    a, b = Robot(1).run([_seen(0, (0, 0))]).store, Robot(2).run([_seen(1, (3, 3))]).store
    both = a.merge(b, offset=100)
    with pytest.raises(StoreError, match="another offset"):
        both.merge(b)
    assert both.merge(b, offset=100).digest() == both.digest()


def test_forgotten_things_stay_forgotten_where_a_tombstone_stands() -> None:
    a = Robot(1).run([Step("event", 0, (1, 2), 1, False), Step("derive", 0, (0, 0), 1, False)])
    (event, summary) = sorted(a.store.records(), key=lambda record: record.id)
    fresh = MemoryStore(seed=9)
    assert event.id in fresh.merge(a.store)
    fresh.apply(entombed([event.id]))
    both = fresh.merge(a.store)
    assert both.get(event.id) == fresh.get(event.id)
    assert summary.id not in both
    assert not any("Ana" in str(record.content) for record in both.records())


def test_ticks_of_another_length_and_a_store_that_is_not_empty_are_refused() -> None:
    a, b = Robot(1).run([_seen(0, (0, 0))]).store, MemoryStore(seed=2, seconds_per_tick=0.1)
    assert a.merge(b).digest() == a.digest()
    b.apply(entombed(["0" * 32]))
    with pytest.raises(StoreError, match="one length"):
        a.merge(b)
    with pytest.raises(StoreError, match="empty store"):
        a.merge(MemoryStore(), a)


def test_a_merge_keeps_a_budget_and_fidelity_falls_first(tmp_path: Path) -> None:
    def filled(seed: int) -> MemoryStore:
        store = MemoryStore(seed=seed)
        ids, rng = RecordIds(seed), np.random.default_rng(seed)
        records = [
            MemoryRecord(
                id=ids.new(tick),
                kind="snapshot",
                content={"n": tick, "by": seed},
                payload=tuple(rng.bytes(9000) for _ in range(4)),
                losses=(0.5, 0.2, 0.1, 0.0),
                valid_from=tick,
                recorded_at=tick,
            )
            for tick in range(40)
        ]
        store.apply([Add(record=record) for record in records])
        return store

    a, b = filled(1), filled(2)
    with MemoryStore(tmp_path / "small", budget_bytes=3 << 20) as out:
        a.merge(b, out)
        assert len(out) == 80
        assert out.disk_bytes <= 3 << 20
        assert {record.level for record in out.records()} != {4}
        assert out.verify().ok
    with MemoryStore(tmp_path / "tiny", budget_bytes=1 << 20) as out:
        with pytest.raises(BudgetError):
            a.merge(b, out)
        assert len(out) == 0


def test_files_and_folders_are_merged_and_stay_as_they_are(tmp_path: Path) -> None:
    for seed, place in ((1, (0, 0)), (2, (3, 3))):
        Robot(seed).run([_seen(0, place)]).store.export(tmp_path / str(seed))
    bytes_before = [(tmp_path / name).read_bytes() for name in "12"]
    with merge_files(tmp_path / "1", tmp_path / "2", offset=None) as both:
        assert len(both) == 2
        assert both.session == "walk-1 + walk-2"
        assert both.seed not in (1, 2)
    assert [(tmp_path / name).read_bytes() for name in "12"] == bytes_before
