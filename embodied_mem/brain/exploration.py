"""Where to explore next: strategies that pick one of the frontiers, on the observed map only."""

from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from embodied_mem.brain.navigation import BEYOND, CostField, Navigator, Pose2
from embodied_mem.scene.frontiers import Frontier
from embodied_mem.scene.occupancy import UNKNOWN, Occupancy
from embodied_mem.types import BoolArray, Float64Array, Int64Array


class ExplorationStrategy(Protocol):
    """Picks the next frontier to visit."""

    def choose(
        self, occupancy: Occupancy, frontiers: tuple[Frontier, ...], pose: Pose2
    ) -> Frontier | None:
        """Chooses.

        Args:
            occupancy: The map as it is now.
            frontiers: Its frontiers.
            pose: Where the body is.

        Returns:
            One of the frontiers, with the standpoint to walk to, or None where none can be reached.
        """


class NearestFrontier:
    """The classic baseline: the frontier with the cheapest path (Yamauchi 1997)."""

    def __init__(self, navigator: Navigator) -> None:
        self._navigator = navigator

    def choose(
        self, occupancy: Occupancy, frontiers: tuple[Frontier, ...], pose: Pose2
    ) -> Frontier | None:
        """Chooses the frontier that is nearest on foot."""
        field = self._navigator.field(occupancy, pose.xy)
        costs = [field.cost_to(f.standpoint) for f in frontiers]
        if not costs or not np.isfinite(min(costs)):
            return None
        return frontiers[int(np.argmin(costs))]


@dataclass(frozen=True, kw_only=True, slots=True)
class InformationGainConfig:
    """Settings of `InformationGain`."""

    sight: float = 3.0
    """How far beyond a frontier new floor is expected to be seen, m."""
    view_distance: float = 1.2
    """A frontier may be looked at from this far away, with nothing in between, m."""
    rays: int = 48
    """Directions in which the map is searched for unknown floor."""
    turn_cost: float = 0.25
    """Path length that turning by one radian is worth, m."""
    return_weight: float = 0.5
    """How much of a frontier's expected extent is counted as the way back from it."""
    small_gain: float = 0.5
    """A frontier with less than this to be seen behind it is visited only in passing, m2."""
    patience: float = 5.0
    """How far the body goes out of its way for a small frontier, m per m2."""
    max_tour: int = 14
    """So many of the nearest frontiers are put into a tour."""
    hysteresis: float = 0.8
    """The last choice is kept unless another is cheaper by this much, m."""


class InformationGain:
    """Plans a short tour over all frontiers and starts with its first stop.

    The order is an open travelling-salesman tour over the geodesic distances between the
    standpoints, built by cheapest insertion and improved by 2-opt and relocation. A frontier with
    much unknown behind it leads far away, so leaving it again costs extra: near pockets with
    little behind them come first and the wide unknown last, which saves the ways back. Pockets
    with next to nothing behind them are looked into in passing or not at all.
    """

    def __init__(self, navigator: Navigator, config: InformationGainConfig | None = None) -> None:
        self.config = config or InformationGainConfig()
        self._navigator = navigator
        self._last: str | None = None

    def choose(
        self, occupancy: Occupancy, frontiers: tuple[Frontier, ...], pose: Pose2
    ) -> Frontier | None:
        """Chooses the first stop of the tour, with the nearest place that shows the frontier."""
        field = self._navigator.field(occupancy, pose.xy)
        candidates = self._candidates(field, frontiers)
        if not candidates:
            self._last = None
            return None
        stops = [self._stop(field, frontier) for frontier, _ in candidates]
        gains = np.array([gain for _, gain in candidates])
        first = self._first_stop(field, stops, gains, pose)
        self._last = stops[first].id
        return stops[first]

    def _candidates(
        self, field: CostField, frontiers: tuple[Frontier, ...]
    ) -> list[tuple[Frontier, float]]:
        """Returns the nearest frontiers that are worth their way, with their expected gains."""
        costs = np.array([field.cost_to(f.standpoint) for f in frontiers])
        gains = expected_gain(
            field.graph.occupancy, list(frontiers), self.config.sight, self.config.rays
        )
        small = gains < self.config.small_gain
        worth = np.isfinite(costs) & (~small | (costs <= self.config.patience * gains))
        order = [int(i) for i in np.argsort(costs, kind="stable") if worth[i]]
        return [(frontiers[i], float(gains[i])) for i in order[: self.config.max_tour]]

    def _stop(self, field: CostField, frontier: Frontier) -> Frontier:
        """Moves the standpoint to the cheapest place that looks at the frontier from near by."""
        target = frontier.centroid + BEYOND * frontier.direction
        place = self._navigator.lookout(field, target, far=self.config.view_distance)
        return frontier if place is None else replace(frontier, standpoint=place)

    def _first_stop(
        self, field: CostField, stops: list[Frontier], gains: Float64Array, pose: Pose2
    ) -> int:
        """Returns the index of the stop with which the best tour begins."""
        between = self._distances(field, stops)
        start = np.array([field.cost_to(stop.standpoint) for stop in stops])
        turn = np.array([abs(pose.bearing_to(stop.centroid)) for stop in stops])
        start = start + self.config.turn_cost * turn
        start -= [self.config.hysteresis * (stop.id == self._last) for stop in stops]
        # Leaving a stop costs the way back out of what will be found behind it.
        extent = np.sqrt(gains)
        between = between + self.config.return_weight * extent[:, None]
        return open_tour(start, between)[0]

    def _distances(self, field: CostField, stops: list[Frontier]) -> Float64Array:
        """Returns the (n, n) walking costs between standpoints."""
        graph = field.graph
        nodes = [graph.nearest_node(s.standpoint, graph.config.snap) for s in stops]
        index = np.array([-1 if n is None else n for n in nodes])
        table = np.full((len(stops), len(stops)), 1e3)
        known = np.flatnonzero(index >= 0)
        if len(known):
            found = graph.distances(index[known])[:, index[known]]
            table[np.ix_(known, known)] = np.minimum(found, 1e3)
        return table


