"""Any policy decides about any store: it ends, fits, and spares what it must."""

from collections.abc import Callable

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candidates import candidates
from embodied_mem.allocation import AllocationContext, Allocator, admit
from embodied_mem.allocation.head import DROP, LOWER, OVER
from embodied_mem.allocation.head_allocator import DECIDED, HeadAllocator
from embodied_mem.allocation.inputs import GROUPS, SLOT_FEATURES
from embodied_mem.allocation.policy import Policy
from embodied_mem.allocation.rules import RULES
from embodied_mem.allocation.value_per_byte import COARSE_LEVEL
from embodied_mem.allocation.view import StoreView
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.record import (
    Add,
    Delete,
    Link,
    MemoryRecord,
    Noop,
    Operation,
    RecordIds,
    Update,
)
from stream_records import LOSSES, recorded
from toy_store import ToyStore

ID = "e" * 30


def anything_valid(slots, context, mask, rng):
    flat = mask.reshape(len(mask), -1)
    return np.where(flat, rng.random(flat.shape), -1.0).argmax(axis=1)


POLICIES: dict[str, Callable[[], Policy]] = {**RULES, "anything": lambda: anything_valid}
SOME = ("fifo", "lifo_coarse", "coverage_coarse", "reservoir", "balanced_place_coarse", "anything")


def propose(
    allocator: Allocator, store: ToyStore, candidate: MemoryRecord, **context: object
) -> tuple[Operation, ...]:
    now = AllocationContext(**{"tick": candidate.recorded_at, **context})  # type: ignore[arg-type]
    return allocator.propose(StoreView(store), candidate, now)


@settings(deadline=None, max_examples=12)
@given(data=st.data())
@pytest.mark.parametrize("name", SOME)
def test_it_ends_fits_and_spares_what_is_protected(name: str, data: st.DataObject) -> None:
    stream = candidates(data.draw(st.integers(0, 2**16)), 40)
    store = ToyStore(data.draw(st.integers(200, 30_000)))
    chosen = frozenset(r.id for r in stream[:: data.draw(st.integers(2, 9))])
    kind = data.draw(st.sampled_from(["snapshot", "event", "fact"]))
    allocator = HeadAllocator(POLICIES[name](), name)
    for number, candidate in enumerate(stream):
        linked = [record.id for record in store.records()[:1]] if number % 3 == 0 else []
        links = tuple(Link("shows", each) for each in linked)
        candidate = msgspec.structs.replace(candidate, links=links)
        operations = propose(
            allocator, store, candidate, protected_ids=chosen, protected_kinds=frozenset({kind})
        )
        check(store, candidate, operations, chosen | set(linked), kind)
        store.apply(operations)
        assert store.live_bytes <= (store.capacity_bytes or 0)


def check(
    store: ToyStore,
    candidate: MemoryRecord,
    operations: tuple[Operation, ...],
    spared: frozenset[str] | set[str],
    kind: str,
) -> None:
    assert operations == (Noop(),) or [op.record for op in operations if isinstance(op, Add)] == [
        candidate
    ]
    touched = [op.id for op in operations if isinstance(op, Delete | Update)]
    assert len(touched) == len(set(touched))
    for each in touched:
        assert each in store or each == candidate.id
        assert each not in spared or each == candidate.id
        assert each == candidate.id or store.record(each).kind != kind
    for op in operations:
        if isinstance(op, Update):
            assert op.changes == {"level": COARSE_LEVEL}


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_fills_a_real_store_and_stays_in_it(name: str) -> None:
    walk = recorded(1, arrivals=24, held=1.0)
    store = MemoryStore(budget_bytes=1 << 20)
    allocator = HeadAllocator(POLICIES[name](), name)
    refused = 0
    for record in walk.records:
        context = AllocationContext(tick=record.recorded_at, place=record.place)
        refused += admit(store, allocator, record, context).refused
        assert store.disk_bytes <= 1 << 20
    assert 3 <= len(store) <= 24 - refused
    assert store.verify().ok


# -- what is decided about --------------------------------------------------------------------


def picture(number: int, size: int = 600, **fields: object) -> MemoryRecord:
    layers = tuple(bytes([layer]) * size for layer in range(6))
    given = {"recorded_at": number, "valid_from": number, "payload": layers, "losses": LOSSES}
    return MemoryRecord(id=f"{ID}{number:02x}", kind="snapshot", **{**given, **fields})  # type: ignore[arg-type]


