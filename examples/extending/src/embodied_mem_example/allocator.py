"""An allocator: where there is no room, the most crowded place gives up its oldest picture."""

from collections import Counter

from embodied_mem.allocation import AllocationContext, StoreView
from embodied_mem.memory import Add, Delete, MemoryRecord
from embodied_mem.memory.record import Noop, Operation


class Crowded:
    """Keeps every place in mind rather than one of them well."""

    def propose(
        self, view: StoreView, candidate: MemoryRecord, context: AllocationContext
    ) -> tuple[Operation, ...]:
        """Drops pictures until the candidate fits; refuses it where that is not possible."""
        missing = view.missing_bytes(candidate)
        slots = view.slots[view.evictable(context, candidate)].tolist()
        records = {slot: view.record_at(slot, payload=False) for slot in slots}
        pictures = {slot: r for slot, r in records.items() if r.kind == "snapshot"}
        sizes = dict(zip(view.slots.tolist(), view.bytes.tolist(), strict=True))
        crowd = Counter(record.place for record in pictures.values())
        dropped: list[Operation] = []
        while missing > 0 and pictures:
            slot = min(pictures, key=lambda s: (-crowd[pictures[s].place], pictures[s].id))
            record = pictures.pop(slot)
            crowd[record.place] -= 1
            missing -= sizes[slot]
            dropped.append(Delete(id=record.id))
        return (*dropped, Add(record=candidate)) if missing <= 0 else (Noop(),)
