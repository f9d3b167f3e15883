"""Points as packed voxel keys: sets of cells that are compared by sorting, not by loops."""

import numpy as np

from embodied_mem.memory.codec.geometry import BITS, cells_of, keys_of
from embodied_mem.types import BoolArray, Float32Array, Int64Array

LABEL_SHIFT = 3 * BITS
"""A label fits above the three coordinates: 9 bits, so up to 511 masks a frame."""


def pack(points: Float32Array, size: float) -> Int64Array:
    """Packs (n, 3) points into int64 voxel keys; valid within 2^17 voxels of the origin."""
    return keys_of(np.floor(points * np.float32(1.0 / size)).astype(np.int64))


def unpack(keys: Int64Array) -> Int64Array:
    """Returns the (n, 3) integer cells of packed keys."""
    return cells_of(keys)


def centres(keys: Int64Array, size: float) -> Float32Array:
    """Returns the (n, 3) centres of packed voxels in metres."""
    return ((unpack(keys) + 0.5) * size).astype(np.float32)


def coarsen(keys: Int64Array) -> Int64Array:
    """Returns for each key that of the voxel of twice the size that holds it, not deduplicated."""
    return keys_of(cells_of(keys) >> 1)


def shifted(keys: Int64Array, cells: Int64Array) -> Int64Array:
    """Returns the sorted keys of voxels that lie (3,) whole cells from where these do."""
    return keys_of(cells_of(keys) + cells)


def member(keys: Int64Array, of: Int64Array) -> BoolArray:
    """Tells for each key whether it is in a sorted, duplicate-free set.

    >>> member(np.array([1, 5]), np.array([5, 9])).tolist()
    [False, True]
    """
    if of.size == 0:
        return np.zeros(len(keys), dtype=np.bool_)
    position = np.minimum(np.searchsorted(of, keys), len(of) - 1)
    found: BoolArray = of[position] == keys
    return found


def add_counts(
    keys: Int64Array, counts: Float32Array, new: Int64Array, new_counts: Float32Array
) -> tuple[Int64Array, Float32Array]:
    """Merges two sorted key sets and adds up their counts."""
    merged, inverse = np.unique(np.concatenate([keys, new]), return_inverse=True)
    total = np.bincount(inverse, np.concatenate([counts, new_counts]), len(merged))
    return merged, total.astype(np.float32)
