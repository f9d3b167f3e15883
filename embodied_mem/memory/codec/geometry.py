"""The voxels of one object as bytes: what a record keeps of its shape."""

import struct
import zlib
from typing import Final

import numpy as np

from embodied_mem.errors import MemoryFileError
from embodied_mem.types import Float32Array, Int64Array

BITS: Final = 18
"""Bits that each of the three indices of a voxel takes in its key."""
OFFSET: Final = 1 << (BITS - 1)
"""Added to each index, so that it is not negative."""
_MASK: Final = (1 << BITS) - 1
_HEADER: Final = struct.Struct("<Bf")
_MAX_BYTES: Final = 1 << 20
"""What a packing may unpack to: a bound against hostile files."""


def keys_of(cells: Int64Array) -> Int64Array:
    """Packs (n, 3) integer cells into keys; valid within 2^17 cells of the origin."""
    moved = cells + OFFSET
    keys: Int64Array = (moved[:, 0] << (2 * BITS)) | (moved[:, 1] << BITS) | moved[:, 2]
    return keys


def cells_of(keys: Int64Array) -> Int64Array:
    """Returns the (n, 3) integer cells of packed keys."""
    return np.stack([keys >> (2 * BITS) & _MASK, keys >> BITS & _MASK, keys & _MASK], axis=1) - (
        OFFSET
    )


def pack_geometry(level: int, voxel: float, keys: Int64Array, counts: Float32Array) -> bytes:
    """Packs voxels into a few hundred bytes.

    Args:
        level: How often the finest voxel was doubled.
        voxel: Edge of the finest voxel, metres.
        keys: (n,) sorted voxel keys.
        counts: (n,) in how many views each was seen.
    """
    steps = np.diff(keys, prepend=np.int64(0)).astype("<i8")
    body = steps.tobytes() + counts.astype(np.uint8).tobytes()
    return _HEADER.pack(level, voxel) + zlib.compress(body, 6)


def unpack_geometry(data: bytes) -> tuple[int, float, Int64Array, Float32Array]:
    """Unpacks level, voxel size, keys and counts.

    Raises:
        MemoryFileError: If the bytes are not such a packing.
    """
    try:
        level, voxel = _HEADER.unpack_from(data)
        decoder = zlib.decompressobj()
        body = decoder.decompress(data[_HEADER.size :], _MAX_BYTES)
        count, rest = divmod(len(body), 9)
        if rest or not count or not decoder.eof or level > 12 or not 1e-4 < voxel < 10.0:
            raise ValueError("its length or scale is wrong")
    except (struct.error, ValueError, zlib.error) as error:
        raise MemoryFileError(f"an object's geometry is damaged: {error}") from None
    keys = np.cumsum(np.frombuffer(body, "<i8", count)).astype(np.int64)
    counts = np.frombuffer(body, np.uint8, count, offset=8 * count).astype(np.float32)
    return level, voxel, keys, counts
