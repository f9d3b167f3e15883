"""Changes a store: bytes first, then rows, then the columns in memory; all of a batch or nothing.

Order makes it durable. Payload and vectors of a large batch are on the disk before the commit
that refers to them; those of a small one go into the database with it, which costs one sync
instead of two, and move to a segment later, many at once.
"""

import zlib
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol, final

import msgspec
import numpy as np

from embodied_mem.errors import StoreError
from embodied_mem.memory.batch import Draft
from embodied_mem.memory.codec.planes import encode_vectors
from embodied_mem.memory.codec.vector_code import PLANES, VectorCode
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.resident import ROW_OVERHEAD
from embodied_mem.memory.state import State
from embodied_mem.memory.storage.journal import Row, Undo
from embodied_mem.memory.storage.rows import (
    STAGED,
    Body,
    Extent,
    Heap,
    VectorPlace,
    body_of,
    decode_body,
    decode_heap,
    encode,
    record_of,
)
from embodied_mem.memory.storage.vector_files import LAYERS, row_bytes
from embodied_mem.memory.text import text_of

SMALL_BATCH = 64 << 10
"""Bytes up to which a batch goes into the database first."""
UNDO_BATCHES = 256
"""Batches that can be rolled back, while their bytes are there."""


@dataclass(slots=True)
class Parts:
    """A record on its way to its slot: what it says and the bytes that are new."""

    slot: int
    record: MemoryRecord
    """Its bytes do not count."""
    content: bytes
    mark: int
    total_layers: int
    layers: tuple[bytes, ...] | None = None
    """New payload; None where the one that is held stays."""
    code: VectorCode | None = None
    """New vector."""
    keep_vector: bool = False
    """Whether the vector that is held stays."""
    level: int | None = None
    """To lower the payload that stays to."""
    bits: int | None = None
    """To lower the vector that stays to."""
    body: bytes = b""
    row: Body | None = None
    """What `body` encodes."""
    text: str | None = None

    @property
    def new_bytes(self) -> int:
        """Bytes of payload and vector to write."""
        code = self.code
        vector = 0 if code is None else len(code.signs) + len(code.planes) + len(code.exact)
        return sum(map(len, self.layers or ())) + vector


@dataclass(slots=True)
class Change:
    """What becomes of a slot: its new row, or none."""

    body: bytes | None
    heap: bytes | None
    text: str | None = None
    """Words of the new record; worked out from the row where None."""
    staged: bytes | None = None
    """Bytes to put into the database beside the row."""
    decoded: tuple[Body, Heap] | None = None
    """What body and heap encode, where that is at hand."""


@dataclass(slots=True)
class Rows:
    """The changed rows of one transaction."""

    changes: dict[int, Change] = field(default_factory=dict)
    undo: bool = True
    """Whether what was there before is written to the journal."""
    sync: bool = False
    """Whether bytes were written that only the files hold."""
    syncing: Future[None] | None = None
    """The sync, where it has begun; all bytes are written then."""
    moved: dict[int, bytes] = field(default_factory=dict)
    """Where the bytes of records lie now that were staged before, by slot."""
    barrier: bool = False
    """Whether bytes move, so that nothing before can be undone and readers must look anew."""


class Room(Protocol):
    """What bounds the bytes of a store."""

    def admit(self, parts: list[Parts]) -> None:
        """Makes room for what is to be written, or raises."""
        ...

    def exceeded(self) -> bool:
        """Tells whether the store takes more than it may."""
        ...

    def withdraw(self, sequence: int) -> None:
        """Takes back the batch after `sequence`, and raises."""
        ...


