"""The scan finds what a comparison with every vector finds."""

from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import MissingExtraError, StoreError
from embodied_mem.memory.codec.planes import decode_vector, encode_vectors
from embodied_mem.memory.codec.vector_code import VectorCode
from embodied_mem.memory.search import popcount
from embodied_mem.memory.search.popcount import (
    Kernel,
    best_kernel,
    numpy_kernel,
    simsimd_kernel,
)
from embodied_mem.memory.search.vectors import PlaneScan
from embodied_mem.types import Float32Array, Float64Array, Int64Array, UInt8Array

KERNELS = [numpy_kernel, simsimd_kernel]


@dataclass
class ASpace:
    """Vectors in layers, slots in another order than rows, and a count of what is read."""

    held: Float32Array
    """By slot, as well as it is held."""
    scan: PlaneScan
    exact_read: list[int] = field(default_factory=list)


def a_space(
    matrix: Float32Array,
    *,
    kernel: Kernel = numpy_kernel,
    bits: Int64Array | None = None,
    dead: int = 0,
    seed: int = 0,
) -> ASpace:
    """Puts vectors into rows in random order, with dead rows among them."""
    rng = np.random.default_rng(seed)
    count, dimension = matrix.shape
    bits = np.full(count, 32) if bits is None else bits
    codes = [
        VectorCode(
            dimension,
            code.scale,
            code.signs,
            code.planes if wide >= 4 else b"",
            code.exact if wide == 32 else b"",
        )
        for code, wide in zip(encode_vectors(matrix), bits, strict=True)
    ]
    signs = rng.integers(0, 256, (count + dead, len(codes[0].signs)), np.uint8)
    owner = np.full(count + dead + 7, -1, np.int64)
    signs_at = rng.permutation(count + dead)[:count]
    owner[signs_at] = np.arange(count)
    signs[signs_at] = [np.frombuffer(code.signs, np.uint8) for code in codes]
    space = ASpace(np.array([decode_vector(code) for code in codes]), scan=None)  # type: ignore[arg-type]
    planes, planes_at = _rows([code.planes for code in codes])
    exact, exact_at = _rows([code.exact for code in codes])

    def read_exact(rows: Int64Array) -> UInt8Array:
        space.exact_read.append(len(rows))
        return exact[rows]

    space.scan = PlaneScan(
        dimension=dimension,
        signs=signs,
        owner=owner,
        signs_at=signs_at,
        planes_at=planes_at,
        exact_at=exact_at,
        scale=np.array([code.scale for code in codes], np.float32),
        planes_rows=lambda rows: planes[rows],
        exact_rows=read_exact,
        kernel=kernel,
    )
    return space


def _rows(parts: list[bytes]) -> tuple[UInt8Array, Int64Array]:
    held = [index for index, part in enumerate(parts) if part]
    at = np.full(len(parts), -1, np.int64)
    at[held] = np.arange(len(held))[::-1]
    width = max(map(len, parts))
    rows = b"".join(parts[index] for index in reversed(held))
    return np.frombuffer(rows, np.uint8).reshape(-1, width or 1), at


def clusters(
    count: int, dimension: int, seed: int, spread: float = 0.7, first: int = 0
) -> Float32Array:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(60, dimension))
    count += first
    matrix = centres[rng.integers(60, size=count)] + spread * rng.normal(size=(count, dimension))
    return (matrix * rng.uniform(0.2, 3, (count, 1)))[first:].astype(np.float32)


def cosines(matrix: Float32Array, query: Float32Array) -> Float64Array:
    matrix64, query64 = matrix.astype(np.float64), query.astype(np.float64)
    lengths = np.linalg.norm(matrix64, axis=1) * np.linalg.norm(query64)
    return matrix64 @ query64 / np.where(lengths > 0, lengths, 1.0)


