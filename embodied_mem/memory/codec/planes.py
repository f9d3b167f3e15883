"""Vectors in sign planes: one bit a dimension to scan, four to rerank by, then the exact one.

The first plane with its scale is the best approximation by one bit, x ~ mean|x| sign(x). With the
other planes x ~ w1 s1 + w2 s2 + w3 s3 + w4 s4, each plane the signs of what those before leave.
Greedy residual planes (each weight the mean of the residual's magnitude) leave three to eighteen
times the squared error: here w2 : w3 : w4 = 4 : 2 : 1, so the three planes are a uniform quantiser
of the magnitudes with eight steps, whose width and offset are fitted by least squares.
"""

from typing import Final

import numpy as np

from embodied_mem.errors import StoreError
from embodied_mem.memory.codec.vector_code import PLANES, VectorCode, plane_bytes
from embodied_mem.types import Float32Array, Float64Array, UInt8Array

_STEPS: Final = float(2 ** (PLANES - 1) - 1)
_GAUSSIAN_STEP: Final = 0.42
"""Width of the best eight uniform steps over the mean magnitude, for a normal distribution."""
_TINY: Final = 1e-300
_SMALLEST: Final = float(np.finfo(np.float32).tiny)
_LEAST_SPREAD: Final = 1e-9
_UPPER: Final = np.uint8(1 << (PLANES - 1))
_MIRROR: Final = np.uint8((1 << (PLANES - 1)) - 1)
_PLANE_BITS: Final = np.array([[8], [4], [2], [1]], np.uint8)
"""Level 0 to 15 of a value, least to largest: its bits, highest first, are the planes'."""
_CHUNK: Final = 1024
"""Vectors encoded at a time, so that the working arrays stay in the cache."""
_WEIGHTS: Final = PLANES - 1


def encode_vectors(matrix: Float32Array) -> list[VectorCode]:
    """Encodes (n, d) float32 vectors, one a row; each comes out the same alone or among others.

    Raises:
        StoreError: If the array is no (n, d >= 1) array or holds what is not finite.
    """
    matrix = np.ascontiguousarray(matrix, dtype="<f4")
    if matrix.ndim != 2 or matrix.shape[1] < 1:
        raise StoreError(f"vectors have to be an (n, d) array with d >= 1, not {matrix.shape}")
    codes: list[VectorCode] = []
    for start in range(0, len(matrix), _CHUNK):
        codes += _encode(matrix[start : start + _CHUNK])
    return codes


def decode_vector(code: VectorCode) -> Float32Array:
    """Returns the (d,) vector: exact if it is held so, else rebuilt from the planes."""
    if code.exact:
        exact: Float32Array = np.frombuffer(code.exact, "<f4")
        return exact
    signs = np.frombuffer(code.signs, np.uint8).reshape(1, -1)
    scale = np.array([code.scale], np.float32)
    planes = np.frombuffer(code.planes, np.uint8).reshape(1, -1) if code.planes else None
    vector: Float32Array = decode_rows(code.dimension, scale, signs, planes)[0]
    return vector


def decode_rows(
    dimension: int, scales: Float32Array, signs: UInt8Array, planes: UInt8Array | None
) -> Float32Array:
    """Rebuilds many vectors from their planes.

    Args:
        dimension: Of the vectors.
        scales: (m,) scales of the first plane, used where there are no other planes.
        signs: (m, plane_bytes) first planes.
        planes: (m, 3 plane_bytes + 12) `VectorCode.planes`, or None.

    Returns:
        (m, dimension) vectors.
    """
    if planes is None:
        vectors: Float32Array = _signed(signs, dimension) * scales[:, None].astype(np.float32)
        return vectors
    width = plane_bytes(dimension)
    bits, tail = planes[:, : _WEIGHTS * width], planes[:, _WEIGHTS * width :]
    weights = np.ascontiguousarray(tail).view("<f4").astype(np.float32)
    vectors = _signed(signs, dimension) * weights[:, :1]
    for plane in range(_WEIGHTS):
        weight = weights[:, plane + 1] if plane + 1 < _WEIGHTS else weights[:, plane] / 2
        vectors += (
            _signed(bits[:, plane * width : (plane + 1) * width], dimension) * weight[:, None]
        )
    return vectors


def vector_losses(code: VectorCode) -> tuple[float, float, float]:
    """Returns the squared error over the squared length with 1, 4 and 32 bits a dimension.

    Raises:
        StoreError: If the exact vector, which errors are measured against, is not held.
    """
    if not code.exact:
        raise StoreError("what a vector lost cannot be told without the exact vector")
    losses = row_losses(
        code.dimension,
        np.array([code.scale], np.float32),
        np.frombuffer(code.signs, np.uint8).reshape(1, -1),
        np.frombuffer(code.planes, np.uint8).reshape(1, -1),
        decode_vector(code).reshape(1, -1),
    )
    return float(losses[0, 0]), float(losses[0, 1]), 0.0


