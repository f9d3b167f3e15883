"""Moves in the plane: where a body that stays upright is, and how that is put together.

A pose is (3,) x, y (metres) and yaw (radians). `compose(a, b)` is b, given in the frame of a, seen
from where a is seen.
"""

from math import atan2, cos, pi, sin

import numpy as np

from embodied_mem.types import Float64Array


def wrapped(angle: float) -> float:
    """Returns an angle in -pi to pi.

    >>> round(wrapped(3.0 * pi / 2.0) / pi, 6)
    -0.5
    """
    return (angle + pi) % (2.0 * pi) - pi


def compose(first: Float64Array, second: Float64Array) -> Float64Array:
    """Returns the (3,) pose `second`, which is told in the frame of `first`, in that of the world.

    >>> compose(np.array([1.0, 0.0, pi / 2.0]), np.array([2.0, 0.0, 0.0])).round(6).tolist()
    [1.0, 2.0, 1.570796]
    """
    c, s = cos(first[2]), sin(first[2])
    return np.array(
        [
            first[0] + c * second[0] - s * second[1],
            first[1] + s * second[0] + c * second[1],
            wrapped(first[2] + second[2]),
        ]
    )


def between(first: Float64Array, second: Float64Array) -> Float64Array:
    """Returns the (3,) pose `second` in the frame of `first`; both are told in one frame."""
    c, s = cos(first[2]), sin(first[2])
    dx, dy = second[0] - first[0], second[1] - first[1]
    return np.array([c * dx + s * dy, c * dy - s * dx, wrapped(second[2] - first[2])])


def inverse(pose: Float64Array) -> Float64Array:
    """Returns the (3,) pose of the world's frame in the frame of a pose."""
    return between(pose, np.zeros(3))


def rotation(yaw: float) -> Float64Array:
    """Returns the (2, 2) rotation by an angle."""
    c, s = cos(yaw), sin(yaw)
    return np.array([[c, -s], [s, c]])


def moved(pose: Float64Array, points: Float64Array) -> Float64Array:
    """Returns (n, 2) points of a pose's frame in the frame that the pose is told in."""
    result: Float64Array = points @ rotation(pose[2]).T + pose[:2]
    return result


def planar(transform: Float64Array) -> Float64Array:
    """Returns the (3,) x, y and yaw of a (4, 4) transform of something upright."""
    return np.array([transform[0, 3], transform[1, 3], atan2(transform[1, 0], transform[0, 0])])


def upright(pose: Float64Array) -> Float64Array:
    """Returns the (4, 4) transform of a pose: heights stay as they are."""
    transform = np.eye(4)
    transform[:2, :2] = rotation(pose[2])
    transform[:2, 3] = pose[:2]
    return transform


def inverted(matrix: Float64Array) -> Float64Array:
    """Returns the inverse of a matrix, such as the information of a covariance."""
    return np.asarray(np.linalg.inv(matrix), np.float64)
