"""The byte budget: what the store takes, and how it makes room before it gives anything up."""

import contextlib
from collections.abc import Iterable, Sequence
from typing import Final, final

from embodied_mem.errors import BudgetError, StoreError, StoreFullError
from embodied_mem.memory.compaction import Compactor, Lowered
from embodied_mem.memory.fidelity import lower_fidelity
from embodied_mem.memory.parts import Parts
from embodied_mem.memory.state import State
from embodied_mem.memory.storage.journal import translated
from embodied_mem.memory.storage.medium import PAGE
from embodied_mem.memory.writer import Writer

SMALLEST_BUDGET: Final = 1 << 20
"""Bytes below which the database and its log alone would take most of it."""
_FIXED: Final = 48 << 10
"""The folders themselves, the lock and the database's shared memory."""
_RESIDENT_BYTES: Final = 700
"""Bytes of the entries of a record in the indexes that stay in memory, about."""
_LEAST_RESIDENT: Final = 4 << 20
_NEW_FILES: Final = 4 * PAGE
_PATIENCE_MS: Final = 100
_SPARE: Final = 50
"""When room is made, a fiftieth of the budget more is freed, so that it is not made every time."""


def share(budget: int | None, part: int, least: int, most: int) -> int:
    """Returns a part of the budget within bounds; the upper one where there is no budget.

    >>> share(1 << 20, 16, 1 << 10, 1 << 20), share(None, 16, 1 << 10, 1 << 20)
    (65536, 1048576)
    """
    return most if budget is None else min(max(budget // part, least), most)


@final
class Budget:
    """Keeps a store within its bytes."""

    def __init__(self, state: State, writer: Writer, total: int | None, archive: int) -> None:
        if total is not None and total < SMALLEST_BUDGET:
            raise StoreError(
                f"a budget of {total} bytes is too small; the least is {SMALLEST_BUDGET}"
            )
        if archive < 0:
            raise StoreError(f"archive_bytes is {archive}; expected 0 or more")
        self.total = total
        self.archive = archive
        self._state = state
        self._compactor = Compactor(state, writer)
        self.log_bytes = share(total, 16, 128 << 10, 4 << 20)
        """Bytes that the database's log may take; they are set aside."""
        execute = state.journal.connection.execute
        execute(f"PRAGMA wal_autocheckpoint={self.log_bytes // PAGE}")
        execute(f"PRAGMA journal_size_limit={self.log_bytes}")

    def used(self) -> int:
        """Returns the bytes that the store takes, its log counted as full."""
        state = self._state
        database, log = state.medium.database_bytes()
        ((pages,),) = state.journal.connection.execute("PRAGMA page_count").fetchall()
        return (
            max(database, int(pages) * PAGE)
            + max(log, self.log_bytes)
            + state.segments.disk_bytes()
            + state.vectors.disk_bytes()
            + _FIXED
        )

    def capacity(self) -> int | None:
        """Returns the bytes that live records can take in all; None without a budget."""
        if self.total is None:
            return None
        columns = self._state.resident.columns
        slots = columns.slots()
        live = sum(
            int(getattr(columns, name)[slots].sum())
            for name in ("payload_bytes", "vector_bytes", "metadata_bytes")
        )
        _, log = self._state.medium.database_bytes()
        spare = self._free_pages() * PAGE + max(log - self.log_bytes, 0)
        return self.total - self.used() + spare + self._compactor.dead_bytes() + live

    def admit(self, parts: list[Parts], removed: Iterable[int] = ()) -> None:
        """Makes room for what is to be written, beyond what the same batch removes.

        Raises:
            BudgetError: If even the lowest fidelity of everything leaves too little.
        """
        if self.total is None:
            return
        self._check_resident()
        rows = 3 * sum(len(part.body) + len(part.text or "") + 128 for part in parts)
        needed = _NEW_FILES + sum(part.new_bytes for part in parts)
        needed += max(rows - self._free_pages() * PAGE, 0) - self._freed(parts, removed)
        # Bytes that wait in the database may move to a segment with this batch.
        waiting = sum(self._state.staged.values())
        if self.used() + needed + waiting <= self.total:
            return
        self._compactor.writer.flush()
        if self.used() + needed > self.total:
            self._make_room(needed)

    def _check_resident(self) -> None:
        """Keeps what stays in memory of every record within the budget too."""
        resident = self._state.resident
        taken = resident.columns.nbytes + _RESIDENT_BYTES * len(resident.slots)
        if self.total is not None and taken > max(self.total, _LEAST_RESIDENT):
            raise BudgetError(
                f"what stays in memory of {len(resident.slots)} records takes {taken} bytes, more "
                f"than the budget of {self.total}; delete records or give the store a larger budget"
            )

    def _free_pages(self) -> int:
        ((free,),) = self._state.journal.connection.execute("PRAGMA freelist_count").fetchall()
        return int(free)

    def _freed(self, parts: list[Parts], removed: Iterable[int]) -> int:
        """Returns the payload bytes that the batch itself leaves dead."""
        columns = self._state.resident.columns
        slots = [*removed, *(part.slot for part in parts if part.layers is not None)]
        return sum(int(columns.payload_bytes[s]) for s in slots if columns.alive[s])

    def _make_room(self, needed: int) -> None:
        if self.total is None:
            return
        goal = self.total - needed
        spare = self.total // _SPARE
        self.tidy()
        if self.used() > goal and self._compactor.dead_bytes():
            self._compactor.reclaim(self.used() - goal + spare)
        if self.used() > goal and self._compactor.dead_bytes():
            self._compactor.reclaim()
        while (excess := self.used() - goal) > 0:
            if not lower_fidelity(
                self._state, self._compactor, excess + spare, archive_room=self.archive_room()
            ):
                self._refuse(needed, excess)
            self.tidy()

    def _refuse(self, needed: int, excess: int) -> None:
        _, log = self._state.medium.database_bytes()
        hint = ""
        if log > 2 * self.log_bytes:
            hint = f" A reader that does not move on keeps {log} bytes of the log from being freed."
        raise BudgetError(
            f"{needed} bytes more do not fit into the budget of {self.total}: {excess} too many, "
            f"with everything at its lowest fidelity. Delete records (an allocator chooses which), "
            f"or give the store a larger budget.{hint}"
        )

    def archive_room(self) -> int:
        """Returns the bytes that the archive can still take."""
        archive = self._state.archive
        for number in [n for n in archive.sizes() if not archive.live[n]]:
            archive.remove(number)
        return max(self.archive - archive.disk_bytes() - PAGE, 0)

    def tidy(self) -> None:
        """Cuts the database's log off where it outgrew its share."""
        _, log = self._state.medium.database_bytes()
        if log > self.log_bytes:
            self.checkpoint()

    def checkpoint(self) -> None:
        """Moves the log into the database and empties it.

        It stays where a reader still needs it, or where the disk has no room for more database.
        """
        execute = self._state.journal.connection.execute
        ((patience,),) = execute("PRAGMA busy_timeout").fetchall()
        # A reader that stays in a state is not waited for, one that is just reading is.
        execute(f"PRAGMA busy_timeout={_PATIENCE_MS}")
        try:
            with contextlib.suppress(StoreFullError), translated():
                execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        finally:
            execute(f"PRAGMA busy_timeout={patience}")

    def vacuum(self) -> None:
        """Gives the database's free pages back, where they are more than a few and it has room."""
        execute = self._state.journal.connection.execute
        ((free,),) = execute("PRAGMA freelist_count").fetchall()
        ((pages,),) = execute("PRAGMA page_count").fetchall()
        # Of a damaged database, a copy would hold only what SQLite happens to find.
        if free > max(pages // 20, 8) and not self._state.journal.problems():
            with contextlib.suppress(StoreFullError), translated():
                execute("VACUUM")
        self.checkpoint()

    def exceeded(self) -> bool:
        """Tells whether the store takes more than it may, although all dead bytes were given back.

        Where that would not suffice they are left, so that the last batch can still be undone.
        """
        if self.total is None or self.used() <= self.total:
            return False
        self.tidy()
        excess = self.used() - self.total
        if 0 < excess <= self._compactor.dead_bytes() - _NEW_FILES:
            self._compactor.reclaim(excess + self.total // _SPARE)
            if self.used() > self.total:
                self._compactor.reclaim()
            self.tidy()
        return self.used() > self.total

    def withdraw(self, sequence: int) -> None:
        """Takes back the batch after `sequence`, which turned out not to fit.

        Raises:
            BudgetError: Always; the batch is not acknowledged.
        """
        self._compactor.writer.rollback(sequence + 1)
        self._compactor.reclaim()
        self.checkpoint()
        raise BudgetError(
            f"the batch takes more than the budget of {self.total} bytes leaves and was taken "
            "back; make it smaller, delete records, or give the store a larger budget"
        )

    def grow(self, among: Sequence[int] | None = None) -> int:
        """Takes layers back from the archive while there is room; see `MemoryStore.grow`.

        Args:
            among: Slots of the records whose layers are taken back; all where None.
        """
        room = None if self.total is None else self.total - self.used() - self.total // _SPARE
        return self._compactor.raise_fidelity(room, among)

    def set_aside(self, among: Sequence[int]) -> int:
        """Moves all layers but the first of records to the archive, while that has room for them.

        Returns:
            Of how many records; of the others everything stays where it is.
        """
        room, lowered = self.archive_room(), dict[int, Lowered]()
        for slot, (_, _, heap) in self._state.rows(among).items():
            room -= sum(extent.length for extent in heap.held[1:])
            if room < 0:
                break
            if heap.level > 1:
                lowered[slot] = Lowered(1, int(self._state.resident.columns.bits[slot]))
        if lowered:
            self._compactor.lower(lowered, archive_room=self.archive_room())
        return len(lowered)

    def _settled_bytes(self) -> int:
        """Returns the bytes on the disk, but for a log that a reader keeps from being emptied."""
        _, log = self._state.medium.database_bytes()
        return self._state.medium.disk_bytes() - log

    def shrink(self, target: int) -> None:
        """Brings the store down to `target` bytes on the disk; see `MemoryStore.shrink`."""
        self._compactor.writer.flush()
        if self._compactor.dead_bytes():
            self._compactor.reclaim()
        self.vacuum()
        # Files end in whole blocks; a little more at once spares a second round.
        slack = max(target // 500, 4 * PAGE)
        while (excess := self._settled_bytes() - target) > 0:
            room = self.archive_room()
            if not lower_fidelity(self._state, self._compactor, excess + slack, archive_room=room):
                raise BudgetError(
                    f"the store takes {target + excess} bytes with everything at its lowest "
                    f"fidelity; it cannot shrink to {target}. Delete records first"
                )
            self.checkpoint()
