"""Clouds and depth frames of rooms of boxes, exact to the millimetre, without a simulator."""

import numpy as np

from embodied_mem.scene.registration.clouds import Cloud, joined
from embodied_mem.scene.registration.search import transform
from embodied_mem.types import Float64Array

Box = tuple[float, float, float, float, float, float]
"""x0, y0, z0, x1, y1, z1, metres."""

FLAT: tuple[Box, ...] = (
    (0.6, 0.1, 0.0, 1.7, 0.7, 0.9),
    (4.4, 2.2, 0.0, 5.0, 3.9, 0.8),
    (0.1, 3.0, 0.0, 0.6, 4.1, 1.9),
    (2.4, 1.6, 0.0, 3.1, 2.1, 0.5),
)
"""Furniture of a room of 5 m by 4.2 m that looks the same from no two sides."""


def plane(low: Float64Array, high: Float64Array, axis: int, sign: float, step: float) -> Cloud:
    """Returns points on one face of a box, facing along an axis."""
    others = [k for k in range(3) if k != axis]
    lines = [np.arange(low[k] + step / 2, high[k], step) for k in others]
    grid = np.stack(np.meshgrid(*lines), axis=-1).reshape(-1, 2)
    points = np.empty((len(grid), 3), np.float32)
    points[:, others] = grid
    points[:, axis] = high[axis] if sign > 0 else low[axis]
    normals = np.zeros_like(points)
    normals[:, axis] = sign
    return Cloud.of(points, normals)


def room_cloud(
    width: float = 5.0,
    depth: float = 4.2,
    furniture: tuple[Box, ...] = FLAT,
    *,
    step: float = 0.08,
) -> Cloud:
    """Returns the cloud of a room seen from inside: floor, four walls and boxes."""
    low, high = np.zeros(3), np.array([width, depth, 2.4])
    faces = [plane(low, high, axis, 1.0, step) for axis in (0, 1)]
    inward = [Cloud.of(face.points, -face.normals) for face in faces]
    inward += [plane(low, np.array([*high[:2], 0.0]), 2, 1.0, step)]
    for axis in (0, 1):
        face = plane(low, high, axis, -1.0, step)
        inward.append(Cloud.of(face.points, -face.normals))
    for x0, y0, z0, x1, y1, z1 in furniture:
        box = np.array([x0, y0, z0]), np.array([x1, y1, z1])
        inward += [plane(*box, axis, sign, step) for axis in (0, 1) for sign in (-1.0, 1.0)]
        inward.append(plane(*box, 2, 1.0, step))
    return joined(inward)


def somewhere(yaw: float, x: float, y: float) -> Float64Array:
    """Returns the (4, 4) transform into a frame of another origin."""
    return transform(yaw, x, y, 0.0)
