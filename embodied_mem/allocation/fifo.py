"""First in, first out: the simplest rule, and the one to beat."""

from typing import final

import numpy as np

from embodied_mem.allocation.context import AllocationContext
from embodied_mem.allocation.view import StoreView
from embodied_mem.memory.record import Add, Delete, MemoryRecord, Noop, Operation


@final
class Fifo:
    """Drops the records that were recorded first until the candidate fits.

    Refuses the candidate only where it would not fit even then.
    """

    def propose(
        self, view: StoreView, candidate: MemoryRecord, context: AllocationContext
    ) -> tuple[Operation, ...]:
        """Proposes DELETEs, oldest first, and the ADD; or a NOOP."""
        missing = view.missing_bytes(candidate)
        if missing <= 0:
            return (Add(record=candidate),)
        at = view.evictable(context, candidate)
        slots, sizes = view.slots[at], view.bytes[at]
        recorded = view.columns.recorded_at[slots]
        order = np.argsort(recorded, kind="stable")
        enough = int(np.searchsorted(np.cumsum(sizes[order]), missing))
        if enough == len(order):
            return (Noop(),)
        # Slots are used again, so among records of one tick only the ids tell which came first.
        old = np.flatnonzero(recorded <= recorded[order[enough]])
        victims = sorted(
            zip(recorded[old].tolist(), view.ids(slots[old]), sizes[old].tolist(), strict=True)
        )
        operations: list[Operation] = []
        freed = 0.0
        for _, record_id, size in victims:
            if freed >= missing:
                break
            operations.append(Delete(id=record_id))
            freed += size
        return (*operations, Add(record=candidate))
