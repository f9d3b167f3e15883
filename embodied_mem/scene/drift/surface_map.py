"""The map that views are fitted into: where surfaces lie on the ground plan of one floor.

It is a normal-distributions transform of the ground plan (Biber and Strasser, "The Normal
Distributions Transform: A New Approach to Laser Scan Matching", IROS 2003): each cell of a grid,
in each of a few bands of height and for each of four ways to face, holds the mean and the
covariance of the points that fell into it. Its bytes are bounded by the area, however long one
looks.
"""

from dataclasses import dataclass
from typing import Final, final

import numpy as np

from embodied_mem.scene.drift.planar import moved
from embodied_mem.scene.drift.scan import Scan
from embodied_mem.types import BoolArray, Float64Array, Int64Array


@dataclass(frozen=True, kw_only=True, slots=True)
class SurfaceMapConfig:
    """The cells of a `SurfaceMap`."""

    cell: float = 0.25
    """Edge of a cell, m."""
    band: float = 0.75
    """Height of a band, m."""
    least_points: float = 1.0
    """Sum of weights from which on a cell is used."""
    most_points: float = 400.0
    """What a cell holds of old points is scaled down to this: what changes is seen in the end."""
    sigma: float = 0.01
    """Least standard deviation across the surface in a cell, m."""


_SECTORS = 4
"""Surfaces that face different ways are kept apart: the two sides of a thin wall share cells."""
_BITS: Final = 20
_HALF: Final = 1 << (_BITS - 1)


def cells_of(scan: Scan, pose: Float64Array, config: SurfaceMapConfig) -> Int64Array:
    """Returns the (n,) cell that each point of a scan falls into, seen from a (3,) pose."""
    x, y = np.floor(moved(pose, scan.xy).T / config.cell).astype(np.int64) + _HALF
    band = np.floor(scan.z / config.band).astype(np.int64)
    turn = (scan.facing + pose[2]) * (_SECTORS / (2.0 * np.pi))
    sector = np.floor(turn + 0.5).astype(np.int64) % _SECTORS
    cells: Int64Array = (((band * _SECTORS + sector) << _BITS | x) << _BITS) | y
    return cells


@final
class SurfaceMap:
    """Surfaces of one floor, in the frame of the map."""

    def __init__(self, config: SurfaceMapConfig) -> None:
        self.config = config
        self._cells: Int64Array = np.zeros(0, np.int64)
        self._sums: Float64Array = np.zeros((6, 0))
        self.used: BoolArray = np.zeros(0, np.bool_)
        """(m,) which cells hold enough to be used."""
        self.mean: Float64Array = np.zeros((2, 0))
        """(2, m) mean of each cell."""
        self.root: Float64Array = np.zeros((3, 0))
        """(3, m) entries 00, 01, 11 of the upper triangular root of each inverse covariance."""

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        arrays = (self._cells, self._sums, self.used, self.mean, self.root)
        return sum(array.nbytes for array in arrays)

    def find(self, scan: Scan, pose: Float64Array) -> tuple[Int64Array, Int64Array]:
        """Returns which points of a scan fall into cells in use, and (k,) which cells those are.

        Args:
            scan: What is seen.
            pose: (3,) of the body in the map.
        """
        if len(self._cells) == 0:
            return np.zeros(0, np.int64), np.zeros(0, np.int64)
        cells = cells_of(scan, pose, self.config)
        index = np.minimum(np.searchsorted(self._cells, cells), len(self._cells) - 1)
        known = np.flatnonzero((self._cells[index] == cells) & self.used[index])
        return known, index[known]

    def add(self, scan: Scan, pose: Float64Array) -> None:
        """Adds a scan.

        Args:
            scan: What is seen.
            pose: (3,) of the body in the map.
        """
        cells = cells_of(scan, pose, self.config)
        fresh, index = np.unique(cells, return_inverse=True)
        x, y = moved(pose, scan.xy).T
        weight = scan.weight
        sums = [
            np.bincount(index, weight * values, len(fresh))
            for values in (np.ones_like(x), x, y, x * x, x * y, y * y)
        ]
        self._cells, touched = self._grown(fresh)
        self._sums[:, touched] += sums
        held = self._sums[:, touched]
        held *= np.minimum(1.0, self.config.most_points / np.maximum(held[0], 1e-9))
        self._sums[:, touched] = held
        self._settle(touched)

    def _grown(self, fresh: Int64Array) -> tuple[Int64Array, Int64Array]:
        """Makes room for cells; returns all cells, and where those asked for are."""
        cells = np.union1d(self._cells, fresh)
        if len(cells) > len(self._cells):
            old = np.searchsorted(cells, self._cells)
            for name in ("_sums", "mean", "root", "used"):
                array = getattr(self, name)
                grown = np.zeros((*array.shape[:-1], len(cells)), array.dtype)
                grown[..., old] = array
                setattr(self, name, grown)
        return cells, np.searchsorted(cells, fresh)

    def _settle(self, touched: Int64Array) -> None:
        """Derives the distributions of some cells from their sums."""
        total, x, y, xx, xy, yy = self._sums[:, touched]
        self.used[touched] = total >= self.config.least_points
        x, y = x / total, y / total
        a, b, c = xx / total - x * x, xy / total - x * y, yy / total - y * y
        least = self.config.sigma**2
        middle, spread = 0.5 * (a + c), np.hypot(0.5 * (a - c), b)
        low, high = np.maximum(middle - spread, least), np.maximum(middle + spread, least)
        angle = 0.5 * np.arctan2(2.0 * b, a - c)
        cos, sin = np.cos(angle), np.sin(angle)
        i00 = cos * cos / high + sin * sin / low
        i01 = cos * sin * (1.0 / high - 1.0 / low)
        i11 = sin * sin / high + cos * cos / low
        r00 = np.sqrt(i00)
        r01 = i01 / r00
        self.mean[:, touched] = x, y
        self.root[:, touched] = r00, r01, np.sqrt(np.maximum(i11 - r01 * r01, 1e-9))
