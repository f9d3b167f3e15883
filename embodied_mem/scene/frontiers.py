"""Frontiers: where floor that the body can reach borders on what it has not seen.

Each update clusters the border cells of the map as it is now and hands identities over from the
last update by overlap, so that a frontier keeps its id while it is pushed back. All thresholds are
lengths and areas in metres: the cell size changes the resolution, not what counts.
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.errors import ConfigError
from embodied_mem.scene.occupancy import FREE, UNKNOWN, Occupancy
from embodied_mem.types import AnyArray, BoolArray, Float64Array, Int64Array, IntArray, UInt8Array

_CROSS = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], np.uint8)
_SQUARE = np.ones((3, 3), np.uint8)


@dataclass(frozen=True, kw_only=True, slots=True)
class FrontierConfig:
    """Settings of a `FrontierTracker`."""

    body_radius: float = 0.18
    """Radius of the body that must be able to reach a frontier, m."""
    min_length: float = 0.3
    """Shorter borders are left alone, m."""
    max_length: float = 2.5
    """Longer borders are split along their main axis, m."""
    max_angle: float = 1.6
    """Borders that span more than this seen from the body are split, rad."""
    min_unknown_area: float = 0.15
    """Smaller enclosed unknown pockets are left alone, m2."""
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


class FrontierTracker:
    """Finds the frontiers of an occupancy map and keeps their identities over time."""

    def __init__(self, config: FrontierConfig | None = None) -> None:
        self.config = config or FrontierConfig()
        self.frontiers: tuple[Frontier, ...] = ()
        self._next = 0
        self._seen: tuple[int, int] | None = None
        self._retired = np.zeros((0, 2), np.int32)
        self._visits: dict[str, int] = {}
        self._last_tick = -1

    def update(
        self, occupancy: Occupancy, position_xy: ArrayLike, tick: int
    ) -> tuple[Frontier, ...]:
        """Brings the frontiers up to date with the map; cheap where the map did not change.

        Args:
            occupancy: Map of the body's floor.
            position_xy: (2,) world position of the body, m.
            tick: Time of the map.

        Returns:
            The frontiers that the body can reach, in the order of their ids.
        """
        position = np.asarray(position_xy, np.float64)
        key = (id(occupancy), occupancy.revision)
        if key != self._seen:
            self._seen = key
            self.frontiers = self._recompute(occupancy, position, tick)
        self._retire_visited(position, tick)
        return self.frontiers

    def retire(self, frontier_id: str) -> None:
        """Gives a frontier up for good: no frontier is made of its cells again.

        A name that is no longer in use is left alone, for the frontier has gone by itself.
        """
        for frontier in self.frontiers:
            if frontier.id == frontier_id:
                self._retired = np.concatenate([self._retired, frontier.cells])
        self.frontiers = tuple(f for f in self.frontiers if f.id != frontier_id)
        self._visits.pop(frontier_id, None)

    def _retire_visited(self, position: Float64Array, tick: int) -> None:
        """Retires what a body that stands at it for long does not resolve."""
        if tick == self._last_tick:
            return
        self._last_tick = tick
        for frontier in self.frontiers:
            if np.hypot(*(frontier.standpoint - position)) > self.config.visited_radius:
                continue
            visits = self._visits.get(frontier.id, 0) + 1
            self._visits[frontier.id] = visits
            if visits >= self.config.visited_ticks:
                self.retire(frontier.id)

    def _recompute(
        self, occupancy: Occupancy, position: Float64Array, tick: int
    ) -> tuple[Frontier, ...]:
        """Clusters the border cells of the map and names the clusters."""
        crop = _known_window(occupancy.states)
        if crop is None:
            return ()
        view = _View(occupancy, crop, position, self.config)
        border = view.border(self._retired)
        count, labels, stats, _ = cv2.connectedComponentsWithStats(
            border.astype(np.uint8), connectivity=8
        )
        min_cells = max(1, round(self.config.min_length / occupancy.cell))
        clusters = _cells_by_label(labels, stats[:, cv2.CC_STAT_AREA], min_cells, count)
        parts = [p for c in clusters for p in self._split(view, c)]
        frontiers = [view.describe(part, tick) for part in parts]
        return self._name(frontiers)

    def _split(self, view: "_View", cells: Int64Array) -> list[Int64Array]:
        """Splits a cluster that is too long, or too wide seen from the body."""
        offset = view.centres(cells) - view.position
        spread = offset - offset.mean(axis=0)
        length = len(cells) * view.cell
        pieces = int(np.ceil(length / self.config.max_length))
        if pieces > 1:
            order = np.argsort(spread @ _main_axis(spread), kind="stable")
            return [cells[np.sort(part)] for part in np.array_split(order, pieces)]
        middle = offset.mean(axis=0)
        bearing = np.arctan2(offset[:, 1], offset[:, 0]) - np.arctan2(middle[1], middle[0])
        bearing = (bearing + np.pi) % (2 * np.pi) - np.pi
        pieces = int(np.ceil(float(np.ptp(bearing)) / self.config.max_angle))
        if pieces > 1 and length >= 2 * self.config.min_length:
            order = np.argsort(bearing, kind="stable")
            return [cells[np.sort(part)] for part in np.array_split(order, pieces)]
        return [cells]

    def _name(self, found: list[Frontier]) -> tuple[Frontier, ...]:
        """Hands the ids of the last frontiers over to the new ones that overlap them most."""
        old = self.frontiers
        pairs = [] if not (old and found) else _overlaps(old, found)
        names: dict[int, Frontier] = {}
        taken: set[int] = set()
        for _, i, j in pairs:
            if i not in taken and j not in names:
                taken.add(i)
                names[j] = old[i]
        named = []
        for j, frontier in enumerate(found):
            if j in names:
                kept = names[j]
                named.append(replace(frontier, id=kept.id, first_tick=kept.first_tick))
            else:
                named.append(replace(frontier, id=f"frontier-{self._next:04d}"))
                self._next += 1
        alive = {f.id for f in named}
        self._visits = {k: v for k, v in self._visits.items() if k in alive}
        return tuple(sorted(named, key=lambda f: f.id))


class _View:
    """The known part of a map with what the frontiers of one update need of it."""

    def __init__(
        self,
        occupancy: Occupancy,
        crop: tuple[slice, slice],
        position: Float64Array,
        config: FrontierConfig,
    ) -> None:
        self.occupancy = occupancy
        self.cell = occupancy.cell
        self.position = position
        self.config = config
        self.crop = crop
        self.first = np.array([crop[0].start, crop[1].start])
        self.states = occupancy.states[crop]
        self.unknown = self._wide_unknown()
        self.reach = self._reachable()

    def centres(self, cells: Int64Array) -> Float64Array:
        """Returns the world positions of (n, 2) cells of the crop."""
        return self.occupancy.centres_of(cells + self.first)

    def border(self, retired: IntArray) -> BoolArray:
        """Returns the free cells beside the unknown within a body's radius of where it can be."""
        free = (self.states == FREE).astype(np.uint8)
        near = self.reach
        for _ in range(int(np.ceil(self.config.body_radius / self.cell)) + 1):
            near = _dilated(near, _SQUARE) & free
        mask: BoolArray = (_dilated(self.unknown, _CROSS) & near).astype(np.bool_)
        if len(retired):
            cells = retired - (self.first + self.occupancy.corner)
            cells = cells[((cells >= 0) & (cells < mask.shape)).all(axis=1)]
            gone = np.zeros(mask.shape, np.uint8)
            gone[cells[:, 0], cells[:, 1]] = 1
            mask &= _dilated(gone, np.ones((5, 5), np.uint8)) == 0
        return mask

    def describe(self, cells: Int64Array, tick: int) -> Frontier:
        """Measures one cluster of border cells."""
        mean = cells.mean(axis=0)
        middle = cells[np.argmin(((cells - mean) ** 2).sum(axis=1))]
        return Frontier(
            id="",
            centroid=self.centres(middle[None])[0],
            direction=self._direction(cells),
            length=len(cells) * self.cell,
            cells=(cells + self.first + self.occupancy.corner).astype(np.int32),
            standpoint=self._standpoint(middle),
            first_tick=tick,
            floor=self.occupancy.floor,
        )

    def _wide_unknown(self) -> UInt8Array:
        """Returns the unknown cells of the crop without the small enclosed pockets."""
        unknown = (self.states == UNKNOWN).astype(np.uint8)
        _, labels, stats, _ = cv2.connectedComponentsWithStats(unknown, connectivity=8)
        wide = stats[:, cv2.CC_STAT_AREA] * self.cell**2 >= self.config.min_unknown_area
        wide[0] = False
        kept: UInt8Array = wide.astype(np.uint8)[labels]
        return kept

    def _reachable(self) -> UInt8Array:
        """Returns the traversable cells that connect to the body."""
        mask = self.occupancy.traversable(self.config.body_radius)[self.crop].astype(np.uint8)
        _, labels = cv2.connectedComponents(mask, connectivity=8)
        start = self.occupancy.cells_of(self.position)[0] - self.first
        size = int(np.ceil(2.0 * self.config.body_radius / self.cell))
        low = np.maximum(start - size, 0)
        near = labels[low[0] : start[0] + size + 1, low[1] : start[1] + size + 1]
        rows, cols = np.nonzero(near)
        if len(rows) == 0:
            return np.zeros_like(mask)
        gap = (rows + low[0] - start[0]) ** 2 + (cols + low[1] - start[1]) ** 2
        nearest = np.argmin(gap)
        reach: UInt8Array = (labels == near[rows[nearest], cols[nearest]]).astype(np.uint8)
        return reach

    def _direction(self, cells: Int64Array) -> Float64Array:
        """Returns the unit vector from the cells to the unknown ones round them."""
        padded = np.pad(self.unknown, 2)
        around = np.stack(np.meshgrid(np.arange(-2, 3), np.arange(-2, 3), indexing="ij"), -1)
        around = around.reshape(-1, 2)
        index = cells[:, None] + 2 + around
        weight = padded[index[..., 0], index[..., 1]].sum(axis=0)
        vector = (weight @ around)[::-1].astype(np.float64)
        norm = float(np.hypot(*vector))
        unit: Float64Array = vector / norm if norm > 1e-9 else np.array([1.0, 0.0])
        return unit

    def _standpoint(self, cell: Int64Array) -> Float64Array:
        """Returns the reachable position nearest to a cell."""
        size = int(np.ceil(self.config.body_radius / self.cell)) + 3
        low = np.maximum(cell - size, 0)
        rows, cols = np.nonzero(
            self.reach[low[0] : cell[0] + size + 1, low[1] : cell[1] + size + 1]
        )
        gap = (rows + low[0] - cell[0]) ** 2 + (cols + low[1] - cell[1]) ** 2
        nearest = np.argmin(gap)
        centre = self.centres(np.array([[rows[nearest] + low[0], cols[nearest] + low[1]]]))
        return np.array(centre[0], np.float64)


