"""Changes a store: bytes first, then rows, then the columns in memory; all of a batch or nothing.

Order makes it durable. Payload and vectors of a large batch are on the disk before the commit
that refers to them; those of a small one go into the database with it, which costs one sync
instead of two, and move to a segment later, many at once.
"""

import zlib
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from typing import Protocol, final

import msgspec

from embodied_mem.errors import DamagedRecordError, StoreError
from embodied_mem.memory.batch import Draft
from embodied_mem.memory.changes import Change, Rows, Waiting, staged_bytes, undo_of
from embodied_mem.memory.codec.vector_code import VectorCode
from embodied_mem.memory.parts import (
    Parts,
    complete_vectors,
    encode_parts,
    lowered_place,
    part_of,
    with_planes,
)
from embodied_mem.memory.resident import ROW_OVERHEAD
from embodied_mem.memory.state import State
from embodied_mem.memory.storage.journal import Row
from embodied_mem.memory.storage.medium import RamMedium
from embodied_mem.memory.storage.rows import (
    Body,
    Heap,
    VectorPlace,
    decode_body,
    decode_heap,
    encode,
    encode_heap,
    record_of,
)
from embodied_mem.memory.text import text_of

SMALL_BATCH = 64 << 10
"""Bytes up to which a batch goes into the database first."""
_WORTH_A_THREAD = 16
"""Rows from which on what memory does meanwhile takes longer than to wake another thread."""
UNDO_BATCHES = 256
"""Batches that can be rolled back, while their bytes are there."""


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
        self._waiting: dict[int, Waiting] = {}
        self._read: set[int] = set()
        """Slots whose use statistics are newer than their rows."""

    def recover(self) -> None:
        """Takes over what waits in the database, and writes its vectors to their files again.

        A power cut may have taken these. Of a damaged record nothing is moved; it stays where it
        is, for `repair`.
        """
        state = self.state
        self._waiting.clear()
        for slot, data in state.journal.all_staged():
            state.staged.pop(slot, None)
            row = state.journal.read(slot)
            if row is None or not row.intact:
                continue
            heap = decode_heap(row.heap)
            start = sum(extent.length for extent in heap.held)
            exact = data[start:]
            place = heap.vector
            if any(part.cut_from(data) is None for part in heap.held) or (
                place is not None and (place.exact is None or zlib.crc32(exact) != place.exact.crc)
            ):
                continue
            if place is not None:
                code = VectorCode(place.dimension, place.scale, b"", b"", exact)
                state.vectors.rewrite(place, code)
            state.staged[slot] = len(data)
            self._waiting[slot] = Waiting(row.body, heap, data)

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
            parts.append(part_of(slot, draft))
        return parts, removed

    def give_back(self, parts: Iterable[Parts]) -> None:
        """Frees the slots that were taken for records that did not get in."""
        resident = self.state.resident
        for part in parts:
            if not resident.columns.alive[part.slot]:
                resident.give_back(part.slot)

    def write_new(self, parts: list[Parts], budget: Room) -> None:
        """Writes records that come from elsewhere, as one batch that can be undone as a whole."""
        for part in parts:
            part.slot = self.state.resident.take_slot()
        try:
            encode_parts(parts)
            budget.admit(parts)
            before = self.state.sequence
            self.write(parts, [])
        except BaseException:
            self.give_back(parts)
            raise
        if budget.exceeded():
            budget.withdraw(before)

    # -- writing ------------------------------------------------------------------------------

    def write(self, parts: list[Parts], removed: list[int], *, for_good: bool = False) -> None:
        """Writes a batch; durable when it returns, and as if it had never been on an error.

        Args:
            parts: What is added or changed.
            removed: Slots to empty.
            for_good: Whether neither it nor anything before it is to be undone.

        Raises:
            StoreFullError: If the disk is full or read-only.
            DamagedRecordError: If a record to change is damaged.
        """
        state = self.state
        sizes = state.segments.sizes()
        rows = Rows(undo=not for_good, barrier=for_good)
        total = sum(part.new_bytes for part in parts)
        alive = state.resident.columns.alive
        fresh = not removed and not any(alive[part.slot] for part in parts)
        small = fresh and total <= SMALL_BATCH
        try:
            # What comes in coarse already has no exact vector that could wait.
            small = small and all(
                part.record.bits == 32 and (part.code is None or not part.code.signs)
                for part in parts
            )
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
        waiting = self._waiting
        return bool(waiting) and any(
            slot in waiting for slot in (*removed, *(part.slot for part in parts))
        )

    def flush(self) -> None:
        """Moves all staged bytes to a segment."""
        if not self._waiting:
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
        segments = self.state.segments
        layers = [held.layers() for held in self._waiting.values()]
        extents = iter(segments.append([layer for group in layers for layer in group]))
        places = self._complete_places([held.heap.vector for held in self._waiting.values()])
        for slot, group, place in zip(self._waiting, layers, places, strict=True):
            found = tuple([next(extents) for _ in group])
            rows.moved[slot] = Heap(found, len(found), place)
        rows.sync = bool(rows.moved)

    def _complete_places(self, places: list[VectorPlace | None]) -> list[VectorPlace | None]:
        """Writes the sign planes of vectors of which there is only the exact layer so far."""
        vectors, done = self.state.vectors, list(places)
        by_space: dict[int, list[int]] = {}
        for index, place in enumerate(places):
            if place is not None and place.signs is None:
                by_space.setdefault(place.space, []).append(index)
        for number, indices in by_space.items():
            exact = [vectors.read_layer(place, "exact") for i in indices if (place := places[i])]
            if None in exact:
                raise DamagedRecordError(
                    "the vector of a new record does not match its checksum; "
                    "`embodied-mem inspect --repair` keeps what can be read"
                )
            dimension = vectors.spaces[number].dimension
            codes = with_planes([VectorCode(dimension, 0.0, b"", b"", e or b"") for e in exact])
            coarse = vectors.append(
                vectors.spaces[number],
                [VectorCode(c.dimension, c.scale, c.signs, c.planes) for c in codes],
            )
            for index, place in zip(indices, coarse, strict=True):
                old = places[index]
                done[index] = msgspec.structs.replace(place, exact=old and old.exact)
        return done

    def _place(self, parts: list[Parts], rows: Rows, *, staged: bool) -> None:
        heaps = [self._held(part, rows) for part in parts]
        if not staged:
            complete_vectors(parts)
        places = self._place_vectors(parts, heaps)
        layers = [] if staged else [layer for part in parts for layer in part.layers or ()]
        start = self.state.segments.write(layers)
        rows.sync |= any(part.new_bytes for part in parts) and not staged
        if rows.sync:
            # The disk writes while the rows are made.
            rows.syncing = self._sync()
        extents = iter(self.state.segments.extents(layers, start))
        for part, held, place in zip(parts, heaps, places, strict=True):
            data = None
            if staged and part.new_bytes:
                found, data = staged_bytes(part)
                heap = Heap(found, len(found), place)
            elif part.layers is not None:
                heap = Heap(tuple([next(extents) for _ in part.layers]), len(part.layers), place)
            else:
                heap = Heap(held.layers, held.level, place)
            decoded = None if part.row is None else (part.row, heap)
            rows.changes[part.slot] = Change(part.body, encode_heap(heap), part.text, data, decoded)

    def _held(self, part: Parts, rows: Rows) -> Heap:
        """Returns where the bytes lie that a record has now, lowered as asked."""
        if not self._alive(part.slot) or (part.layers is not None and not part.keep_vector):
            return Heap()
        moved = rows.moved.get(part.slot)
        heap = self.state.row(part.slot)[2] if moved is None else moved
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
        old = rows.old
        if old is None:
            old = state.rows([slot for slot in rows.changes if self._alive(slot)])
        changes = state.resident.changes
        syncing = rows.syncing or (self._sync() if rows.sync else [])
        sequence = state.sequence + 1
        try:
            with journal.transaction():
                self._write_tables(rows, old, sequence)
                for sync in syncing:
                    sync.result()
                # While the disk is busy with the commit, memory follows.
                small = len(rows.changes) + len(rows.moved) < _WORTH_A_THREAD
                committing = _done(journal.commit) if small else self._run(journal.commit)
                try:
                    self._take_over(rows, {slot: heap for slot, (_, _, heap) in old.items()})
                finally:
                    wait([committing])
                committing.result()
        except BaseException:
            if state.resident.changes != changes:
                state.load()
                self.recover()
            raise
        if rows.undo or rows.barrier:
            state.sequence = sequence
        self._written_counter = state.counter
        self._known_spaces = len(state.vectors.spaces)

    def _write_tables(
        self, rows: Rows, old: Mapping[int, tuple[Row, Body, Heap]], sequence: int
    ) -> None:
        journal = self.state.journal
        self._write_meta()
        self._write_rows(rows)
        self._write_words(rows, {s: (row.body, body) for s, (row, body, _) in old.items()})
        if rows.barrier:
            journal.write_undo(sequence, None)
            journal.forget_undo(sequence)
        elif rows.undo:
            journal.write_undo(sequence, undo_of(rows, old))
            if sequence % 64 == 0:
                journal.forget_undo(sequence - UNDO_BATCHES)

    def _alive(self, slot: int) -> bool:
        columns = self.state.resident.columns
        return slot < columns.size and bool(columns.alive[slot])

    def _run(self, job: Callable[[], None]) -> Future[None]:
        """Starts what waits for the disk; it runs beside this thread."""
        if isinstance(self.state.medium, RamMedium):
            return _done(job)
        if self._pool is None:
            self._pool = ThreadPoolExecutor(4, "embodied-mem-disk")
        return self._pool.submit(job)

    def _sync(self) -> list[Future[None]]:
        """Starts to sync all files with new bytes, side by side, since they share the disk."""
        state = self.state
        jobs = [*state.segments.syncs(), *state.archive.syncs(), *state.vectors.syncs()]
        return [self._run(job) for job in jobs]

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
        for slot, heap in rows.moved.items():
            if slot not in rows.changes:
                written.append((slot, self._waiting[slot].body, encode_heap(heap)))
        if rows.moved:
            journal.clear_staged(rows.moved)
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
            slot: (columns.ids[slot], state.resident.statistics(slot))
            for slot in self._read.intersection(old)
        }
        for slot, heap in old.items():
            state.refer(slot, heap, -1)
            state.vanish(slot)
        for slot in rows.moved:
            del state.staged[slot], self._waiting[slot]
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
        self._take_over_moved({s: h for s, h in rows.moved.items() if s not in rows.changes})
        for slot, heap in zip(slots, heaps, strict=True):
            change = rows.changes[slot]
            state.refer(slot, heap)
            if change.staged is not None and change.body is not None:
                state.staged[slot] = len(change.staged)
                self._waiting[slot] = Waiting(change.body, heap, change.staged)
            if slot in read and read[slot][0] == columns.ids[slot]:
                reads, citations, last = read[slot][1]
                columns.reads[slot], columns.citations[slot] = reads, citations
                columns.last_read[slot] = -1 if last is None else last
            else:
                self._read.discard(slot)

    def _take_over_moved(self, moved: Mapping[int, Heap]) -> None:
        state = self.state
        state.resident.move(list(moved), list(moved.values()))
        for slot, heap in moved.items():
            state.refer(slot, heap)

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
                fresh = msgspec.structs.replace(
                    body, statistics=self.state.resident.statistics(slot)
                )
                rows.changes[slot] = Change(encode(fresh), row.heap)
        if rows.changes:
            self.transact(rows)
        self._read.clear()

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


def _done(job: Callable[[], None]) -> Future[None]:
    done: Future[None] = Future()
    job()
    done.set_result(None)
    return done
