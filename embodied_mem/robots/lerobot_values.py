"""What LeRobot's observations hold beside named numbers: pictures, depth and wheel odometry."""

from math import inf
from typing import Any

import numpy as np

from embodied_mem.errors import BodyError
from embodied_mem.types import Float32Array, Float64Array, UInt8Array


def driven(pose: Float64Array, speeds: tuple[float, float, float], seconds: float) -> Float64Array:
    """Returns where a body is after some time at constant speeds: odometry by its wheels.

    Args:
        pose: T_world_body before, (4, 4).
        speeds: Forward and sideways, m/s, and yaw rate, rad/s.
        seconds: For how long; a first measurement has no time before it.
    """
    if not 0.0 < seconds < inf or not any(speeds):
        return pose
    forward, sideways, turn = (speed * seconds for speed in speeds)
    half, step = 0.5 * turn, np.eye(4)
    cos, sin = np.cos(turn), np.sin(turn)
    step[:2, :2] = ((cos, -sin), (sin, cos))
    step[0, 3] = np.cos(half) * forward - np.sin(half) * sideways
    step[1, 3] = np.sin(half) * forward + np.cos(half) * sideways
    return pose @ step


def colour(picture: Any, shape: tuple[int, int]) -> UInt8Array:
    """Returns an (H, W, 3) picture; raises BodyError where it is another size or type."""
    found = np.asarray(picture)
    if found.shape != (*shape, 3) or found.dtype != np.uint8:
        raise BodyError(f"a picture is {found.dtype} {found.shape}; expected uint8 {(*shape, 3)}")
    return found


def metres(picture: Any, shape: tuple[int, int]) -> Float32Array:
    """Returns depth in m, 0 where invalid; whole numbers are millimetres (REP 118)."""
    found = np.asarray(picture).reshape(shape)
    scale = 0.001 if np.issubdtype(found.dtype, np.integer) else 1.0
    depth = found.astype(np.float32) * np.float32(scale)
    return np.where(np.isfinite(depth) & (depth > 0.0), depth, np.float32(0.0))
