"""Which records look most alike, kept up to date as they come and go."""

from typing import final

import numpy as np

from embodied_mem.allocation.shown import DIMENSION
from embodied_mem.types import AnyArray, BoolArray, Float32Array, Int64Array


@final
class Neighbours:
    """For each of some vectors, the most similar of the others; indices are the caller's.

    Attributes:
        vectors: (capacity, 16) of length 1, or zeros.
    """

    def __init__(self) -> None:
        self.vectors: Float32Array = np.zeros((0, DIMENSION), np.float32)
        self._there: BoolArray = np.zeros(0, bool)
        self._best: Float32Array = np.zeros(0, np.float32)
        self._best_at: Int64Array = np.zeros(0, np.int64)

    def reserve(self, capacity: int) -> None:
        """Makes room for indices below that."""
        more = capacity - len(self._there)
        if more <= 0:
            return
        self.vectors = np.pad(self.vectors, ((0, more), (0, 0)))
        self._there = np.pad(self._there, (0, more))
        self._best = np.pad(self._best, (0, more), constant_values=-1.0)
        self._best_at = np.pad(self._best_at, (0, more), constant_values=-1)

    def put(self, index: int, vector: Float32Array) -> None:
        """Adds a vector, in place of one that was there."""
        self.remove(np.array([index]))
        if not vector.any():
            return
        others = np.flatnonzero(self._there)
        alike = self.vectors[others] @ vector
        closer = alike > self._best[others]
        self._best[others[closer]] = alike[closer]
        self._best_at[others[closer]] = index
        self.vectors[index], self._there[index] = vector, True
        self._best[index], self._best_at[index] = -1.0, -1
        if len(others):
            self._best[index], self._best_at[index] = alike.max(), others[alike.argmax()]

    def remove(self, indices: AnyArray) -> None:
        """Takes vectors out; indices that have none are passed over."""
        if not self._there[indices].any():
            return
        self._there[indices] = False
        self.vectors[indices] = 0.0
        orphans = np.flatnonzero(self._there & np.isin(self._best_at, indices))
        self._best[orphans], self._best_at[orphans] = self._search(orphans, self._there)

    def best(self, indices: AnyArray, without: AnyArray) -> Float32Array:
        """Returns the cosine of each to the most similar of the others; -1 where there is none.

        Args:
            indices: (n,) of which.
            without: Indices that are not to count among the others.
        """
        best = np.where(self._there[indices], self._best[indices], np.float32(0.0))
        if not len(without):
            return best
        rest = self._there.copy()
        rest[without] = False
        orphans = self._there[indices] & np.isin(self._best_at[indices], without)
        best[orphans], _ = self._search(indices[orphans], rest)
        return best

    def _search(self, indices: AnyArray, among: BoolArray) -> tuple[Float32Array, Int64Array]:
        others = np.flatnonzero(among)
        if not len(indices) or not len(others):
            return np.full(len(indices), -1, np.float32), np.full(len(indices), -1)
        alike = self.vectors[indices] @ self.vectors[others].T
        alike[indices[:, None] == others] = -1.0
        best, at = alike.max(axis=1), others[alike.argmax(axis=1)]
        return best, np.where(best > -1.0, at, -1)
