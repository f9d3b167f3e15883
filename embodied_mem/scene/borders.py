"""The border between reachable floor and the unknown, on the map of one moment."""

from dataclasses import dataclass

import cv2
import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.scene.occupancy import FREE, UNKNOWN, Occupancy
from embodied_mem.types import AnyArray, Float64Array, IntArray, UInt8Array

_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
_SQUARE = np.ones((3, 3), np.uint8)
_AROUND = 2
_POCKET = 0.3
_ISLAND = 1.0
"""Walkable floor smaller than this is an island beside the body, m2."""
_MAX_SEEDS = 8
_RING = np.argwhere(np.ones((2 * _AROUND + 1, 2 * _AROUND + 1))) - _AROUND


@dataclass(frozen=True, kw_only=True, slots=True)
class FrontierConfig:
    """Settings of a `FrontierTracker`."""

    body_radius: float = 0.18
    """Radius of the body that must be able to reach a frontier, m."""
    min_length: float = 0.3
    """Shorter borders are left alone, m."""
    new_length: float = 0.4
    """A border that continues no known frontier must be this long, so that few come and go, m."""
    max_length: float = 2.5
    """Longer borders are cut into stretches, m."""
    max_angle: float = 1.6
    """Borders that span more than this seen from the body are split, rad."""
    min_unknown: float = 0.1
    """So much must be unknown within 0.3 m of a border cell for it to count, m2."""
    remember: int = 32
    """So many vanished frontiers get their ids back if they appear again."""
    visited_radius: float = 0.45
    """A body within this of a standpoint is at the frontier, m."""
    visited_ticks: int = 16
    """A frontier that survives this many ticks with the body at it is retired."""

    def __post_init__(self) -> None:
        """Checks the thresholds.

        Raises:
            ConfigError: If a threshold is not positive.
        """
        values = (self.body_radius, self.min_length, self.max_length, self.max_angle)
        if min(*values, self.visited_radius) <= 0.0 or self.visited_ticks < 1:
            raise ConfigError("frontier lengths, angles and ticks must be positive")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Frontier:
    """One border between reachable floor and the unknown."""

    id: str
    """Stable name, such as `frontier-0007`."""
    centroid: Float64Array
    """(2,) world x and y of the border cell nearest to the border's mean, m."""
    direction: Float64Array
    """(2,) unit vector into the unknown."""
    length: float
    """Length of the border, m."""
    cells: IntArray
    """(n, 2) lattice rows and columns (see `Occupancy.corner`), valid across map growth."""
    standpoint: Float64Array
    """(2,) nearest place for the body's centre, m."""
    first_tick: int
    """Tick at which the frontier was first seen."""
    floor: int = 0
    """Index of the floor."""


