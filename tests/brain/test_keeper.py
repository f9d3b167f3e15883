"""What is written where there is room for all, for some, and for nothing."""

from collections.abc import Sequence

import numpy as np
import pytest

from embodied_mem.allocation import AllocationContext, LeastValuePerByte, make_allocator
from embodied_mem.brain.remember.keeper import Keeper
from embodied_mem.brain.remember.ledger import RETRY, Entry, Ledger, Outcome
from embodied_mem.brain.remember.maker import RecordMaker, pose_at
from embodied_mem.errors import StoreError
from embodied_mem.memory import Add, Delete, Link, MemoryRecord, MemoryStore, RecordIds, Update
from embodied_mem.memory.facts import FrontierFact
from embodied_mem.memory.record import Kind, Operation

MIB = 1 << 20
NOW = AllocationContext(tick=500)


def frontier(number: int, length: float = 1.0) -> FrontierFact:
    return FrontierFact(
        frontier_id=f"frontier-{number}", centroid=(0.0, 0.0), direction=(1.0, 0.0), length=length
    )


def entry(maker: RecordMaker, number: int, length: float = 1.0, **fields: object) -> Entry:
    fact = frontier(number, length)
    record_id = str(fields.pop("id", maker.new_id()))
    return Entry(maker.make(record_id, fact, **fields), fact)


@pytest.fixture
def maker() -> RecordMaker:
    return RecordMaker(seed=1, session="test")


def incompressible(ids: RecordIds, kind: Kind, size: int, seed: int) -> MemoryRecord:
    """A record that has one layer, which no store can lower."""
    payload = (np.random.default_rng(seed).bytes(size),)
    content = {"n": seed}
    return MemoryRecord(id=ids.new(seed), kind=kind, content=content, payload=payload)


def full_store(kind: Kind, size: int = 9000) -> tuple[MemoryStore, list[str]]:
    """Fills a store until not one record more goes in."""
    store, ids, held = MemoryStore(budget_bytes=MIB), RecordIds(9), list[str]()
    try:
        for seed in range(1000):
            held += store.apply([Add(record=incompressible(ids, kind, size, seed))])  # type: ignore[arg-type]
    except StoreError:
        return store, held
    raise AssertionError("the store never was full")


# -- the ledger -------------------------------------------------------------------------------


def test_only_what_changed_is_written(maker: RecordMaker) -> None:
    ledger: Ledger[int, FrontierFact] = Ledger()
    first = entry(maker, 1, place="hall", payload=(b"picture",), pose=pose_at(1, 2, 3))
    assert ledger.put(1, first, 0) == [Add(record=first.record)]
    same = entry(
        maker, 1, id=first.record.id, place="hall", payload=(b"picture",), pose=pose_at(1, 2, 3)
    )
    assert ledger.put(1, same, 5) == []
    longer = entry(
        maker,
        1,
        2.0,
        id=first.record.id,
        place="hall",
        payload=(b"picture",),
        pose=pose_at(1, 2, 3),
    )
    (update,) = ledger.put(1, longer, 6)
    assert isinstance(update, Update)
    assert (set(update.changes), update.supersede_as) == ({"content"}, None)
    assert ledger.put(1, longer, 7) == []
    (update,) = ledger.put(1, entry(maker, 1, 2.0, id="f" * 32), 8)
    assert isinstance(update, Update)
    assert (update.id, update.supersede_as) == (first.record.id, "f" * 32)
    assert ledger.prune({2: None}) == [Delete(id="f" * 32)]
    assert ledger.prune({}) == []


def test_what_was_refused_or_evicted_is_forgotten_and_offered_again_later(
    maker: RecordMaker,
) -> None:
    ledger: Ledger[int, FrontierFact] = Ledger()
    entries = [entry(maker, number) for number in range(4)]
    for key, each in enumerate(entries):
        ledger.put(key, each, 0)
    ledger.settle(Outcome(refused={entries[0].record.id}), 10)
    assert [key in ledger for key in range(4)] == [False, True, True, True]
    changed = entry(maker, 1, 3.0, id=entries[1].record.id)
    ledger.put(1, changed, 11)
    ledger.settle(Outcome(refused={changed.record.id}, evicted={entries[2].record.id}), 11)
    assert ledger[1].fact == entries[1].fact
    assert 2 not in ledger
    for key in (0, 1, 2):
        assert ledger.withheld(key, 10 + RETRY - 1)
        assert ledger.put(key, entry(maker, key, 4.0), 12) == []
        assert not ledger.withheld(key, 11 + RETRY)
    assert ledger.put(0, entries[0], 11 + RETRY) == [Add(record=entries[0].record)]
    ledger.settle(Outcome(renamed={entries[0].record.id: "e" * 32}), 90)
    assert ledger.id_of(0) == "e" * 32
    assert not ledger.withheld(0, 91)


