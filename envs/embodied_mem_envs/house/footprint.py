"""Oriented rectangles on the floor: the only plane geometry that placing and walking need."""

from dataclasses import dataclass
from math import cos, hypot, sin

import numpy as np

from embodied_mem.types import Float64Array


@dataclass(frozen=True, slots=True)
class Footprint:
    """A rectangle with half sizes `half_x`, `half_y` in its own frame, turned by `yaw`."""

    x: float
    y: float
    half_x: float
    half_y: float
    yaw: float = 0.0

    @property
    def axes(self) -> tuple[tuple[float, float], tuple[float, float]]:
        """Unit vectors of the own x and y axes."""
        c, s = cos(self.yaw), sin(self.yaw)
        return (c, s), (-s, c)

    def corners(self) -> Float64Array:
        """Returns the (4, 2) corners, anticlockwise."""
        (ax, ay), (bx, by) = self.axes
        signs = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]], np.float64)
        local = signs * (self.half_x, self.half_y)
        result: Float64Array = local @ np.array([[ax, ay], [bx, by]]) + (self.x, self.y)
        return result

    def bounds(self) -> tuple[float, float, float, float]:
        """Returns the axis-aligned bounds (min x, min y, max x, max y)."""
        (ax, ay), (bx, by) = self.axes
        ex = abs(ax) * self.half_x + abs(bx) * self.half_y
        ey = abs(ay) * self.half_x + abs(by) * self.half_y
        return self.x - ex, self.y - ey, self.x + ex, self.y + ey

    def grown(self, margin: float) -> "Footprint":
        """Returns the rectangle with `margin` added on every side."""
        return Footprint(self.x, self.y, self.half_x + margin, self.half_y + margin, self.yaw)

    def distance(self, points: Float64Array) -> Float64Array:
        """Returns the distance of (..., 2) points to the rectangle, 0 inside."""
        (ax, ay), (bx, by) = self.axes
        dx, dy = points[..., 0] - self.x, points[..., 1] - self.y
        over_x = np.maximum(np.abs(dx * ax + dy * ay) - self.half_x, 0.0)
        over_y = np.maximum(np.abs(dx * bx + dy * by) - self.half_y, 0.0)
        result: Float64Array = np.hypot(over_x, over_y)
        return result


def overlap(a: Footprint, b: Footprint, gap: float = 0.0) -> bool:
    """Tells whether two rectangles come nearer than `gap` metres (separating axis test)."""
    dx, dy = b.x - a.x, b.y - a.y
    far = hypot(a.half_x, a.half_y) + hypot(b.half_x, b.half_y) + gap
    if dx * dx + dy * dy >= far * far:
        return False  # the circles around them are apart already
    axes = a.axes, b.axes
    for axis_x, axis_y in (*axes[0], *axes[1]):
        reach = gap
        for box, ((ax, ay), (bx, by)) in zip((a, b), axes, strict=True):
            reach += abs(ax * axis_x + ay * axis_y) * box.half_x
            reach += abs(bx * axis_x + by * axis_y) * box.half_y
        if abs(dx * axis_x + dy * axis_y) >= reach - 1e-9:
            return False
    return True
