"""Both rules make room that is enough, spare what is protected, and decide the same every time."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from candidates import candidates
from embodied_mem.allocation.allocator import Allocator
from embodied_mem.allocation.context import AllocationContext
from embodied_mem.allocation.head_allocator import HeadAllocator
from embodied_mem.allocation.rules import RULES
from embodied_mem.allocation.value import ValueConfig
from embodied_mem.allocation.value_per_byte import COARSE_LEVEL, LeastValuePerByte
from embodied_mem.allocation.view import StoreView
from embodied_mem.memory.columns import KINDS
from embodied_mem.memory.record import (
    Add,
    Delete,
    Link,
    MemoryRecord,
    Noop,
    Operation,
    Statistics,
    Update,
)
from toy_store import ToyStore


def Fifo() -> Allocator:
    """FIFO over records of all kinds."""
    return HeadAllocator(RULES["fifo"](), "fifo", kinds=frozenset(KINDS))


ALLOCATORS = pytest.mark.parametrize("make", [Fifo, LeastValuePerByte])
ID = "f" * 31


def propose(
    allocator: Allocator, store: ToyStore, candidate: MemoryRecord, **context: object
) -> tuple[Operation, ...]:
    situation = AllocationContext(**{"tick": candidate.recorded_at, **context})  # type: ignore[arg-type]
    return allocator.propose(StoreView(store), candidate, situation)


def run(
    allocator: Allocator, stream: Sequence[MemoryRecord], capacity: int, **context: object
) -> tuple[ToyStore, list[tuple[Operation, ...]]]:
    """Feeds a stream and checks after each step what must always hold."""
    store = ToyStore(capacity)
    decisions = []
    for candidate in stream:
        operations = propose(allocator, store, candidate, **context)
        check(store, candidate, operations)
        store.apply(operations)
        assert store.live_bytes <= capacity
        decisions.append(operations)
    return store, decisions


def check(store: ToyStore, candidate: MemoryRecord, operations: tuple[Operation, ...]) -> None:
    added = [op.record.id for op in operations if isinstance(op, Add)]
    dropped = [op.id for op in operations if isinstance(op, Delete)]
    lowered = [op.id for op in operations if isinstance(op, Update)]
    assert operations == (Noop(),) or added == [candidate.id]
    touched = dropped + lowered
    assert len(touched) == len(set(touched))
    assert all(i in store or i == candidate.id for i in touched)
    if not dropped and not lowered and added:
        assert StoreView(store).missing_bytes(candidate) <= 0


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 2**16), capacity=st.integers(200, 30_000), kind=st.sampled_from(KINDS))
@ALLOCATORS
def test_proposals_fit_and_spare_what_is_protected(
    make: Callable[[], Allocator], seed: int, capacity: int, kind: str
) -> None:
    stream = candidates(seed, 60)
    chosen = frozenset(record.id for record in stream[::7])
    _, decisions = run(
        make(), stream, capacity, protected_ids=chosen, protected_kinds=frozenset({kind})
    )
    kinds = {record.id: record.kind for record in stream}
    for candidate, operations in zip(stream, decisions, strict=True):
        for op in operations:
            if isinstance(op, Delete) or (isinstance(op, Update) and op.id != candidate.id):
                assert op.id not in chosen
                assert kinds[op.id] != kind


@ALLOCATORS
def test_the_same_stream_gives_the_same_decisions(make: Callable[[], Allocator]) -> None:
    first = run(make(), candidates(3, 120), 20_000)
    again = run(make(), candidates(3, 120), 20_000)
    assert first[1] == again[1]
    assert first[0].records() == again[0].records()
    assert any(len(operations) > 1 for operations in first[1])


@ALLOCATORS
def test_without_a_budget_or_with_room_nothing_goes(make: Callable[[], Allocator]) -> None:
    stream = candidates(4, 50)
    for capacity in (None, 10**9):
        store, allocator = ToyStore(capacity), make()
        for candidate in stream:
            assert propose(allocator, store, candidate) == (Add(record=candidate),)
            store.apply([Add(record=candidate)])


@ALLOCATORS
def test_what_can_never_fit_is_refused(make: Callable[[], Allocator]) -> None:
    store = ToyStore(3000)
    store.apply([Add(record=fact("1"))])
    large = MemoryRecord(id=ID + "2", kind="snapshot", payload=(bytes(5000),))
    assert propose(make(), store, large) == (Noop(),)
    protected = {"protected_ids": frozenset({ID + "1"})}
    tight = MemoryRecord(id=ID + "3", kind="fact", content={"text": "x" * 2800})
    assert propose(make(), store, tight, **protected) == (Noop(),)


def fact(number: str, **fields: object) -> MemoryRecord:
    return MemoryRecord(
        **{"id": ID + number, "kind": "fact", "about": (f"obj-{number}",), **fields}  # type: ignore[arg-type]
    )


@ALLOCATORS
def test_what_the_candidate_links_to_stays(make: Callable[[], Allocator]) -> None:
    store = ToyStore()
    old, young = fact("1", recorded_at=1), fact("2", recorded_at=2)
    store.apply([Add(record=old), Add(record=young)])
    store.capacity_bytes = store.live_bytes + 60
    candidate = fact("3", recorded_at=3, links=(Link("shows", old.id),))
    operations = propose(make(), store, candidate)
    assert operations == (Delete(id=young.id), Add(record=candidate))


def test_fifo_drops_the_oldest_and_no_more_than_it_must() -> None:
    stream = candidates(5, 80)
    store, decisions = run(Fifo(), stream, 15_000)
    gone = [op.id for operations in decisions for op in operations if isinstance(op, Delete)]
    refused = {c.id for c, ops in zip(stream, decisions, strict=True) if ops == (Noop(),)}
    order = [record.id for record in stream if record.id not in refused]
    assert gone == order[: len(gone)]
    needed = [StoreView.bytes_needed(record) for record in stream]
    assert store.live_bytes + max(needed) > 15_000


def test_fifo_tells_by_the_id_which_of_one_tick_came_first() -> None:
    store = ToyStore()
    store.apply([Add(record=fact("9"))])
    store.apply([Add(record=fact("5")), Add(record=fact("7"))])
    store.apply([Delete(id=ID + "9")])
    store.apply([Add(record=fact("8"))])  # takes the first slot, though it came last
    store.capacity_bytes = store.live_bytes
    assert propose(Fifo(), store, fact("a")) == (Delete(id=ID + "5"), Add(record=fact("a")))


def snapshot(number: str, size: int = 600, **fields: object) -> MemoryRecord:
    layers = tuple(bytes([layer]) * size for layer in range(6))
    return fact(
        number, kind="snapshot", payload=layers, losses=(0.5, 0.3, 0.2, 0.1, 0.05, 0.0), **fields
    )


def test_pictures_get_coarser_before_any_is_lost() -> None:
    store = ToyStore()
    store.apply([Add(record=snapshot(str(n), recorded_at=n)) for n in range(5)])
    store.capacity_bytes = store.live_bytes
    candidate = fact("a", recorded_at=5)
    operations = propose(LeastValuePerByte(), store, candidate)
    lowered = Update(id=ID + "0", tick=5, changes={"level": COARSE_LEVEL})
    assert operations == (lowered, Add(record=candidate))


def test_what_lowering_frees_is_measured_not_guessed() -> None:
    store = ToyStore()
    heavy = (bytes(1200), bytes(1200), b"a", b"b", b"c", b"d")  # hardly anything is in the end
    losses = (0.5, 0.3, 0.2, 0.1, 0.05, 0.0)
    for n in range(4):
        record = fact(str(n), kind="snapshot", payload=heavy, losses=losses, recorded_at=n)
        store.apply([Add(record=record)])
    store.capacity_bytes = store.live_bytes
    candidate = fact("a", kind="summary", recorded_at=5)
    operations = propose(LeastValuePerByte(), store, candidate)
    assert operations == (Delete(id=ID + "0"), Add(record=candidate))


def test_a_picture_comes_in_coarse_where_that_gains_more() -> None:
    store = ToyStore()
    store.apply([Add(record=fact(str(n), recorded_at=n)) for n in range(9)])
    candidate = snapshot("a", recorded_at=9)
    coarse = 4 * 600
    store.capacity_bytes = store.live_bytes + StoreView.bytes_needed(candidate) - coarse
    operations = propose(LeastValuePerByte(), store, candidate)
    lowered = Update(id=candidate.id, tick=9, changes={"level": COARSE_LEVEL})
    assert operations == (Add(record=candidate), lowered)
    store.apply(operations)
    assert store.live_bytes <= store.capacity_bytes


def test_the_least_valuable_candidate_is_refused() -> None:
    store = ToyStore()
    store.apply([Add(record=fact(str(n), recorded_at=n)) for n in range(5)])
    store.capacity_bytes = store.live_bytes
    known = fact("a", kind="frontier", about=("obj-a",), recorded_at=5)
    assert propose(LeastValuePerByte(), store, known) == (Noop(),)
    store.apply([Delete(id=ID + "0"), Add(record=fact("0", kind="frontier", recorded_at=0))])
    store.capacity_bytes = store.live_bytes
    new = fact("b", recorded_at=5)
    assert propose(LeastValuePerByte(), store, new) == (Delete(id=ID + "0"), Add(record=new))


@pytest.mark.parametrize(
    ("weak", "strong"),
    [
        ({"status": "archived", "valid_to": 3, "superseded_at": 3}, {}),
        ({"kind": "event"}, {}),
        ({"kind": "frontier"}, {"kind": "event"}),
        ({"about": ("obj-x",)}, {}),  # one of the others is about obj-x too
        ({"content": {"text": "y" * 90}}, {}),
        ({}, {"reads": 2}),
        ({"reads": 2}, {"citations": 1}),
    ],
)
def test_what_has_less_value_per_byte_goes(
    weak: dict[str, object], strong: dict[str, object]
) -> None:
    def made(number: str, fields: dict[str, object]) -> MemoryRecord:
        fields = dict(fields)
        use = {name: fields.pop(name) for name in ("reads", "citations") if name in fields}
        return fact(number, statistics=Statistics(**use), **fields)  # type: ignore[arg-type]

    for first, second in ((weak, strong), (strong, weak)):
        store = ToyStore()
        records = [made("1", first), made("2", second), fact("3", about=("obj-x",))]
        # The one that shares obj-x is protected, so that only the two differ.
        store.apply([Add(record=record) for record in records])
        newcomer = fact("a", kind="summary")
        store.capacity_bytes = store.live_bytes + StoreView.bytes_needed(newcomer) - 1
        rule = LeastValuePerByte(ValueConfig(summary=100.0))
        operations = propose(rule, store, newcomer, protected_ids=frozenset({ID + "3"}))
        assert operations[0] == Delete(id=ID + ("1" if first is weak else "2"))


def test_old_and_unread_goes_before_new() -> None:
    store = ToyStore()
    store.apply([Add(record=fact(str(n), recorded_at=1000 * n)) for n in range(4)])
    newcomer = fact("a", recorded_at=4000)
    store.capacity_bytes = store.live_bytes + StoreView.bytes_needed(newcomer) - 1
    operations = propose(LeastValuePerByte(), store, newcomer)
    assert operations == (Delete(id=ID + "0"), Add(record=newcomer))


def test_value_keeps_more_of_what_is_read_than_fifo_does() -> None:
    """The worth of the rule: skewed reads, and a budget of a quarter of the stream."""
    kept = {}
    for make in (Fifo, LeastValuePerByte):
        shares = []
        for seed in range(5):
            stream = candidates(seed, 200)
            total = sum(StoreView.bytes_needed(record) for record in stream)
            store, _ = run(make(), stream, total // 4)
            held = {record.id for record in store.records()}
            reads = np.array([record.statistics.reads for record in stream])
            inside = np.array([record.id in held for record in stream])
            shares.append(reads[inside].sum() / reads.sum())
        kept[make.__name__] = float(np.mean(shares))
    assert kept["LeastValuePerByte"] > kept["Fifo"] + 0.2
