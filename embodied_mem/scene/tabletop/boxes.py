"""The upright box around points that are seen of a thing."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from embodied_mem.types import Float32Array, Float64Array

_OUTLIERS: Final = 0.02
"""Share of the points at each end that noise may have carried away."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Box:
    """An upright box."""

    position: Float64Array
    """(3,) its middle in the world, m."""
    size: Float64Array
    """(3,) extent along its own axes, the longer horizontal one first, m."""
    yaw: float
    """Turn of the longer horizontal axis, rad, in (-pi/2, pi/2]."""
    fill: float
    """Share of the footprint's rectangle that the convex hull of the points fills."""

    @property
    def low(self) -> float:
        """Height of its underside, m."""
        return float(self.position[2] - 0.5 * self.size[2])

    @property
    def top(self) -> float:
        """Height of its upper side, m."""
        return float(self.position[2] + 0.5 * self.size[2])


def fit_box(points: Float32Array, floor: float, pixel: float, noise: float = 0.0) -> Box:
    """Fits a box to points: the smallest rectangle around them seen from above, down to a floor.

    Args:
        points: (n, 3) in the world, n >= 1.
        floor: Height of what the thing stands on, m; what of it is hidden reaches down to there.
        pixel: Distance of neighbouring points, m; the thing ends half of that beyond the last one.
        noise: Standard deviation of the points' depth, m.
    """
    flat = points[:, :2]
    if noise > 0.0 and len(points) >= 12:
        flat = _trimmed(flat)
    corners = cv2.convexHull(np.ascontiguousarray(flat, np.float32))
    (x, y), (width, depth), degrees = cv2.minAreaRect(corners)
    if width < depth:
        width, depth, degrees = depth, width, degrees + 90.0
    hull = cv2.contourArea(corners)
    fill = hull / max(width * depth, 1e-8) if len(corners) > 2 else 0.0
    heights = points[:, 2]
    rank = max(int(len(heights) * (1.0 - _OUTLIERS)) - 1, 0) if noise > 0.0 else len(heights) - 1
    top = float(np.partition(heights, rank)[rank])
    height = max(top - floor, 0.002)
    return Box(
        position=np.array([x, y, floor + 0.5 * height]),
        size=np.array([width + pixel, depth + pixel, height]),
        yaw=turned(np.deg2rad(degrees)),
        fill=float(min(fill, 1.0)),
    )


def turned(yaw: float) -> float:
    """Returns a turn of a rectangle as the equal one in (-pi/2, pi/2].

    >>> round(turned(np.pi), 6) + 0.0, round(turned(-0.5 * np.pi), 4)
    (0.0, 1.5708)
    """
    return float(0.5 * np.pi - (0.5 * np.pi - yaw) % np.pi)


def _trimmed(flat: Float32Array) -> Float32Array:
    """Leaves out the points farthest out in each of eight directions."""
    angles = np.arange(4) * (np.pi / 4)
    along = flat @ np.stack([np.cos(angles), np.sin(angles)]).astype(np.float32)
    low, high = np.quantile(along, [_OUTLIERS, 1.0 - _OUTLIERS], axis=0)
    inside = ((along >= low) & (along <= high)).all(axis=1)
    return flat[inside] if inside.sum() >= 3 else flat


def covers(box: Box, point: Float64Array, margin: float = 0.0) -> bool:
    """Tells whether a (>= 2,) point is over a box's footprint, grown by a margin, m."""
    away = point[:2] - box.position[:2]
    cos, sin = np.cos(box.yaw), np.sin(box.yaw)
    along, across = cos * away[0] + sin * away[1], cos * away[1] - sin * away[0]
    half = 0.5 * box.size[:2] + margin
    return bool(abs(along) <= half[0] and abs(across) <= half[1])


def footprint(position: Float64Array, size: Float64Array, yaw: float) -> Float64Array:
    """Returns the (4, 2) corners of a box seen from above."""
    half = 0.5 * size[:2]
    corners = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)]) * half
    cos, sin = np.cos(yaw), np.sin(yaw)
    turned_corners: Float64Array = corners @ np.array([[cos, sin], [-sin, cos]]) + position[:2]
    return turned_corners
