"""How far a drawer is open, from the depth of its front, its handle and what it covers."""

from dataclasses import dataclass
from typing import Final, final

import numpy as np

from embodied_mem.robots.arm import Fixture
from embodied_mem.scene.tabletop.view import View
from embodied_mem.types import BoolArray, Float32Array, Float64Array

_STEP: Final = 0.002
"""Ways out are told apart in steps of this size, m."""
_BEYOND: Final = 0.07
"""Metres in front of the opened drawer that are looked at too."""
_FEWEST: Final = 30
"""Pixels of table or drawer without which nothing is said."""
_FRONT_DEPTH: Final = 0.015
"""Thickness of a drawer's front, m."""
_HANDLE_HALF: Final = 0.06
"""Half the length of a handle, m."""


@final
@dataclass(frozen=True, slots=True, eq=False)
class Drawer:
    """A drawer as it lies in the cell."""

    name: str
    fixture: Fixture

    def inside(self, opened: float) -> tuple[Float64Array, Float64Array]:
        """Returns the (3,) lowest and highest corner of its inside where it is open so far."""
        way = self.way(opened)
        return np.array(self.fixture.low) + way, np.array(self.fixture.high) + way

    def way(self, opened: float) -> Float64Array:
        """Returns how far (3,), m, it stands out where it is open by a share of its travel."""
        slides = self.fixture.slides or (0.0, 0.0, 0.0)
        return np.array(slides) * (opened * self.fixture.travel)


def opened_share(view: View, drawer: Drawer, arm: BoolArray) -> float | None:
    """Estimates how far a drawer is open.

    Each way out foretells where table must be seen and where not, where the top of the front is
    and where the handle; the way that agrees with most pixels wins, and the handle refines it.

    Args:
        view: A picture.
        drawer: Which.
        arm: (H, W) pixels that show the arm.

    Returns:
        The share, 0 closed to 1; None where too little of it is seen.
    """
    ahead, aside, height = _along(view, drawer, arm)
    if len(ahead) == 0:
        return None
    fixture = drawer.fixture
    travel = fixture.travel
    ways = np.arange(0.0, travel + _STEP, _STEP)
    edges = np.arange(-_FRONT_DEPTH - 0.02, travel + _BEYOND + _STEP, _STEP)
    table = np.histogram(ahead[height < 0.006 + 2 * view.noise], edges)[0]
    covered = np.histogram(ahead[height > 0.014], edges)[0]
    if table.sum() + covered.sum() < _FEWEST:
        return None
    # What is nearer to the chest than the front must be covered, what is farther need not be.
    behind = np.searchsorted(edges, ways)
    beaten = np.append(0, np.cumsum(covered - table.astype(np.int64)))
    bare = table.sum() - np.append(0, np.cumsum(table))
    score = (beaten + bare)[behind].astype(np.float64)
    level, reach = _handle(fixture)
    low = fixture.low[2]
    for middle, shift, half, width in (
        (level, reach, 0.012, 0.006),
        (low + 0.085, -0.5 * _FRONT_DEPTH, 0.012, 0.008),
    ):
        shows = (np.abs(height - middle) < half) & (np.abs(aside) < _HANDLE_HALF)
        score += 3.0 * _near(ahead[shows], ways + shift, width + view.noise)
    way = float(ways[np.argmax(score)])
    bar = (np.abs(height - level) < 0.008) & (np.abs(aside) < _HANDLE_HALF - 0.01)
    bar &= np.abs(ahead - way - reach) < 0.012
    if bar.sum() >= 6:
        way = float(np.median(ahead[bar])) - reach
    return float(np.clip(way / travel, 0.0, 1.0))


def _handle(fixture: Fixture) -> tuple[float, float]:
    """Returns the height of a handle and how far it is in front of the drawer's front, m."""
    if fixture.handle is None or fixture.slides is None:
        return fixture.high[2], 0.0
    slides = np.array(fixture.slides)
    front = _front(fixture)
    return fixture.handle[2], float(np.dot(fixture.handle, slides)) - front


def _front(fixture: Fixture) -> float:
    """Returns where, along its way out, the outside of a closed drawer's front is, m."""
    slides = np.array(fixture.slides)
    corners = np.array([np.dot(fixture.low, slides), np.dot(fixture.high, slides)])
    return float(corners.max()) + _FRONT_DEPTH


def _along(
    view: View, drawer: Drawer, arm: BoolArray
) -> tuple[Float32Array, Float32Array, Float32Array]:
    """Returns how far ahead, aside and high the pixels in the drawer's way are, m.

    Ahead is measured from the front of the closed drawer, aside from the middle of its handle.
    """
    fixture = drawer.fixture
    low, high = np.array(fixture.low), np.array(fixture.high)
    slides = np.array(fixture.slides or (0.0, 0.0, 0.0))
    ends = np.stack([low, high, low + slides * (fixture.travel + _BEYOND)])
    rows, columns = _window(view, ends)
    points = view.points[rows, columns].reshape(-1, 3)
    seen = (view.valid & ~arm)[rows, columns].ravel()
    sideways = np.array([-slides[1], slides[0], 0.0])
    middle = 0.5 * (low + high)
    aside = points @ sideways.astype(np.float32) - np.float32(middle @ sideways)
    ahead = points @ slides.astype(np.float32) - np.float32(_front(fixture))
    half = 0.5 * abs(float((high - low) @ sideways)) - 0.006
    seen &= (np.abs(aside) < half) & (ahead > -_FRONT_DEPTH - 0.01)
    seen &= (ahead < fixture.travel + _BEYOND) & (points[:, 2] < fixture.high[2] + 0.06)
    return ahead[seen], aside[seen], points[:, 2][seen]


def _window(view: View, corners: Float64Array) -> tuple[slice, slice]:
    """Returns the part of the picture that shows the box around some points, from z = 0 up."""
    low, high = corners.min(axis=0), corners.max(axis=0)
    grid = np.array(
        [(x, y, z) for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (0.0, 0.15)]
    )
    column, row, _ = view.project(grid.astype(np.float32))
    height, width = view.depth.shape
    first = np.clip(np.floor([row.min(), column.min()]), 0, [height, width]).astype(int)
    last = np.clip(np.ceil([row.max(), column.max()]) + 1, 0, [height, width]).astype(int)
    return slice(first[0], last[0]), slice(first[1], last[1])


def _near(values: Float32Array, wanted: Float64Array, width: float) -> Float64Array:
    """Returns for each wanted value how many values are within `width` of it."""
    ordered = np.sort(values)
    high = np.searchsorted(ordered, wanted + width, side="right")
    count: Float64Array = (high - np.searchsorted(ordered, wanted - width)).astype(np.float64)
    return count
