"""Walks to the nearest place from which a thing shows well, and faces it."""

from dataclasses import dataclass
from typing import Final, final

import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.brain.navigation import CostField, Navigator, Viewpoint, sight_clear
from embodied_mem.brain.skills import Gait
from embodied_mem.brain.walking import FaceObject
from embodied_mem.types import Float64Array

_IN_WALL: Final = 0.15
"""A cell and a half, m."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ApproachConfig:
    """How near is near enough."""

    least: float = 0.3
    """Never nearer to the box than this on the plan, m."""
    reach: float = 1.0
    """At most this far from the box on the plan, m."""


@final
class Approach(FaceObject):
    """Goes the shortest way to within reach of a box, where nothing stands in between.

    `GoToObject` looks for the best view; this looks for the shortest way to a good one.
    """

    def __init__(
        self,
        box_min: ArrayLike,
        box_max: ArrayLike,
        navigator: Navigator,
        gait: Gait,
        config: ApproachConfig | None = None,
    ) -> None:
        super().__init__(box_min, box_max, navigator, gait)
        self._config = config or ApproachConfig()

    def _choose(self, field: CostField) -> Viewpoint | None:
        near = nearest_view(field, self._low, self._high, self._config)
        if near is not None:
            return near
        return self._navigator.viewpoint(field, self._low, self._high, self._config.reach)


def nearest_view(
    field: CostField, box_min: ArrayLike, box_max: ArrayLike, config: ApproachConfig
) -> Viewpoint | None:
    """Finds the place with the shortest way within reach of a box, nothing in between.

    Args:
        field: Costs from where the body is.
        box_min: World corner of the box; only x and y are used, m.
        box_max: The opposite corner, m.
        config: How near.

    Returns:
        The place and the heading that faces the box, None where there is none.
    """
    low, high = np.asarray(box_min, np.float64)[:2], np.asarray(box_max, np.float64)[:2]
    graph = field.graph
    cells, cost = field.reachable_cells()
    centres = graph.occupancy.centres_of(cells)
    rim = np.clip(centres, low, high)
    gap = np.hypot(*(centres - rim).T)
    near = np.flatnonzero((gap > config.least) & (gap <= config.reach))
    if len(near) == 0:
        return None
    near = near[np.argsort(cost[near], kind="stable")]
    # Sight ends a little before the box, which is itself an obstacle on the map.
    target = 0.5 * (rim[near] + 0.5 * (low + high))
    part = np.maximum(0.0, 1.0 - 0.35 / gap[near])[:, None]
    stop = centres[near] + (target - centres[near]) * part
    seen = sight_clear(~graph.occupancy.opaque_layer(), graph.occupancy, centres[near], stop)
    # What hangs on a wall lies in the wall's own cells: these do not hide it.
    short = rim[near] + (centres[near] - rim[near]) * np.minimum(1.0, _IN_WALL / gap[near])[:, None]
    seen &= sight_clear(~graph.occupancy.wall_layer(), graph.occupancy, centres[near], short)
    if not seen.any():
        return None
    x, y = centres[near[int(np.argmax(seen))]].tolist()
    dx, dy = 0.5 * (low + high) - (x, y)
    return Viewpoint(xy=(x, y), yaw=float(np.arctan2(dy, dx)))


def nearest_floor(
    field: CostField, box_min: ArrayLike, box_max: ArrayLike, reach: float
) -> Float64Array | None:
    """Returns the reachable (2,) place nearest to a box on the plan, None beyond `reach` m."""
    low, high = np.asarray(box_min, np.float64)[:2], np.asarray(box_max, np.float64)[:2]
    cells, _ = field.reachable_cells()
    if len(cells) == 0:
        return None
    centres = field.graph.occupancy.centres_of(cells)
    gap = np.hypot(*(centres - np.clip(centres, low, high)).T)
    best = int(np.argmin(gap))
    place: Float64Array = centres[best]
    return place if gap[best] <= reach else None
