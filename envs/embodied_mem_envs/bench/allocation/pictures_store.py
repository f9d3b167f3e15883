"""A real store in memory whose records' own bytes are bounded to the byte.

The budget of `MemoryStore` counts what lies on the disk, database and log included, and is 1 MiB
at least. A share of what the pictures of one house take is less than that, and the bytes of an
empty database are not what is compared here.
"""

from collections.abc import Mapping, Sequence
from typing import Final, final

from embodied_mem.errors import BudgetError
from embodied_mem.memory import MemoryRecord, MemoryStore
from embodied_mem.memory.columns import Columns
from embodied_mem.memory.record import Operation

_RESERVE_SHARE: Final = 8
_LARGEST_RESERVE: Final = 4 << 20
"""What `StoreView` leaves free of any budget, for files that this one has not."""
_ESTIMATE: Final = 0.005
"""Share of the limit that is not offered: the bytes of a row are known only once it is written."""


@final
class LiveStore:
    """A `MemoryStore` in memory that holds at most so many live bytes.

    What an allocator sees of it is what it sees of any store, and `admit` takes it for one.

    Args:
        limit: Bytes of payloads, vectors and metadata that may be held; None for no bound.
    """

    def __init__(self, limit: int | None) -> None:
        self.store = MemoryStore()
        self.limit = limit

    @property
    def columns(self) -> Columns:
        """Those of the store."""
        return self.store.columns

    @property
    def about(self) -> Mapping[str, set[int]]:
        """Slots by entity id."""
        return self.store.about

    @property
    def budget_bytes(self) -> int | None:
        """The limit."""
        return self.limit

    @property
    def capacity_bytes(self) -> int | None:
        """The limit, less what estimates may be off, and what `StoreView` takes off it again."""
        if self.limit is None:
            return None
        reserve = min(self.limit // _RESERVE_SHARE, _LARGEST_RESERVE)
        return int(self.limit * (1 - _ESTIMATE)) + reserve

    @property
    def live_bytes(self) -> int:
        """Bytes of all payloads, vectors and metadata."""
        columns = self.store.columns
        slots = columns.slots()
        parts = (columns.payload_bytes, columns.vector_bytes, columns.metadata_bytes)
        return sum(int(part[slots].sum()) for part in parts)

    def slot_of(self, record_id: str) -> int:
        """Returns the slot of a record."""
        return self.store.slot_of(record_id)

    def record_at(self, slot: int, *, payload: bool = True) -> MemoryRecord:
        """Returns the record in a slot."""
        return self.store.record_at(slot, payload=payload)

    def __contains__(self, record_id: object) -> bool:
        return record_id in self.store

    def apply(self, operations: Sequence[Operation]) -> tuple[str | None, ...]:
        """Carries out a batch as a whole or not at all.

        Raises:
            BudgetError: If more would be held than may be.
        """
        before = self.store.sequence
        results = self.store.apply(operations)
        if self.limit is not None and self.live_bytes > self.limit:
            self.store.rollback(before + 1)
            raise BudgetError(f"the batch takes more than the {self.limit} bytes that may be held")
        return results

    def note_reads(self, record_ids: Sequence[str], tick: int) -> None:
        """Counts records as read."""
        self.store.note_reads(record_ids, tick)

    def close(self) -> None:
        """Closes the store."""
        self.store.close()
