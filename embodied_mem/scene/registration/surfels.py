"""Points of surfaces in a few bytes each: a voxel, which way it faces, and how far off its middle.

Where along its own surface a point lies says nothing, so only its distance to the voxel's middle
along the normal is kept. Sorted by the plane that they lie in, most voxels follow their neighbour,
and deflate makes little of that.
"""

import zlib
from typing import Final

import numpy as np

from embodied_mem.errors import StoreError
from embodied_mem.scene.registration.clouds import Cloud, empty, faces_of, joined
from embodied_mem.types import Float32Array, Int64Array, UInt8Array

__all__ = ["decode_colours", "decode_surfels", "encode_colours", "encode_surfels", "in_order"]

_NORMAL_STEPS: Final = 24
"""Steps of a normal's parts along its surface, of 1."""
_OFFSET_STEP: Final = 0.004
"""Step of the distance to the voxel's middle, m."""
_HEADER: Final = np.dtype("<i4")


def in_order(cloud: Cloud, voxel: float) -> Cloud:
    """Returns the points in the order that they are kept in: by direction, plane, line, place."""
    cells, face = _cells(cloud, voxel), faces_of(cloud.normals)
    along = _along(cells, face)
    return cloud.only(np.lexsort((along[:, 2], along[:, 1], along[:, 0], face)))


def encode_surfels(cloud: Cloud, voxel: float) -> bytes:
    """Encodes the points and normals of a cloud that is in order, at most one a voxel and face."""
    cells, face = _cells(cloud, voxel), faces_of(cloud.normals)
    along = _along(cells, face)
    steps = np.diff(along, axis=0, prepend=np.zeros((1, 3), np.int64)).astype("<i2")
    rows = np.arange(len(cloud))
    axes = _tangents(face)
    tangents = np.stack([cloud.normals[rows, axes[:, k]] for k in range(2)], axis=1)
    slant = np.rint(tangents * _NORMAL_STEPS).astype(np.int8)
    normals = _normals(face, slant)
    middles = ((cells + 0.5) * voxel).astype(np.float32)
    away = np.einsum("ij,ij->i", cloud.points - middles, normals)
    offset = np.clip(np.rint(away / _OFFSET_STEP), -127, 127).astype(np.int8)
    columns = (
        np.bincount(face, minlength=6).astype(_HEADER),
        *(np.ascontiguousarray(steps[:, k]) for k in range(3)),
        np.ascontiguousarray(slant[:, 0]),
        np.ascontiguousarray(slant[:, 1]),
        offset,
    )
    return zlib.compress(b"".join(column.tobytes() for column in columns), 9)


def decode_surfels(data: bytes, voxel: float) -> Cloud:
    """Decodes points and normals; grey.

    Raises:
        StoreError: If the bytes are not what `encode_surfels` gives.
    """
    try:
        plain = zlib.decompress(data)
        counts = np.frombuffer(plain, _HEADER, 6)
        n = int(counts.sum())
        if n < 0 or len(plain) != 24 + 9 * n:
            raise ValueError(f"{len(plain)} bytes for {n} points")
    except (zlib.error, ValueError) as error:
        raise StoreError(f"a remembered cloud does not decode: {error}") from None
    if n == 0:
        return empty()
    steps = np.frombuffer(plain, "<i2", 3 * n, 24).reshape(3, n).T
    slant = np.frombuffer(plain, np.int8, 2 * n, 24 + 6 * n).reshape(2, n).T
    offset = np.frombuffer(plain, np.int8, n, 24 + 8 * n)
    face = np.repeat(np.arange(6), counts)
    along = np.cumsum(steps, axis=0, dtype=np.int64)
    order = np.column_stack([face // 2, _tangents(face)])
    cells = np.empty((n, 3), np.int64)
    np.put_along_axis(cells, order, along, axis=1)
    normals = _normals(face, slant)
    middles = ((cells + 0.5) * voxel).astype(np.float32)
    points = middles + normals * (offset.astype(np.float32) * np.float32(_OFFSET_STEP))[:, None]
    return Cloud.of(points, normals)


def encode_colours(clouds: tuple[Cloud, ...]) -> bytes:
    """Encodes the colours of clouds in order: four bits a channel, one channel after the other."""
    colours = joined(clouds).colours
    return zlib.compress(np.ascontiguousarray((colours >> 4).T).tobytes(), 9)


def decode_colours(data: bytes, count: int) -> UInt8Array:
    """Decodes the (count, 3) colours.

    Raises:
        StoreError: If the bytes hold those of another number of points.
    """
    try:
        plain = zlib.decompress(data)
        colours = np.frombuffer(plain, np.uint8).reshape(3, count).T
    except (zlib.error, ValueError) as error:
        raise StoreError(f"the colours of a remembered cloud do not decode: {error}") from None
    return (colours * np.uint8(17)).astype(np.uint8)


def _cells(cloud: Cloud, voxel: float) -> Int64Array:
    cells: Int64Array = np.floor(cloud.points * np.float32(1.0 / voxel)).astype(np.int64)
    return cells


def _tangents(face: Int64Array) -> Int64Array:
    """Returns the (n, 2) axes along each face, the level one last."""
    table = np.array([[2, 1], [2, 0], [1, 0]])
    result: Int64Array = table[face // 2]
    return result


def _along(cells: Int64Array, face: Int64Array) -> Int64Array:
    """Returns cells by (n, 3) axis across the face first, then the two along it."""
    order = np.column_stack([face // 2, _tangents(face)])
    return np.take_along_axis(cells, order, axis=1)


def _normals(
    face: Int64Array, slant: np.ndarray[tuple[int, ...], np.dtype[np.int8]]
) -> Float32Array:
    """Returns the unit normals of faces by their parts along the face."""
    rows, axes = np.arange(len(face)), _tangents(face)
    parts = slant.astype(np.float32) / np.float32(_NORMAL_STEPS)
    rest = np.sqrt(np.maximum(1.0 - (parts**2).sum(axis=1), 0.04)).astype(np.float32)
    normals = np.zeros((len(face), 3), np.float32)
    normals[rows, face // 2] = np.where(face % 2 == 1, -rest, rest)
    normals[rows, axes[:, 0]], normals[rows, axes[:, 1]] = parts[:, 0], parts[:, 1]
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return normals