@pytest.mark.parametrize("kernel", KERNELS)
@settings(max_examples=40, deadline=None)
@given(
    count=st.integers(1, 40),
    width=st.integers(1, 70),
    aligned=st.booleans(),
    seed=st.integers(0, 9),
)
def test_kernels_count_bits(
    kernel: Kernel, count: int, width: int, aligned: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    width = 8 * width if aligned else width
    query, rows = (
        rng.integers(0, 256, (width,), np.uint8),
        rng.integers(0, 256, (count, width), np.uint8),
    )
    rows.flags.writeable = False
    bits = np.unpackbits(rows, axis=1) != np.unpackbits(query)
    np.testing.assert_array_equal(kernel(query, rows), bits.sum(axis=1))


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("dimension", [33, 128])
def test_a_scan_finds_the_nearest(kernel: Kernel, dimension: int) -> None:
    matrix = clusters(4000, dimension, seed=1)
    space = a_space(matrix, kernel=kernel, dead=500)
    queries = clusters(30, dimension, seed=1, first=4000)
    hits = 0
    for query in queries:
        slots, scores = space.scan.top(query, 10)
        exact = cosines(matrix, query)
        np.testing.assert_allclose(scores, exact[slots], atol=1e-6)
        assert (np.diff(scores) <= 0).all()
        hits += len(set(np.argsort(-exact)[:10]) & set(slots.tolist()))
    assert hits >= 0.99 * 300
    if dimension == 128:
        assert sum(space.exact_read) < 0.25 * len(matrix) * len(queries)


def test_both_kernels_give_the_same() -> None:
    matrix = clusters(3000, 64, seed=3)
    spaces = [a_space(matrix, kernel=kernel) for kernel in KERNELS]
    for query in clusters(10, 64, seed=4):
        (slots, scores), (other_slots, other_scores) = (s.scan.top(query, 7) for s in spaces)
        np.testing.assert_array_equal(slots, other_slots)
        np.testing.assert_array_equal(scores, other_scores)


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(1, 700),
    dimension=st.integers(1, 20),
    k=st.integers(1, 30),
    seed=st.integers(0, 1000),
    data=st.data(),
)
def test_any_mixture_of_fidelities_is_searched(
    count: int, dimension: int, k: int, seed: int, data: st.DataObject
) -> None:
    """Coarse values: there are many ties, and they go by slot."""
    rng = np.random.default_rng(seed)
    matrix = rng.integers(-2, 3, (count, dimension)).astype(np.float32)
    bits = rng.choice(data.draw(st.sampled_from([[32], [32, 4, 1], [4], [1], [32, 1]])), count)
    space = a_space(matrix, bits=bits, dead=data.draw(st.integers(0, 30)), seed=seed)
    query = rng.integers(-2, 3, dimension).astype(np.float32)
    chosen = None
    among = np.arange(count)
    if data.draw(st.booleans()):
        chosen = among = rng.permutation(count)[: data.draw(st.integers(0, count))]
    slots, scores = space.scan.top(query, k, chosen)
    exact = cosines(space.held, query)
    assert len(slots) == min(k, len(among))
    np.testing.assert_allclose(scores, exact[slots], atol=1e-6)
    best = np.sort(exact[among])[::-1][: len(slots)]
    np.testing.assert_allclose(scores, best, atol=1e-6)
    again = a_space(matrix, bits=bits, seed=seed).scan.top(query, k, chosen)
    np.testing.assert_array_equal(slots, again[0])
    same = np.diff(scores) == 0
    assert (np.diff(slots)[same] > 0).all()


def test_signs_that_say_nothing_are_not_trusted() -> None:
    """Histograms have no negative entries, so all first planes are alike: all are compared."""
    matrix = np.abs(clusters(3000, 44, seed=5, spread=0.4))
    space = a_space(matrix)
    for query in np.abs(clusters(5, 44, seed=6)):
        slots, _ = space.scan.top(query, 10)
        np.testing.assert_array_equal(
            np.sort(slots), np.sort(np.argsort(-cosines(matrix, query))[:10])
        )


def test_signs_that_say_little_make_the_scan_go_on() -> None:
    """Without clusters the nearest are hardly nearer than the rest."""
    rng = np.random.default_rng(7)
    matrix = rng.normal(size=(6000, 96)).astype(np.float32)
    space, hits = a_space(matrix), 0
    for query in rng.normal(size=(10, 96)).astype(np.float32):
        slots, _ = space.scan.top(query, 10)
        hits += len(set(np.argsort(-cosines(matrix, query))[:10]) & set(slots.tolist()))
    assert hits >= 99


def test_filtered_slots_only() -> None:
    matrix = clusters(5000, 64, seed=8)
    space = a_space(matrix, dead=100)
    query = matrix[17] + clusters(1, 64, seed=9)[0] / 4
    chosen = np.random.default_rng(1).permutation(5000)[:2000]
    slots, _ = space.scan.top(query, 10, chosen)
    order = chosen[np.argsort(-cosines(matrix[chosen], query))]
    np.testing.assert_array_equal(slots, order[:10])
    assert sum(space.exact_read) < 2000


def test_extreme_lengths_do_not_matter() -> None:
    base = clusters(2000, 32, seed=10)
    base /= np.linalg.norm(base, axis=1, keepdims=True)
    factors = np.float32(10.0) ** np.random.default_rng(2).integers(-30, 30, (2000, 1))
    space = a_space(base * factors.astype(np.float32))
    query = clusters(1, 32, seed=11)[0]
    slots, scores = space.scan.top(query * np.float32(1e30), 5)
    np.testing.assert_array_equal(slots, np.argsort(-cosines(base, query))[:5])
    np.testing.assert_allclose(scores, cosines(base, query)[slots], atol=1e-5)


def test_nothing_to_find_and_wrong_queries() -> None:
    space = a_space(clusters(900, 16, seed=12))
    query = np.ones(16, np.float32)
    assert space.scan.top(query, 0)[0].tolist() == []
    assert space.scan.top(query, 3, np.zeros(0, np.int64))[0].tolist() == []
    slots, scores = space.scan.top(np.zeros(16, np.float32), 3)
    assert slots.tolist() == [0, 1, 2]
    assert scores.tolist() == [0.0, 0.0, 0.0]
    for wrong in (np.ones(15), np.full(16, np.nan), np.full(16, np.inf), np.ones((1, 16))):
        with pytest.raises(StoreError, match="16 finite numbers"):
            space.scan.top(wrong.astype(np.float32), 3)


def test_the_extra_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    assert best_kernel() is simsimd_kernel
    monkeypatch.setattr(popcount, "_simsimd", lambda: None)
    assert best_kernel() is numpy_kernel
    with pytest.raises(MissingExtraError, match=r"embodied_mem\[search\]"):
        simsimd_kernel(np.zeros(8, np.uint8), np.zeros((1, 8), np.uint8))
