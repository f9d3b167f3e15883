"""Checks an allocator: it makes room, spares what is protected, and decides the same each time."""

from collections.abc import Callable

import numpy as np

from embodied_mem.allocation import AllocationContext, Allocator, StoreView
from embodied_mem.errors import BudgetError, StoreError
from embodied_mem.memory import MemoryRecord, MemoryStore
from embodied_mem.memory.record import Add, Delete, Noop, Operation, RecordIds, Update
from embodied_mem.testing.expect import expect

_BUDGET = 1 << 20
_CANDIDATES = 80
_LAYERS = 3
_PLACES = ("place-0000", "place-0001", "place-0002")


def check_allocator(make: Callable[[], Allocator], *, seed: int = 0) -> None:
    """Checks that a memory can leave its choice to an allocator.

    A small store is filled far beyond its budget, twice, with the same random records.

    Args:
        make: Makes a fresh allocator, such as the class itself.
        seed: Of the records.

    Raises:
        ContractError: If anything is not as `embodied_mem.allocation.Allocator` has it.
    """
    first, second = _fill(make(), seed), _fill(make(), seed)
    expect(first == second, "the same records in the same order led to different decisions")
    expect(any(not isinstance(op, Noop) for op in first), "it refused every candidate")


def _fill(allocator: Allocator, seed: int) -> list[Operation]:
    """Offers random records to a store that is too small; returns all that was decided."""
    store = MemoryStore(budget_bytes=_BUDGET, seed=seed)
    rng, ids = np.random.default_rng([seed, 43]), RecordIds(seed)
    decided: list[Operation] = []
    protected: set[str] = set()
    for tick in range(_CANDIDATES):
        candidate = _record(rng, ids.new(tick), tick)
        if tick in (0, 1):
            protected.add(candidate.id)
        context = AllocationContext(
            tick=tick, place=candidate.place, protected_ids=frozenset(protected)
        )
        decided += _offer(allocator, store, candidate, context)
    report = store.verify()
    expect(report.ok, f"the store is damaged afterwards: {report.damages}")
    return decided


def _offer(
    allocator: Allocator, store: MemoryStore, candidate: MemoryRecord, context: AllocationContext
) -> tuple[Operation, ...]:
    before = store.digest()
    operations = allocator.propose(StoreView(store), candidate, context)
    expect(store.digest() == before, "propose() changed the store; it may only propose")
    expect(isinstance(operations, tuple), f"propose() returned {type(operations)}, not a tuple")
    known = isinstance(operations, tuple) and all(
        isinstance(op, Add | Update | Delete | Noop) for op in operations
    )
    expect(known, f"propose() returned something besides ADD, UPDATE, DELETE, NOOP: {operations}")
    _expect_decision(operations, candidate)
    touched = {op.id for op in operations if isinstance(op, Delete | Update)}
    spared = touched & context.protected_ids
    expect(not spared, f"it touched protected records: {sorted(spared)}")
    try:
        store.apply(operations)
    except BudgetError:
        pass  # its guess of what fits was too bold; a memory asks it again then
    except StoreError as error:
        expect(False, f"the store refuses what it proposed: {error}")
    return operations


def _expect_decision(operations: tuple[Operation, ...], candidate: MemoryRecord) -> None:
    """A candidate is taken, in a batch with what makes room for it, or refused by one NOOP."""
    if any(isinstance(op, Noop) for op in operations):
        expect(len(operations) == 1, "NOOP refuses the candidate: it must stand alone")
        return
    added = [op.record.id for op in operations if isinstance(op, Add)]
    expect(added == [candidate.id], f"it adds {added}; expected the candidate {candidate.id}")


def _record(rng: np.random.Generator, record_id: str, tick: int) -> MemoryRecord:
    """Returns a snapshot-like record of 8 to 60 kB in three layers."""
    sizes = rng.integers(2_000, 20_000, _LAYERS)
    vector = rng.normal(size=16).astype("<f4")
    return MemoryRecord(
        id=record_id,
        kind="snapshot",
        place=_PLACES[int(rng.integers(len(_PLACES)))],
        pose=(*rng.uniform(-5.0, 5.0, 3).round(3).tolist(), 1.0, 0.0, 0.0, 0.0),
        about=tuple(f"thing-{number}" for number in sorted(set(rng.integers(0, 20, 3).tolist()))),
        recorded_at=tick,
        valid_from=tick,
        embedding=(vector / np.linalg.norm(vector)).tobytes(),
        space="check",
        payload=tuple(rng.bytes(int(size)) for size in sizes),
        losses=(0.3, 0.1, 0.0),
    )
