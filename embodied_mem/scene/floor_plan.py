"""Divides a map into regions that walls, doorways and lintels set apart.

Furniture stands below the wall band, so it does not divide rooms; lintels lie above it and do.
What is no wall is flooded from its wide parts inwards to the narrow ones (a watershed on the
distance to the walls); where two floods meet without a lintel and without a narrowing, the meeting
is undone.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.scene.occupancy import FREE, UNKNOWN, Band, Occupancy
from embodied_mem.types import BoolArray, Float32Array, Int64Array, IntArray

_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)


@dataclass(frozen=True, kw_only=True, slots=True)
class PlaceConfig:
    """Settings of a `PlaceFinder`."""

    seed_clearance: float = 0.55
    """A room has a spot at least this far from its walls: half a wide doorway, m."""
    doorway: float = 1.3
    """Regions that meet over more than this are one place, m."""
    narrowing: float = 0.12
    """A doorway is at least this much narrower, by half its width, than what it joins, m."""
    gap: float = 0.3
    """Gaps in walls up to this are closed, m."""
    min_area: float = 1.2
    """Smaller regions are no places of their own, m2."""
    max_hole: float = 1.5
    """Unknown pockets inside a region up to this size belong to it (under beds, in corners), m2."""
    margin: float = 0.6
    """Things this far outside a region, but not behind its walls, belong to it, m."""

    def __post_init__(self) -> None:
        """Checks the lengths.

        Raises:
            ConfigError: If one is not positive.
        """
        if min(self.seed_clearance, self.doorway, self.min_area, self.margin) <= 0.0:
            raise ConfigError("place lengths and areas must be positive")


class FloorPlan:
    """The walls of a map and the regions between them."""

    def __init__(self, occupancy: Occupancy, config: PlaceConfig) -> None:
        self.occupancy = occupancy
        self.config = config
        lintel = self._lintels()
        self.barrier = self._walls(lintel)
        """(rows, cols) cells that set regions apart: walls, and the lintels over doorways."""
        self.doorway: BoolArray = lintel & (occupancy.states == FREE)
        """(rows, cols) cells of free floor under a lintel."""
        self.inside = self._inside()
        """(rows, cols) cells of floor and furniture with the unknown pockets among them."""
        open_cells = (self.inside & ~self.barrier).astype(np.uint8)
        distance = cv2.distanceTransform(open_cells, cv2.DIST_L2, cv2.DIST_MASK_5)
        self.width: Float32Array = np.asarray(distance, np.float32) * np.float32(occupancy.cell)
        """(rows, cols) distance to the nearest wall or unknown cell, m."""

    def regions(self) -> IntArray:
        """Returns (rows, cols) labels of the regions, 0 where there is none."""
        labels = self._grow(self._flood(), self.doorway)
        return self._drop_small(self._merge(labels))

    def _lintels(self) -> BoolArray:
        """Returns the cells with something over head height, unless that is a low ceiling."""
        lintel = self.occupancy.layer(Band.LINTEL)
        free = self.occupancy.states == FREE
        under = int(np.count_nonzero(lintel & free))
        if under > 0.3 * int(np.count_nonzero(free)):
            return np.zeros_like(lintel)
        return lintel

    def _walls(self, lintel: BoolArray) -> BoolArray:
        """Returns the wall cells.

        A wall reaches over head height: what is looked over there is tall furniture. A column
        that is solid up to the wall band counts as wall until the band above is looked through,
        for from close by a camera sees the foot of a wall but not its top.
        """
        layer = self.occupancy.layer
        solid = layer(Band.LOW) & layer(Band.MIDDLE) & layer(Band.TOP)
        wall = layer(Band.WALL) | (solid & ~self.occupancy.open_layer(Band.WALL))
        wall = (wall & ~self.occupancy.open_layer(Band.LINTEL)) | lintel
        size = 2 * max(1, round(0.5 * self.config.gap / self.occupancy.cell)) + 1
        kernel = np.ones((size, size), np.uint8)
        closed = cv2.morphologyEx(wall.astype(np.uint8), cv2.MORPH_CLOSE, kernel)
        return np.asarray(closed).astype(np.bool_)

    def _inside(self) -> BoolArray:
        """Returns what is known and no wall, and the pockets that it encloses."""
        inside = (self.occupancy.states != UNKNOWN) & ~self.barrier
        hidden = (~inside & ~self.barrier).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(hidden, connectivity=4)
        area = np.asarray(stats[:, cv2.CC_STAT_AREA], np.float64) * self.occupancy.cell**2
        small = area <= self.config.max_hole
        small[0] = False
        filled: BoolArray = inside | small[labels]
        return filled

    def _flood(self) -> IntArray:
        """Labels the regions from their widest parts down to the narrow ones."""
        open_cells = self.inside & ~self.barrier
        wide = (self.width >= self.config.seed_clearance).astype(np.uint8)
        count, seeds = cv2.connectedComponents(wide, connectivity=8)
        labels: IntArray = np.asarray(seeds, np.int32)
        step = self.occupancy.cell
        for level in np.arange(self.config.seed_clearance - step, -step, -step):
            labels = self._grow(labels, open_cells & (self.width >= level))
        # Rooms without a wide spot keep their own connected component.
        rest = (open_cells & (labels == 0)).astype(np.uint8)
        _, extra = cv2.connectedComponents(rest, connectivity=4)
        return np.where(extra > 0, extra + count, labels).astype(np.int32)

    def _grow(self, labels: IntArray, allowed: BoolArray) -> IntArray:
        """Grows labels over the allowed cells that can be reached from them."""
        while True:
            grown = cv2.dilate(labels.astype(np.uint16), _CROSS).astype(np.int32)
            fresh = (labels == 0) & allowed & (grown > 0)
            if not fresh.any():
                return labels
            labels = np.where(fresh, grown, labels)

    def _merge(self, labels: IntArray) -> IntArray:
        """Joins the regions that meet in anything but a doorway."""
        while True:
            for (a, b), cells in sorted(meetings_of(labels).items()):
                if not self._is_doorway(labels, a, b, cells):
                    labels = np.where(labels == b, a, labels)
                    break
            else:
                return labels

    def _is_doorway(self, labels: IntArray, a: int, b: int, cells: Int64Array) -> bool:
        """Tells whether two regions that meet in these cells are apart: lintel or narrowing."""
        rows, cols = cells.T
        if self.doorway[rows, cols].mean() >= 0.5:
            return True
        cell = self.occupancy.cell
        if np.hypot(*np.ptp(cells, axis=0)) * cell > self.config.doorway:
            return False
        opening = float(self.width[rows, cols].max())
        size = round(1.0 / cell)
        low = np.maximum(cells.min(axis=0) - size, 0)
        high = cells.max(axis=0) + size + 1
        near = labels[low[0] : high[0], low[1] : high[1]]
        width = self.width[low[0] : high[0], low[1] : high[1]]
        beside = min(float(width[near == a].max()), float(width[near == b].max()))
        return beside - opening >= self.config.narrowing

    def _drop_small(self, labels: IntArray) -> IntArray:
        """Clears the regions that are too small to be places."""
        areas = np.bincount(labels.ravel()) * self.occupancy.cell**2
        keep = areas >= self.config.min_area
        keep[0] = False
        kept: IntArray = np.where(keep[labels], labels, 0).astype(np.int32)
        return kept


def meetings_of(labels: IntArray) -> dict[tuple[int, int], Int64Array]:
    """Finds where labelled regions touch.

    Args:
        labels: (rows, cols), 0 for none.

    Returns:
        For each pair of labels (lower first) the (n, 2) cells of either that touch the other.
    """
    pairs, cells = [], []
    for axis in (0, 1):
        here = labels[:-1] if axis == 0 else labels[:, :-1]
        there = labels[1:] if axis == 0 else labels[:, 1:]
        rows, cols = np.nonzero((here != there) & (here > 0) & (there > 0))
        both = np.stack([here[rows, cols], there[rows, cols]], axis=1)
        pairs += [np.sort(both, axis=1)] * 2
        cells += [np.stack([rows, cols], 1), np.stack([rows + (axis == 0), cols + (axis == 1)], 1)]
    pair, cell = np.concatenate(pairs), np.concatenate(cells)
    if len(pair) == 0:
        return {}
    kinds, index = np.unique(pair, axis=0, return_inverse=True)
    index = index.ravel()
    return {(int(a), int(b)): cell[index == k] for k, (a, b) in enumerate(kinds)}
