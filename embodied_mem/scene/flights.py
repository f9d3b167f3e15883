"""Finds flights of stairs in a picture, by the geometry of their treads alone.

A flight is a chain of level surfaces, each one rise above the last and one tread farther on. From
below it begins one rise above the floor and climbs; from above it begins one rise below and falls.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import cv2
import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.perception.frame import Frame
from embodied_mem.types import Float32Array, Float64Array, Int64Array

_COLUMN_STEP = 4
"""Every fourth column of the picture is looked at: treads are wide."""
_LEVEL = 0.012
"""Neighbouring points of a tread differ by less than this in height, m."""
_THICK = 0.02
"""Points this near to a tread's height, m, may belong to it."""
_FEW = 5
"""So many points at least show a tread."""
_BIN = 0.01
_CLEAR = 8
"""So many points at least show a first step that is seen from beside."""
_HINT_WIDTH = 0.25
"""Treads of a flight seen from beside show at least this much of their width, m."""
_STRIP_WIDTH, _STRIP_DEPTH = 0.3, (0.1, 0.36)
"""A single tread seen from beside is a strip of such measures, m."""
_COARSE = 0.02
"""Bins of height in which is looked first, m."""
_STEPS_TRIED = 14
"""Steps above or below the floor that are looked for at first."""
_MOST_STARTS = 8
"""So many surfaces are tried as the lowest visible tread."""
_MOST_START_HEIGHT = 2.0
"""No flight is looked for whose first visible tread is farther than this from the floor, m."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FlightConfig:
    """What counts as a flight of stairs."""

    min_rise: float = 0.1
    """Lowest step, m."""
    max_rise: float = 0.24
    """Highest step, m."""
    min_tread: float = 0.18
    """Shallowest step, m."""
    max_tread: float = 0.42
    """Deepest step, m."""
    min_width: float = 0.6
    """Narrowest flight, m."""
    min_steps: int = 4
    """So many steps must be seen, for a shelf beside a stool is no flight."""
    sure_steps: int = 4
    """Fewer steps are only a hint that there may be a flight."""
    range: float = 4.0
    """Treads farther than this from the camera are left alone, m."""

    def __post_init__(self) -> None:
        """Checks that the ranges are not empty.

        Raises:
            ConfigError: If one is.
        """
        if not 0.0 < self.min_rise < self.max_rise or not 0.0 < self.min_tread < self.max_tread:
            raise ConfigError("rise and tread of a flight need positive, ordered bounds")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Flight:
    """What one or more pictures show of a flight."""

    treads: Float64Array
    """(n, 3) points of its treads, m; the height is above the floor that it was seen from."""
    steps: int
    """Number of the tread farthest from the floor that was seen."""
    rise: float
    """Height of a step, m."""
    tread: float
    """Depth of a step, m."""
    direction: Float64Array
    """(2,) unit vector uphill."""
    edge: Float64Array
    """(2,) middle of the edge between the floor and the flight, m."""
    width: float
    """Width that was seen, m."""
    up: bool
    """Whether it climbs from the floor; else it falls away."""
    sure: bool = True
    """Whether so much was seen that it must be one; else it is worth a look from in front."""


def find_flight(
    frame: Frame, floor_height: float, config: FlightConfig, *, hints: bool = True
) -> Flight | None:
    """Finds the flight that a picture shows, seen from a floor.

    Args:
        frame: The view.
        floor_height: World height of the floor on which the body stands, m.
        config: What counts.
        hints: Whether to tell of first steps seen from beside, too, as a flight that is not sure.
    """
    surfaces = _level_surfaces(frame, floor_height, config)
    for sign in (1.0, -1.0):
        if not _may_climb(surfaces[:, 2] if sign > 0 else -surfaces[:, 2], config):
            continue
        chain = _longest_chain(surfaces.astype(np.float64), sign, config)
        flight = None if chain is None else fit_flight(chain, sign > 0, config)
        if flight is not None:
            return flight
    return _first_steps(surfaces.astype(np.float64), config) if hints else None


def _first_steps(surfaces: Float64Array, config: FlightConfig) -> Flight | None:
    """Finds the first two treads of a flight that is seen from beside: a hint, not more."""
    heights = surfaces[:, 2]
    low = surfaces[(heights > config.min_rise) & (heights < config.max_rise)]
    start = _tread(low, 1.0) if len(low) >= _CLEAR else None
    if start is None or len(start) < _CLEAR:
        return None
    chain = _chain(start, surfaces, 1.0, config)[: config.min_steps]
    hint = replace(config, min_steps=2, min_width=_HINT_WIDTH, sure_steps=config.min_steps)
    flight = fit_flight(np.concatenate(chain), True, hint) if len(chain) > 1 else None
    if flight is None:
        return _one_step(start)
    return flight if flight.treads[:, 2].min() < flight.rise + _THICK else None


def _one_step(tread: Float64Array) -> Flight | None:
    """Takes a low strip for the first tread of a flight; its direction has an unknown sign."""
    plan = tread[:, :2] - tread[:, :2].mean(axis=0)
    _, axes = np.linalg.eigh(plan.T @ plan)
    across, along = plan @ axes[:, 1], plan @ axes[:, 0]
    width, depth = (float(np.ptp(np.percentile(each, [2.0, 98.0]))) for each in (across, along))
    if width < _STRIP_WIDTH or not _STRIP_DEPTH[0] < depth < _STRIP_DEPTH[1]:
        return None
    return Flight(
        treads=tread,
        steps=1,
        rise=float(np.median(tread[:, 2])),
        tread=depth,
        direction=np.asarray(axes[:, 0], np.float64),
        edge=np.asarray(tread[:, :2].mean(axis=0), np.float64),
        width=width,
        up=True,
        sure=False,
    )


def _level_surfaces(frame: Frame, floor_height: float, config: FlightConfig) -> Float32Array:
    """Returns (n, 3) points of surfaces that face up, off the floor; heights above the floor."""
    width = frame.shape[1]
    height = frame.points[:, ::_COLUMN_STEP, 2] - np.float32(floor_height)
    level = np.abs(height[1:] - height[:-1]) < _LEVEL
    level &= np.abs(height[:-1]) > config.min_rise - _THICK
    # What is higher than the camera does not show its upper side.
    level &= height[:-1] < float(frame.observation.T_world_camera[2, 3]) - floor_height
    rows, cols = level.nonzero()
    index = rows * width + cols * _COLUMN_STEP
    flat, depth = frame.points.reshape(-1, 3), frame.depth.ravel()
    upper, lower = flat[index], flat[index + width]
    # On a wall close by, points one above the other are as near in height, but not apart.
    apart = np.square(upper[:, :2] - lower[:, :2]).sum(axis=1) > _LEVEL**2
    near = depth[index]
    apart &= (near > 0.0) & (near < config.range) & (depth[index + width] > 0.0)
    # Between both: the farther one alone would make treads seem deeper than they are.
    found: Float32Array = np.float32(0.5) * (upper[apart] + lower[apart])
    found[:, 2] -= np.float32(floor_height)
    return found


def _may_climb(heights: Float32Array, config: FlightConfig) -> bool:
    """Tells at little cost whether surfaces lie on consecutive whole numbers of some rise."""
    above = heights[heights > 0.0]
    if len(above) < config.min_steps * _FEW:
        return False
    bins = _rise_bins(config.min_rise, config.max_rise)
    counts = np.bincount((above / np.float32(_COARSE)).astype(np.int64), minlength=2)
    held = np.zeros(int(bins.max()) + 1, np.bool_)
    held[: len(counts) - 1] = (counts[:-1] + counts[1:] >= _FEW)[: len(held)]
    on_step = held[bins] | held[bins - 1]
    row = on_step[:, : _STEPS_TRIED - config.min_steps + 1].copy()
    for k in range(1, config.min_steps):
        row &= on_step[:, k : k + row.shape[1]]
    return bool(row.any())


@lru_cache(maxsize=4)
def _rise_bins(min_rise: float, max_rise: float) -> Int64Array:
    """Returns (rises, steps) bins of height in which the steps of each rise end."""
    rises = np.arange(min_rise, max_rise + 1e-9, 0.005)
    tops = rises[:, None] * np.arange(1, _STEPS_TRIED + 1)
    return (tops / _COARSE).astype(np.int64)


def _longest_chain(
    surfaces: Float64Array, sign: float, config: FlightConfig
) -> Float64Array | None:
    """Follows treads up (1) or down (-1) from wherever the picture shows the first of them."""
    heights = sign * surfaces[:, 2]
    best: list[Float64Array] = []
    base, tries = 0.0, 0
    while tries < _MOST_STARTS and base < _MOST_START_HEIGHT:
        start = _tread(surfaces[(heights > base) & (heights < base + config.max_rise)], sign)
        if start is None:
            base += config.max_rise
            continue
        tries += 1
        treads = _chain(start, surfaces, sign, config)
        if len(treads) > len(best):
            best = treads
        base = float(np.median(sign * start[:, 2])) + _THICK
    return np.concatenate(best) if len(best) >= config.min_steps else None


def _chain(
    start: Float64Array, surfaces: Float64Array, sign: float, config: FlightConfig
) -> list[Float64Array]:
    """Follows the treads from one of them on."""
    heights = sign * surfaces[:, 2]
    treads = [start]
    while True:
        base = float(np.median(sign * treads[-1][:, 2]))
        low, high = base + config.min_rise - 1e-3, base + config.max_rise
        here = surfaces[(heights > low) & (heights < high)]
        if len(here):
            here = here[_gap(here, treads[-1]) < config.max_tread]
        found = _tread(here, sign)
        if found is None:
            return treads
        treads.append(found)


def _tread(points: Float64Array, sign: float) -> Float64Array | None:
    """Returns the points of the tread among those of one rise: one height, one connected patch."""
    if len(points) < _FEW:
        return None
    heights = sign * points[:, 2]
    bins = ((heights - heights.min()) / _BIN).astype(np.int64)
    counts = np.convolve(np.bincount(bins), np.ones(3), mode="same")
    best = heights.min() + (float(np.argmax(counts)) + 0.5) * _BIN
    points = points[np.abs(heights - best) < _THICK]
    if len(points) < _FEW:
        return None
    cells = np.floor(points[:, :2] / 0.15).astype(np.int64)
    cells -= cells.min(axis=0) - 1
    if cells.max() > 200:
        return None
    grid = np.zeros(cells.max(axis=0) + 2, np.uint8)
    grid[cells[:, 0], cells[:, 1]] = 1
    _, labels = cv2.connectedComponents(grid, connectivity=8)
    label = labels[cells[:, 0], cells[:, 1]]
    patch = points[label == np.bincount(label).argmax()]
    return patch if len(patch) >= _FEW else None


def _gap(points: Float64Array, last: Float64Array) -> Float64Array:
    """Returns how far each point is, on the plan, from the nearest of the last tread."""
    some = last[:: max(1, len(last) // 24), :2]
    gaps: Float64Array = np.hypot(*(points[:, None, :2] - some[None]).transpose(2, 0, 1)).min(1)
    return gaps


def fit_flight(treads: Float64Array, up: bool, config: FlightConfig) -> Flight | None:
    """Fits the middle line and the steps of a flight to points of its treads.

    Args:
        treads: (n, 3) points; heights above the floor, below zero where it falls away.
        up: Whether it climbs from the floor.
        config: What counts.

    Returns:
        The flight, or None where the points are no flight after all.
    """
    rise = _rise(np.abs(treads[:, 2]), config)
    if rise is None:
        return None
    number = np.rint(np.abs(treads[:, 2]) / rise).astype(np.int64)
    first, steps = int(number.min()), int(number.max())
    counts = np.bincount(number, minlength=steps + 1)[first:]
    if len(counts) < config.min_steps or (counts == 0).any():
        return None
    direction = _direction(treads, number)
    along = treads[:, :2] @ direction
    middles = np.array([np.median(along[number == k]) for k in range(first, steps + 1)])
    depths = np.diff(middles) if up else -np.diff(middles)
    tread = float(np.median(depths)) if len(depths) else 0.0
    even = np.abs(depths - tread) < 0.12
    if not config.min_tread <= tread <= config.max_tread or even.mean() < 0.7:
        return None
    across = treads[:, :2] @ np.array([-direction[1], direction[0]])
    left, right = np.percentile(across, [1.0, 99.0])
    if right - left < config.min_width or right - left > 3.0:
        return None
    # The edges of the treads, not their middles: what lies in front may hide part of a tread.
    edges = [_front(along[number == k]) for k in range(first, steps + 1)]
    # The first tread up begins at the edge; the first one down ends there.
    index = np.arange(first - 1, steps) if up else -np.arange(first, steps + 1)
    edge_along = float(np.median(np.array(edges) - tread * index))
    edge = edge_along * direction + 0.5 * (left + right) * np.array([-direction[1], direction[0]])
    return Flight(
        treads=treads,
        steps=steps,
        rise=rise,
        tread=tread,
        direction=direction,
        edge=edge,
        width=float(right - left),
        up=up,
        sure=len(counts) >= config.sure_steps,
    )


def _front(along: Float64Array) -> float:
    """Returns where a tread has its front edge: from above, what lies behind may be hidden."""
    return float(np.percentile(along, 3.0))


def _rise(heights: Float64Array, config: FlightConfig) -> float | None:
    """Returns the rise that puts all heights on whole numbers of steps."""
    rises = np.arange(config.min_rise, config.max_rise + 1e-9, 0.0025)
    steps = np.maximum(np.rint(heights[None] / rises[:, None]), 1.0)
    error = np.abs(heights[None] - steps * rises[:, None]).mean(axis=1)
    # Half a rise fits as well as the rise itself: of the good ones the greatest is meant.
    good = np.flatnonzero(error < error.min() + 0.004)
    guess = float(rises[good[-1]])
    number = np.maximum(np.rint(heights / guess), 1.0)
    rise = float((heights * number).sum() / (number * number).sum())
    return rise if np.abs(heights - number * rise).mean() < 0.2 * rise else None


def _direction(
    treads: Float64Array, number: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> Float64Array:
    """Returns the unit vector uphill: across it the treads are narrowest."""
    plan = treads[:, :2] - treads[:, :2].mean(axis=0)
    height = treads[:, 2] - treads[:, 2].mean()
    gradient = np.linalg.lstsq(plan, height, rcond=None)[0]
    rough = float(np.arctan2(gradient[1], gradient[0]))
    angles = rough + np.deg2rad(np.arange(-30.0, 30.5, 1.0))
    spans = np.zeros(len(angles))
    units = np.stack([np.cos(angles), np.sin(angles)])
    for k in np.unique(number):
        low, high = np.percentile(plan[number == k] @ units, [3.0, 97.0], axis=0)
        spans += high - low
    best = angles[int(np.argmin(spans))]
    return np.array([np.cos(best), np.sin(best)])
