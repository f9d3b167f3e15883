"""The container of memory records: budgeted, durable, versioned, searchable, verifiable."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, final

import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.errors import MemoryFileError, StoreError
from embodied_mem.memory.batch import Batch
from embodied_mem.memory.budget import Budget, share
from embodied_mem.memory.columns import Columns
from embodied_mem.memory.filter import Filter, Slots, matching
from embodied_mem.memory.forgetting import Dependent, Forgotten, Pictures, Wish, erasure
from embodied_mem.memory.opening import open_to_write
from embodied_mem.memory.parts import encode_parts
from embodied_mem.memory.past import as_believed, digest_of, versions_of
from embodied_mem.memory.record import MemoryRecord, Operation
from embodied_mem.memory.search.words import WordIndex
from embodied_mem.memory.state import State
from embodied_mem.memory.storage.journal import Settings
from embodied_mem.memory.storage.medium import DiskMedium, Medium, RamMedium
from embodied_mem.memory.telling import as_told, refuse_hidden
from embodied_mem.memory.turns import Turn, in_turn
from embodied_mem.memory.verification import Report, verify_state
from embodied_mem.memory.writer import Writer
from embodied_mem.types import Float32Array, Float64Array

if TYPE_CHECKING:
    from embodied_mem.brain.tools import Toolbox
    from embodied_mem.memory.tiers import Tier, Tiers


@final
class MemoryStore:
    """Holds `MemoryRecord`s under a hard byte budget; changes only through atomic batches.

    What `apply` acknowledged survives the death of the process and of the power. One process
    writes, any number read. A store is used from one thread at a time; `Lanes` let in several.

    Args:
        path: Folder of the store, made where it is missing; None for a store in memory, which
            behaves alike and ends with the process.
        budget_bytes: Bytes that the live store may take on the disk after any batch, as `du`
            counts them: payload, vectors, rows, full-text index, the database's log and slack.
            What stays in memory is less than that. None for no bound.
        archive_bytes: Bytes beside it for layers that were dropped for space; see `grow`.
        session: Name of this visit; None keeps the one in the folder.
        seed: What record ids are made from; None keeps the one in the folder.
        seconds_per_tick: Length of a tick; None keeps the one in the folder.
        medium: Where to keep it instead of `path`; tests simulate power cuts with it.

    Raises:
        MemoryFileError: If the folder is no memory, damaged, of a newer schema, or written to by
            another process.
        StoreError: If the budget is too small.

    >>> store = MemoryStore()
    >>> from embodied_mem.memory import Add, MemoryRecord
    >>> cup = MemoryRecord(id="0" * 32, kind="fact", content={"cup": "red"})
    >>> _ = store.apply([Add(record=cup)])
    >>> store.get(cup.id).content
    {'cup': 'red'}
    """

    turn: Turn = contextlib.nullcontext
    """What every change waits for: nothing, but where `Lanes` let several threads in."""
    tiers: "Tiers | None" = None
    """What keeps records ready to use, where there is such a thing; see `Tiers`."""
    dependents: tuple[Dependent, ...] = ()
    """What is told of a forgetting, see `embodied_mem.memory.forgetting.attach`."""

    def __init__(
        self,
        path: Path | None = None,
        *,
        budget_bytes: int | None = None,
        archive_bytes: int = 0,
        session: str | None = None,
        seed: int | None = None,
        seconds_per_tick: float | None = None,
        medium: Medium | None = None,
    ) -> None:
        if medium is None:
            medium = RamMedium() if path is None else DiskMedium(path, create=True)
        self.path = path
        self._writer: Writer | None = None
        self._open(medium, budget_bytes, archive_bytes)
        try:
            self._settle(session, seed, seconds_per_tick)
        except BaseException:
            self.close()
            raise

    def _open(self, medium: Medium, budget_bytes: int | None, archive_bytes: int) -> None:
        medium.lock()
        try:
            self._state = open_to_write(medium, share(budget_bytes, 16, 256 << 10, 8 << 20))
        except BaseException:
            medium.unlock()
            raise
        stage = 0 if isinstance(medium, RamMedium) else share(budget_bytes, 32, 64 << 10, 1 << 20)
        try:
            self._writer = Writer(self._state, stage_bytes=stage)
            self._writer.recover()
            self._budget = Budget(self._state, self._writer, budget_bytes, archive_bytes)
            if self._state.journal.forgetting() is not None:
                erasure.finish(self._state, self._writer)
            # A crash may have come between a batch and the space that it gave back.
            self._budget.exceeded()
        except BaseException:
            self._abandon()
            raise

    def _settle(
        self, session: str | None, seed: int | None, seconds_per_tick: float | None
    ) -> None:
        old = self._state.settings
        new = Settings(
            session=old.session if session is None else session,
            seed=old.seed if seed is None else seed,
            seconds_per_tick=(
                old.seconds_per_tick if seconds_per_tick is None else seconds_per_tick
            ),
        )
        if new != old:
            with self._state.journal.transaction():
                self._state.journal.write_settings(new)
            self._state.settings = new

    @classmethod
    def read(cls, path: Path) -> Self:
        """Opens a store for reading, while another process may write to it.

        Args:
            path: Folder of a store, or a file made by `export`. A file is read into memory, where
                it may be changed; the file stays as it is.

        Raises:
            MemoryFileError: If it is missing, no memory, damaged or of a newer schema.
        """
        if path.is_file():
            store = cls()
            store.import_(path, settings=True)
            return store
        if not path.exists():
            raise MemoryFileError(f"cannot read the memory {path}: No such file or directory")
        store = cls.__new__(cls)
        store.path = path
        store._writer = None
        store._state = State(DiskMedium(path, create=False), write=False)
        try:
            store._state.load()
        except BaseException:
            store._state.close()
            raise
        return store

    # -- the whole ----------------------------------------------------------------------------

    @property
    def session(self) -> str:
        """Name of the visit that writes."""
        return self._state.settings.session

    @property
    def seed(self) -> int:
        """What record ids are made from."""
        return self._state.settings.seed

    @property
    def seconds_per_tick(self) -> float:
        """Length of a tick."""
        return self._state.settings.seconds_per_tick

    @property
    def sequence(self) -> int:
        """Number of the last acknowledged batch; 0 before the first."""
        self._state.refresh()
        return self._state.sequence

    @property
    def writable(self) -> bool:
        """Whether it was opened for writing."""
        return self._writer is not None

    @property
    def budget_bytes(self) -> int | None:
        """The byte budget; None where there is none."""
        return None if self._writer is None else self._budget.total

    @property
    def capacity_bytes(self) -> int | None:
        """Bytes that records themselves can take within the budget, about; None without one."""
        return None if self._writer is None else self._budget.capacity()

    @property
    def disk_bytes(self) -> int:
        """Bytes that the live store takes, as `du` counts them."""
        return self._state.medium.disk_bytes()

    @property
    def archive_disk_bytes(self) -> int:
        """Bytes that the archive takes."""
        return self._state.medium.archive.disk_bytes()

    @property
    def nbytes(self) -> int:
        """Bytes of all payloads and vectors held."""
        columns, slots = self.columns, self._state.resident.columns.slots()
        return int(columns.payload_bytes[slots].sum() + columns.vector_bytes[slots].sum())

    @property
    def columns(self) -> Columns:
        """What stays in memory of every record, by slot; not to be written to."""
        self._state.refresh()
        return self._state.resident.columns

    @property
    def about(self) -> Mapping[str, set[int]]:
        """Slots by the id of what the records are about."""
        return self._state.resident.about

    @property
    def words(self) -> WordIndex:
        """The full-text index."""
        return self._state.words

    def __len__(self) -> int:
        self._state.refresh()
        return len(self._state.resident.slots)

    def __contains__(self, record_id: object) -> bool:
        self._state.refresh()
        return record_id in self._state.resident.slots

    # -- reading ------------------------------------------------------------------------------

    def slot_of(self, record_id: str) -> int:
        """Returns the slot of a record.

        Raises:
            StoreError: If no record has that id.
        """
        self._state.refresh()
        return self._state.slot_of(record_id)

    def get(self, record_id: str, *, viewer: str | None = None) -> MemoryRecord:
        """Returns a record, as far as a viewer may know of it; see `Filter.viewer`.

        Raises:
            StoreError: If no record has that id, or none that the viewer may know of.
            DamagedRecordError: If its bytes do not match their checksum.
        """
        state = self._state

        def read() -> MemoryRecord:
            refuse_hidden(state, record_id, viewer)
            return as_told(state, [state.full(record_id)], viewer)[0]

        return state.steadily(read)

    def record_at(self, slot: int, *, payload: bool = True) -> MemoryRecord:
        """Returns the record in a slot; without payload and embedding where `payload` is False.

        Raises:
            StoreError: If the slot is empty.
            DamagedRecordError: If its bytes do not match their checksum.
        """
        self._state.refresh()
        return self._state.record_at(slot, payload=payload)

    def records(self, *, payload: bool = True) -> Iterator[MemoryRecord]:
        """Yields all records, archived ones too, in the order of their ids.

        Those that go while it is at it are left out, and those that come.
        """
        self._state.refresh()
        for record_id in sorted(self._state.resident.slots):
            record = self._state.steadily(partial(self._found, record_id, payload))
            if record is not None:
                yield record

    def _found(self, record_id: str, payload: bool) -> MemoryRecord | None:
        slot = self._state.resident.slots.get(record_id)
        return None if slot is None else self._state.record_at(slot, payload=payload)

    def tier(self, record_id: str) -> "Tier":
        """Tells where a record is: `hot`, see `Tiers`; `cold`, partly in the archive; or `warm`."""
        from embodied_mem.memory.tiers.stored import tier_of

        return tier_of(self, record_id)

    def select(self, filter: Filter) -> Slots:
        """Returns the slots of the records that meet a filter, ascending."""
        resident = self._state.resident
        return matching(filter, self.columns, resident.about, resident.slots)

    def query(self, filter: Filter, *, payload: bool = True) -> list[MemoryRecord]:
        """Returns the records that meet a filter, in the order of their ids.

        Where it has a viewer, they come without links and provenance to what that one may not see.
        """
        state = self._state

        def read() -> list[MemoryRecord]:
            found = [state.record_at(int(s), payload=payload) for s in self.select(filter)]
            return as_told(state, found, filter.viewer)

        return sorted(state.steadily(read), key=lambda record: record.id)

    def as_of(self, tick: int, *, viewer: str | None = None) -> list[MemoryRecord]:
        """Returns what was believed at a tick; ends that were learned later are open in it."""
        return [as_believed(each) for each in self.query(Filter(as_of=tick, viewer=viewer))]

    def neighbours(self, slot: int) -> Slots:
        """Returns the slots of the records that link to the one in a slot or that it links to.

        Raises:
            StoreError: If the slot is empty.
        """
        record, resident = self.record_at(slot, payload=False), self._state.resident
        linked = {resident.slots[link.id] for link in record.links if link.id in resident.slots}
        linked |= resident.linked_from.get(record.id, set())
        return np.array(sorted(linked), np.intp)

    def history(self, record_id: str, *, viewer: str | None = None) -> tuple[MemoryRecord, ...]:
        """Returns all versions of what a record tells that a viewer may know of, oldest first.

        Raises:
            StoreError: If no record has that id, or none that the viewer may know of.
        """
        state = self._state

        def read() -> list[MemoryRecord]:
            refuse_hidden(state, record_id, viewer)
            return as_told(state, versions_of(state, record_id), viewer)

        return tuple(state.steadily(read))

    def search(
        self,
        vector: Float32Array,
        k: int,
        space: str = "",
        slots: Slots | None = None,
    ) -> tuple[Slots, Float64Array]:
        """Finds the records whose vectors are nearest by cosine, at the quality of exact search.

        Args:
            vector: float32 (dimension,).
            k: How many at most.
            space: Name of the embedder; records of other spaces or dimensions are not looked at.
            slots: Only these; all where None.

        Returns:
            Slots and cosines, best first; equal ones in the order of slots.
        """
        from embodied_mem.memory.search.nearest import nearest

        self._state.refresh()
        return nearest(self._state, np.asarray(vector, np.float32), k, space, slots)

    def tools(self, viewer: str | None = None, *, write: bool = False) -> "Toolbox":
        """Returns what a language model can call; see `embodied_mem.brain.tools.memory_tools`."""
        from embodied_mem.brain.tools import memory_tools

        return memory_tools(self, viewer=viewer, write=write)

    def digest(self) -> str:
        """Returns a SHA-256 of the content that does not depend on how it lies on the disk."""
        return self._state.steadily(lambda: digest_of(self.records()))

    # -- writing ------------------------------------------------------------------------------

    @in_turn
    def apply(self, operations: Sequence[Operation]) -> tuple[str | None, ...]:
        """Carries out a batch as a whole or, on an error, not at all; durable when it returns.

        Where the budget is short, fidelity falls first: the layers with the least measured loss
        a byte are dropped across the whole store.

        Returns:
            For each operation the id under which the record is held now: for an ADD of what an
            active record tells already, that one's; None for DELETE and NOOP.

        Raises:
            StoreError: If an operation is not valid, or the store was opened for reading.
            BudgetError: If the batch does not fit, even at the lowest fidelity.
            StoreFullError: If the disk is full or read-only.
        """
        writer, state = self._writing(), self._state
        batch = Batch(state)
        for operation in operations:
            batch.run(operation)
        batch.check_links()
        if not batch.drafts:
            return tuple(batch.results)
        parts, removed = writer.prepare(batch.drafts)
        try:
            encode_parts(parts)
            self._budget.admit(parts, removed)
            before = state.sequence
            writer.write(parts, removed)
        except BaseException:
            writer.give_back(parts)
            raise
        if self._budget.exceeded():
            self._budget.withdraw(before)
        return tuple(batch.results)

    @in_turn
    def rollback(self, sequence: int) -> None:
        """Undoes batch number `sequence` and all after it; the records are byte for byte as before.

        It is a batch itself, and can be undone. The last 256 batches can be, while what they
        changed was not given up for space.

        Raises:
            StoreError: If that batch cannot be undone.
        """
        self._writing().rollback(sequence)

    @in_turn
    def note_reads(self, record_ids: Sequence[str], tick: int, *, cited: bool = False) -> None:
        """Counts records as read, or cited; kept with the next `close`, not durable before."""
        self._writing().note_reads([self._state.slot_of(i) for i in record_ids], tick, cited)

    @in_turn
    def shrink(self, target_bytes: int) -> None:
        """Brings the store down to that many bytes on the disk, never re-encoding anything.

        Dead bytes go first, then the layers with the least measured loss a byte across all
        records. No record is lost.

        Raises:
            BudgetError: If everything at its lowest fidelity still takes more.
        """
        self._writing()
        self._budget.shrink(target_bytes)

    @in_turn
    def grow(self) -> int:
        """Takes dropped layers back from the archive while the budget allows; returns how many."""
        self._writing()
        return self._budget.grow()

    @in_turn
    def compact(self) -> None:
        """Gives all dead bytes back; what lies in them can no longer be rolled back to."""
        self._writing()
        self._budget.shrink(self.disk_bytes)

    @in_turn
    def forget(
        self,
        *,
        about: str | Sequence[str] = (),
        observer: str | Sequence[str] = (),
        ids: Sequence[str] = (),
        mentions: bool = False,
        pictures: Pictures = "drop",
    ) -> Forgotten:
        """Erases people, things, places or records, and all derived from them, to the last byte.

        The arguments are those of `embodied_mem.memory.forgetting.Wish`. Nothing before can be
        rolled back afterwards. Killed in between, it is finished when the store is next opened
        for writing. Copies elsewhere (exports, other robots' memories) are not reached.

        Raises:
            StoreError: If nothing is named, or another process keeps the database's log.
            MemoryFileError: If the store is damaged.
            StoreFullError: If there is no room to rewrite its files.
        """
        wish = Wish(about=about, observer=observer, ids=ids, mentions=mentions, pictures=pictures)
        writer = self._writing()
        if self.tiers is not None:
            self.tiers.clear()
        return erasure.forget(self._state, writer, wish, self.dependents)

    def _writing(self) -> Writer:
        if self._writer is None:
            raise StoreError("this memory was opened for reading; open MemoryStore(path) to write")
        return self._writer

    # -- moving and checking ------------------------------------------------------------------

    def export(self, path: Path) -> None:
        """Writes everything but the archive to one checksummed file, whole or not at all."""
        from embodied_mem.memory.transfer import export_state

        self._state.refresh()
        export_state(self._state, path)

    @in_turn
    def import_(self, path: Path, *, settings: bool = False) -> int:
        """Takes in all records of an exported file, as one batch; returns how many.

        Args:
            path: The file, of this schema or an older one.
            settings: Whether session, seed and length of a tick are taken over too.

        Raises:
            MemoryFileError: If the file is missing, damaged or of a newer schema.
            StoreError: If a record with one of the ids exists.
            BudgetError: If they do not fit.
        """
        from embodied_mem.memory.transfer import import_parcels

        header, count = import_parcels(self._state, self._writing(), self._budget, path)
        if settings:
            self._settle(header.session, header.seed, header.seconds_per_tick)
        return count

    def merge(self, other: Self, out: Self | None = None, *, offset: int = 0) -> "MemoryStore":
        """Joins this memory and another into a third; see `embodied_mem.memory.merging.merge`."""
        from embodied_mem.memory.merging import merge

        return merge(self, other, out, offset=offset)

    def migrate(self, frame: ArrayLike | None = None, *, ticks: int = 0) -> int:
        """Moves all to another frame or start of time; see `embodied_mem.memory.migration`."""
        from embodied_mem.memory.migration import migrate

        return migrate(self, frame, ticks=ticks)

    def verify(self) -> Report:
        """Looks everything through, and names every record that is damaged, and in what."""
        return verify_state(self._state)

    @in_turn
    def repair(self) -> Report:
        """Drops what is damaged, and that alone; afterwards the store verifies.

        Fidelity falls before records are lost. What was done before cannot be rolled back any
        more. A store that does not open is repaired by `embodied_mem.memory.repair.repair_folder`.

        Returns:
            What was damaged, and which records were lost or kept at a lower fidelity.

        Raises:
            MemoryFileError: If the database is damaged beyond reading, or lies in no folder.
            StoreFullError: If there is no room to write what is repaired.
        """
        from embodied_mem.memory.repair import repair_folder, repair_state

        writer, report = self._writing(), self.verify()
        if not report.database:
            return repair_state(self._state, writer, report)
        if self.path is None:
            raise MemoryFileError("the database of this memory is damaged, and lies in no folder")
        budget, archive = self._budget.total, self._budget.archive
        self._abandon()
        report = repair_folder(self.path)
        self._open(DiskMedium(self.path, create=True), budget, archive)
        return report

    # -- the end ------------------------------------------------------------------------------

    @in_turn
    def close(self) -> None:
        """Closes the store; the folder can then be copied as it is. Closing twice is fine."""
        state, self_writer = self._state, self._writer
        if state.closed:
            return
        try:
            if self.tiers is not None:
                self.tiers.close()
            if self_writer is not None:
                self_writer.finish()
                self._budget.vacuum()
        finally:
            self._abandon()

    def _abandon(self) -> None:
        """Closes all files as they are."""
        try:
            self._state.close()
        finally:
            if self._writer is not None:
                self._writer.close()
            if self._state.write:
                self._state.medium.unlock()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
