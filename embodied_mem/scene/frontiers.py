"""Frontiers: where floor that the body can reach borders on what it has not seen.

Each update clusters the border cells of the map as it is now and hands identities over from the
last update by overlap, so that a frontier keeps its id while it is pushed back. All thresholds are
lengths and areas in metres: the cell size changes the resolution, not what counts.
"""

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.scene.borders import BorderView, Frontier, FrontierConfig
from embodied_mem.scene.numbers import Numbers
from embodied_mem.scene.occupancy import Occupancy
from embodied_mem.types import Float64Array, Int64Array, IntArray

__all__ = ["Frontier", "FrontierConfig", "FrontierTracker"]


class FrontierTracker:
    """Finds the frontiers of an occupancy map and keeps their identities over time."""

    def __init__(
        self, config: FrontierConfig | None = None, numbers: Numbers | None = None
    ) -> None:
        self.config = config or FrontierConfig()
        self.frontiers: tuple[Frontier, ...] = ()
        self._numbers = numbers or Numbers()
        self._seen: tuple[int, int] | None = None
        self._retired = np.zeros((0, 2), np.int32)
        self._visits: dict[str, int] = {}
        self._last_tick = -1
        self._lost: list[Frontier] = []
        self._known: dict[bytes, list[Frontier]] = {}

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
        self._lost = [f for f in self._lost if f.id != frontier_id]
        self._known = {}
        self._visits.pop(frontier_id, None)

    def renumber(self, floor: int) -> None:
        """Hears that its floor has got another index."""
        self.frontiers = tuple(replace(f, floor=floor) for f in self.frontiers)
        self._lost = [replace(f, floor=floor) for f in self._lost]
        self._known = {}

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
        """Clusters the border cells of the map; clusters that did not change keep their parts."""
        if not occupancy.states.any():
            return ()
        view = BorderView(occupancy, position, self.config)
        clusters = view.clusters(self._retired)
        known, self._known = self._known, {}
        kept: list[Frontier] = []
        found: list[Frontier] = []
        fresh: list[tuple[bytes, int, int]] = []
        for cells in clusters:
            key = cells.tobytes()
            old = known.get(key)
            if old is not None and all(view.can_stand(f.standpoint) for f in old):
                kept += old
                self._known[key] = old
                continue
            first = len(found)
            found += [view.describe(part, tick) for part in self._split(view, cells)]
            fresh.append((key, first, len(found)))
        named = self._name(found, kept)
        for key, first, last in fresh:
            self._known[key] = [named[j] for j in range(first, last) if j in named]
        alive = sorted([*kept, *named.values()], key=lambda f: f.id)
        ids = {f.id for f in alive}
        lost = [f for f in (*self.frontiers, *self._lost) if f.id not in ids]
        self._lost = lost[: self.config.remember]
        self._visits = {k: v for k, v in self._visits.items() if k in ids}
        return tuple(alive)

    def _split(self, view: BorderView, cells: IntArray) -> list[IntArray]:
        """Cuts a border that is too long, or too wide seen from the body, into stretches."""
        length = len(cells) * view.cell
        if length < self.config.min_length - 1e-9:
            return []
        if length <= self.config.max_length and not self._is_wide(view, cells):
            return [cells]
        return [
            stretch
            for half in _halves(cells)
            for piece in _connected(half)
            for stretch in self._split(view, piece)
        ]

    def _is_wide(self, view: BorderView, cells: IntArray) -> bool:
        """Tells whether a border spans a large angle seen from the body, and is worth cutting."""
        if len(cells) * view.cell < 2.0 * self.config.new_length:
            return False
        offset = view.centres(cells) - view.position
        middle = offset.mean(axis=0)
        bearing = np.arctan2(offset[:, 1], offset[:, 0]) - np.arctan2(middle[1], middle[0])
        bearing = (bearing + np.pi) % (2 * np.pi) - np.pi
        return float(bearing.max() - bearing.min()) > self.config.max_angle

    def _name(self, found: list[Frontier], kept: list[Frontier]) -> dict[int, Frontier]:
        """Hands the ids of the last frontiers over to the new ones that overlap them most."""
        used = {f.id for f in kept}
        # Where both claim a cell, what was there a moment ago comes before what was lost.
        old = [f for f in (*self._lost, *self.frontiers) if f.id not in used]
        pairs = _overlaps(old, found) if old and found else []
        heirs: dict[int, Frontier] = {}
        taken: set[int] = set()
        for i, j in pairs:
            if i not in taken and j not in heirs:
                taken.add(i)
                heirs[j] = old[i]
        named: dict[int, Frontier] = {}
        for j, frontier in enumerate(found):
            if j not in heirs and frontier.length < self.config.new_length - 1e-9:
                continue
            if j in heirs:
                name, first_tick = heirs[j].id, heirs[j].first_tick
            else:
                name = f"frontier-{self._numbers.take():04d}"
                first_tick = frontier.first_tick
            named[j] = replace(frontier, id=name, first_tick=first_tick)
        return named


def _halves(cells: IntArray) -> tuple[IntArray, IntArray]:
    """Parts cells by which of two far ends is nearer."""
    one = cells[np.argmax(_gaps(cells, cells[0]))]
    to_one = _gaps(cells, one)
    to_other = _gaps(cells, cells[np.argmax(to_one)])
    near = to_one <= to_other
    return cells[near], cells[~near]


def _gaps(cells: IntArray, cell: IntArray) -> IntArray:
    gaps: IntArray = ((cells - cell) ** 2).sum(axis=1)
    return gaps


def _connected(cells: IntArray) -> list[IntArray]:
    """Parts cells that do not touch: a ring cut in half may give more than two stretches."""
    local = cells - cells.min(axis=0)
    mask = np.zeros(local.max(axis=0) + 1, np.uint8)
    mask[local[:, 0], local[:, 1]] = 1
    count, labels = cv2.connectedComponents(mask, connectivity=8)
    label = labels[local[:, 0], local[:, 1]]
    return [cells[label == k] for k in range(1, count)]


def _overlaps(old: list[Frontier], new: list[Frontier]) -> list[tuple[int, int]]:
    """Returns the old and new indices that share cells within two of each other, most first."""
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
    return [(int(i[k]), int(j[k])) for k in order]


def _stack(frontiers: list[Frontier]) -> Int64Array:
    """Returns (n, 3) lattice rows, columns and frontier indices of all cells."""
    index = np.repeat(np.arange(len(frontiers)), [len(f.cells) for f in frontiers])
    cells = np.concatenate([f.cells for f in frontiers]).astype(np.int64)
    return np.concatenate([cells, index[:, None]], axis=1)