def fact(number: int, **fields: object) -> MemoryRecord:
    given: dict[str, object] = {
        "kind": "fact",
        "about": (f"cup-{number}",),
        "content": {"text": "x" * 300},
    }
    given["recorded_at"] = number
    return MemoryRecord(id=f"{ID}{number:02x}", **{**given, **fields})  # type: ignore[arg-type]


def full_store(*records: MemoryRecord) -> ToyStore:
    store = ToyStore()
    store.apply([Add(record=record) for record in records])
    store.capacity_bytes = store.live_bytes
    return store


def test_a_fact_comes_in_and_the_policy_says_which_picture_makes_room() -> None:
    for name, goes in (("fifo", 1), ("mvfo", 2)):
        places = {1: "hall", 2: "loft", 3: "loft"}
        store = full_store(fact(0), *(picture(n, place=place) for n, place in places.items()))
        new = fact(9)
        operations = propose(HeadAllocator(RULES[name](), name), store, new)
        assert operations == (Delete(id=f"{ID}{goes:02x}"), Add(record=new))


def test_even_a_policy_that_refuses_all_has_to_make_room_for_a_fact() -> None:
    def refuse(slots, context, mask, rng):
        return np.array([mask.shape[1] * 4 - 1])

    store = full_store(picture(1), picture(2))
    allocator = HeadAllocator(refuse, "refuse")
    assert propose(allocator, store, picture(8)) == (Noop(),)
    operations = propose(allocator, store, fact(9))
    assert operations[-1] == Add(record=fact(9))


def test_other_kinds_go_only_where_no_picture_is_left() -> None:
    store = full_store(fact(0), picture(1), fact(2, kind="frontier"))
    allocator = HeadAllocator(RULES["fifo"](), "fifo")
    assert propose(allocator, store, picture(9))[0] == Delete(id=f"{ID}01")
    store = full_store(fact(0), fact(2, kind="frontier"))
    assert propose(allocator, store, fact(9)) == (Delete(id=f"{ID}02"), Add(record=fact(9)))


def test_a_frontier_pushes_no_picture_out() -> None:
    store = full_store(picture(1), fact(2, kind="frontier"))
    new = fact(9, kind="frontier")
    operations = propose(HeadAllocator(RULES["fifo"](), "fifo"), store, new)
    assert operations == (Delete(id=f"{ID}02"), Add(record=new))
    store = full_store(picture(1))
    assert propose(HeadAllocator(RULES["fifo"](), "fifo"), store, new) == (Noop(),)


def test_which_kinds_are_decided_about_can_be_said() -> None:
    assert frozenset({"snapshot", "event"}) == DECIDED
    store = full_store(fact(0), picture(1))
    allocator = HeadAllocator(RULES["fifo"](), "fifo", kinds=frozenset({"fact", "snapshot"}))
    assert propose(allocator, store, fact(9))[0] == Delete(id=f"{ID}00")


def test_what_changes_is_not_refused_and_is_no_entry_beside_itself() -> None:
    held = []

    def spy(slots, context, mask, rng):
        held.append(slots.shape[1] - 1)
        return anything_valid(slots, context, mask, rng)

    store = full_store(picture(1), picture(2), picture(3))
    larger = picture(2, size=700)
    kept = frozenset({larger.id})
    operations = propose(HeadAllocator(spy, "spy"), store, larger, protected_ids=kept)
    assert operations != (Noop(),)
    assert set(held) == {2}


def test_nothing_goes_for_a_candidate_that_is_refused_in_the_end() -> None:
    def drop_then_refuse(slots, context, mask, rng):
        held = np.flatnonzero(slots[0, :-1, 0])
        return np.array([4 * held[0] + DROP if len(held) > 2 else 4 * mask.shape[1] - 1])

    store = full_store(*(picture(n, 300) for n in range(4)))
    allocator = HeadAllocator(drop_then_refuse, "shy")
    assert propose(allocator, store, picture(9, 900)) == (Noop(),)


def test_what_lowering_frees_is_measured_where_it_was_never_seen() -> None:
    """Of these records hardly anything is in the fine layers, so that lowering is of no use."""

    def lower_first(slots, context, mask, rng):
        order = [LOWER, OVER, DROP]
        (choice,) = [next(4 * e + o for o in order for e in np.flatnonzero(mask[0, :, o]))]
        return np.array([choice])

    heavy = (bytes(1200), bytes(1200), b"a", b"b", b"c", b"d")
    store = full_store(*(picture(n, payload=heavy) for n in range(3)))
    operations = propose(HeadAllocator(lower_first, "lower"), store, fact(9))
    # Four bytes a picture are not enough: one goes although all were lowered.
    lowered = [op.id for op in operations if isinstance(op, Update)]
    assert lowered == [f"{ID}01", f"{ID}02"]
    assert operations[0] == Delete(id=f"{ID}00")
    store.apply(operations)
    assert store.live_bytes <= (store.capacity_bytes or 0)


