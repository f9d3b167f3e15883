"""The true floor of a house as a graph: how far it is on foot from anywhere to anywhere."""

from collections.abc import Iterable

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
    16 directions, so that a way is at most 2.7 % longer than the true shortest one.
    """

    def __init__(self, house: House, *, radius: float = RADIUS) -> None:
        free, origin = house.floor().grid(CELL)
        mask: BoolArray = free >= radius
        rows, columns = np.nonzero(mask)
        self.points: Float64Array = np.stack(
            [
                origin[0] + (columns + 0.5) * CELL,
                origin[1] + (rows + 0.5) * CELL,
                np.zeros(len(rows)),
            ],
            axis=1,
        )
        """(N, 3) middles of the cells, metres."""
        self.clearance: Float64Array = free[rows, columns]
        """(N,) free distance around each, metres, up to 1.5."""
        self._graph = _join(mask)
        self._tree = cKDTree(self.points)

    def node_at(self, place: ArrayLike) -> int:
        """Returns the cell nearest to a (3,) world position on the floor."""
        return int(self._tree.query(np.asarray(place, float))[1])

    def near(self, place: ArrayLike, radius: float) -> Int64Array:
        """Returns the sorted cells within a radius of a (3,) world position."""
        found = self._tree.query_ball_point(np.asarray(place, float), radius)
        return np.array(sorted(found), np.int64)

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


def _join(mask: BoolArray) -> csr_array:
    """Joins the free cells of one floor; a step that passes between cells needs them free too."""
    number = np.full(mask.shape, -1, np.int64)
    number[mask] = np.arange(int(mask.sum()))
    padded = np.pad(mask, 2)
    starts, ends, lengths = [], [], []
    for row, column in _STEPS:
        open_way = mask.copy()
        for over in _passed(row, column):
            open_way &= _moved(padded, over)
        here = number[open_way]
        rows, columns = np.nonzero(open_way)
        starts.append(here)
        ends.append(number[rows + row, columns + column])
        lengths.append(np.full(len(here), CELL * np.hypot(row, column)))
    count = int(mask.sum())
    joined = (np.concatenate(lengths), (np.concatenate(starts), np.concatenate(ends)))
    return csr_array(coo_array(joined, shape=(count, count)))


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
