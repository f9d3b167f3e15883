"""Where things can be put: regions of the table, places in fixtures, and room between things."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from embodied_mem.errors import EmbodiedMemError
from embodied_mem.robots.arm import WorkCell
from embodied_mem.types import Float64Array
from embodied_mem_envs.tabletop.tasks.episode import Spot
from embodied_mem_envs.tabletop.tasks.truth import outline

_TRIES = 300
FLOOR_THICKNESS = 0.006
"""Height at which things are put into bins and onto the tray, m."""


class NoRoomError(EmbodiedMemError):
    """A draw found no free spot; another draw may."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Region:
    """A rectangle of the table in which the middles of things may lie, m."""

    x: tuple[float, float]
    y: tuple[float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class Occupied:
    """The outline of a thing from above."""

    middle: tuple[float, float]
    size: tuple[float, float]
    yaw: float

    @property
    def corners(self) -> Float64Array:
        """(4, 2) corners, m."""
        return outline(np.array(self.middle), np.array(self.size), self.yaw)


LOOSE = Region(x=(0.29, 0.48), y=(-0.30, 0.30))
"""Where things lie unless a task says otherwise."""
SWEPT_FROM = 0.52
"""An opened drawer sweeps the table from here on, m along x."""
NEAREST = 0.22
"""Nothing reaches nearer to the arm than this, m along x."""
BESIDE = 0.35
"""Bins and tray begin beyond this, m along y on both sides."""
HANDLES = tuple(
    Occupied(middle=(0.495, side * 0.1325), size=(0.07, 0.15), yaw=0.0) for side in (1.0, -1.0)
)
"""Where fingers go that pull a drawer open."""
IN_LANE = Region(x=(0.385, 0.435), y=(-0.28, 0.28))
"""Where most of a thing covers the lane."""
IN_DRAWER = 0.088
"""From middle to middle of things side by side in a drawer, so that fingers fit in, m."""
NEAR_SIDE = Region(x=(0.27, 0.30), y=(-0.30, 0.30))
"""Between the arm and the lane: small things there do not reach into it."""


def gap(one: Occupied, other: Occupied) -> float:
    """Returns how far apart two outlines are, m; negative by how deep they overlap.

    Between two rectangles that do not overlap the shortest way starts or ends at a corner. Overlap
    is decided by the separating-axis theorem.
    """
    depth = max(_along(one, other), _along(other, one))
    if depth <= 0.0:
        return depth
    return min(_corner_gap(one, other), _corner_gap(other, one))


def apart(one: Occupied, other: Occupied, least: float) -> bool:
    """Tells whether two outlines are at least so far apart, m; quick where they clearly are."""
    between = math.hypot(one.middle[0] - other.middle[0], one.middle[1] - other.middle[1])
    if between >= least + 0.5 * (math.hypot(*one.size) + math.hypot(*other.size)):
        return True
    if between < 0.5 * (min(one.size) + min(other.size)):
        return False
    return gap(one, other) >= least


def _local(box: Occupied, points: Float64Array) -> Float64Array:
    c, s = np.cos(box.yaw), np.sin(box.yaw)
    turned: Float64Array = (points - np.array(box.middle)) @ np.array([[c, -s], [s, c]])
    return turned


def _along(box: Occupied, other: Occupied) -> float:
    """Widest gap between both along the axes of the first."""
    points, half = _local(box, other.corners), 0.5 * np.array(box.size)
    return float(np.max(np.maximum(points.min(0) - half, -half - points.max(0))))


def _corner_gap(box: Occupied, other: Occupied) -> float:
    outside = np.maximum(np.abs(_local(box, other.corners)) - 0.5 * np.array(box.size), 0.0)
    return float(np.linalg.norm(outside, axis=1).min())


def lies_free(box: Occupied, others: Iterable[Occupied], *, least_gap: float) -> bool:
    """Tells whether a thing on the table has room around it and is in no drawer's way."""
    low, high = box.corners.min(axis=0), box.corners.max(axis=0)
    return (
        bool(high[0] <= SWEPT_FROM and low[0] >= NEAREST)
        and bool(max(high[1], -low[1]) <= BESIDE)
        and all(apart(box, handle, 0.0) for handle in HANDLES)
        and all(apart(box, other, least_gap) for other in others)
    )


def free_spot(
    rng: np.random.Generator,
    region: Region,
    size: tuple[float, float],
    taken: Iterable[Occupied],
    *,
    least_gap: float,
    yaw: float | None = None,
    far_from: Iterable[tuple[float, float]] = (),
    least_way: float = 0.0,
) -> Spot:
    """Draws a spot on the table that keeps its distance from others.

    Args:
        rng: Source of chance.
        region: Where the middle may lie.
        size: Extent of the thing along its own x and y, m.
        taken: What lies there already.
        least_gap: Least distance from each of these, m; fingers need some.
        yaw: How the thing is turned, rad; drawn where None.
        far_from: Points from which the middle keeps away, m.
        least_way: By how much, m.

    Raises:
        NoRoomError: If many draws found no room.
    """
    others, far_from = tuple(taken), tuple(far_from)
    for _ in range(_TRIES):
        turn = float(rng.uniform(-np.pi, np.pi)) if yaw is None else yaw
        x, y = float(rng.uniform(*region.x)), float(rng.uniform(*region.y))
        box = Occupied(middle=(x, y), size=size, yaw=turn)
        near = (np.hypot(x - px, y - py) < least_way for px, py in far_from)
        if lies_free(box, others, least_gap=least_gap) and not any(near):
            return Spot(place="table", x=x, y=y, yaw=turn)
    raise NoRoomError(f"no room for {size} among {len(others)} things in {region}")


def spot_in(
    rng: np.random.Generator, cell: WorkCell, place: str, *, slot: int = 0, slots: int = 1
) -> Spot:
    """Draws a spot in a bin or drawer or on the tray, or in one of several slots side by side."""
    fixture = cell[place]
    low, high = np.array(fixture.low), np.array(fixture.high)
    width = (high[1] - low[1]) / slots
    if fixture.kind == "drawer":
        width = min(width, IN_DRAWER)
    middle = 0.5 * (low[1] + high[1])
    shake = 0.015 if slots == 1 else 0.004
    return Spot(
        place=place,
        x=float(0.5 * (low[0] + high[0]) + rng.uniform(-shake, shake)),
        y=float(middle + (slot - 0.5 * (slots - 1)) * width + rng.uniform(-shake, shake)),
        yaw=float(rng.uniform(-0.25, 0.25)),
    )


def floor_height(cell: WorkCell, place: str) -> float:
    """Returns the height on which things stand in or on a fixture, m."""
    fixture = cell[place]
    thick = FLOOR_THICKNESS if fixture.kind in ("bin", "tray") else 0.0
    on_top = fixture.kind in ("table", "zone", "chest")
    return (fixture.high[2] if on_top else fixture.low[2]) + thick