def _dilated(mask: UInt8Array, kernel: UInt8Array) -> UInt8Array:
    return np.asarray(cv2.dilate(mask, kernel), np.uint8)


def _known_window(states: UInt8Array) -> tuple[slice, slice] | None:
    """Returns the window of the known cells with a rim of two, or None where all is unknown."""
    x, y, width, height = cv2.boundingRect(states)
    if width == 0:
        return None
    return slice(max(y - 2, 0), y + height + 2), slice(max(x - 2, 0), x + width + 2)


def _cells_by_label(
    labels: AnyArray, sizes: AnyArray, min_cells: int, count: int
) -> list[Int64Array]:
    """Returns the (n, 2) cells of each label from 1 on that has enough of them."""
    rows, cols = np.nonzero(labels)
    order = np.argsort(labels[rows, cols], kind="stable")
    cells = np.stack([rows, cols], axis=1)[order]
    groups = np.split(cells, np.cumsum(sizes[1:count])[:-1])
    return [group for group in groups if len(group) >= min_cells]


def _main_axis(spread: Float64Array) -> Float64Array:
    """Returns the unit vector along which centred points vary most."""
    axis: Float64Array = np.linalg.eigh(spread.T @ spread)[1][:, 1]
    return axis


def _overlaps(old: tuple[Frontier, ...], new: list[Frontier]) -> list[tuple[int, int, int]]:
    """Returns (shared cells, old index, new index), most shared first, within one cell."""
    rows_old, rows_new = _stack(old), _stack(new)
    low = np.minimum(rows_old[:, :2].min(axis=0), rows_new[:, :2].min(axis=0)) - 2
    high = np.maximum(rows_old[:, :2].max(axis=0), rows_new[:, :2].max(axis=0)) + 3
    owner = np.zeros(high - low, np.uint16)
    owner[rows_old[:, 0] - low[0], rows_old[:, 1] - low[1]] = rows_old[:, 2] + 1
    owner = np.asarray(cv2.dilate(owner, np.ones((5, 5), np.uint8)), np.uint16)
    hit = owner[rows_new[:, 0] - low[0], rows_new[:, 1] - low[1]].astype(np.int64)
    table = np.bincount(hit * len(new) + rows_new[:, 2], minlength=(len(old) + 1) * len(new))
    table = table.reshape(len(old) + 1, len(new))[1:]
    i, j = np.nonzero(table)
    order = np.lexsort((j, i, -table[i, j]))
    return [(int(table[i[k], j[k]]), int(i[k]), int(j[k])) for k in order]


def _stack(frontiers: tuple[Frontier, ...] | list[Frontier]) -> Int64Array:
    """Returns (n, 3) lattice rows, columns and frontier indices of all cells."""
    index = np.repeat(np.arange(len(frontiers)), [len(f.cells) for f in frontiers])
    cells = np.concatenate([f.cells for f in frontiers]).astype(np.int64)
    return np.concatenate([cells, index[:, None]], axis=1)
