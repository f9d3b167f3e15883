"""The graph of walkable cells of a map, with costs and paths over it.

The cost of a step is its length, made dearer near obstacles, so that paths keep to the middle of
doorways; costs come from Dijkstra's algorithm in scipy.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from embodied_mem.scene.occupancy import OCCUPIED, Occupancy
from embodied_mem.types import BoolArray, Float32Array, Float64Array, Int64Array, IntArray

_NEIGHBOURS = ((0, 1, 1.0), (1, 0, 1.0), (1, 1, 2.0**0.5), (1, -1, 2.0**0.5))
_ISLAND = 1.0
"""Walkable floor that is cut off from the rest and smaller than this is left out of use, m2."""
_NO_PATH = -9999  # scipy's mark for "no predecessor"


@dataclass(frozen=True, kw_only=True, slots=True)
class NavigationConfig:
    """Settings of a `Navigator`."""

    body_radius: float = 0.18
    """Radius of the body, m."""
    margin: float = 0.02
    """Least space between the body and the centre of an occupied cell, m."""
    preferred_clearance: float = 0.4
    """Cells nearer than this to an obstacle cost more, m."""
    clearance_weight: float = 2.0
    """How much dearer a step right at an obstacle is: 2 makes it three times as dear."""
    snap: float = 0.5
    """A start or goal that is not walkable is moved to a walkable cell within this, m."""


class WalkGraph:
    """The walkable cells of a map and the costs of the steps between them."""

    def __init__(self, occupancy: Occupancy, config: NavigationConfig) -> None:
        self.occupancy = occupancy
        self.config = config
        self.revision = occupancy.revision
        self.mask: BoolArray = occupancy.traversable(config.body_radius, config.margin)
        self.cells: Int64Array = np.argwhere(self.mask)
        self.nodes: IntArray = np.full(self.mask.shape, -1, np.int32)
        self.nodes[self.mask] = np.arange(len(self.cells), dtype=np.int32)
        self.steps = self._steps()
        _, part = connected_components(self.steps, directed=False)
        area = np.bincount(part, minlength=1) * occupancy.cell**2
        self._is_island: BoolArray = (area < _ISLAND)[part]

    def is_current(self, occupancy: Occupancy) -> bool:
        """Tells whether the graph still shows the map."""
        return self.occupancy is occupancy and self.revision == occupancy.revision

    def nearest_node(self, xy: Float64Array, within: float) -> int | None:
        """Returns the walkable node nearest to a point, with nothing occupied in between."""
        row, col = self.occupancy.cells_of(xy)[0]
        size = int(np.ceil(within / self.occupancy.cell))
        low = (max(row - size, 0), max(col - size, 0))
        if row + size < 0 or col + size < 0:
            return None
        around = self.nodes[low[0] : row + size + 1, low[1] : col + size + 1]
        cells = np.argwhere(around >= 0)
        if len(cells) == 0:
            return None
        centres = self.occupancy.centres_of(cells + low)
        gap = np.hypot(*(centres - xy).T)
        # A few cells cut off between the body and an obstacle are no place to start from.
        island = self._is_island[around[tuple(cells.T)]]
        order = np.argsort(gap + within * island, kind="stable")[:24]
        free = self.occupancy.states != OCCUPIED
        starts = np.repeat(xy[None], len(order), axis=0)
        # The point itself may lie in a cell that is marked occupied: it is looked at from outside.
        inner = starts + 0.3 * (centres[order] - starts)
        clear = sight_clear(free, self.occupancy, inner, centres[order])
        ok = order[clear & (gap[order] <= within)]
        if len(ok) == 0:
            return None
        return int(around[tuple(cells[ok[0]])])

    def distances(self, nodes: ArrayLike, limit: float = np.inf) -> Float64Array:
        """Returns (k, n) costs from k nodes to all n nodes; infinite beyond `limit`."""
        found: Float64Array = dijkstra(self.steps, directed=False, indices=nodes, limit=limit)
        return found

    def _steps(self) -> csr_array:
        """Builds the sparse matrix of step costs, each pair of cells once."""
        cell = self.occupancy.cell
        lack = np.clip(1.0 - self.occupancy.clearance() / self.config.preferred_clearance, 0.0, 1.0)
        factor = (1.0 + self.config.clearance_weight * lack) * (0.5 * cell)
        sources, targets, costs = [], [], []
        for row, col, length in _NEIGHBOURS:
            here, there = _shifted(row, col)
            pair = self.mask[here] & self.mask[there]
            sources.append(self.nodes[here][pair])
            targets.append(self.nodes[there][pair])
            costs.append((factor[here][pair] + factor[there][pair]) * length)
        edges = (np.concatenate(sources), np.concatenate(targets))
        count = len(self.cells)
        return csr_array((np.concatenate(costs), edges), shape=(count, count))


class CostField:
    """Costs and paths from one place to every cell that can be reached from there."""

    def __init__(self, graph: WalkGraph, start: Float64Array) -> None:
        self.graph = graph
        self.start = start
        self._cost = np.full(len(graph.cells), np.inf)
        self._before = np.full(len(graph.cells), _NO_PATH, np.int32)
        node = graph.nearest_node(start, graph.config.snap)
        if node is not None:
            self._cost, self._before = dijkstra(
                graph.steps, directed=False, indices=node, return_predecessors=True
            )

    def reachable_cells(self) -> tuple[Int64Array, Float64Array]:
        """Returns the (n, 2) cells that can be reached and their (n,) costs."""
        reached = np.isfinite(self._cost)
        return self.graph.cells[reached], self._cost[reached]

    def reachable_mask(self) -> BoolArray:
        """Returns the (rows, cols) mask of cells that can be reached."""
        mask = np.zeros(self.graph.mask.shape, np.bool_)
        rows, cols = self.reachable_cells()[0].T
        mask[rows, cols] = True
        return mask

    def costs(self) -> Float32Array:
        """Returns (rows, cols) costs in clearance-weighted metres; infinite where unreachable."""
        grid = np.full(self.graph.mask.shape, np.inf, np.float32)
        grid[self.graph.mask] = self._cost
        return grid

    def cost_to(self, goal: ArrayLike) -> float:
        """Returns the cost to the walkable cell nearest to a (2,) position, or infinity."""
        node = self._node_of(np.asarray(goal, np.float64))
        return float("inf") if node is None else float(self._cost[node])

    def path_to(self, goal: ArrayLike) -> Float64Array | None:
        """Returns the (n, 2) waypoints from the start to a (2,) position, m.

        Returns:
            A smoothed path whose segments are walkable in a straight line, or None where the goal
            is farther than `snap` from any cell that can be reached.
        """
        node = self._node_of(np.asarray(goal, np.float64))
        if node is None or not np.isfinite(self._cost[node]):
            return None
        chain = [node]
        while self._before[chain[-1]] >= 0:
            chain.append(int(self._before[chain[-1]]))
        cells = self.graph.cells[np.array(chain[::-1])]
        corners = _pull_tight(self.graph, cells)
        path = self.graph.occupancy.centres_of(corners)
        # A start beside the walkable cells first steps onto them.
        near = np.hypot(*(path[0] - self.start)) <= self.graph.occupancy.cell
        return np.concatenate([self.start[None], path[1:] if near and len(path) > 1 else path])

    def _node_of(self, goal: Float64Array) -> int | None:
        """Returns the reachable node for a goal: its own cell's, or the nearest within `snap`."""
        row, col = self.graph.occupancy.cells_of(goal)[0]
        shape = self.graph.nodes.shape
        if 0 <= row < shape[0] and 0 <= col < shape[1]:
            node = int(self.graph.nodes[row, col])
            if node >= 0 and np.isfinite(self._cost[node]):
                return node
        reached = np.flatnonzero(np.isfinite(self._cost))
        if len(reached) == 0:
            return None
        cells = self.graph.cells[reached]
        gap = np.hypot(cells[:, 0] - row, cells[:, 1] - col) * self.graph.occupancy.cell
        best = int(np.argmin(gap))
        return int(reached[best]) if gap[best] <= self.graph.config.snap else None


