"""Poses as PyBullet says them, and as matrices."""

from math import acos, atan2

import numpy as np

from embodied_mem.types import Float64Array

Pose = tuple[tuple[float, float, float], tuple[float, float, float, float]]
"""Position and quaternion (x, y, z, w)."""


def upright(yaw: float) -> tuple[float, float, float, float]:
    """Returns the quaternion of a turn about the vertical."""
    return (0.0, 0.0, float(np.sin(0.5 * yaw)), float(np.cos(0.5 * yaw)))


def turned(
    quaternion: tuple[float, float, float, float], angle: float
) -> tuple[float, float, float, float]:
    """Returns the quaternion of something turned further about the world's vertical."""
    x, y, z, w = quaternion
    _, _, s, c = upright(angle)
    return (c * x - s * y, c * y + s * x, c * z + s * w, c * w - s * z)


def yaw_of(pose: Pose) -> float:
    """Returns the turn about the vertical, rad."""
    x, y, z, w = pose[1]
    return atan2(2 * (x * y + z * w), 1 - 2 * (y * y + z * z))


def tilt_of(pose: Pose) -> float:
    """Returns the angle between its own upright and the world's, rad."""
    x, y, _, _ = pose[1]
    return acos(min(1.0, max(-1.0, 1 - 2 * (x * x + y * y))))


def matrix(pose: Pose) -> Float64Array:
    """Returns the (4, 4) matrix of a position and a quaternion (x, y, z, w)."""
    (x, y, z, w) = pose[1]
    result = np.eye(4)
    result[:3, :3] = (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )
    result[:3, 3] = pose[0]
    return result
