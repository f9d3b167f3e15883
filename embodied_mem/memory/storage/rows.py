"""The rows of the database: what a record says, and where its bytes lie.

Both are MessagePack arrays; a field added later goes to the end and has a default, so that older
rows still read.
"""

import zlib
from collections.abc import Sequence
from hashlib import blake2b
from typing import Any

import msgspec

from embodied_mem.memory.record import (
    Kind,
    Link,
    MemoryRecord,
    Pose,
    Statistics,
    Status,
    Visibility,
)

STAGED = 0
"""Segment number of bytes that still lie in the database."""


class Extent(msgspec.Struct, frozen=True, array_like=True):
    """Bytes in a segment file."""

    segment: int
    offset: int
    length: int
    crc: int

    def cut_from(self, data: bytes) -> bytes | None:
        """Returns the bytes where `data` is the file; None where they are not as written."""
        part = data[self.offset : self.offset + self.length]
        return part if len(part) == self.length and zlib.crc32(part) == self.crc else None


class ArenaRow(msgspec.Struct, frozen=True, array_like=True):
    """A row in an arena file."""

    generation: int
    row: int
    crc: int


class VectorPlace(msgspec.Struct, frozen=True, array_like=True):
    """Where a vector's layers lie; only the exact one until the record leaves the database."""

    space: int
    dimension: int
    scale: float
    signs: ArenaRow | None
    planes: ArenaRow | None = None
    exact: ArenaRow | None = None

    @property
    def bits(self) -> int:
        """Bits a dimension that are held."""
        return 32 if self.exact else 4 if self.planes else 1


class Heap(msgspec.Struct, frozen=True, array_like=True):
    """Where a record's bytes lie. Layers from `level` on lie in the archive, if anywhere."""

    layers: tuple[Extent, ...] = ()
    level: int = 0
    vector: VectorPlace | None = None

    @property
    def segment(self) -> int:
        """Number of the segment of the payload held; -1 where there is none."""
        return self.layers[0].segment if self.level else -1

    @property
    def held_bytes(self) -> int:
        """Bytes of the payload held."""
        return sum([extent.length for extent in self.layers[: self.level]])

    @property
    def held(self) -> tuple[Extent, ...]:
        """The layers of the live store."""
        return self.layers[: self.level]

    @property
    def archived(self) -> tuple[Extent, ...]:
        """The layers that only the archive holds."""
        return self.layers[self.level :]


class HeapSummary(msgspec.Struct, frozen=True, array_like=True):
    """What opening a store needs of a heap; behind the heap's own fields lie two sums."""

    layers: msgspec.Raw
    level: int
    vector: VectorPlace | None
    segment: int = -2
    """Of the payload held; -1 where there is none, -2 where the sums are missing."""
    held_bytes: int = 0
    """Bytes of the payload held."""

    @property
    def archived(self) -> tuple[Extent, ...]:
        """The layers that only the archive holds."""
        return msgspec.msgpack.decode(self.layers, type=tuple[Extent, ...])[self.level :]


AnyHeap = Heap | HeapSummary


class Body(msgspec.Struct, frozen=True, array_like=True):
    """A record without its bytes. `layers` counts those of the full payload."""

    id: bytes
    kind: Kind
    content: msgspec.Raw
    place: str | None
    pose: Pose | None
    about: tuple[str, ...]
    observer: str
    session: str
    valid_from: int
    valid_to: int | None
    recorded_at: int
    superseded_at: int | None
    space: str
    losses: tuple[float, ...]
    links: tuple[Link, ...]
    provenance: tuple[str, ...]
    version: int
    status: Status
    visibility: Visibility
    statistics: tuple[int, int, int | None]
    layers: int
    fingerprint: int


_encoder = msgspec.msgpack.Encoder(order="deterministic")
_body_decoder = msgspec.msgpack.Decoder(Body)
_heap_decoder = msgspec.msgpack.Decoder(Heap)
encode = _encoder.encode
decode_body = _body_decoder.decode
decode_heap = _heap_decoder.decode


_bodies_decoder = msgspec.msgpack.Decoder(list[Body])
_heaps_decoder = msgspec.msgpack.Decoder(list[Heap])
_summaries_decoder = msgspec.msgpack.Decoder(list[HeapSummary])


def decode_bodies(bodies: Sequence[bytes]) -> list[Body]:
    """Decodes many at once, which costs less than one by one.

    Raises:
        msgspec.DecodeError: If one does not decode.
    """
    return _bodies_decoder.decode(_start(len(bodies)) + b"".join(bodies))


