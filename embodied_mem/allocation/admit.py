"""A candidate's way into a store: the allocator proposes, the store applies it as one batch."""

from dataclasses import dataclass
from typing import final

from embodied_mem.allocation.allocator import Allocator
from embodied_mem.allocation.context import AllocationContext
from embodied_mem.allocation.view import StoreView
from embodied_mem.memory.record import Add, Delete, MemoryRecord, Update
from embodied_mem.memory.store import MemoryStore


@final
@dataclass(frozen=True, slots=True)
class Admission:
    """What became of a candidate."""

    stored: str | None
    """Id under which it is held, that of an equal fact that was there before, perhaps; None if it
    was refused."""
    evicted: tuple[str, ...]
    """Ids of the records that were dropped for it."""
    lowered: tuple[str, ...]
    """Ids of the records whose fidelity was lowered for it; its own if it came in coarse."""

    @property
    def refused(self) -> bool:
        """Whether the candidate was refused."""
        return self.stored is None


def admit(
    store: MemoryStore, allocator: Allocator, candidate: MemoryRecord, context: AllocationContext
) -> Admission:
    """Lets an allocator decide about a candidate, and does what it decides as one atomic batch.

    Raises:
        BudgetError: If what it decides does not fit; nothing has changed then.
        StoreError: If one of the operations is not valid; nothing has changed then.
    """
    operations = allocator.propose(StoreView(store), candidate, context)
    results = store.apply(operations)
    stored = None
    for operation, result in zip(operations, results, strict=True):
        if isinstance(operation, Add) and operation.record.id == candidate.id:
            stored = result
    return Admission(
        stored=stored,
        evicted=tuple(op.id for op in operations if isinstance(op, Delete)),
        lowered=tuple(
            op.id for op in operations if isinstance(op, Update) and "level" in op.changes
        ),
    )
