"""The nearest vectors: one bit a dimension is scanned, the best of it are compared exactly.

How many are compared exactly is not fixed: what was compared shows how far the bits can be trusted
for this query, and the comparison goes on until no vector left out is likely to belong in front.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, final

import numpy as np

from embodied_mem.errors import StoreError
from embodied_mem.memory.codec.planes import decode_rows
from embodied_mem.memory.search.popcount import Kernel, best_kernel
from embodied_mem.types import AnyArray, Float32Array, Float64Array, Int64Array, UInt8Array

Rows = Callable[[Int64Array], UInt8Array]
"""Row numbers -> (m, bytes of a row)."""

_EXACT_BELOW: Final = 512
"""So few vectors are compared exactly without a scan."""
_FIRST: Final = 192
"""Vectors compared exactly at first, or 16 for every one that is wanted."""
_MOST_GROWTH: Final = 8
"""How many times more at most are compared in the next round."""
_MISSED: Final = 0.0001
"""Share of the vectors wanted that may be missed, as the estimate has it."""
_HOPELESS: Final = 4
"""Where one in so many was not enough, all are compared: the signs say too little."""
_SAMPLE: Final = 8192
"""Distances that are counted, or one in `_MOST_STEP` where that is more."""
_MOST_STEP: Final = 12
_BLOCK: Final = 4096
"""Vectors held at a time while comparing."""
_LEAST_SQUARE, _MOST_SQUARE = 1e-20, 1e30
"""Squared lengths that float32 sums up without loss."""


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class PlaneScan:
    """The vectors of one space, in three layers, found by the slot of their record.

    A score is the cosine to the best that is held of a vector: exact, four bits, or one.
    """

    dimension: int
    signs: UInt8Array
    """(rows, plane_bytes) first planes, as they lie in the arena."""
    owner: Int64Array
    """Slot by row of `signs`; -1 for dead rows. It may be longer than `signs`."""
    signs_at: Int64Array
    """Row in `signs` by slot; the next three are by slot as well."""
    planes_at: Int64Array
    """Row of planes 2 to 4; -1 where they are not held."""
    exact_at: Int64Array
    """Row of the exact vector; -1 where it is not held."""
    scale: Float32Array
    """Scale of the first plane."""
    planes_rows: Rows
    """Reads rows of the other planes."""
    exact_rows: Rows
    """Reads rows of the exact vectors."""
    kernel: Kernel = field(default_factory=best_kernel)
    """Counts differing bits."""

    def top(
        self, query: Float32Array, k: int, slots: Int64Array | None = None
    ) -> tuple[Int64Array, Float64Array]:
        """Finds the vectors of the highest cosine.

        Args:
            query: (dimension,).
            k: How many at most.
            slots: Only these are searched, each of them in this space; all live ones by default.

        Returns:
            Slots, best first and lower slots first where scores are equal, and their cosines.

        Raises:
            StoreError: If the query does not fit the space.
        """
        query = np.ascontiguousarray(query, np.float32)
        if query.shape != (self.dimension,) or not np.isfinite(query).all():
            raise StoreError(
                f"the query has to hold {self.dimension} finite numbers as its space does, "
                f"not {query.shape}"
            )
        live = self.owner[: len(self.signs)] if slots is None else np.asarray(slots, np.int64)
        if k < 1 or len(live) == 0:
            return np.zeros(0, np.int64), np.zeros(0)
        if len(live) <= max(_EXACT_BELOW, k):
            found = live[live >= 0]
            return _best(found, self.scores(query, found), k)
        return self._scan(query, k, live, whole=slots is None)

    def scores(self, query: Float32Array, slots: Int64Array) -> Float64Array:
        """Returns the cosine to each of the slots, whatever is held of its vector."""
        unit = _unit(query)
        scores = np.empty(len(slots))
        for start in range(0, len(slots), _BLOCK):
            block = slots[start : start + _BLOCK]
            scores[start : start + _BLOCK] = _cosines(self._held(block), unit)
        return scores

    def _held(self, slots: Int64Array) -> Float32Array:
        exact = self.exact_at[slots] >= 0
        if exact.all():
            return self._exact(slots)
        vectors = np.empty((len(slots), self.dimension), np.float32)
        if exact.any():
            vectors[exact] = self._exact(slots[exact])
        vectors[~exact] = self._rebuilt(slots[~exact])
        return vectors

    def _scan(
        self, query: Float32Array, k: int, live: Int64Array, *, whole: bool
    ) -> tuple[Int64Array, Float64Array]:
        signs = self.signs if whole else self.signs[self.signs_at[live]]
        bits = np.zeros(self.signs.shape[1], np.uint8)
        packed = np.packbits(query >= 0, bitorder="little")
        bits[: len(packed)] = packed
        distances = self.kernel(bits, signs)
        shells = _Shells(distances, self.dimension, bits=8 * len(bits))
        limit = shells.holding(max(_FIRST, 16 * k))
        found, scores, reached = np.zeros(0, np.int64), np.zeros(0), np.zeros(0)
        at = np.flatnonzero(distances <= limit)
        while True:
            at = at[live[at] >= 0]
            found = np.concatenate([found, live[at]])
            scores = np.concatenate([scores, self.scores(query, live[at])])
            reached = np.concatenate([reached, distances[at]])
            if limit >= shells.last:
                break
            enough = shells.enough(reached, scores, limit, k)
            if enough <= limit:
                break
            at = np.flatnonzero((distances > limit) & (distances <= enough))
            limit = enough
        return _best(found, scores, k)

    def _exact(self, slots: Int64Array) -> Float32Array:
        vectors: Float32Array = self.exact_rows(self.exact_at[slots]).view("<f4")
        return vectors

    def _rebuilt(self, slots: Int64Array) -> Float32Array:
        signs, scale = self.signs[self.signs_at[slots]], self.scale[slots]
        coarse = self.planes_at[slots] < 0
        vectors = np.empty((len(slots), self.dimension), np.float32)
        vectors[coarse] = decode_rows(self.dimension, scale[coarse], signs[coarse], None)
        if not coarse.all():
            planes = self.planes_rows(self.planes_at[slots[~coarse]])
            vectors[~coarse] = decode_rows(self.dimension, scale[~coarse], signs[~coarse], planes)
        return vectors


def _unit(query: Float32Array) -> Float32Array:
    exact = query.astype(np.float64)
    length = float(np.sqrt(np.vecdot(exact, exact)))
    unit: Float32Array = (exact / (length or 1.0)).astype(np.float32)
    return unit


def _cosines(vectors: Float32Array, unit: Float32Array) -> Float64Array:
    """Returns (m,) cosines; each is one product, so its rounding depends on its own row only."""
    with np.errstate(over="ignore", invalid="ignore"):
        squares = np.vecdot(vectors, vectors).astype(np.float64)
        products = np.vecdot(vectors, unit).astype(np.float64)
    odd = ~((squares > _LEAST_SQUARE) & (squares < _MOST_SQUARE))
    if odd.any():
        exact = vectors[odd].astype(np.float64)
        squares[odd] = np.vecdot(exact, exact)
        products[odd] = np.vecdot(exact, unit.astype(np.float64))
    cosines: Float64Array = products / np.sqrt(np.where(squares > 0, squares, 1.0))
    return cosines


class _Shells:
    """How many vectors there are at each distance, and how far out to go."""

    def __init__(self, distances: AnyArray, dimension: int, bits: int) -> None:
        step = min(max(len(distances) // _SAMPLE, 1), _MOST_STEP)
        sample = distances[::step].astype(np.intp)
        self._count = np.bincount(sample, minlength=bits + 1) * step
        self._within = np.cumsum(self._count)
        # By chance a share `angle / pi` of the signs differ.
        self._cosine = np.cos(np.pi * np.minimum(np.arange(bits + 1) / dimension, 1.0))
        self.last = bits
        """No vector is further away."""

    def holding(self, wanted: int) -> int:
        """Returns the distance within which about so many vectors lie."""
        return min(int(np.searchsorted(self._within, wanted)), self.last)

    def enough(self, reached: AnyArray, scores: Float64Array, limit: int, k: int) -> int:
        """Returns the distance beyond which too few vectors to matter are among the k best.

        The cosines of the vectors compared so far are fitted by a line over what their distances
        let expect; from it and its scatter follows how many of those left out beat the k-th best.
        """
        growth = self.holding(_MOST_GROWTH * int(self._within[limit] + _FIRST))
        if len(scores) < max(k, _FIRST // 4):
            return max(growth, limit + 1)
        count = len(scores)
        expected = self._cosine[reached.astype(np.intp)]
        centre, mean = np.add.reduce(expected) / count, np.add.reduce(scores) / count
        offset, above = expected - centre, scores - mean
        slope = min(max(float(offset @ above) / (float(offset @ offset) + 1e-12), 0.0), 1.0)
        stray = above - slope * offset
        scatter = np.sqrt(float(stray @ stray) / count) + 1e-9
        worst = np.partition(scores, count - k)[count - k]
        likely = mean + slope * (self._cosine[limit + 1 :] - centre)
        # Only large memories are searched this way; the others must not wait for SciPy.
        from scipy.special import ndtr

        better = self._count[limit + 1 :] * ndtr((likely - worst) / scatter)
        missed = np.cumsum(better[::-1])[::-1]
        wanted = limit + int(np.count_nonzero(missed > _MISSED * k))
        if wanted > limit and self._within[limit] > self._within[-1] / _HOPELESS:
            return self.last
        return min(wanted, max(growth, limit + 1))


def _best(slots: Int64Array, scores: Float64Array, k: int) -> tuple[Int64Array, Float64Array]:
    """Returns the k best, lower slots first where scores are equal."""
    order = np.lexsort((slots, -scores))[:k]
    return slots[order], scores[order]