def decode_heaps(heaps: Sequence[bytes]) -> list[Heap]:
    """Decodes many at once.

    Raises:
        msgspec.DecodeError: If one does not decode.
    """
    return _heaps_decoder.decode(_start(len(heaps)) + b"".join(heaps))


def _start(count: int) -> bytes:
    """Returns the beginning of a MessagePack array of that many elements."""
    return b"\xdd" + count.to_bytes(4, "big")


def encode_heap(heap: Heap) -> bytes:
    """Encodes a heap with the sums that spare a look at its layers when a store opens."""
    return encode((heap.layers, heap.level, heap.vector, heap.segment, heap.held_bytes))


def decode_summaries(heaps: Sequence[bytes]) -> list[HeapSummary]:
    """Decodes of many heaps what opening a store needs.

    Raises:
        msgspec.DecodeError: If one does not decode.
    """
    found = _summaries_decoder.decode(_start(len(heaps)) + b"".join(heaps))
    if any([heap.segment == -2 for heap in found]):
        return decode_summaries([encode_heap(decode_heap(heap)) for heap in heaps])
    return found


def checksum(key: int, *blobs: bytes) -> int:
    """Returns the CRC-32 of a row: its key as 8 little-endian bytes, then its blobs."""
    crc = zlib.crc32(key.to_bytes(8, "little"))
    for blob in blobs:
        crc = zlib.crc32(blob, crc)
    return crc


def _floats(pose: Pose | None) -> Pose | None:
    if pose is None:
        return None
    x, y, z, qw, qx, qy, qz = map(float, pose)
    return x, y, z, qw, qx, qy, qz


def first_crc(payload: Sequence[bytes]) -> int:
    """Returns the CRC-32 of the layer that is never dropped; 0 where there is no payload."""
    return zlib.crc32(payload[0]) if payload else 0


def fingerprint(record: MemoryRecord, content: bytes, first_layer: int) -> int:
    """Hashes what a record claims: not its id, its times, its vector or how it was used.

    Two active facts with one fingerprint are one fact told twice. Other kinds also happened at
    their time. Of the payload only the first layer counts (its CRC-32), since it alone is never
    dropped.
    """
    times = None if record.kind == "fact" else record.valid_from
    rest = (record.kind, record.place, _floats(record.pose), record.about, record.observer, times)
    digest = blake2b(content, digest_size=7)
    digest.update(_encoder.encode((rest, first_layer)))
    return int.from_bytes(digest.digest(), "little")


def body_of(record: MemoryRecord, content: bytes, layers: int, mark: int) -> Body:
    """Returns what is written of a record; `content` is its encoded content."""
    use = record.statistics
    return Body(
        id=bytes.fromhex(record.id),
        kind=record.kind,
        content=msgspec.Raw(content),
        place=record.place,
        pose=_floats(record.pose),
        about=record.about,
        observer=record.observer,
        session=record.session,
        valid_from=record.valid_from,
        valid_to=record.valid_to,
        recorded_at=record.recorded_at,
        superseded_at=record.superseded_at,
        space=record.space,
        losses=tuple([float(loss) for loss in record.losses]),
        links=record.links,
        provenance=record.provenance,
        version=record.version,
        status=record.status,
        visibility=record.visibility,
        statistics=(use.reads, use.citations, use.last_read),
        layers=layers,
        fingerprint=mark,
    )


def record_of(
    body: Body, level: int, bits: int, payload: tuple[bytes, ...] = (), embedding: bytes = b""
) -> MemoryRecord:
    """Rebuilds a record from its row and its bytes."""
    content: dict[str, Any] = msgspec.msgpack.decode(body.content)
    reads, citations, last_read = body.statistics
    return MemoryRecord(
        id=body.id.hex(),
        kind=body.kind,
        content=content,
        place=body.place,
        pose=body.pose,
        about=body.about,
        observer=body.observer,
        session=body.session,
        valid_from=body.valid_from,
        valid_to=body.valid_to,
        recorded_at=body.recorded_at,
        superseded_at=body.superseded_at,
        embedding=embedding,
        space=body.space,
        bits=bits,
        payload=payload,
        losses=body.losses,
        links=body.links,
        provenance=body.provenance,
        version=body.version,
        status=body.status,
        statistics=Statistics(reads=reads, citations=citations, last_read=last_read),
        visibility=body.visibility,
        level=level,
    )
