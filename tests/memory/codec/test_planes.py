"""Sign planes: exact when whole, the best one bit alone, close with four."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from embodied_mem.errors import StoreError
from embodied_mem.memory.codec.planes import (
    decode_rows,
    decode_vector,
    encode_vectors,
    row_losses,
    vector_losses,
)
from embodied_mem.memory.codec.vector_code import VectorCode, plane_bytes
from embodied_mem.types import Float32Array

matrices = arrays.arrays(
    np.float32,
    st.tuples(st.integers(1, 5), st.integers(1, 200)),
    elements=st.floats(-(2.0**100), 2.0**100, width=32),
)


def held(code: VectorCode, bits: int) -> VectorCode:
    planes = code.planes if bits > 1 else b""
    exact = code.exact if bits == 32 else b""
    return VectorCode(code.dimension, code.scale, code.signs, planes, exact)


def relative_error(vector: Float32Array, exact: Float32Array) -> float:
    exact64 = exact.astype(np.float64)
    length = float(exact64 @ exact64)
    return float(np.square(vector - exact64).sum()) / length if length else 0.0


SUBNORMAL = np.float32(1e-45) * np.eye(1, 78, dtype=np.float32)


@settings(deadline=None)
@given(matrix=matrices)
@example(matrix=SUBNORMAL)
@example(matrix=np.vstack([SUBNORMAL, np.ones((1, 78), np.float32)]))
def test_any_vectors(matrix: Float32Array) -> None:
    for row, code in zip(matrix, encode_vectors(matrix), strict=True):
        dimension = matrix.shape[1]
        assert code.bits == 32
        assert len(code.signs) == plane_bytes(dimension)
        assert len(code.planes) == 3 * plane_bytes(dimension) + 12
        assert decode_vector(code).tobytes() == row.astype("<f4").tobytes()
        signs = np.unpackbits(np.frombuffer(code.signs, np.uint8), bitorder="little")
        np.testing.assert_array_equal(signs[:dimension], row >= 0)
        assert not signs[dimension:].any()
        assert code.scale == pytest.approx(np.abs(row.astype(np.float64)).mean(), rel=1e-6)
        losses = vector_losses(code)
        assert 1.0 + 1e-9 >= losses[0] >= losses[1] >= losses[2] == 0.0
        for bits, loss in zip((1, 4), losses, strict=False):
            rebuilt = decode_vector(held(code, bits))
            assert rebuilt.shape == (dimension,)
            assert relative_error(rebuilt, row) <= loss * (1 + 1e-6) + 1e-12
        alone = encode_vectors(row[None])
        assert alone == [code]


@pytest.mark.parametrize("dimension", [44, 128, 384])
def test_four_bits_are_as_good_as_a_uniform_quantiser(dimension: int) -> None:
    """Of a normal variable one bit leaves 1 - 2/pi, and the best 16 uniform steps leave 0.0115."""
    rng = np.random.default_rng(3)
    codes = encode_vectors(rng.normal(size=(200, dimension)).astype(np.float32))
    losses = np.array([vector_losses(code) for code in codes]).mean(axis=0)
    assert losses[0] == pytest.approx(1 - 2 / np.pi, abs=0.02)
    assert 0.006 < losses[1] < 0.0125


def test_few_large_values_among_zeros_are_kept() -> None:
    """Histograms: most entries nothing, some much larger than the mean."""
    rng = np.random.default_rng(4)
    sparse = np.abs(rng.normal(size=(200, 44))).astype(np.float32) ** 3
    sparse[rng.random(sparse.shape) < 0.5] = 0.0
    losses = np.array([vector_losses(code) for code in encode_vectors(sparse)])
    assert losses[:, 1].mean() < 0.02


def test_zero_and_constant_vectors_are_exact_in_planes() -> None:
    matrix = np.stack([np.zeros(70), np.full(70, 3.5), np.full(70, -0.25)]).astype(np.float32)
    for row, code in zip(matrix, encode_vectors(matrix), strict=True):
        np.testing.assert_array_equal(decode_vector(held(code, 1)), row)
        np.testing.assert_allclose(decode_vector(held(code, 4)), row, rtol=1e-6)
        assert vector_losses(code) == pytest.approx((0.0, 0.0, 0.0), abs=1e-9)


def test_planes_are_signs_of_residuals() -> None:
    rng = np.random.default_rng(5)
    vector = rng.normal(size=(1, 64)).astype(np.float32)
    (code,) = encode_vectors(vector)
    weights = np.frombuffer(code.planes[-12:], "<f4").astype(np.float64)
    residual = vector[0] - np.where(vector[0] >= 0, 1, -1) * weights[0]
    plane = np.unpackbits(np.frombuffer(code.planes[:8], np.uint8), bitorder="little")
    clear = np.abs(residual) > weights[2]  # outside, rounding to the middle may turn the sign
    np.testing.assert_array_equal(plane[clear], (residual >= 0)[clear])
    assert weights[1] == 2 * weights[2]


def test_many_rows_decode_as_one_does() -> None:
    rng = np.random.default_rng(6)
    matrix = rng.normal(size=(1030, 100)).astype(np.float32)
    codes = encode_vectors(matrix)
    scales = np.array([code.scale for code in codes], np.float32)
    signs = np.frombuffer(b"".join(code.signs for code in codes), np.uint8).reshape(1030, -1)
    planes = np.frombuffer(b"".join(code.planes for code in codes), np.uint8).reshape(1030, -1)
    losses = row_losses(100, scales, signs, planes, matrix)
    for column, (bits, rows) in enumerate(((1, None), (4, planes))):
        rebuilt = decode_rows(100, scales, signs, rows)
        for row in (0, 517, 1029):
            assert rebuilt[row].tobytes() == decode_vector(held(codes[row], bits)).tobytes()
            assert losses[row, column] == vector_losses(codes[row])[column]


def test_what_cannot_be_encoded_is_refused() -> None:
    for wrong in (np.nan, np.inf, -np.inf):
        matrix = np.ones((3, 8), np.float32)
        matrix[1, 5] = wrong
        with pytest.raises(StoreError, match="not finite"):
            encode_vectors(matrix)
        with pytest.raises(StoreError, match="not finite"):
            encode_vectors(matrix[1:2])
    with pytest.raises(StoreError, match="d >= 1"):
        encode_vectors(np.ones((2, 0), np.float32))
    with pytest.raises(StoreError, match="d >= 1"):
        encode_vectors(np.ones(4, np.float32))
    assert encode_vectors(np.ones((0, 4), np.float32)) == []
    (code,) = encode_vectors(np.ones((1, 4), np.float32))
    with pytest.raises(StoreError, match="without the exact"):
        vector_losses(held(code, 4))
