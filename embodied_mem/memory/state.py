"""A store's state as its files hold it: opened, read, and kept fresh while another writes."""

import contextlib
import gc
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar, final

import msgspec
import numpy as np

from embodied_mem.errors import DamagedRecordError, MemoryFileError, StoreError
from embodied_mem.memory.batch import Draft
from embodied_mem.memory.record import MemoryRecord, Statistics
from embodied_mem.memory.resident import ROW_OVERHEAD, Resident
from embodied_mem.memory.search.words import WordIndex
from embodied_mem.memory.storage.journal import Journal, Row, Settings
from embodied_mem.memory.storage.medium import Medium
from embodied_mem.memory.storage.rows import (
    STAGED,
    Body,
    Extent,
    Heap,
    HeapSummary,
    VectorPlace,
    decode_bodies,
    decode_body,
    decode_heap,
    decode_heaps,
    decode_summaries,
    encode,
    record_of,
)
from embodied_mem.memory.storage.segments import Segments
from embodied_mem.memory.storage.vector_files import VectorFiles

T = TypeVar("T")
_FEW_ROWS = 4
"""Rows up to which one by one is faster than many at once."""
_TRIES = 5
"""Reads of a row whose bytes another process moves meanwhile."""


@final
class State:
    """Everything that is open of a store. It reads; `Writer` changes it."""

    def __init__(self, medium: Medium, *, write: bool, segment_bytes: int = 8 << 20) -> None:
        self.medium = medium
        self.write = write
        self.journal = Journal(medium.connect(read_only=not write))
        self.words = WordIndex(self.journal.connection)
        self.counter = 0
        self.sequence = 0
        """Number of the last acknowledged batch."""
        self.segments = Segments(medium.folder, self.next_number, write=write, target=segment_bytes)
        self.archive = Segments(medium.archive, self.next_number, write=write, target=segment_bytes)
        self.vectors = VectorFiles(medium.folder, self.next_number, write=write)
        self.resident = Resident()
        self.damaged: list[int] = []
        """Slots whose row does not match its checksum; they hold no readable record."""
        self.staged: dict[int, int] = {}
        """Bytes of each record that still lie in the database, by slot."""
        self.settings = Settings()
        self.closed = False
        self._version = -1
        self._frozen = False

    def next_number(self) -> int:
        """Returns a number that no file ever had."""
        self.counter += 1
        return self.counter

    def load(self) -> None:
        """Reads everything that stays in memory.

        Raises:
            MemoryFileError: If the settings or the database as a whole are damaged.
        """
        with self.journal.snapshot(), _without_collector():
            self._version = self._data_version()
            self.settings = self.journal.settings()  # a newer schema may have other tables
            self.journal.check_tables()
            self.counter = self.journal.counter()
            self._load_records()

    def _load_records(self) -> None:
        self.sequence = self.journal.last_sequence()
        for name, dimension in self.journal.spaces()[len(self.vectors.spaces) :]:
            self.vectors.add_space(name, dimension)
        for space in self.vectors.spaces:
            space.owner[:] = -1
            space.vectors = 0
            space.current.clear()
        self.resident, self.damaged = Resident(), []
        self.staged = self.journal.staged_bytes()
        self.segments.live.clear()
        self.archive.live.clear()
        for slots, bodies, heaps, damaged in self.journal.read_columns():
            self.damaged += damaged
            if slots:
                self._load_rows(slots, bodies, heaps)
        for slot in self.damaged:
            self.resident.block(slot)

    def _load_rows(self, slots: list[int], encoded: list[bytes], places: list[bytes]) -> None:
        bodies, heaps = decode_bodies(encoded), decode_summaries(places)
        lengths = zip(map(len, encoded), map(len, places), strict=True)
        self.resident.put(slots, bodies, heaps, [a + b + ROW_OVERHEAD for a, b in lengths])
        self._refer_all(slots, heaps)

    def _refer_all(self, slots: list[int], heaps: list[HeapSummary]) -> None:
        """Does what `refer` does, for many records just loaded."""
        columns, at = self.resident.columns, np.array(slots, np.intp)
        segments = columns.segment[at]
        numbers, inverse = np.unique(segments, return_inverse=True)
        live = np.bincount(inverse, columns.payload_bytes[at]).astype(int)
        for number, size in zip(numbers.tolist(), live.tolist(), strict=True):
            if number > STAGED:
                self.segments.live[number] += size
        lowered = columns.level[at] < columns.layers[at]
        for index in np.flatnonzero(lowered).tolist():
            self.archive.refer(heaps[index].archived)
        places = {_generations(h.vector): h.vector for h in heaps if h.vector is not None}
        for place in places.values():
            self.vectors.adopt(place)
        for space in self.vectors.spaces:
            inside = at[(columns.space[at] == space.number) & (columns.signs_at[at] >= 0)]
            space.own_all(columns.signs_at[inside], inside)

    def refer(self, slot: int, heap: Heap, sign: int = 1) -> None:
        """Counts the bytes of a record as live, or with -1 as no longer so."""
        if heap.held and heap.held[0].segment != STAGED:
            self.segments.refer(heap.held, sign)
        if heap.archived:
            self.archive.refer(heap.archived, sign)
        if heap.vector is not None:
            if sign > 0:
                self.vectors.adopt(heap.vector)
            if heap.vector.signs is not None:
                space = self.vectors.spaces[heap.vector.space]
                space.own(heap.vector.signs.row, slot if sign > 0 else -1)

    # -- keeping up with a writer -------------------------------------------------------------

    def refresh(self) -> None:
        """Takes over what another process wrote since; a writer has nothing to take over."""
        if self._frozen or not self.stale:
            return
        with self.journal.snapshot():
            self._catch_up()

    def steadily(self, read: Callable[[], T]) -> T:
        """Lets a reader see one state over many reads, whatever another process writes meanwhile.

        Bytes that were moved while they were read are looked for again.

        Raises:
            DamagedRecordError: If `read` does, and nothing was moved.
        """
        if self.write or self._frozen:
            return read()
        for _ in range(_TRIES):
            try:
                with self.journal.snapshot():
                    self._catch_up()
                    self._frozen = True
                    return read()
            except DamagedRecordError:
                self._frozen = False
                if not self.stale:
                    raise
            finally:
                self._frozen = False
        return read()

    @property
    def stale(self) -> bool:
        """Whether another process wrote since this one looked."""
        return not self.write and self._data_version() != self._version

    def _catch_up(self) -> None:
        version = self._data_version()
        if version == self._version:
            return
        self._version, last = version, self.journal.last_sequence()
        touched = self._touched_since(last)
        if touched is None:
            self._load_records()
            return
        for name, dimension in self.journal.spaces()[len(self.vectors.spaces) :]:
            self.vectors.add_space(name, dimension)
        for slot in touched:
            self._reread(slot)
        self.sequence = last

    def _touched_since(self, last: int) -> list[int] | None:
        if last == self.sequence:
            return []
        batches = self.journal.undo(self.sequence + 1) if last > self.sequence else None
        if batches is None or any(changes is None for _, changes in batches):
            return None
        return sorted({undo.slot for _, changes in batches for undo in changes or ()})

    def _reread(self, slot: int) -> None:
        self.vanish(slot)
        row = self.journal.read(slot)
        if row is None:
            return
        body, heap = _decoded(row)
        self.resident.put([slot], [body], [heap], [_metadata_bytes(row)])
        self.refer(slot, heap)

    def vanish(self, slot: int) -> None:
        """Takes a record out of memory; its row and its bytes are another matter."""
        columns = self.resident.columns
        if slot >= columns.size or not columns.alive[slot]:
            return
        if columns.signs_at[slot] >= 0:
            self.vectors.spaces[columns.space[slot]].own(int(columns.signs_at[slot]), -1)
        self.resident.drop(slot)

    def _data_version(self) -> int:
        ((version,),) = self.journal.connection.execute("PRAGMA data_version").fetchall()
        return int(version)

    # -- records ------------------------------------------------------------------------------

    def slot_of(self, record_id: str) -> int:
        """Returns where a record is.

        Raises:
            StoreError: If no record has that id.
        """
        try:
            return self.resident.slots[record_id]
        except KeyError:
            raise StoreError(f"no record has the id {record_id!r}") from None

    def row(self, slot: int) -> tuple[Row, Body, Heap]:
        """Reads a record's row.

        Raises:
            StoreError: If the slot is empty.
            DamagedRecordError: If the row does not match its checksum.
        """
        row = self.journal.read(slot)
        if row is None:
            raise StoreError(f"slot {slot} holds no record")
        return row, *_decoded(row)

    def rows(self, slots: Sequence[int]) -> dict[int, tuple[Row, Body, Heap]]:
        """Reads the rows of many records, by slot in the order asked for.

        Raises:
            DamagedRecordError: If one is missing or does not match its checksum.
        """
        if len(slots) < _FEW_ROWS:
            return {slot: self.row(slot) for slot in slots}
        found = {row.slot: row for row in self.journal.read_many(slots)}
        rows = [found[slot] for slot in slots if slot in found and found[slot].intact]
        if len(rows) < len(slots):
            return {slot: self.row(slot) for slot in slots}  # says which
        bodies = decode_bodies([row.body for row in rows])
        heaps = decode_heaps([row.heap for row in rows])
        return dict(zip(slots, zip(rows, bodies, heaps, strict=True), strict=True))

    def record_at(self, slot: int, *, payload: bool = True) -> MemoryRecord:
        """Reads a record, without its bytes where `payload` is False.

        Raises:
            StoreError: If the slot is empty.
            DamagedRecordError: If anything of the record does not match its checksum.
        """
        row, body, heap = self.row(slot)
        for _ in range(_TRIES):
            bits = 32 if heap.vector is None else heap.vector.bits
            if not payload:
                return self._fresh(slot, record_of(body, heap.level, bits))
            layers = self.read_whole(slot, heap.held, self.segments)
            embedding = self._embedding(heap)
            if layers is not None and embedding is not None:
                return self._fresh(slot, record_of(body, heap.level, bits, layers, embedding))
            again, body, heap = self.row(slot)
            if again == row:
                break
            row = again
        part = "payload" if layers is None else "embedding"
        raise DamagedRecordError(
            f"record {body.id.hex()}: its {part} does not match its checksum; "
            "`embodied-mem inspect --verify` names all such, `--repair` drops what is lost"
        )

    def fresh_body(self, slot: int, body: bytes) -> bytes:
        """Returns a row's body with the use statistics of now."""
        old, use = decode_body(body), self.resident.statistics(slot)
        if use == old.statistics:
            return body
        return encode(msgspec.structs.replace(old, statistics=use))

    def _fresh(self, slot: int, record: MemoryRecord) -> MemoryRecord:
        if not self.write or self.resident.columns.reads[slot] == record.statistics.reads:
            return record
        reads, citations, last_read = self.resident.statistics(slot)
        use = Statistics(reads=reads, citations=citations, last_read=last_read)
        return msgspec.structs.replace(record, statistics=use)

    def read_whole(
        self, slot: int, extents: Iterable[Extent], segments: Segments
    ) -> tuple[bytes, ...] | None:
        """Reads bytes of a record, wherever they lie; None where any of it is damaged."""
        parts = self.read_extents(slot, extents, segments)
        whole = tuple([part for part in parts if part is not None])
        return whole if len(whole) == len(parts) else None

    def read_extents(
        self, slot: int, extents: Iterable[Extent], segments: Segments
    ) -> list[bytes | None]:
        """Reads bytes of a record, wherever they lie; None for what is damaged."""
        staged: bytes | None = None
        parts: list[bytes | None] = []
        for extent in extents:
            if extent.segment != STAGED:
                parts.append(segments.read(extent))
                continue
            if staged is None:
                staged = self.journal.staged(slot) or b""
            parts.append(extent.cut_from(staged))
        return parts

    def _embedding(self, heap: Heap) -> bytes | None:
        if heap.vector is None:
            return b""
        if heap.vector.exact is not None:
            return self.vectors.read_layer(heap.vector, "exact")
        from embodied_mem.memory.codec.planes import decode_vector

        code = self.vectors.read(heap.vector)
        return None if code is None else decode_vector(code).astype("<f4").tobytes()

    # -- what planning a batch asks -----------------------------------------------------------

    def draft(self, record_id: str) -> Draft | None:
        """Returns the record as it is, without its bytes; None where there is none."""
        slot = self.resident.slots.get(record_id)
        if slot is None:
            return None
        _, body, heap = self.row(slot)
        record = self._fresh(slot, record_of(body, heap.level, 32))
        return Draft(record, bytes(body.content), body.fingerprint, body.layers, heap=heap)

    def full(self, record_id: str) -> MemoryRecord:
        """Returns the record with its bytes."""
        return self.record_at(self.slot_of(record_id))

    def same_facts(self, mark: int) -> list[str]:
        """Returns the ids of the active records with this fingerprint."""
        return [self.resident.columns.ids[slot] for slot in self.resident.tellers(mark)]

    def linked_from(self, record_id: str) -> list[str]:
        """Returns the ids of the records that link to this one, sorted."""
        slots = self.resident.linked_from.get(record_id, ())
        return sorted(self.resident.columns.ids[slot] for slot in slots)

    def clear_orphans(self) -> None:
        """Removes files that nothing refers to, left over from an interrupted operation.

        Where a row is damaged nobody knows what it referred to, and nothing is removed; nor where
        the database can hide rows.
        """
        segments, arenas = self.orphans()
        if (segments or arenas) and not self.damaged and not self.journal.problems():
            for group, number in segments:
                group.remove(number)
            for name in arenas:
                self.medium.folder.remove(name)
        for space in self.vectors.spaces:
            for layer, generation in space.current.items():
                with contextlib.suppress(MemoryFileError):  # `verify` names its records
                    self.vectors.arena(space, layer, generation)
        self.segments.open_all()
        self.archive.open_all()

    def orphans(self) -> tuple[list[tuple[Segments, int]], list[str]]:
        """Lists segments and arenas that no record needs and no rollback can bring back."""
        pinned = self.pinned()
        segments = [
            (group, number)
            for group in (self.segments, self.archive)
            for number in group.numbers()
            if number not in group.live and number not in pinned
        ]
        used = {
            (layer, space.number, generation)
            for space in self.vectors.spaces
            for layer, generation in space.current.items()
        }
        arenas = [
            name
            for name, key in self.vectors.names().items()
            if key not in used and key[2] not in pinned
        ]
        return segments, arenas

    def pinned(self) -> set[int]:
        """Returns the numbers of the files that a rollback may need."""
        pinned: set[int] = set()
        for undo in self.journal.all_undo():
            if undo.heap is None:
                continue
            heap = decode_heap(undo.heap)
            pinned.update(extent.segment for extent in heap.layers)
            if heap.vector is not None:
                rows = (heap.vector.signs, heap.vector.planes, heap.vector.exact)
                pinned.update(row.generation for row in rows if row is not None)
        return pinned

    def close(self) -> None:
        """Closes all files; closing twice is fine."""
        if self.closed:
            return
        self.closed = True
        self.journal.close()
        self.segments.close()
        self.archive.close()
        self.vectors.close()


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    """Stops Python's garbage collector, which would look at all new objects again and again."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _decoded(row: Row) -> tuple[Body, Heap]:
    try:
        if not row.intact:
            raise ValueError
        return decode_body(row.body), decode_heap(row.heap)
    except (msgspec.DecodeError, ValueError):
        raise DamagedRecordError(
            f"the row of slot {row.slot} does not match its checksum; "
            "`embodied-mem inspect --repair` drops it"
        ) from None


def _generations(place: VectorPlace) -> tuple[int, int, int, int]:
    rows = (place.signs, place.planes, place.exact)
    signs, planes, exact = (-1 if row is None else row.generation for row in rows)
    return place.space, signs, planes, exact


def _metadata_bytes(row: Row) -> int:
    return len(row.body) + len(row.heap) + ROW_OVERHEAD