def test_a_change_of_an_old_picture_is_no_new_sight() -> None:
    seen = []

    def spy(slots, context, mask, rng):
        seen.append((slots[0, :-1, SLOT_FEATURES.index("latest")].tolist(), context[0, 4]))
        return np.array([4 * mask.shape[1] - 1])

    store = full_store(picture(1, about=("cup",)), picture(2, about=("cup", "pan")))
    allocator = HeadAllocator(spy, "spy")
    changed = picture(1, about=("cup",), place="hall")
    kept = frozenset({changed.id})
    propose(allocator, store, picture(7), protected_ids=kept)
    propose(allocator, store, changed, protected_ids=kept)
    propose(allocator, store, picture(8), protected_ids=kept)
    latest, arrivals = zip(*[(latest, a) for latest, a in seen if len(latest) == 2], strict=True)
    assert [each[1] for each in latest] == [1.0, 1.0]
    assert np.allclose(arrivals, np.log1p([3, 4]) / 6)


def test_the_same_candidate_offered_again_is_counted_once() -> None:
    ages = []

    def spy(slots, context, mask, rng):
        ages.append(context[0, 4])
        return anything_valid(slots, context, mask, rng)

    store = full_store(picture(1), picture(2))
    allocator, candidate = HeadAllocator(spy, "spy"), picture(8)
    for _ in range(3):
        propose(allocator, store, candidate)
    assert np.allclose(ages, np.log1p(3) / 6)


# -- what is seen of facts --------------------------------------------------------------------


def test_facts_tell_what_has_moved_and_of_which_group_it_is() -> None:
    seen: list[np.ndarray] = []

    def spy(slots, context, mask, rng):
        seen.append(slots[0].copy())
        return np.array([4 * mask.shape[1] - 1])

    ids = RecordIds(1)
    store = MemoryStore()
    about = {"type": "object", "category": "mug"}
    cup = MemoryRecord(id=ids.new(0), kind="fact", content=about, about=("mug-1",))
    hall = MemoryRecord(
        id=ids.new(0),
        kind="summary",
        content={"type": "place", "place_id": "place-1", "category": "kitchen"},
        about=("place-1",),
    )
    shown = {"type": "snapshot", "boxes": {"mug-1": [0, 0, 5, 5], "chair-2": [0, 0, 5, 5]}}
    before = picture(5, content=shown, place="place-1")
    after = picture(30, content=shown, place="place-1")
    store.apply([Add(record=each) for each in (cup, hall, before)])
    changes = {"content": {**about, "state": "moved"}}
    store.apply([Update(id=cup.id, tick=20, changes=changes, supersede_as=ids.new(20))])
    store.apply([Add(record=after)])
    tight = _Tight(store)
    newcomer = picture(40, content={"type": "snapshot", "boxes": {"mug-1": [0, 0, 5, 5]}})
    HeadAllocator(spy, "spy").propose(StoreView(tight), newcomer, AllocationContext(tick=40))
    at = {name: index for index, name in enumerate(SLOT_FEATURES)}
    (slots,) = seen
    old, new, candidate = (slots[np.argsort(-slots[:-1, at["age"]])][0], slots[1], slots[-1])
    assert (old[at["stale"]], new[at["stale"]]) == (0.5, 0.0)
    assert old[at["moved"]] == new[at["moved"]] == 0.5
    assert (old[at["unique"]], old[at["unique_now"]]) == (0.5, 0.0)
    assert (new[at["unique"]], new[at["unique_moved"]]) == (0.5, 0.5)
    assert candidate[at["overlap"]] == 1.0
    assert (old[at["overlap"]], new[at["overlap"]]) == (0.0, 0.5)
    assert old[at["room_0"]] == 1.0  # the kitchen
    groups = old[at["group_0"] : at["group_0"] + GROUPS]
    assert groups[7] == groups[GROUPS - 1] == 0.25


class _Tight:
    """A store that has no room for anything more."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.budget_bytes = 0
        self.capacity_bytes = 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def __contains__(self, record_id: object) -> bool:
        return record_id in self._store
