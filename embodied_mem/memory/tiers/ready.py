"""A record as it is used: the picture decoded, the text of a prompt rendered, the vector laid out.

Layers that lie in the archive are read too: what is ready does not depend on the tier.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from embodied_mem.memory.codec.pictures import decode_picture
from embodied_mem.memory.record import MemoryRecord, Statistics
from embodied_mem.memory.state import State
from embodied_mem.memory.storage.rows import Body, Heap
from embodied_mem.memory.text import text_of
from embodied_mem.types import Float32Array, UInt8Array

Render = Callable[[MemoryRecord], str]
_JPEG: Final = b"\xff\xd8"
_PNG: Final = b"\x89PNG"
_OVERHEAD: Final = 1500
"""Bytes of the objects of a record in memory, about."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Ready:
    """A record, ready to be shown, said or compared. Nothing of it may be written to."""

    record: MemoryRecord
    """Without its bytes, and without how often it was used: that is the store's to tell."""
    text: str
    """What a prompt says of it."""
    picture: UInt8Array | None
    """(h, w, 3) RGB; None where its payload is no picture."""
    vector: Float32Array | None
    """(dimension,); None where it has none."""

    @property
    def nbytes(self) -> int:
        """Bytes that it takes in memory, about."""
        arrays = (self.picture, self.vector)
        return _OVERHEAD + 2 * len(self.text) + sum(a.nbytes for a in arrays if a is not None)

    def same_as(self, other: "Ready") -> bool:
        """Tells whether two are the same to the last bit."""
        return (
            self.record == other.record
            and self.text == other.text
            and _equal(self.picture, other.picture)
            and _equal(self.vector, other.vector)
        )


def prompt_line(record: MemoryRecord) -> str:
    """Returns one line for a prompt: what it is, when, where, and its words.

    >>> prompt_line(MemoryRecord(id="0" * 32, kind="event", content={"text": "Ana left"},
    ...                          valid_from=7, place="hall"))
    'event, tick 7, hall: Ana left hall'
    """
    parts = [record.kind, f"tick {record.valid_from}"]
    if record.valid_to is not None:
        parts[1] += f" to {record.valid_to}"
    if record.place:
        parts.append(record.place)
    if record.pose is not None:
        parts.append("at ({:.2f}, {:.2f}, {:.2f})".format(*record.pose[:3]))
    return f"{', '.join(parts)}: {text_of(record)}"


def make_ready(state: State, slot: int, render: Render) -> tuple[Ready, Body, Heap]:
    """Reads and decodes a record; with the row that it was made from.

    Raises:
        StoreError: If the slot is empty, or the payload is a picture that does not decode.
        DamagedRecordError: If anything of it does not match its checksum.
    """
    record, body, heap = _whole(state, slot)
    picture = None
    if record.payload and record.payload[0].startswith((_JPEG, _PNG)):
        picture = decode_picture(record.payload)
        picture.flags.writeable = False
    vector = record.vector if record.embedding else None
    bare = msgspec.structs.replace(
        record, payload=(), embedding=b"", statistics=Statistics(), level=len(record.payload)
    )
    return Ready(record=bare, text=render(bare), picture=picture, vector=vector), body, heap


def content_hash(state: State, slot: int) -> str:
    """Returns a SHA-256 of all that a record holds, in whichever tier its layers lie."""
    record, _, _ = _whole(state, slot)
    plain = msgspec.structs.replace(record, statistics=Statistics(), level=len(record.payload))
    encoded = msgspec.msgpack.Encoder(order="deterministic").encode(plain)
    return hashlib.sha256(encoded).hexdigest()


def _whole(state: State, slot: int) -> tuple[MemoryRecord, Body, Heap]:
    """Reads a record with its archived layers; without those where the archive is damaged."""
    record = state.record_at(slot)
    _, body, heap = state.row(slot)
    if not heap.archived:
        return record, body, heap
    archived = state.read_whole(slot, heap.archived, state.archive)
    if archived is None or record.level != heap.level:
        return record, body, heap
    return msgspec.structs.replace(record, payload=record.payload + archived), body, heap


def same_content(old: tuple[Body, Heap], new: tuple[Body, Heap]) -> bool:
    """Tells whether two states of a row hold the same, wherever the bytes lie now."""
    if old == new:
        return True
    unused = [msgspec.structs.replace(body, statistics=(0, 0, None)) for body, _ in (old, new)]
    return unused[0] == unused[1] and _sums(old[1]) == _sums(new[1])


def _sums(heap: Heap) -> tuple[object, ...]:
    layers = tuple([(extent.length, extent.crc) for extent in heap.layers])
    place = heap.vector
    if place is None:
        return (layers,)
    exact = place.exact
    if exact is not None:  # the sign planes of a new vector come later and change nothing
        return layers, place.dimension, exact.crc
    rows = (place.signs, place.planes)
    return layers, place.dimension, place.scale, tuple([row and row.crc for row in rows])


def _equal(one: UInt8Array | Float32Array | None, other: UInt8Array | Float32Array | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.dtype == other.dtype and np.array_equal(one, other)
