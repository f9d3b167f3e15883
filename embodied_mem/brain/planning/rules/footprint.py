"""Boxes seen from above: what overlaps what, and how far points are from things."""

import math
from dataclasses import dataclass

import numpy as np

from embodied_mem.types import Float64Array


@dataclass(frozen=True, kw_only=True, slots=True)
class Footprint:
    """A rectangle of the floor plan, m and rad."""

    x: float
    y: float
    half_x: float
    half_y: float
    yaw: float = 0.0

    @property
    def radius(self) -> float:
        """Radius of the circle around it, m."""
        return math.hypot(self.half_x, self.half_y)

    def at(self, x: float, y: float, yaw: float | None = None) -> "Footprint":
        """Returns the same rectangle elsewhere."""
        return Footprint(
            x=x,
            y=y,
            half_x=self.half_x,
            half_y=self.half_y,
            yaw=self.yaw if yaw is None else yaw,
        )

    def corners(self) -> Float64Array:
        """Returns the (4, 2) corners."""
        cosine, sine = math.cos(self.yaw), math.sin(self.yaw)
        turn = np.array([[cosine, -sine], [sine, cosine]])
        signs = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0], [-1.0, 1.0]])
        half = np.array([self.half_x, self.half_y])
        return np.asarray((signs * half) @ turn.T + [self.x, self.y])

    def distance(self, points: Float64Array) -> Float64Array:
        """Returns how far (N, 2) points are from the rectangle, m; 0 within it."""
        cosine, sine = math.cos(self.yaw), math.sin(self.yaw)
        local = (points - [self.x, self.y]) @ np.array([[cosine, -sine], [sine, cosine]])
        outside = np.maximum(np.abs(local) - [self.half_x, self.half_y], 0.0)
        return np.asarray(np.hypot(outside[:, 0], outside[:, 1]))


def rectangle(low: tuple[float, ...], high: tuple[float, ...]) -> Footprint:
    """Returns the footprint of a box along the axes of the world."""
    return Footprint(
        x=0.5 * (low[0] + high[0]),
        y=0.5 * (low[1] + high[1]),
        half_x=0.5 * (high[0] - low[0]),
        half_y=0.5 * (high[1] - low[1]),
    )


def gap(one: Footprint, two: Footprint) -> float:
    """Returns the widest gap along the sides of two rectangles, m; negative where they overlap.

    Separating axis theorem; where only corners face each other it is less than their distance.

    >>> side = Footprint(x=0.0, y=0.0, half_x=0.02, half_y=0.02)
    >>> round(gap(side, side.at(0.1, 0.0)), 3), round(gap(side, side.at(0.03, 0.0)), 3)
    (0.06, -0.01)
    """
    first, second = one.corners(), two.corners()
    widest = -math.inf
    for yaw in (one.yaw, two.yaw):
        for axis in (
            np.array([math.cos(yaw), math.sin(yaw)]),
            np.array([-math.sin(yaw), math.cos(yaw)]),
        ):
            a, b = first @ axis, second @ axis
            widest = max(widest, float(max(a.min() - b.max(), b.min() - a.max())))
    return widest
