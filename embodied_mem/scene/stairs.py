"""A flight of stairs, where it starts and where it leads."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.types import BoolArray, Float64Array

LANDING = 0.4
"""How far before the first riser, and beyond the last, a body stands to take the stairs, m."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Stairs:
    """One straight flight between two floors, of which only one needs to have been seen."""

    id: str
    """Stable name, such as `stairs-0001`."""
    lower: int
    """Index of the floor at its foot."""
    upper: int
    """Index of the floor at its head."""
    foot: Float64Array
    """(2,) middle of the foot of its first riser, m."""
    direction: Float64Array
    """(2,) unit vector uphill."""
    width: float
    """Width that was seen of it, m."""
    rise: float
    """Height of a step, m."""
    tread: float
    """Depth of a step, m."""
    low: float
    """World height of the lower floor, m; reckoned from its steps where not measured."""
    high: float
    """World height of the upper floor, m; reckoned likewise."""
    measured: bool = False
    """Whether the body has stood on both floors."""

    @property
    def run(self) -> float:
        """Level distance from the first riser to the last, m."""
        return run_of(self.low, self.high, self.rise, self.tread)

    @property
    def head(self) -> Float64Array:
        """(2,) middle of the edge of the upper floor, m."""
        head: Float64Array = self.foot + self.run * self.direction
        return head

    @property
    def bottom(self) -> Float64Array:
        """(2,) where a body stands on the lower floor before it goes up, m."""
        landing: Float64Array = self.foot - LANDING * self.direction
        return landing

    @property
    def top(self) -> Float64Array:
        """(2,) where a body stands on the upper floor before it goes down, m."""
        landing: Float64Array = self.head + LANDING * self.direction
        return landing

    def landing(self, floor: int) -> Float64Array:
        """Returns the landing on one of its two floors, (2,), m."""
        return self.bottom if floor == self.lower else self.top

    def other(self, floor: int) -> int:
        """Returns the floor to which it leads from one of its two."""
        return self.upper if floor == self.lower else self.lower

    def along(self, xy: ArrayLike) -> Float64Array:
        """Returns how far uphill of its foot (..., 2) points lie, m."""
        offset: Float64Array = np.asarray(xy, np.float64) - self.foot
        return np.asarray(offset @ self.direction, np.float64)

    def across(self, xy: ArrayLike) -> Float64Array:
        """Returns how far left of its middle line (..., 2) points lie, looking uphill, m."""
        offset: Float64Array = np.asarray(xy, np.float64) - self.foot
        left = np.array([-self.direction[1], self.direction[0]])
        return np.asarray(offset @ left, np.float64)

    def covers(self, xy: ArrayLike, margin: float = 0.0) -> BoolArray:
        """Tells which (..., 2) points lie on the flight, grown by a margin in metres."""
        along, across = self.along(xy), self.across(xy)
        inside = (along > -margin) & (along < self.run + margin)
        return np.asarray(inside & (np.abs(across) < 0.5 * self.width + margin), np.bool_)

    def open_above(self, spacing: float) -> Float64Array:
        """Returns (n, 2) points of its upper part, over which the upper floor must be open.

        Args:
            spacing: Distance of the points, m.
        """
        headroom = 1.7
        steps_below = headroom / self.rise * self.tread
        first = max(self.run - steps_below, 0.0) + 0.5 * spacing
        along = np.arange(first, self.run - 0.25 * spacing, 0.5 * spacing)
        half = 0.5 * self.width
        across = np.arange(-half, half + 1e-9, 0.5 * spacing)
        left = np.array([-self.direction[1], self.direction[0]])
        grid = along[:, None, None] * self.direction + across[None, :, None] * left
        points: Float64Array = self.foot + grid.reshape(-1, 2)
        return points


def run_of(low: float, high: float, rise: float, tread: float) -> float:
    """Returns the level distance from the first riser of a flight to the last, m.

    >>> round(run_of(0.0, 2.8, 0.175, 0.28), 2)
    4.2
    """
    return (max(2, round((high - low) / rise)) - 1) * tread