@final
class Writer:
    """The one writer of a store."""

    def __init__(self, state: State, *, stage_bytes: int) -> None:
        self.state = state
        self.stage_bytes = stage_bytes
        """Bytes that may wait in the database for their segment."""
        self._pool: ThreadPoolExecutor | None = None
        self._written_counter = state.counter
        self._known_spaces = len(state.vectors.spaces)
        self._read: set[int] = set()
        """Slots whose use statistics are newer than their rows."""

    def recover(self) -> None:
        """Writes the vectors of staged records again: a power cut may have taken them."""
        state = self.state
        for slot, data in state.journal.all_staged():
            if slot in state.damaged:
                continue
            state.staged[slot] = len(data)
            _, _, heap = state.row(slot)
            if heap.vector is not None:
                start = sum(extent.length for extent in heap.held)
                state.vectors.rewrite(heap.vector, _staged_code(heap.vector, data[start:]))

    # -- from drafts to rows ------------------------------------------------------------------

    def prepare(self, drafts: Mapping[str, Draft | None]) -> tuple[list[Parts], list[int]]:
        """Gives every new record a slot; returns what is to be written and what to be removed."""
        slots = self.state.resident.slots
        removed = [slots[key] for key, draft in drafts.items() if draft is None and key in slots]
        parts = []
        for record_id, draft in drafts.items():
            if draft is None:
                continue
            slot = slots.get(record_id)
            if slot is None:
                slot = self.state.resident.take_slot()
            parts.append(self.part_of(slot, draft))
        return parts, removed

    def give_back(self, parts: Iterable[Parts]) -> None:
        """Frees the slots that were taken for records that did not get in."""
        resident = self.state.resident
        for part in parts:
            if not resident.columns.alive[part.slot]:
                resident.give_back(part.slot)

    @staticmethod
    def part_of(slot: int, draft: Draft) -> Parts:
        """Returns what is to be written of a draft; vectors are encoded later, all at once."""
        record = draft.record
        layers = record.payload if draft.new_payload else None
        if layers is not None and draft.level is not None:
            layers = layers[: draft.level]
        return Parts(
            slot,
            record,
            draft.content,
            draft.mark,
            max(draft.layers, len(record.losses)),
            layers,
            keep_vector=not draft.new_vector,
            level=draft.level,
            bits=draft.bits,
        )

    def write_new(self, parts: list[Parts], budget: Room) -> None:
        """Writes records that come from elsewhere, as one batch that can be undone as a whole."""
        for part in parts:
            part.slot = self.state.resident.take_slot()
        try:
            self.encode(parts)
            budget.admit(parts)
            before = self.state.sequence
            self.write(parts, [])
        except BaseException:
            self.give_back(parts)
            raise
        if budget.exceeded():
            budget.withdraw(before)

    def encode(self, parts: Iterable[Parts]) -> None:
        """Encodes the rows as far as they do not depend on where the bytes will lie."""
        parts = list(parts)
        _encode_vectors(part for part in parts if part.code is None)
        for part in parts:
            if part.body:
                continue
            body = body_of(part.record, part.content, part.total_layers, part.mark)
            try:
                part.body = encode(body)
                part.row = decode_body(part.body)
                part.text = text_of(part.record)
            except (msgspec.MsgspecError, TypeError, ValueError, OverflowError) as error:
                raise StoreError(f"record {part.record.id}: {error}") from None

    # -- writing ------------------------------------------------------------------------------

    def write(self, parts: list[Parts], removed: list[int]) -> None:
        """Writes a batch; durable when it returns, and as if it had never been on an error.

        Raises:
            StoreFullError: If the disk is full or read-only.
            DamagedRecordError: If a record to change is damaged.
        """
        state = self.state
        sizes = state.segments.sizes()
        rows = Rows()
        total = sum(part.new_bytes for part in parts)
        alive = state.resident.columns.alive
        fresh = not removed and not any(alive[part.slot] for part in parts)
        small = fresh and total <= SMALL_BATCH
        try:
            small = small and sum(state.staged.values()) + total <= self.stage_bytes
            if not small and (fresh or self._touches_staged(parts, removed)):
                self._flush(rows)
            for slot in removed:
                rows.changes[slot] = Change(None, None)
            self._place(parts, rows, staged=small)
            self.transact(rows)
        except BaseException:
            state.segments.cut(sizes)
            raise

    def _touches_staged(self, parts: list[Parts], removed: list[int]) -> bool:
        staged = self.state.staged
        return bool(staged) and any(
            slot in staged for slot in (*removed, *(part.slot for part in parts))
        )

    def flush(self) -> None:
        """Moves all staged bytes to a segment."""
        if not self.state.staged:
            return
        rows = Rows(undo=False)
        sizes = self.state.segments.sizes()
        try:
            self._flush(rows)
            self.transact(rows)
        except BaseException:
            self.state.segments.cut(sizes)
            raise

    def _flush(self, rows: Rows) -> None:
        for slot, data in self.state.journal.all_staged():
            row, _, heap = self.state.row(slot)
            cut = [data[e.offset : e.offset + e.length] for e in heap.held]
            layers = (*self.state.segments.append(cut), *heap.archived)
            moved = encode(msgspec.structs.replace(heap, layers=layers))
            rows.moved[slot] = moved
            rows.changes[slot] = Change(row.body, moved)
        rows.sync = bool(rows.moved)

    def _place(self, parts: list[Parts], rows: Rows, *, staged: bool) -> None:
        heaps = [self._held(part, rows) for part in parts]
        places = self._place_vectors(parts, heaps)
        layers = [] if staged else [layer for part in parts for layer in part.layers or ()]
        start = self.state.segments.write(layers)
        rows.sync |= any(part.new_bytes for part in parts) and not staged
        if rows.sync:
            # The disk writes while the rows are made.
            rows.syncing = self._start_sync()
        extents = iter(self.state.segments.extents(layers, start))
        for part, held, place in zip(parts, heaps, places, strict=True):
            data = None
            if staged and part.new_bytes:
                found, data = _staged(part)
                heap = Heap(found, len(found), place)
            elif part.layers is not None:
                heap = Heap(tuple([next(extents) for _ in part.layers]), len(part.layers), place)
            else:
                heap = Heap(held.layers, held.level, place)
            decoded = None if part.row is None else (part.row, heap)
            rows.changes[part.slot] = Change(part.body, encode(heap), part.text, data, decoded)

    def _held(self, part: Parts, rows: Rows) -> Heap:
        """Returns where the bytes lie that a record has now, lowered as asked."""
        if not self._alive(part.slot) or (part.layers is not None and not part.keep_vector):
            return Heap()
        moved = rows.moved.get(part.slot)
        heap = self.state.row(part.slot)[2] if moved is None else decode_heap(moved)
        level = heap.level if part.level is None else min(part.level, heap.level)
        vector = heap.vector
        if vector is not None and part.bits is not None:
            vector = lowered_place(vector, part.bits)
        layers = heap.layers if level == heap.level else heap.layers[:level]
        return Heap(layers, level, vector)

    def _place_vectors(self, parts: list[Parts], heaps: list[Heap]) -> list[VectorPlace | None]:
        pairs = zip(parts, heaps, strict=True)
        places = [heap.vector if part.keep_vector else None for part, heap in pairs]
        by_space: dict[tuple[str, int], list[int]] = {}
        for index, part in enumerate(parts):
            if part.code is not None:
                key = (part.record.space, part.code.dimension)
                by_space.setdefault(key, []).append(index)
        vectors = self.state.vectors
        for (name, dimension), indices in by_space.items():
            space = vectors.find(name, dimension) or vectors.add_space(name, dimension)
            codes = [code for index in indices if (code := parts[index].code) is not None]
            for index, place in zip(indices, vectors.append(space, codes), strict=True):
                places[index] = place
        return places

    def transact(self, rows: Rows) -> None:
        """Commits rows whose bytes are written, and takes them over into memory."""
        state, journal = self.state, self.state.journal
        old = {slot: state.row(slot) for slot in rows.changes if self._alive(slot)}
        syncing = rows.syncing or (self._start_sync() if rows.sync else None)
        sequence = state.sequence + 1
        with journal.transaction():
            self._write_meta()
            self._write_rows(rows)
            self._write_words(rows, {s: (row.body, body) for s, (row, body, _) in old.items()})
            if rows.barrier:
                journal.write_undo(sequence, None)
                journal.forget_undo(sequence)
            elif rows.undo:
                journal.write_undo(sequence, _undo_of(rows, old))
                if sequence % 64 == 0:
                    journal.forget_undo(sequence - UNDO_BATCHES)
            if syncing is not None:
                syncing.result()
        if rows.undo or rows.barrier:
            state.sequence = sequence
        self._written_counter = state.counter
        self._known_spaces = len(state.vectors.spaces)
        self._take_over(rows, {slot: heap for slot, (_, _, heap) in old.items()})

    def _alive(self, slot: int) -> bool:
        columns = self.state.resident.columns
        return slot < columns.size and bool(columns.alive[slot])

    def _start_sync(self) -> Future[None]:
        """Starts to sync payload and vectors; it runs while the rows are written."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(1, "embodied-mem-sync")
        return self._pool.submit(self._sync_now)

    def _sync_now(self) -> None:
        self.state.segments.sync()
        self.state.archive.sync()
        self.state.vectors.sync()

    def _write_meta(self) -> None:
        state = self.state
        if state.counter != self._written_counter:
            state.journal.write_counter(state.counter)
        for space in state.vectors.spaces[self._known_spaces :]:
            state.journal.write_space(space.number, space.name, space.dimension)

    def _write_rows(self, rows: Rows) -> None:
        journal = self.state.journal
        written, removed, staged = [], [], []
        for slot, change in rows.changes.items():
            if change.body is None or change.heap is None:
                removed.append(slot)
                continue
            written.append((slot, change.body, change.heap))
            if change.staged is not None:
                staged.append((slot, change.staged))
        if rows.moved:
            journal.clear_staged()
        if removed:
            journal.remove(removed)
        if written:
            journal.write(written)
        if staged:
            journal.stage(staged)

    def _write_words(self, rows: Rows, old: Mapping[int, tuple[bytes, Body]]) -> None:
        words, added = self.state.words, []
        for slot, change in rows.changes.items():
            before = old.get(slot)
            if before is not None and change.body == before[0]:
                continue
            old_text = None if before is None else text_of(record_of(before[1], 0, 32))
            new_text = change.text
            if new_text is None and change.body is not None:
                new_text = text_of(record_of(decode_body(change.body), 0, 32))
            if old_text == new_text:
                continue
            if old_text is not None:
                words.remove(slot, old_text)
            if new_text is not None:
                added.append((slot, new_text))
        if added:
            words.add_many(added)

    def _take_over(self, rows: Rows, old: Mapping[int, Heap]) -> None:
        state = self.state
        columns = state.resident.columns
        read = {
            slot: (columns.ids[slot], self._statistics(slot))
            for slot in self._read.intersection(old)
        }
        for slot, heap in old.items():
            state.refer(slot, heap, -1)
            state.vanish(slot)
        slots: list[int] = []
        bodies: list[Body] = []
        heaps: list[Heap] = []
        sizes: list[int] = []
        for slot, change in rows.changes.items():
            if change.body is None or change.heap is None:
                state.resident.give_back(slot)
                continue
            body, heap = change.decoded or (decode_body(change.body), decode_heap(change.heap))
            slots.append(slot)
            bodies.append(body)
            heaps.append(heap)
            sizes.append(len(change.body) + len(change.heap) + ROW_OVERHEAD)
        state.resident.put(slots, bodies, heaps, sizes)
        for slot, heap in zip(slots, heaps, strict=True):
            change = rows.changes[slot]
            state.refer(slot, heap)
            if change.staged is not None:
                state.staged[slot] = len(change.staged)
            else:
                state.staged.pop(slot, None)
            if slot in read and read[slot][0] == columns.ids[slot]:
                reads, citations, last = read[slot][1]
                columns.reads[slot], columns.citations[slot] = reads, citations
                columns.last_read[slot] = -1 if last is None else last
            else:
                self._read.discard(slot)

    # -- use statistics -----------------------------------------------------------------------

    def note_reads(self, slots: Iterable[int], tick: int, cited: bool) -> None:
        """Counts records as read, or as cited; in memory, until `write_reads`."""
        columns = self.state.resident.columns
        for slot in slots:
            columns.reads[slot] += 1
            columns.citations[slot] += cited
            columns.last_read[slot] = max(tick, columns.last_read[slot])
            self._read.add(slot)

    def write_reads(self) -> None:
        """Writes the use statistics into the rows."""
        rows = Rows(undo=False)
        for slot in sorted(self._read):
            if self._alive(slot):
                row, body, _ = self.state.row(slot)
                fresh = msgspec.structs.replace(body, statistics=self._statistics(slot))
                rows.changes[slot] = Change(encode(fresh), row.heap)
        if rows.changes:
            self.transact(rows)
        self._read.clear()

    def _statistics(self, slot: int) -> tuple[int, int, int | None]:
        columns = self.state.resident.columns
        last = int(columns.last_read[slot])
        return int(columns.reads[slot]), int(columns.citations[slot]), None if last < 0 else last

    # -- going back ---------------------------------------------------------------------------

    def rollback(self, sequence: int) -> None:
        """Undoes a batch and all after it, as one new batch.

        Raises:
            StoreError: If the batch is unknown, or what it changed is no longer held.
        """
        state = self.state
        if not 1 <= sequence <= state.sequence:
            raise StoreError(
                f"there is no batch {sequence}; the last one is {state.sequence} (store.sequence)"
            )
        self.write_reads()
        self.flush()
        batches = state.journal.undo(sequence)
        rows = Rows()
        for number, changes in batches or [(sequence, None)]:
            if changes is None:
                raise StoreError(
                    f"batch {number} cannot be undone: what it changed was given up for space"
                )
            for change in changes:
                rows.changes[change.slot] = Change(change.body, change.heap)
        unborn = [s for s, c in rows.changes.items() if c.body is None and not self._alive(s)]
        for slot in unborn:
            del rows.changes[slot]
        self.transact(rows)

    def finish(self) -> None:
        """Brings everything to where it lasts, so that the folder can be copied."""
        self.write_reads()
        self.flush()

    def close(self) -> None:
        """Ends the helper thread."""
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None


def _encode_vectors(parts: Iterable[Parts]) -> None:
    by_dimension: dict[int, list[Parts]] = {}
    for part in parts:
        if part.record.embedding and not part.keep_vector:
            by_dimension.setdefault(len(part.record.embedding), []).append(part)
    for group in by_dimension.values():
        joined = b"".join([part.record.embedding for part in group])
        matrix = np.frombuffer(joined, "<f4").reshape(len(group), -1)
        if not np.isfinite(matrix).all():
            bad = int(np.flatnonzero(~np.isfinite(matrix).all(axis=1))[0])
            raise StoreError(
                f"record {group[bad].record.id}: embedding holds numbers that are not finite"
            )
        for part, code in zip(group, encode_vectors(matrix), strict=True):
            bits = part.record.bits if part.bits is None else min(part.bits, part.record.bits)
            part.code = lowered_code(code, bits)


def _undo_of(rows: Rows, old: Mapping[int, tuple[Row, Body, Heap]]) -> list[Undo]:
    """Returns what the slots held; of bytes that left the database, where they lie now."""
    undo = []
    for slot, change in rows.changes.items():
        before, moved = old.get(slot), rows.moved.get(slot)
        if before is None:
            undo.append(Undo(slot, None, None))
        elif moved is None or change.heap != moved or change.body != before[0].body:
            undo.append(Undo(slot, before[0].body, moved or before[0].heap))
    return undo


def first_crc(payload: Sequence[bytes]) -> int:
    """Returns the CRC-32 of the layer that is never dropped; 0 where there is no payload."""
    return zlib.crc32(payload[0]) if payload else 0


def lowered_code(code: VectorCode, bits: int) -> VectorCode:
    """Returns a vector without the layers beyond `bits` a dimension."""
    if bits >= code.bits:
        return code
    planes = code.planes if bits >= PLANES else b""
    return VectorCode(code.dimension, code.scale, code.signs, planes)


def lowered_place(place: VectorPlace, bits: int) -> VectorPlace:
    """Returns a vector's place without the layers beyond `bits` a dimension."""
    if bits >= place.bits:
        return place
    planes = place.planes if bits >= PLANES else None
    return VectorPlace(place.space, place.dimension, place.scale, place.signs, planes)


def _staged(part: Parts) -> tuple[tuple[Extent, ...], bytes]:
    """Returns where layers lie in the staged bytes, and these: layers, then the vector's own."""
    extents, offset = [], 0
    for layer in part.layers or ():
        extents.append(Extent(STAGED, offset, len(layer), zlib.crc32(layer)))
        offset += len(layer)
    code = part.code
    vector = () if code is None else (code.signs, code.planes, code.exact)
    return tuple(extents), b"".join((*(part.layers or ()), *vector))


def _staged_code(place: VectorPlace, data: bytes) -> VectorCode:
    parts: dict[str, bytes] = {}
    for layer in LAYERS:
        if getattr(place, layer) is not None:
            length = row_bytes(layer, place.dimension)
            parts[layer], data = data[:length], data[length:]
    return VectorCode(place.dimension, place.scale, **parts)
