"""Camera poses from disk, checked."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from embodied_mem.recordings.layout import FrameError
from embodied_mem.types import Float64Array

_RIGID = 0.01
"""Largest departure of R R^T from the identity."""
_FAR = 1e4
"""Metres from the origin beyond which a position is held to be an error."""


def read_matrix(path: Path | None) -> Float64Array:
    """Reads a camera-to-world matrix of 3 or 4 rows; a fourth row is not looked at.

    Raises:
        FrameError: If it is missing, not a matrix, not finite, or not a rigid motion.
    """
    if path is None:
        raise FrameError("pose is missing")
    try:
        words = path.read_text(encoding="ascii").split()
    except OSError:
        raise FrameError("pose is missing") from None
    except UnicodeDecodeError:
        raise FrameError("pose is not a 4x4 matrix") from None
    try:
        values = [float(word) for word in words]
    except ValueError:
        raise FrameError("pose is not a 4x4 matrix") from None
    if len(values) not in (12, 16):
        raise FrameError("pose is not a 4x4 matrix")
    rows = np.array(values[:12]).reshape(3, 4)
    return rigid(rows[:, :3], rows[:, 3])


def from_quaternion(values: Sequence[float]) -> Float64Array:
    """Builds a pose from tx ty tz qx qy qz qw.

    Raises:
        FrameError: If it is not finite or the quaternion is far from unit length.
    """
    pose = np.array(values, np.float64)
    if not np.isfinite(pose).all():
        raise FrameError("pose is not finite")
    x, y, z, w = pose[3:]
    length = float(np.linalg.norm(pose[3:]))
    if not 0.9 < length < 1.1:
        raise FrameError("pose is not a rigid motion")
    x, y, z, w = x / length, y / length, z / length, w / length
    rotation = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    return rigid(rotation, pose[:3])


def rigid(rotation: Float64Array, position: Float64Array) -> Float64Array:
    """Returns the 4x4 pose with the nearest exact rotation.

    Raises:
        FrameError: If it is not finite, too far away, or not nearly rigid.
    """
    if not (np.isfinite(rotation).all() and np.isfinite(position).all()):
        raise FrameError("pose is not finite")
    if np.abs(position).max() > _FAR:
        raise FrameError("pose is not plausible: its position is beyond 10 km")
    if np.abs(rotation).max() > 2.0:  # keeps the products below finite
        raise FrameError("pose is not a rigid motion")
    apart = np.abs(rotation @ rotation.T - np.eye(3)).max()
    if apart > _RIGID or np.linalg.det(rotation) < 0.0:
        raise FrameError("pose is not a rigid motion")
    u, _, vt = np.linalg.svd(rotation)
    pose = np.eye(4)
    pose[:3, :3] = u @ vt
    pose[:3, 3] = position
    return pose
