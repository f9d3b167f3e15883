from collections import Counter, deque

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.allocation import AllocationContext, make_allocator
from embodied_mem.allocation.rules.quota_allocator import QuotaAllocator
from embodied_mem.allocation.view import StoreView
from embodied_mem.errors import ConfigError
from embodied_mem.memory import MemoryRecord, MemoryStore
from embodied_mem.memory.episodic import PlaceMemory
from embodied_mem.testing.allocator import check_allocator

RNG = np.random.default_rng(0)
walks = st.lists(st.sampled_from("abcd"), max_size=60)


def kept(memory: PlaceMemory, walk: list[str]) -> list[tuple[int, str]]:
    held: list[tuple[int, str]] = []
    for tick, place in enumerate(walk):
        memory.meet(place)
        places = [each for _, each in held]
        if memory.full(places, place):
            gone = memory.choose(places, place, RNG)
            assert gone is not None
            del held[gone]
        held.append((tick, place))
    return held


@given(walk=walks, slots=st.integers(4, 12))
def test_fixed_is_a_queue_for_each_place(walk: list[str], slots: int) -> None:
    queues: dict[str, deque[tuple[int, str]]] = {p: deque(maxlen=slots // 4) for p in "abcd"}
    for tick, place in enumerate(walk):
        queues[place].append((tick, place))
    expected = sorted(entry for queue in queues.values() for entry in queue)
    assert kept(PlaceMemory(slots=slots, places=4), walk) == expected


@given(walk=walks, slots=st.integers(1, 12))
def test_adaptive_uses_all_room_and_leaves_each_place_its_share(
    walk: list[str], slots: int
) -> None:
    held = kept(PlaceMemory(slots=slots), walk)
    assert len(held) == min(slots, len(walk))
    counts, seen = Counter(place for _, place in held), Counter(walk)
    share = slots // max(1, len(seen))
    for place, visits in seen.items():
        own = [tick for tick, each in held if each == place]
        assert counts[place] >= min(visits, share)
        assert own == [t for t, each in enumerate(walk) if each == place][visits - len(own) :]
    over = {place: count for place, count in counts.items() if count < seen[place]}
    if over:  # whoever had to give something up holds as much as anybody, less what came last
        assert max(counts.values()) - min(over.values()) <= 1


@pytest.mark.parametrize("kwargs", [{"slots": 0}, {"slots": 2, "places": 3}, {"places": 2}])
def test_a_memory_without_room_is_refused(kwargs: dict[str, int]) -> None:
    with pytest.raises(ConfigError):
        PlaceMemory(**kwargs)


def offer(allocator: QuotaAllocator, store: MemoryStore, tick: int, place: str | None) -> None:
    record = MemoryRecord(
        id=f"{tick:032x}",
        kind="snapshot",
        place=place,
        payload=(np.random.default_rng(tick).bytes(30_000),),
        recorded_at=tick,
        valid_from=tick,
    )
    operations = allocator.propose(StoreView(store), record, AllocationContext(tick=tick))
    store.apply(operations)


def places_of(store: MemoryStore) -> list[str]:
    return [str(record.place) for record in store.records(payload=False)]


def test_in_a_store_places_share_its_bytes_and_borrow_what_is_left() -> None:
    store = MemoryStore(budget_bytes=2 << 20, seed=1)
    allocator = make_allocator("place_quota")
    assert isinstance(allocator, QuotaAllocator)
    for tick in range(60):
        offer(allocator, store, tick, "hall")
    full = len(store)
    assert full > 20  # one place has all there is
    for tick in range(60, 120):
        offer(allocator, store, tick, "kitchen" if tick < 115 else "bath")
    counts = Counter(places_of(store))
    assert abs(counts["hall"] - counts["kitchen"]) <= 4 and counts["bath"] == 5
    assert len(store) >= full - 2
    newest = [int(record.id, 16) for record in store.records() if record.place == "hall"]
    assert newest == list(range(60 - len(newest), 60))
    assert store.verify().ok


def test_in_a_store_each_place_has_its_slots_and_what_has_none_is_left_alone() -> None:
    store = MemoryStore()
    allocator = QuotaAllocator("place", places=PlaceMemory(slots=6, places=3))
    for tick, place in enumerate(["hall", None, "hall", "kitchen", "hall", None, "hall"]):
        offer(allocator, store, tick, place)
    assert [int(record.id, 16) for record in store.records()] == [1, 3, 4, 5, 6]


def test_it_keeps_the_contract_of_allocators() -> None:
    check_allocator(lambda: make_allocator("place_quota"))
