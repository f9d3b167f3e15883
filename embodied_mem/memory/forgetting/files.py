"""Leaves no byte in segments, archive and vector files that no record refers to."""

from collections import defaultdict
from typing import final

from embodied_mem.memory.changes import Change, Rows
from embodied_mem.memory.compaction import Compactor
from embodied_mem.memory.state import State
from embodied_mem.memory.storage.rows import Extent, Heap, encode_heap
from embodied_mem.memory.storage.segments import Segments
from embodied_mem.memory.storage.vector_files import LAYERS
from embodied_mem.memory.writer import Writer


@final
class FileScrubber:
    """Rewrites the files of a store so that they hold live bytes only, in the archive too.

    Where a damaged record keeps a file from being rewritten, its dead bytes are overwritten.
    """

    def __init__(self, state: State, writer: Writer) -> None:
        self._state = state
        self._writer = writer

    def scrub(self) -> None:
        """Does it; everything is on the disk when it returns.

        Raises:
            StoreFullError: If there is no room for the new files; what is done stays done.
        """
        state = self._state
        self._writer.finish()
        Compactor(state, self._writer).reclaim()
        self._rewrite_archive()
        segments, arenas = state.orphans()
        for group, number in segments:
            group.remove(number)
        for name in arenas:
            state.medium.folder.remove(name)
        if self._has_dead_bytes():
            self._blank()
        self._cut_torn_rows()
        state.medium.folder.sync()
        state.medium.archive.sync()

    def _rewrite_archive(self) -> None:
        """Copies the layers that live records keep in the archive out of files with others."""
        state, archive = self._state, self._state.archive
        victims = {
            number for number, size in archive.sizes().items() if size > archive.live[number]
        }
        if not victims:
            return
        columns = state.resident.columns
        slots = columns.slots()
        lowered = slots[columns.level[slots] < columns.layers[slots]].tolist()
        sizes = archive.sizes()
        rows, kept = Rows(undo=False, barrier=True, sync=True), set[int]()
        archive.start_new()
        try:
            rows.old = state.rows(lowered)
            for slot, (row, body, heap) in list(rows.old.items()):
                inside = {extent.segment for extent in heap.archived} & victims
                whole = state.read_whole(slot, heap.archived, archive) if inside else None
                if whole is None:
                    kept |= inside  # damaged; `verify` names the record
                    del rows.old[slot]
                    continue
                moved = Heap((*heap.held, *archive.append(whole)), heap.level, heap.vector)
                rows.changes[slot] = Change(row.body, encode_heap(moved), decoded=(body, moved))
            self._writer.transact(rows)
        except BaseException:
            archive.cut(sizes)
            raise
        for number in sorted(victims - kept):
            archive.remove(number)

    def _has_dead_bytes(self) -> bool:
        state = self._state
        return bool(Compactor(state, self._writer).dead_bytes() or state.archive.dead_bytes())

    def _blank(self) -> None:
        state = self._state
        live: defaultdict[tuple[bool, int], list[Extent]] = defaultdict(list)
        used: defaultdict[tuple[int, str, int], set[int]] = defaultdict(set)
        for slot in state.resident.columns.slots().tolist():
            heap = state.row(slot)[2]
            for extent in heap.held:
                live[False, extent.segment].append(extent)
            for extent in heap.archived:
                live[True, extent.segment].append(extent)
            for layer in LAYERS if heap.vector is not None else ():
                row = getattr(heap.vector, layer)
                if row is not None and heap.vector is not None:
                    used[heap.vector.space, layer, row.generation].add(row.row)
        for archived, group in ((False, state.segments), (True, state.archive)):
            _blank_segments(group, {n: each for (a, n), each in live.items() if a == archived})
        for space in state.vectors.spaces:
            for (name, generation), arena in space.arenas.items():
                dead = set(range(len(arena))) - used[space.number, name, generation]
                for row in sorted(dead):
                    arena.overwrite(row, bytes(arena.stride))
                arena.sync()

    def _cut_torn_rows(self) -> None:
        """Cuts off what a crash left of a row behind the last whole one."""
        for space in self._state.vectors.spaces:
            for arena in space.arenas.values():
                arena.truncate(len(arena))
                arena.sync()


def _blank_segments(group: Segments, live: dict[int, list[Extent]]) -> None:
    for number, size in group.sizes().items():
        if size > group.live[number]:
            group.blank(number, live.get(number, []))
