"""Gives space back: drops layers, and copies what is alive out of files that hold dead bytes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import final

import msgspec
import numpy as np

from embodied_mem.memory.changes import Change, Rows
from embodied_mem.memory.parts import lowered_place
from embodied_mem.memory.state import State
from embodied_mem.memory.storage.journal import Row
from embodied_mem.memory.storage.rows import (
    ArenaRow,
    Body,
    Extent,
    Heap,
    encode_heap,
)
from embodied_mem.memory.storage.vector_files import Space
from embodied_mem.memory.writer import Writer

_CHUNK = 4 << 20
"""Bytes copied at a time."""


@dataclass(frozen=True, slots=True)
class Lowered:
    """What a record is to be held at."""

    level: int
    bits: int


@dataclass(slots=True)
class _Work:
    """The rows that a compaction rewrites."""

    rows: dict[int, tuple[Row, Body, Heap]] = field(default_factory=dict)
    bodies: dict[int, bytes] = field(default_factory=dict)
    heaps: dict[int, Heap] = field(default_factory=dict)
    dropped: dict[int, tuple[Extent, ...]] = field(default_factory=dict)
    """Layers that leave the live store, by slot."""
    archived: dict[int, tuple[Extent, ...]] = field(default_factory=dict)
    """Layers of these records that the archive held already."""


@final
class Compactor:
    """Rewrites files so that they hold live bytes only; never re-encodes anything."""

    def __init__(self, state: State, writer: Writer) -> None:
        self.state = state
        self.writer = writer

    def dead_bytes(self) -> int:
        """Returns the bytes in segments and arenas that no record refers to."""
        return self.state.segments.dead_bytes() + sum(
            dead * arena.stride
            for space in self.state.vectors.spaces
            for (layer, _), arena in space.arenas.items()
            if (dead := len(arena) - self._live_rows(space, layer))
        )

    def _live_rows(self, space: Space, layer: str) -> int:
        columns = self.state.resident.columns
        held = getattr(columns, f"{layer}_at")[: columns.size] >= 0
        inside = (columns.space[: columns.size] == space.number) & columns.alive[: columns.size]
        return int(np.count_nonzero(held & inside))

    def reclaim(self, needed: int | None = None) -> None:
        """Frees dead bytes: all of them, or of the emptiest files until `needed` are free.

        What lies in dead bytes can no longer be brought back by a rollback.
        """
        self.writer.flush()
        segments = self.state.segments
        dead = {n: size - segments.live[n] for n, size in segments.sizes().items()}
        victims, freed = set(), 0
        for number in sorted(dead, key=lambda n: (segments.live[n] / max(dead[n], 1), n)):
            if dead[number] <= 0 or (needed is not None and freed >= needed):
                continue
            victims.add(number)
            freed += dead[number]
        arenas = self._half_dead_arenas() if needed is not None else self._arenas_with_dead_rows()
        if victims or arenas:
            self._rewrite({}, victims, arenas)

    def lower(self, lowered: Mapping[int, Lowered], *, archive_room: int) -> None:
        """Drops layers of records, and gives back all dead bytes.

        Args:
            lowered: What the records in these slots are to be held at.
            archive_room: Bytes of dropped layers that the archive takes.
        """
        self.writer.flush()
        columns = self.state.resident.columns
        victims = {
            int(columns.segment[slot])
            for slot, to in lowered.items()
            if to.level < columns.level[slot]
        }
        segments = self.state.segments
        victims |= {n for n, size in segments.sizes().items() if size > segments.live[n]}
        arenas = self._arenas_with_dead_rows()
        for slot, to in lowered.items():
            if to.bits < columns.bits[slot]:
                number = int(columns.space[slot])
                arenas.add((number, "exact"))
                if to.bits < 4 <= columns.bits[slot]:
                    arenas.add((number, "planes"))
        self._rewrite(lowered, victims, arenas, archive_room=archive_room)

    def _arenas_with_dead_rows(self) -> set[tuple[int, str]]:
        return {
            (space.number, layer)
            for space in self.state.vectors.spaces
            for (layer, _), arena in space.arenas.items()
            if len(arena) > self._live_rows(space, layer)
        }

    def _half_dead_arenas(self) -> set[tuple[int, str]]:
        return {
            (space.number, layer)
            for space in self.state.vectors.spaces
            for (layer, _), arena in space.arenas.items()
            if len(arena) > 2 * self._live_rows(space, layer)
        }

    def raise_fidelity(self, room: int | None, among: Sequence[int] | None = None) -> int:
        """Takes layers back from the archive, those with the most loss a byte first.

        Args:
            room: Bytes that may be added to the live store; None for no bound.
            among: Slots of the records to look at; all where None.

        Returns:
            How many layers came back.
        """
        state = self.state
        found: list[tuple[float, int, Row, Heap]] = []
        for slot in state.resident.columns.slots().tolist() if among is None else among:
            row, body, heap = state.row(slot)
            if heap.archived:
                loss = body.losses[heap.level - 1] if body.losses and heap.level else 1.0
                size = sum(extent.length for extent in heap.archived)
                found.append((-loss / max(size, 1), slot, row, heap))
        work, count = _Work(), 0
        for _, slot, row, heap in sorted(found, key=lambda item: item[:2]):
            archived = state.read_whole(slot, heap.archived, state.archive)
            size = sum(extent.length for extent in heap.archived)
            if archived is None or (room is not None and size > room):
                continue
            held = state.read_whole(slot, heap.held, state.segments)
            if held is None:
                continue
            room = None if room is None else room - size
            # All layers of a record lie in one segment, so that one number finds them.
            extents = state.segments.append([*held, *archived])
            work.bodies[slot] = row.body
            work.heaps[slot] = Heap(tuple(extents), len(extents), heap.vector)
            count += len(archived)
        if count:
            rows = Rows(undo=False, barrier=True, sync=True)
            for slot, heap in work.heaps.items():
                rows.changes[slot] = Change(work.bodies[slot], encode_heap(heap))
            self.writer.transact(rows)
            for number in state.archive.numbers():
                if not state.archive.live[number]:
                    state.archive.remove(number)
        return count

    # -- rewriting ----------------------------------------------------------------------------

    def _rewrite(
        self,
        lowered: Mapping[int, Lowered],
        victims: set[int],
        arenas: set[tuple[int, str]],
        *,
        archive_room: int = 0,
    ) -> None:
        state = self.state
        self.writer.write_reads()
        sizes, archive_sizes = state.segments.sizes(), state.archive.sizes()
        old_arenas = [
            (layer, number, generation)
            for number, layer in sorted(arenas)
            for (name, generation) in list(state.vectors.spaces[number].arenas)
            if name == layer
        ]
        before = {number: dict(state.vectors.spaces[number].current) for number, _ in arenas}
        try:
            work = self._gather(lowered, victims, arenas)
            self._archive(work, archive_room)
            damaged = self._copy_payloads(work, victims)
            kept = self._copy_vectors(work, arenas)
            rows = Rows(undo=False, barrier=True, sync=True, old=work.rows)
            for slot, heap in work.heaps.items():
                body = work.rows[slot][1]
                rows.changes[slot] = Change(
                    work.bodies[slot], encode_heap(heap), decoded=(body, heap)
                )
            self.writer.transact(rows)
        except BaseException:
            state.segments.cut(sizes)
            state.archive.cut(archive_sizes)
            for number, current in before.items():
                state.vectors.spaces[number].current = current
            raise
        for number in sorted(victims - damaged):
            state.segments.remove(number)
        for key in old_arenas:
            if (key[1], key[0]) not in kept:
                state.vectors.remove(*key)

    def _gather(
        self,
        lowered: Mapping[int, Lowered],
        victims: set[int],
        arenas: set[tuple[int, str]],
    ) -> _Work:
        columns = self.state.resident.columns
        size = columns.size
        chosen = np.isin(columns.segment[:size], sorted(victims)) & (columns.segment[:size] > 0)
        for number, layer in arenas:
            held = getattr(columns, f"{layer}_at")[:size] >= 0
            chosen |= held & (columns.space[:size] == number)
        chosen &= columns.alive[:size]
        work = _Work()
        slots = sorted({*np.flatnonzero(chosen).tolist(), *lowered})
        work.rows = self.state.rows(slots)
        for slot, (row, _, heap) in work.rows.items():
            to = lowered.get(slot)
            if to is not None:
                level = min(heap.level, to.level)
                vector = heap.vector and lowered_place(heap.vector, to.bits)
                if level < heap.level:
                    work.dropped[slot] = heap.layers[level : heap.level]
                    work.archived[slot] = heap.archived
                    heap = Heap(heap.layers[:level], level, vector)
                else:
                    heap = msgspec.structs.replace(heap, vector=vector)
            work.bodies[slot], work.heaps[slot] = row.body, heap
        return work

    def _archive(self, work: _Work, room: int) -> None:
        """Keeps dropped layers outside the live store, as many records' as there is room for."""
        state = self.state
        for slot, extents in work.dropped.items():
            whole = state.read_whole(slot, extents, state.segments)
            if whole is None:
                continue
            room -= sum(map(len, whole))
            if room < 0:
                return
            heap = work.heaps[slot]
            layers = (*heap.held, *state.archive.append(whole), *work.archived[slot])
            work.heaps[slot] = msgspec.structs.replace(heap, layers=layers)

    def _copy_payloads(self, work: _Work, victims: set[int]) -> set[int]:
        """Copies live layers out of the victims; returns those that hold damaged bytes."""
        state, damaged = self.state, set[int]()
        state.segments.start_new()
        waiting: list[tuple[int, list[bytes]]] = []
        size = 0
        for slot, heap in work.heaps.items():
            if not heap.held or heap.segment not in victims:
                continue
            parts = state.segments.read_run(heap.held)
            if parts is None:
                damaged.add(heap.segment)
                continue
            waiting.append((slot, parts))
            size += heap.held_bytes
            if size >= _CHUNK:
                self._append(work, waiting)
                waiting, size = [], 0
        self._append(work, waiting)
        return damaged

    def _append(self, work: _Work, waiting: list[tuple[int, list[bytes]]]) -> None:
        known = [extent for slot, _ in waiting for extent in work.heaps[slot].held]
        parts = [part for _, parts in waiting for part in parts]
        extents = iter(self.state.segments.append_known(parts, known))
        for slot, group in waiting:
            heap = work.heaps[slot]
            layers = (*(next(extents) for _ in group), *heap.archived)
            work.heaps[slot] = Heap(layers, heap.level, heap.vector)

    def _copy_vectors(self, work: _Work, arenas: set[tuple[int, str]]) -> set[tuple[int, str]]:
        """Copies live rows to new generations; returns the arenas left as they are."""
        kept = set()
        for number, layer in sorted(arenas):
            space = self.state.vectors.spaces[number]
            users = [
                (slot, row)
                for slot, heap in work.heaps.items()
                if heap.vector is not None
                and heap.vector.space == number
                and (row := getattr(heap.vector, layer)) is not None
            ]
            if not users:
                space.current.pop(layer, None)
                continue
            if not self._copy_rows(work, space, layer, users):
                kept.add((number, layer))
        return kept

    def _copy_rows(
        self, work: _Work, space: Space, layer: str, users: list[tuple[int, ArenaRow]]
    ) -> bool:
        vectors = self.state.vectors
        generations = {row.generation for _, row in users}
        if len(generations) != 1:
            return False
        source = vectors.arena(space, layer, generations.pop())
        if max(row.row for _, row in users) >= len(source):
            return False  # the file is damaged; verify names its records
        data = source.rows(np.array([row.row for _, row in users]))
        target = vectors.start_generation(space, layer)
        first = target.append(data.tobytes())
        vectors.unsynced(target)
        generation = space.current[layer]
        for offset, (slot, row) in enumerate(users):
            moved = {layer: ArenaRow(generation, first + offset, row.crc)}
            heap = work.heaps[slot]
            vector = heap.vector and msgspec.structs.replace(heap.vector, **moved)
            work.heaps[slot] = msgspec.structs.replace(heap, vector=vector)
        return True