def sight_clear(
    open_cells: BoolArray, occupancy: Occupancy, starts: Float64Array, ends: Float64Array
) -> BoolArray:
    """Tells which straight lines pass through open cells only.

    Args:
        open_cells: (rows, cols) mask of what does not block; outside the map counts as open.
        occupancy: The map that gives the mask its place.
        starts: (n, 2) world positions.
        ends: (n, 2) world positions.

    Returns:
        (n,) true where no sample at half a cell's spacing falls into a closed cell.
    """
    span = float(np.abs(ends - starts).max(initial=0.0))
    count = max(2, int(np.ceil(2.0 * span / occupancy.cell)) + 1)
    along = np.linspace(0.0, 1.0, count)[:, None, None]
    points = (starts + along * (ends - starts)).reshape(-1, 2)
    cells = occupancy.cells_of(points)
    shape = np.array(open_cells.shape)
    inside = ((cells >= 0) & (cells < shape)).all(axis=1)
    rows, cols = np.clip(cells, 0, shape - 1).T
    clear: BoolArray = (open_cells[rows, cols] | ~inside).reshape(count, -1).all(axis=0)
    return clear


def _pull_tight(graph: WalkGraph, cells: Int64Array) -> Int64Array:
    """Drops the cells of a path that a straight, no less clear line can skip."""
    clearance = np.minimum(graph.occupancy.clearance(), graph.config.preferred_clearance)
    kept, here = [0], 0
    while here < len(cells) - 1:
        ahead = cells[here + 1 : here + 161]
        floor = np.minimum.accumulate(
            clearance[cells[here : here + 161, 0], cells[here : here + 161, 1]]
        )
        span = int(np.abs(ahead - cells[here]).max())
        along = np.linspace(0.0, 1.0, 2 * span + 1)[:, None, None]
        samples = np.rint(cells[here] + along * (ahead - cells[here])).astype(np.int64)
        rows, cols = samples[..., 0], samples[..., 1]
        lowest = clearance[rows, cols].min(axis=0)
        clear = graph.mask[rows, cols].all(axis=0) & (lowest >= floor[1:] - 1e-6)
        clear[0] = True
        here += 1 + int(np.flatnonzero(clear)[-1])
        kept.append(here)
    corners: Int64Array = cells[np.array(kept)]
    return corners


def _shifted(row: int, col: int) -> tuple[tuple[slice, slice], tuple[slice, slice]]:
    """Returns the two windows of an array that pair each cell with its neighbour."""
    here = slice(0, -col or None) if col >= 0 else slice(-col, None)
    there = slice(col, None) if col >= 0 else slice(0, col)
    return (slice(0, -row or None), here), (slice(row, None), there)