def test_after_an_error_only_the_store_is_believed(maker: RecordMaker) -> None:
    ledger: Ledger[int, FrontierFact] = Ledger()
    kept, gone = entry(maker, 1), entry(maker, 2)
    ledger.adopt(1, kept)
    ledger.adopt(2, gone)
    ledger.remove(2)
    ledger.put(1, entry(maker, 1, 9.0, id=kept.record.id), 1)
    ledger.put(3, entry(maker, 3), 1)
    ledger.take_back({kept.record.id})
    assert (ledger[1], 2 in ledger, 3 in ledger) == (kept, False, False)


# -- the keeper -------------------------------------------------------------------------------


def test_where_there_is_room_a_batch_is_one_batch(maker: RecordMaker) -> None:
    store = MemoryStore(budget_bytes=MIB)
    keeper = Keeper(store, make_allocator("fifo"))
    batch: list[Operation] = [Add(record=entry(maker, number).record) for number in range(3)]
    assert keeper.apply(batch, NOW) == Outcome()
    assert (store.sequence, len(store)) == (1, 3)
    again = entry(maker, 1).record
    held = next(r.id for r in store.records() if r.content["frontier_id"] == "frontier-1")
    assert keeper.apply([Add(record=again)], NOW) == Outcome(renamed={again.id: held})


def test_the_oldest_go_for_what_is_new() -> None:
    store, held = full_store("event")
    keeper, ids = Keeper(store, make_allocator("fifo")), RecordIds(2)
    new = [incompressible(ids, "snapshot", 30_000, 400 + n) for n in range(3)]
    batch: list[Operation] = [Add(record=each) for each in new]
    outcome = keeper.apply([Delete(id=held[-1]), *batch], NOW)
    assert not outcome.refused
    assert held[-1] in outcome.evicted
    gone = [each for each in held if each not in store]
    assert set(gone) == set(outcome.evicted)
    assert sorted(gone) == [*held[: len(gone) - 1], held[-1]]
    assert all(each.id in store for each in new)
    assert store.verify().ok


def test_what_is_worth_less_than_all_there_is_is_refused() -> None:
    store, held = full_store("summary")
    keeper = Keeper(store, LeastValuePerByte())
    before = store.digest()
    poor = incompressible(RecordIds(2), "frontier", 20_000, 400)
    outcome = keeper.apply([Add(record=poor)], NOW)
    assert (set(outcome.refused), set(outcome.evicted)) == ({poor.id}, set())
    assert store.digest() == before
    assert len(store) == len(held)


def test_links_to_what_had_to_go_are_left_out_and_changes_of_it_refused() -> None:
    store, held = full_store("event")
    keeper, ids = Keeper(store, make_allocator("fifo")), RecordIds(2)
    links = (Link("shows", held[0]), Link("shows", held[40]))
    outcome = keeper.apply(
        [
            Add(record=incompressible(ids, "fact", 200_000, 400)),
            Add(record=_linked(incompressible(ids, "snapshot", 9000, 401), links)),
            Update(id=held[1], tick=1, changes={"payload": (bytes(12_000),)}),
            Update(id=held[-1], tick=1, changes={"payload": (bytes(12_000),), "links": links}),
        ],
        NOW,
    )
    (shot,) = [r for r in store.records() if r.kind == "snapshot"]
    assert shot.links == (Link("shows", held[40]),)
    assert set(outcome.refused) == {held[1]}
    assert store.get(held[-1]).payload == (bytes(12_000),)
    assert store.get(held[-1]).links == (Link("shows", held[40]),)
    assert store.verify().ok


def test_a_change_may_supersede_where_room_must_be_made() -> None:
    store, held = full_store("event")
    keeper = Keeper(store, make_allocator("fifo"))
    update = Update(id=held[50], tick=600, changes={"place": "hall"}, supersede_as="f" * 32)
    outcome = keeper.apply([update], NOW)
    assert not outcome.refused
    assert (store.get(held[50]).status, store.get("f" * 32).place) == ("archived", "hall")
    assert set(outcome.evicted) == set(_missing(store, held))


def _linked(record: MemoryRecord, links: tuple[Link, ...]) -> MemoryRecord:
    import msgspec

    return msgspec.structs.replace(record, links=links)


def _missing(store: MemoryStore, ids: Sequence[str]) -> list[str]:
    return [each for each in ids if each not in store]
