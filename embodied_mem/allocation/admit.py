"""A candidate's way into a store: the allocator proposes, the store applies it as one batch."""

from dataclasses import dataclass
from typing import final

from embodied_mem.allocation.allocator import Allocator
from embodied_mem.allocation.context import AllocationContext
from embodied_mem.allocation.view import StoreView
from embodied_mem.errors import BudgetError
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
    why: str = ""
    """Why the store would not have it, where it was the store that refused."""

    @property
    def refused(self) -> bool:
        """Whether the candidate was refused."""
        return self.stored is None


def admit(
    store: MemoryStore, allocator: Allocator, candidate: MemoryRecord, context: AllocationContext
) -> Admission:
    """Lets an allocator decide about a candidate, and does what it decides as one atomic batch.

    A batch that does not fit after all changes nothing, and the candidate is refused. The bytes of
    what goes are free only when the batch is durable, so a candidate of more than about a tenth of
    the budget makes the store lower the fidelity of others first.

    Raises:
        StoreError: If one of the operations is not valid; nothing has changed then.
    """
    operations = allocator.propose(StoreView(store), candidate, context)
    try:
        results = store.apply(operations)
    except BudgetError as error:
        return Admission(None, (), (), str(error))
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
