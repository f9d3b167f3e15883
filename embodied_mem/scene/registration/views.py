"""What frames look through: remembered surfaces that ought to have stood in the way."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import cv2
import numpy as np

from embodied_mem.scene.registration.clouds import Cloud, inverse_of
from embodied_mem.types import BoolArray, Float32Array, Float64Array, Int64Array, Observation

__all__ = ["View", "looked_at", "view_of"]


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class View:
    """The depth of one frame, made small, and from where it was seen."""

    nearest: Float32Array
    """(h, w) least depth around each pixel, m; 0 where any is invalid."""
    farthest: Float32Array
    """(h, w) largest depth around each pixel, m."""
    focal: tuple[float, float]
    """In pixels of the small image, x and y."""
    middle: tuple[float, float]
    """Principal point, pixels."""
    T_camera_world: Float64Array
    """(4, 4) of the observation's own world."""


def view_of(observation: Observation, *, columns: int = 80) -> View:
    """Makes the depth of a frame small: about so many columns."""
    stride = max(1, round(observation.intrinsics.width / columns))
    depth = np.nan_to_num(observation.depth, nan=0.0, posinf=0.0)
    around = np.ones((2 * stride + 1, 2 * stride + 1), np.uint8)
    k = observation.intrinsics
    return View(
        nearest=cv2.erode(depth, around)[::stride, ::stride].astype(np.float32),
        farthest=cv2.dilate(depth, around)[::stride, ::stride].astype(np.float32),
        focal=(k.fx / stride, k.fy / stride),
        middle=(k.cx / stride, k.cy / stride),
        T_camera_world=inverse_of(observation.T_world_camera),
    )


def looked_at(
    cloud: Cloud, views: Sequence[View], *, max_depth: float = 3.5, margin: float = 0.2
) -> tuple[BoolArray, BoolArray]:
    """Tells which points of a cloud views confirm, and which they look through.

    Args:
        cloud: Told in the world of the views.
        views: From where it is looked at.
        max_depth: Points farther from a camera are not judged by it, m.
        margin: What is seen must lie this much behind a point that is looked through, m.

    Returns:
        (n,) seen by any view at about its depth, and (n,) looked through by any and seen by none.
    """
    seen = np.zeros(len(cloud), np.bool_)
    through = np.zeros(len(cloud), np.bool_)
    for view in views:
        index, z, row, col = _project(cloud, view, max_depth)
        nearest, farthest = view.nearest[row, col], view.farthest[row, col]
        slack = 0.05 + 0.03 * z
        seen[index] |= (z >= nearest - slack) & (z <= farthest + slack) & (farthest > 0.0)
        through[index] |= nearest > z + margin + 0.02 * z
    return seen, through & ~seen


def _project(
    cloud: Cloud, view: View, max_depth: float
) -> tuple[Int64Array, Float32Array, Int64Array, Int64Array]:
    """Returns which points face the camera in its picture, their depths, rows and columns."""
    T = view.T_camera_world.astype(np.float32)
    points = cloud.points @ T[:3, :3].T + T[:3, 3]
    normals = cloud.normals @ T[:3, :3].T
    z = points[:, 2]
    safe = np.maximum(z, np.float32(0.1))
    height, width = view.nearest.shape
    col = np.rint(points[:, 0] / safe * view.focal[0] + view.middle[0]).astype(np.int64)
    row = np.rint(points[:, 1] / safe * view.focal[1] + view.middle[1]).astype(np.int64)
    distance = np.linalg.norm(points, axis=1)
    facing = np.einsum("ij,ij->i", points, normals) < -0.3 * distance
    inside = (z > 0.3) & (z < max_depth) & facing
    inside &= (row >= 0) & (row < height) & (col >= 0) & (col < width)
    index = np.flatnonzero(inside)
    return index, z[index], row[index], col[index]
