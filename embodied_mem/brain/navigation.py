"""Where to walk and where to look from, on the observed map only; the unknown is not walked on."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.brain.walk_graph import CostField, NavigationConfig, WalkGraph, sight_clear
from embodied_mem.scene.bands import RANGES, Band
from embodied_mem.scene.occupancy import Occupancy
from embodied_mem.types import BoolArray, Float64Array

__all__ = [
    "BEYOND",
    "CostField",
    "NavigationConfig",
    "Navigator",
    "Pose2",
    "Viewpoint",
    "WalkGraph",
    "sight_clear",
    "wrap_angle",
]

BEYOND = 0.4
"""To look at a frontier is to look at a point this far behind it, m."""
_LOOKOUTS = 300
"""So many of the cheapest places are tried as lookouts."""
_STANDS = 0.3
"""What begins no higher above the floor, m, stands on it, and before the wall, not on the wall."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Pose2:
    """Where a body stands on its floor."""

    x: float
    y: float
    yaw: float

    @classmethod
    def of(cls, pose: Float64Array) -> Self:
        """Reads the planar pose out of a (4, 4) T_world_body."""
        yaw = float(np.arctan2(pose[1, 0], pose[0, 0]))
        return cls(x=float(pose[0, 3]), y=float(pose[1, 3]), yaw=yaw)

    @property
    def xy(self) -> Float64Array:
        """The (2,) position, m."""
        return np.array([self.x, self.y])

    def bearing_to(self, xy: ArrayLike) -> float:
        """Returns the turn that would face a point, rad in (-pi, pi], positive to the left."""
        x, y = np.asarray(xy, np.float64)
        return wrap_angle(float(np.arctan2(y - self.y, x - self.x)) - self.yaw)


def wrap_angle(angle: float) -> float:
    """Wraps an angle to [-pi, pi).

    >>> round(wrap_angle(3.5 * np.pi), 6)
    -1.570796
    """
    return float((angle + np.pi) % (2 * np.pi) - np.pi)


@dataclass(frozen=True, kw_only=True, slots=True)
class Viewpoint:
    """A place to stand and the heading that faces what is to be seen."""

    xy: tuple[float, float]
    yaw: float


class Navigator:
    """Plans on one occupancy map at a time; the graph is rebuilt only when the map changed."""

    def __init__(self, config: NavigationConfig | None = None) -> None:
        self.config = config or NavigationConfig()
        self._graph: WalkGraph | None = None

    def graph(self, occupancy: Occupancy) -> "WalkGraph":
        """Returns the graph of the walkable cells of a map as it is now."""
        graph = self._graph
        if graph is None or not graph.is_current(occupancy):
            graph = self._graph = WalkGraph(occupancy, self.config)
        return graph

    def field(self, occupancy: Occupancy, start: ArrayLike) -> "CostField":
        """Returns the cost of reaching every walkable cell from a (2,) world position."""
        return CostField(self.graph(occupancy), np.asarray(start, np.float64))

    def lookout(
        self, field: "CostField", xy: ArrayLike, near: float = 1.0, far: float = 2.0
    ) -> Float64Array | None:
        """Finds the cheapest place from which a point of the floor can be looked at.

        Args:
            field: Costs from where the body is.
            xy: (2,) the point, m; may be unknown.
            near: Least distance, m: a camera that looks ahead does not see the floor at its feet.
            far: Greatest distance, m.

        Returns:
            The (2,) position, or None where nothing walkable sees the point.
        """
        point = np.asarray(xy, np.float64)
        cells, costs = field.reachable_cells()
        occupancy = field.graph.occupancy
        centres = occupancy.centres_of(cells)
        gap = np.hypot(*(centres - point).T)
        ring = np.flatnonzero((gap >= near) & (gap <= far))
        ring = ring[np.argsort(costs[ring], kind="stable")][:_LOOKOUTS]
        if len(ring) == 0:
            return None
        goal = np.repeat(point[None], len(ring), axis=0)
        seen = sight_clear(~occupancy.opaque_layer(), occupancy, centres[ring], goal)
        if not seen.any():
            return None
        place: Float64Array = centres[ring[int(np.argmax(seen))]]
        return place

    def viewpoint(
        self,
        field: "CostField",
        box_min: ArrayLike,
        box_max: ArrayLike,
        distance: float = 1.0,
    ) -> Viewpoint | None:
        """Finds where to stand to see a box: about `distance` from its rim, nothing in between.

        Args:
            field: Costs from where the body is.
            box_min: (3,) world corner of the box, m.
            box_max: (3,) opposite corner, m.
            distance: Wished distance from the rim of the box on the floor plan, m.

        Returns:
            The best reachable viewpoint within `distance` + 1 m, or None where there is none.
        """
        low = np.asarray(box_min, np.float64)[:2]
        high = np.asarray(box_max, np.float64)[:2]
        graph = field.graph
        cells, cost = field.reachable_cells()
        centres = graph.occupancy.centres_of(cells)
        rim = np.clip(centres, low, high)
        gap = np.hypot(*(centres - rim).T)
        near = (gap > 0.3) & (gap < distance + 1.0)
        if not near.any():
            return None
        centres, rim, gap, cost = centres[near], rim[near], gap[near], cost[near]
        # Sight ends a little before the box, which is itself an obstacle on the map.
        target = 0.5 * (rim + 0.5 * (low + high))
        stop = centres + (target - centres) * np.maximum(0.0, 1.0 - 0.35 / gap)[:, None]
        seen = sight_clear(~graph.occupancy.opaque_layer(), graph.occupancy, centres, stop)
        # What leans on a wall is not seen through it: the wall counts up to the rim itself.
        open_cells = ~graph.occupancy.wall_layer()
        if _shares_walls(graph.occupancy, float(np.ravel(box_min)[2]), float(np.ravel(box_max)[2])):
            open_cells |= _cells_of_box(graph.occupancy, low, high)
        seen &= sight_clear(open_cells, graph.occupancy, centres, rim)
        penalty = 2.0 * np.abs(gap - distance) + 0.05 * cost + np.where(seen, 0.0, 100.0)
        best = int(np.argmin(penalty))
        if not seen[best]:
            return None
        dx, dy = 0.5 * (low + high) - centres[best]
        x, y = centres[best]
        return Viewpoint(xy=(float(x), float(y)), yaw=float(np.arctan2(dy, dx)))


def _shares_walls(occupancy: Occupancy, bottom: float, top: float) -> bool:
    """Tells whether cells that count as wall may be those of a thing itself.

    So it is with what is as tall as a wall counts, and with what hangs on a wall, in its cells.
    """
    lowest = RANGES[Band.WALL][0]
    return top - occupancy.floor_height > lowest or bottom - occupancy.floor_height > _STANDS


def _cells_of_box(occupancy: Occupancy, low: Float64Array, high: Float64Array) -> BoolArray:
    """Returns the (rows, cols) mask of the cells that a box on the floor plan touches."""
    mask = np.zeros(occupancy.states.shape, np.bool_)
    first, last = np.maximum(occupancy.cells_of(np.stack([low, high])), [[0], [-1]])
    mask[first[0] : last[0] + 1, first[1] : last[1] + 1] = True
    return mask