class BorderView:
    """The known part of a map with what the frontiers of one update need of it."""

    def __init__(
        self, occupancy: Occupancy, position: Float64Array, config: FrontierConfig
    ) -> None:
        self.occupancy = occupancy
        self.cell = occupancy.cell
        self.position = position
        self.config = config
        self.crop = occupancy.known_window(rim=_AROUND + 1)
        self.corner = np.array([self.crop[0].start, self.crop[1].start]) + occupancy.corner
        self.states = occupancy.states[self.crop]
        self.unknown = (self.states == UNKNOWN).astype(np.uint8)
        self.reach = self._reachable()

    def centres(self, lattice: AnyArray) -> Float64Array:
        """Returns the world positions of (n, 2) lattice cells."""
        centres: Float64Array = (lattice[:, ::-1] + 0.5) * self.cell
        return centres

    def clusters(self, retired: IntArray) -> list[IntArray]:
        """Returns the (n, 2) lattice cells of each connected border that is long enough."""
        border = self._border(retired)
        _, labels = cv2.connectedComponents(border, connectivity=8)
        rows, cols = np.nonzero(labels)
        label = labels[rows, cols]
        order = np.argsort(label, kind="stable")
        cells = (np.stack([rows, cols], axis=1)[order] + self.corner).astype(np.int32)
        sizes = np.bincount(label)[1:]
        groups = np.split(cells, np.cumsum(sizes)[:-1]) if len(cells) else []
        min_cells = max(1, round(self.config.min_length / self.cell))
        return [group for group in groups if len(group) >= min_cells]

    def can_stand(self, xy: Float64Array) -> bool:
        """Tells whether the body can still reach a world position."""
        row = int(xy[1] // self.cell) - self.corner[0]
        col = int(xy[0] // self.cell) - self.corner[1]
        return bool(self.reach[row, col])

    def describe(self, cells: IntArray, tick: int) -> Frontier:
        """Measures one cluster of border cells."""
        mean = cells.mean(axis=0)
        middle = cells[np.argmin(((cells - mean) ** 2).sum(axis=1))]
        return Frontier(
            id="",
            centroid=self.centres(middle[None])[0],
            direction=self._direction(cells),
            length=len(cells) * self.cell,
            cells=cells,
            standpoint=self._standpoint(middle),
            first_tick=tick,
            floor=self.occupancy.floor,
        )

    def _border(self, retired: IntArray) -> UInt8Array:
        """Returns the free cells beside the unknown within a body's radius of where it can be."""
        free = (self.states == FREE).astype(np.uint8)
        near = self.reach
        for _ in range(int(np.ceil(self.config.body_radius / self.cell)) + 1):
            near = _dilated(near, _SQUARE) & free
        size = 2 * int(np.ceil(_POCKET / self.cell - 1e-9)) + 1
        amount = cv2.boxFilter(self.unknown, cv2.CV_16U, (size, size), normalize=False)
        enough = np.asarray(amount) * self.cell**2 >= self.config.min_unknown
        border: UInt8Array = _dilated(self.unknown, _CROSS) & near & enough
        if len(retired):
            cells = retired - self.corner
            cells = cells[((cells >= 0) & (cells < border.shape)).all(axis=1)]
            gone = np.zeros(border.shape, np.uint8)
            gone[cells[:, 0], cells[:, 1]] = 1
            border &= 1 - _dilated(gone, np.ones((5, 5), np.uint8))
        return border

    def _reachable(self) -> UInt8Array:
        """Returns the traversable cells that connect to the body."""
        mask = self.occupancy.traversable(self.config.body_radius)[self.crop].astype(np.uint8)
        start = np.floor(self.position[::-1] / self.cell).astype(np.int64) - self.corner
        size = int(np.ceil(2.0 * self.config.body_radius / self.cell))
        low = np.maximum(start - size, 0)
        near = mask[low[0] : start[0] + size + 1, low[1] : start[1] + size + 1]
        rows, cols = np.nonzero(near)
        if len(rows) == 0:
            return np.zeros_like(mask)
        rows, cols = rows + low[0], cols + low[1]
        order = np.argsort((rows - start[0]) ** 2 + (cols - start[1]) ** 2, kind="stable")
        best, widest, colour = 0, 0.0, 1
        for k in order:
            if widest >= _ISLAND or colour > _MAX_SEEDS:
                break
            if mask[rows[k], cols[k]] == 1:  # not yet part of a region that was filled
                colour += 1
                cells, *_ = cv2.floodFill(mask, None, (int(cols[k]), int(rows[k])), colour, flags=8)
                if cells * self.cell**2 > widest:
                    best, widest = colour, cells * self.cell**2
        reach: UInt8Array = (mask == best).astype(np.uint8) if best else np.zeros_like(mask)
        return reach

    def _direction(self, cells: IntArray) -> Float64Array:
        """Returns the unit vector from the cells to the unknown ones round them."""
        index = (cells - self.corner)[:, None] + _RING
        weight = self.unknown[index[..., 0], index[..., 1]].sum(axis=0)
        vector = (weight @ _RING)[::-1].astype(np.float64)
        norm = float(np.hypot(*vector))
        unit: Float64Array = vector / norm if norm > 1e-9 else np.array([1.0, 0.0])
        return unit

    def _standpoint(self, middle: IntArray) -> Float64Array:
        """Returns the reachable position nearest to a lattice cell."""
        cell = middle - self.corner
        size = int(np.ceil(self.config.body_radius / self.cell)) + 3
        low = np.maximum(cell - size, 0)
        rows, cols = np.nonzero(
            self.reach[low[0] : cell[0] + size + 1, low[1] : cell[1] + size + 1]
        )
        gap = (rows + low[0] - cell[0]) ** 2 + (cols + low[1] - cell[1]) ** 2
        nearest = np.argmin(gap)
        found = np.array([[rows[nearest], cols[nearest]]]) + low + self.corner
        return np.array(self.centres(found)[0], np.float64)


def _dilated(mask: UInt8Array, kernel: UInt8Array) -> UInt8Array:
    return np.asarray(cv2.dilate(mask, kernel), np.uint8)
