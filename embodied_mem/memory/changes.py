"""What a transaction does to the rows, and what of it is still to be moved to its files."""

import zlib
from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import NamedTuple

from embodied_mem.memory.parts import Parts
from embodied_mem.memory.storage.journal import Row, Undo
from embodied_mem.memory.storage.rows import STAGED, Body, Extent, Heap, encode_heap


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


class Waiting(NamedTuple):
    """A record whose bytes still lie in the database."""

    body: bytes
    heap: Heap
    data: bytes

    def layers(self) -> list[bytes]:
        """Returns the payload."""
        return [self.data[part.offset : part.offset + part.length] for part in self.heap.held]


@dataclass(slots=True)
class Rows:
    """The changed rows of one transaction."""

    changes: dict[int, Change] = field(default_factory=dict)
    undo: bool = True
    """Whether what was there before is written to the journal."""
    sync: bool = False
    """Whether bytes were written that only the files hold."""
    syncing: list[Future[None]] = field(default_factory=list)
    """The syncs of the files, where they have begun; all bytes are written then."""
    moved: dict[int, Heap] = field(default_factory=dict)
    """Where the bytes of records lie now that were staged before, by slot."""
    old: dict[int, tuple[Row, Body, Heap]] | None = None
    """The rows as they are, where they are at hand."""
    barrier: bool = False
    """Whether bytes move, so that nothing before can be undone and readers must look anew."""


def undo_of(rows: Rows, old: Mapping[int, tuple[Row, Body, Heap]]) -> list[Undo]:
    """Returns what the slots held; of bytes that left the database, where they lie now."""
    undo = []
    for slot in rows.changes:
        before, moved = old.get(slot), rows.moved.get(slot)
        if before is None:
            undo.append(Undo(slot, None, None))
        else:
            heap = before[0].heap if moved is None else encode_heap(moved)
            undo.append(Undo(slot, before[0].body, heap))
    return undo


def staged_bytes(part: Parts) -> tuple[tuple[Extent, ...], bytes]:
    """Returns where layers lie in the staged bytes, and these: layers, then the vector's own."""
    extents, offset = [], 0
    for layer in part.layers or ():
        extents.append(Extent(STAGED, offset, len(layer), zlib.crc32(layer)))
        offset += len(layer)
    code = part.code
    vector = () if code is None else (code.signs, code.planes, code.exact)
    return tuple(extents), b"".join((*(part.layers or ()), *vector))