def expected_gain(
    occupancy: Occupancy, frontiers: list[Frontier], sight: float, rays: int
) -> Float64Array:
    """Estimates the unknown area that becomes visible at each frontier.

    Rays leave the middle of a frontier in all directions over the map. They pass free and unknown
    cells and end at walls and furniture; the unknown cells on them count with the area that a ray
    stands for at that distance.

    Args:
        occupancy: The map.
        frontiers: Where to look from.
        sight: Length of the rays, m.
        rays: Number of rays.

    Returns:
        (n,) areas in m2.
    """
    step = occupancy.cell
    radii = np.arange(1, int(sight / step) + 1) * step
    angles = np.arange(rays) * (2.0 * np.pi / rays)
    spokes = np.stack([np.cos(angles), np.sin(angles)], -1)[:, None] * radii[:, None]
    origins = np.array([f.centroid for f in frontiers], np.float64).reshape(-1, 1, 1, 2)
    points = origins + spokes  # (n, rays, steps, 2)
    states = occupancy.states_at(points.reshape(-1, 2)).reshape(points.shape[:3])
    opaque = _at(occupancy.opaque_layer(), occupancy, points)
    passed = np.logical_and.accumulate(~opaque, axis=2)
    slice_area = radii * step * (2.0 * np.pi / rays)
    gains: Float64Array = (((states == UNKNOWN) & passed) @ slice_area).sum(axis=1)
    return gains


def open_tour(start: Float64Array, between: Float64Array) -> list[int]:
    """Orders stops into a short open tour.

    Args:
        start: (n,) costs from where the tour begins.
        between: (n, n) costs from stop to stop; need not be symmetric.

    Returns:
        The n stops in order; cheapest insertion, then relocation and reversal to a local optimum.
    """
    count = len(start)
    table = np.full((count + 1, count + 1), np.inf)
    table[0, 1:], table[1:, 1:] = start, between
    tour = [0]
    for stop in np.argsort(start, kind="stable") + 1:
        tour = min(_insertions(tour, int(stop)), key=lambda t: _length(table, t))
    for _ in range(4 * count):
        better = min(_neighbours(tour), key=lambda t: _length(table, t), default=tour)
        if _length(table, better) >= _length(table, tour) - 1e-9:
            break
        tour = better
    return [stop - 1 for stop in tour[1:]]


def _insertions(tour: list[int], stop: int) -> list[list[int]]:
    return [[*tour[:at], stop, *tour[at:]] for at in range(1, len(tour) + 1)]


def _neighbours(tour: list[int]) -> list[list[int]]:
    """Returns the tours with one stop moved or one stretch reversed."""
    count = len(tour)
    found = []
    for at in range(1, count):
        rest = tour[:at] + tour[at + 1 :]
        found += _insertions(rest, tour[at])
    for low in range(1, count - 1):
        for high in range(low + 2, count + 1):
            found.append(tour[:low] + tour[low:high][::-1] + tour[high:])
    return found


def _length(table: Float64Array, tour: list[int]) -> float:
    return float(table[tour[:-1], tour[1:]].sum())


def _at(mask: BoolArray, occupancy: Occupancy, points: Float64Array) -> BoolArray:
    """Looks world points of any shape (..., 2) up in a mask; false outside the map."""
    cells: Int64Array = occupancy.cells_of(points.reshape(-1, 2))
    shape = np.array(mask.shape)
    inside = ((cells >= 0) & (cells < shape)).all(axis=1)
    rows, cols = np.clip(cells, 0, shape - 1).T
    found: BoolArray = (mask[rows, cols] & inside).reshape(points.shape[:-1])
    return found
