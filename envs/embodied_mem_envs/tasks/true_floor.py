"""The true floor of a house as a graph: how far it is on foot from anywhere to anywhere."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import cKDTree

from embodied_mem.types import BoolArray, Float64Array, Int64Array
from embodied_mem_envs.house.body import RADIUS
from embodied_mem_envs.house.house import House

CELL = 0.1
"""Side of a cell of the floor, metres."""
_STEPS = ((0, 1), (1, 0), (1, 1), (1, -1), (1, 2), (2, 1), (1, -2), (2, -1))
"""Half of the 16 directions of a step, (rows, columns); the other half is their opposite."""


class TrueFloor:
    """Where the middle of a body can stand in a house as it is now, and the ways between.

    Cells of 0.1 m whose middle is at least the body's radius from everything solid are joined in
    16 directions, so that a way is at most 2.7 % longer than the true shortest one. Stairs are a
    row of cells up their middle, which joins two floors.
    """

    def __init__(self, house: House, *, radius: float = RADIUS) -> None:
        layers = [_layer(house, floor, radius) for floor in range(len(house.levels))]
        flight = _flight(house)
        points = [layer.points for layer in layers]
        self.points: Float64Array = np.concatenate([*points, flight])
        """(N, 3) middles of the cells, metres; those of the stairs are the last."""
        self.clearance: Float64Array = np.concatenate(
            [*(layer.clearance for layer in layers), np.zeros(len(flight))]
        )
        """(N,) free distance around each, metres, up to 1.5; 0 on the stairs."""
        numbers = [np.full(len(layer.points), floor) for floor, layer in enumerate(layers)]
        self.floors: Int64Array = np.concatenate([*numbers, np.full(len(flight), -1)])
        """(N,) index of the floor of each; -1 on the stairs."""
        self._tree = cKDTree(self.points)
        starts, ends = [], []
        first = 0
        for layer in layers:
            starts.append(layer.starts + first)
            ends.append(layer.ends + first)
            first += len(layer.points)
        if len(flight):
            for near, far in self._up(first, len(flight)):
                starts.append(np.array([near]))
                ends.append(np.array([far]))
        self._graph = self._joined(np.concatenate(starts), np.concatenate(ends))

    def _joined(self, starts: Int64Array, ends: Int64Array) -> csr_array:
        """Joins pairs of cells by their distances."""
        lengths = np.linalg.norm(self.points[starts] - self.points[ends], axis=1)
        count = len(self.points)
        return csr_array(coo_array((lengths, (starts, ends)), shape=(count, count)))

    def _up(self, first: int, steps: int) -> list[tuple[int, int]]:
        """Joins the cells of the stairs to each other and to the floors at both ends."""
        chain = list(range(first, first + steps))
        floor = cKDTree(self.points[:first])
        foot = int(floor.query(self.points[chain[0]])[1])
        head = int(floor.query(self.points[chain[-1]])[1])
        return list(pairwise([foot, *chain, head]))

    def node_at(self, place: ArrayLike) -> int:
        """Returns the cell nearest to a (3,) world position on the floor."""
        return int(self._tree.query(np.asarray(place, float))[1])

    def floor_at(self, place: ArrayLike) -> int:
        """Returns the index of the floor nearest to a (3,) world position; on stairs, either."""
        found = self._tree.query(np.asarray(place, float))[1]
        if self.floors[found] >= 0:
            return int(self.floors[found])
        heights = [float(self.points[self.floors == k, 2][0]) for k in range(self.floors.max() + 1)]
        return int(np.argmin(np.abs(np.array(heights) - self.points[found, 2])))

    def distances(self, places: ArrayLike) -> Float64Array:
        """Returns (N,) metres on foot from the nearest of (K, 3) places to every cell.

        Infinite where nothing leads there.
        """
        nodes = [self.node_at(place) for place in np.asarray(places, float).reshape(-1, 3)]
        return self.distances_from(nodes)

    def distances_from(self, nodes: Iterable[int]) -> Float64Array:
        """Returns (N,) metres on foot from the nearest of some cells to every cell."""
        sources = np.unique(np.fromiter(nodes, np.int64))
        if len(sources) == 0:
            return np.full(len(self.points), np.inf)
        found = dijkstra(self._graph, directed=False, indices=sources, min_only=True)
        result: Float64Array = np.asarray(found, np.float64)
        return result

    def path(self, start: ArrayLike, goals: Iterable[int]) -> Float64Array | None:
        """Returns the (K, 3) cells of the shortest way to the nearest goal, None without one."""
        source = self.node_at(start)
        cost, before = dijkstra(
            self._graph, directed=False, indices=source, return_predecessors=True
        )
        ends = np.fromiter(goals, np.int64)
        if len(ends) == 0 or not np.isfinite(cost[ends]).any():
            return None
        chain = [int(ends[int(np.argmin(cost[ends]))])]
        while chain[-1] != source:
            chain.append(int(before[chain[-1]]))
        way: Float64Array = self.points[np.array(chain[::-1])]
        return way


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class _Layer:
    """The free cells of one floor, and which of them are joined."""

    points: Float64Array
    clearance: Float64Array
    starts: Int64Array
    ends: Int64Array


def _layer(house: House, floor: int, radius: float) -> _Layer:
    free, origin = house.floor(floor).grid(CELL)
    mask: BoolArray = free >= radius
    rows, columns = np.nonzero(mask)
    x, y = origin[0] + (columns + 0.5) * CELL, origin[1] + (rows + 0.5) * CELL
    starts, ends = _join(mask)
    return _Layer(
        points=np.stack([x, y, np.full(len(x), house.levels[floor])], axis=1),
        clearance=free[rows, columns],
        starts=starts,
        ends=ends,
    )


def _flight(house: House) -> Float64Array:
    """Returns (K, 3) points up the middle of the stairs; none in a house with one floor."""
    stairs = house.stairs
    if stairs is None:
        return np.zeros((0, 3))
    along = np.arange(-CELL, stairs.run + 2 * CELL, CELL)
    places = [stairs.world(float(each), stairs.width / 2) for each in along]
    return np.array([(x, y, stairs.lift(x, y)) for x, y in places])


def _join(mask: BoolArray) -> tuple[Int64Array, Int64Array]:
    """Joins the free cells of one floor; a step that passes between cells needs them free too.

    Returns:
        The numbers of the cells at both ends of every step.
    """
    number = np.full(mask.shape, -1, np.int64)
    number[mask] = np.arange(int(mask.sum()))
    padded = np.pad(mask, 2)
    starts, ends = [], []
    for row, column in _STEPS:
        open_way = mask.copy()
        for over in _passed(row, column):
            open_way &= _moved(padded, over)
        rows, columns = np.nonzero(open_way)
        starts.append(number[open_way])
        ends.append(number[rows + row, columns + column])
    return np.concatenate(starts), np.concatenate(ends)


def _passed(row: int, column: int) -> list[tuple[int, int]]:
    """Returns the cells, relative to its start, that a step touches."""
    side = 1 if column > 0 else -1
    if row == 0 or column == 0:
        return [(row, column)]
    if abs(column) == 2:
        return [(0, side), (1, side), (row, column)]
    if row == 2:
        return [(1, 0), (1, side), (row, column)]
    return [(1, 0), (0, side), (row, column)]


def _moved(padded: BoolArray, by: tuple[int, int]) -> BoolArray:
    """Returns a mask (padded by 2) looked up a step away from each cell."""
    height, width = padded.shape[0] - 4, padded.shape[1] - 4
    result: BoolArray = padded[2 + by[0] : 2 + by[0] + height, 2 + by[1] : 2 + by[1] + width]
    return result