def row_losses(
    dimension: int,
    scales: Float32Array,
    signs: UInt8Array,
    planes: UInt8Array,
    exact: Float32Array,
) -> Float64Array:
    """Returns (m, 2) squared errors over the squared length, with 1 and with 4 bits a dimension.

    Args:
        dimension: Of the vectors.
        scales: (m,) as for `decode_rows`; so are the next two.
        signs: (m, plane_bytes).
        planes: (m, 3 plane_bytes + 12).
        exact: (m, dimension) vectors.
    """
    losses = np.zeros((len(exact), 2))
    vectors = exact.astype(np.float64)
    length = np.maximum(np.vecdot(vectors, vectors), _TINY)
    for column, held in enumerate((None, planes)):
        error = vectors - decode_rows(dimension, scales, signs, held)
        losses[:, column] = np.vecdot(error, error) / length
    losses[:, 0] = losses.max(axis=1)
    return losses


def _encode(matrix: Float32Array) -> list[VectorCode]:
    """Encodes a few vectors, (n, d)."""
    count, dimension = matrix.shape
    # Alone a vector is taken as a row without the first axis: numpy's scalars are then the faster.
    vectors = matrix[0] if count == 1 else matrix
    magnitude = np.abs(vectors.astype(np.float64))
    mean = np.add.reduce(magnitude, axis=-1) / dimension
    if not np.isfinite(mean).all():
        raise StoreError(
            "a vector holds values that are not finite; embed it again or leave it out"
        )
    offset, step, index = _quantised(magnitude, mean)
    if not (mean >= _SMALLEST).all():
        # Subnormal weights round by more than what they say: such a row is rebuilt as zero.
        offset, step, mean = (part * (mean >= _SMALLEST) for part in (offset, step, mean))
    level = np.where(vectors >= 0, index | _UPPER, index ^ _MIRROR)
    packed = np.packbits(level[..., None, :] & _PLANE_BITS, axis=-1, bitorder="little")
    width = plane_bytes(dimension)
    if packed.shape[-1] < width:
        short = packed
        packed = np.zeros((*short.shape[:-1], width), np.uint8)
        packed[..., : short.shape[-1]] = short
    packed = packed.reshape(count, PLANES * width)
    weights = np.empty((count, _WEIGHTS), "<f4")
    weights[:, 0] = offset + step * (_STEPS / 2)
    weights[:, 1] = step * 2.0
    weights[:, 2] = step
    scales = mean.astype(np.float32).reshape(count).tolist()
    return [
        VectorCode(
            dimension,
            scales[row],
            packed[row, :width].tobytes(),
            packed[row, width:].tobytes() + weights[row].tobytes(),
            matrix[row].tobytes(),
        )
        for row in range(count)
    ]


def _quantised(
    magnitude: Float64Array, mean: Float64Array
) -> tuple[Float64Array, Float64Array, UInt8Array]:
    """Fits magnitude ~ offset + step * index, index 0 to 7, to each row.

    The fit starts once from the steps that suit a normal distribution and once from steps up to
    the largest value, which suit few large values among many small; the better one is kept.
    """
    gaussian = mean * _GAUSSIAN_STEP
    first = _fitted(magnitude, mean, gaussian / 2, gaussian)
    largest = np.maximum.reduce(magnitude, axis=-1) / _STEPS
    second = _fitted(magnitude, mean, mean * 0.0, largest)
    better = second[3] < first[3]
    if not better.any():
        return first[:3]
    return (
        np.where(better, second[0], first[0]),
        np.where(better, second[1], first[1]),
        np.where(better[..., None], second[2], first[2]),
    )


def _fitted(
    magnitude: Float64Array, mean: Float64Array, offset: Float64Array, step: Float64Array
) -> tuple[Float64Array, Float64Array, UInt8Array, Float64Array]:
    """Assigns steps, then fits offset and step to them; returns both, the steps and the error.

    The error lacks the part that is the same for every fit of the row.
    """
    dimension = magnitude.shape[-1]
    index = magnitude - offset[..., None]
    index /= (step + _TINY)[..., None]
    np.rint(index, out=index)
    np.maximum(index, 0.0, out=index)
    np.minimum(index, _STEPS, out=index)
    middle = np.add.reduce(index, axis=-1) / dimension
    spread = np.vecdot(index, index) - dimension * middle * middle
    together = np.vecdot(index, magnitude) - dimension * middle * mean
    # All in one step: the spread is nought, and so is what the step explains.
    slope = together / (spread + _TINY) * (spread > _LEAST_SPREAD)
    return mean - slope * middle, slope, index.astype(np.uint8), -slope * together


def _signed(planes: UInt8Array, dimension: int) -> Float32Array:
    """Turns bits into -1 and 1, (m, dimension)."""
    bits = np.unpackbits(planes, axis=1, count=dimension, bitorder="little")
    signed: Float32Array = bits.astype(np.float32) * np.float32(2) - np.float32(1)
    return signed
