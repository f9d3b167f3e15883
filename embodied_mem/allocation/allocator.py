"""The seam at which it is decided what is written, lowered and let go."""

from typing import Protocol

from embodied_mem.allocation.context import AllocationContext
from embodied_mem.allocation.view import StoreView
from embodied_mem.memory.record import MemoryRecord, Operation


class Allocator(Protocol):
    """Decides at each arrival of a candidate what becomes of it and of what there is."""

    def propose(
        self, view: StoreView, candidate: MemoryRecord, context: AllocationContext
    ) -> tuple[Operation, ...]:
        """Proposes one batch of operations.

        Args:
            view: The store as it is; not to be changed.
            candidate: A new record.
            context: When and where it arrives, and what must stay.

        Returns:
            Operations to apply as one atomic batch: an ADD of the candidate among those that make
            room for it, or one NOOP to refuse it.
        """
        ...
