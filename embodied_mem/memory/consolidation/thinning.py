"""Lets go of what nobody asks the past for, so that the past takes few bytes."""

from typing import Final

import numpy as np

from embodied_mem.memory.filter import Filter
from embodied_mem.memory.record import Operation, Update
from embodied_mem.memory.store import MemoryStore

_AT_ONCE: Final = 32
"""Records of one batch, so that it fits where little room is left."""


def thin_past(store: MemoryStore) -> int:
    """Drops shape and vector of one batch of outlived facts of objects; returns how many.

    An outlived fact keeps what it said, where and when: a few hundred bytes. Its voxels and its
    descriptor serve to know the thing again, and the version that is believed has newer ones.
    """
    slots, columns = store.select(Filter(kind="fact", status="archived")), store.columns
    heavy = slots[(columns.payload_bytes[slots] > 0) | (columns.vector_bytes[slots] > 0)]
    operations: list[Operation] = []
    for slot in np.asarray(heavy).tolist():
        record = store.record_at(slot, payload=False)
        if record.content.get("type") == "object":
            changes = {"payload": (), "embedding": b"", "space": ""}
            operations.append(Update(id=record.id, tick=record.recorded_at, changes=changes))
        if len(operations) == _AT_ONCE:
            break
    if operations:
        store.apply(operations)
    return len(operations)
