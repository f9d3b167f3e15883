"""The voxels of one object as bytes: what a record keeps of its shape."""

import struct
import zlib

import numpy as np

from embodied_mem.errors import MemoryFileError
from embodied_mem.scene import voxels
from embodied_mem.types import Float32Array, Int64Array

_HEADER = struct.Struct("<Bf")
_MAX_BYTES = 1 << 20
"""What a packing may unpack to: a bound against hostile files."""


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


def footprint(data: bytes) -> tuple[Float32Array, float]:
    """Returns the (n, 2) centres of the floor cells under an object, and their edge, in metres."""
    level, voxel, keys, _ = unpack_geometry(data)
    size = voxel * 2**level
    cells = np.unique(voxels.unpack(keys)[:, :2], axis=0)
    return ((cells + 0.5) * size).astype(np.float32), size
