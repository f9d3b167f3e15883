"""The store as an allocator sees it: read-only arrays over slots, and how much room there is."""

from collections.abc import Iterable, Mapping
from functools import cached_property
from itertools import chain
from typing import Protocol, final

import numpy as np
from numpy.typing import NDArray

from embodied_mem.allocation.context import AllocationContext
from embodied_mem.memory.columns import KINDS, Columns
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.resident import ROW_OVERHEAD, vector_bytes
from embodied_mem.memory.storage.rows import body_of, encode
from embodied_mem.types import Float64Array

Slots = NDArray[np.intp]
_HEAP_BYTES = 24
_EXTENT_BYTES = 14
"""Bytes of a row's second blob, which says where the record's bytes lie, about: and per layer."""
_RESERVE_SHARE = 8
_LARGEST_RESERVE = 4 << 20
"""Bytes of the budget that are left to what the store moves about while it writes."""


class Viewable(Protocol):
    """What a view needs of a store."""

    @property
    def columns(self) -> Columns:
        """Resident arrays by slot."""
        ...

    @property
    def about(self) -> Mapping[str, set[int]]:
        """Slots by entity id."""
        ...

    @property
    def budget_bytes(self) -> int | None:
        """The byte budget; None where there is none."""
        ...

    @property
    def capacity_bytes(self) -> int | None:
        """Bytes that records themselves can take within the budget; None where there is none."""
        ...

    def slot_of(self, record_id: str) -> int:
        """Returns the slot of a record."""
        ...

    def record_at(self, slot: int, *, payload: bool = True) -> MemoryRecord:
        """Returns the record in a slot; without payload and embedding where `payload` is False."""
        ...

    def __contains__(self, record_id: object) -> bool: ...


@final
class StoreView:
    """What of a store an allocator reads; of one moment, to be made anew after every change.

    Attributes:
        columns: The store's resident arrays by slot; not to be written to.
        slots: Slots that hold a record, ascending.
        bytes: Live bytes of each of them: payload, vector and metadata. float64, as `slots`.
    """

    def __init__(self, store: Viewable) -> None:
        self._store = store
        self.columns = store.columns
        self.slots: Slots = store.columns.slots()
        self.bytes: Float64Array = (
            self.columns.payload_bytes[self.slots].astype(np.float64)
            + self.columns.vector_bytes[self.slots]
            + self.columns.metadata_bytes[self.slots]
        )

    @cached_property
    def capacity_bytes(self) -> int | None:
        """Live bytes that can be held; None where there is no budget.

        Less than what the store says by a reserve, so that it never has to lower the fidelity of
        records on its own account, of which it may not know what they are worth.
        """
        budget, capacity = self._store.budget_bytes, self._store.capacity_bytes
        if budget is None or capacity is None:
            return None
        return capacity - min(budget // _RESERVE_SHARE, _LARGEST_RESERVE)

    @cached_property
    def used_bytes(self) -> int:
        """Live bytes of all records."""
        return int(self.bytes.sum())

    @staticmethod
    def bytes_needed(candidate: MemoryRecord) -> int:
        """Estimates the live bytes that a record takes once it is stored."""
        body = body_of(candidate, encode(candidate.content), len(candidate.payload), 0)
        dimension = len(candidate.embedding) // 4
        return (
            sum(map(len, candidate.payload))
            + (vector_bytes(dimension, 32) if dimension else 0)
            + len(encode(body))
            + _HEAP_BYTES
            + _EXTENT_BYTES * len(candidate.payload)
            + ROW_OVERHEAD
        )

    def missing_bytes(self, candidate: MemoryRecord) -> int:
        """Returns how many live bytes have to go before a candidate fits; 0 or less: none.

        At most twice what the candidate brings: the capacity comes and goes a little with the
        store's log, and no candidate is to pay for all of that at once.
        """
        if self.capacity_bytes is None:
            return 0
        needed = self.bytes_needed(candidate)
        return min(self.used_bytes + needed - self.capacity_bytes, 2 * needed)

    def evictable(self, context: AllocationContext, candidate: MemoryRecord) -> Slots:
        """Returns the positions in `slots` of what may be dropped or lowered, ascending.

        Not what the context protects, and not what the candidate links to.
        """
        kinds = [KINDS.index(kind) for kind in context.protected_kinds]
        allowed = ~np.isin(self.columns.kind[self.slots], kinds)
        kept = chain(context.protected_ids, (link.id for link in candidate.links))
        allowed[np.isin(self.slots, self.slots_of(kept))] = False
        return np.flatnonzero(allowed)

    def slots_of(self, record_ids: Iterable[str]) -> Slots:
        """Returns the slots of those of the records that exist."""
        known = (self._store.slot_of(i) for i in record_ids if i in self._store)
        return np.fromiter(known, np.intp)

    def slots_about(self, entity: str) -> Slots:
        """Returns the slots of the records that are about an entity."""
        slots = self._store.about.get(entity, ())
        return np.fromiter(slots, np.intp, len(slots))

    def ids(self, slots: Slots) -> list[str]:
        """Returns the record ids in slots."""
        return [self.columns.ids[slot] for slot in slots.tolist()]

    def __contains__(self, record_id: object) -> bool:
        return record_id in self._store

    def record_at(self, slot: int, *, payload: bool = True) -> MemoryRecord:
        """Returns the record in a slot; without payload and embedding where `payload` is False.

        Raises:
            DamagedRecordError: If it does not match its checksum.
        """
        return self._store.record_at(slot, payload=payload)

    def layer_bytes(self, slot: int) -> list[int]:
        """Returns the bytes of each payload layer that is held, which costs a read of them.

        Raises:
            DamagedRecordError: If they do not match their checksum.
        """
        return [len(layer) for layer in self.record_at(slot).payload]

    @cached_property
    def incidence(self) -> tuple[Slots, Slots]:
        """Which slot is about which entity: two arrays of equal length, slots and entity codes."""
        sets = self._store.about.values()
        lengths = np.fromiter(map(len, sets), np.intp, len(self._store.about))
        slots = np.fromiter(chain.from_iterable(sets), np.intp, int(lengths.sum()))
        return slots, np.repeat(np.arange(len(lengths)), lengths)
