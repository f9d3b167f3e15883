"""Surface normals of a frame, from the slope of inverse depth."""

import cv2
import numpy as np

from embodied_mem.perception.frame import Frame, strided_rays
from embodied_mem.types import BoolArray, Float32Array

_SIGMA = 1.2
"""Pixels over which slopes are averaged."""
_STEP = 0.03
"""Neighbours farther apart in depth than this, metres, ..."""
_STEP_SHARE = 0.05
"""... and than this share of their depth, lie on two surfaces."""
_LEAST = 0.15
"""Least weight of usable neighbours around a pixel."""


def world_normals(frame: Frame) -> tuple[Float32Array, BoolArray]:
    """Computes unit normals that point towards the camera.

    Inverse depth is linear in the pixel on a plane, and the noise of a structured-light camera
    is even in it, so its averaged slope gives the normal without a fit for each pixel. Slopes
    across a step in depth are left out.

    Returns:
        (h, w, 3) normals in the world frame, and (h, w) where they can be relied on.
    """
    inverse = np.zeros_like(frame.depth)
    np.divide(1.0, frame.depth, out=inverse, where=frame.valid)
    slope_u, weight_u = _slope(frame.depth, inverse, axis=1)
    slope_v, weight_v = _slope(frame.depth, inverse, axis=0)
    good = frame.valid & (weight_u > _LEAST) & (weight_v > _LEAST)
    intrinsics = frame.observation.intrinsics
    rays = strided_rays(intrinsics, frame.stride)
    slope_u *= np.float32(intrinsics.fx / frame.stride)
    slope_v *= np.float32(intrinsics.fy / frame.stride)
    normals = np.empty((*frame.shape, 3), np.float32)
    normals[..., 0] = slope_u
    normals[..., 1] = slope_v
    normals[..., 2] = inverse - slope_u * rays[..., 0] - slope_v * rays[..., 1]
    length = np.sqrt(np.einsum("ijk,ijk->ij", normals, normals))
    normals /= -np.maximum(length, np.float32(1e-9))[..., None]
    rotation = frame.observation.T_world_camera[:3, :3].astype(np.float32)
    return (normals.reshape(-1, 3) @ rotation.T).reshape(normals.shape), good


def smooth_links(depth: Float32Array, axis: int) -> BoolArray:
    """Tells which pixels lie on one surface with the next one along an axis.

    Args:
        depth: (h, w) metres, 0 where invalid.
        axis: 0 for the pixel below, 1 for the pixel to the right.

    Returns:
        (h - 1, w) or (h, w - 1).
    """
    first, second = (depth[:-1], depth[1:]) if axis == 0 else (depth[:, :-1], depth[:, 1:])
    near = np.minimum(first, second)
    linked: BoolArray = (np.abs(second - first) < np.maximum(_STEP, _STEP_SHARE * near)) & (
        near > 0.0
    )
    return linked


def _slope(
    depth: Float32Array, inverse: Float32Array, axis: int
) -> tuple[Float32Array, Float32Array]:
    """Returns the averaged change of inverse depth per pixel along an axis, and its weight."""
    linked = smooth_links(depth, axis).astype(np.float32)
    change = np.diff(inverse, axis=axis) * linked
    # A link lies between two pixels; each of the two takes half of it.
    total, weight = np.zeros_like(depth), np.zeros_like(depth)
    for part in (slice(None, -1), slice(1, None)):
        half = (part, slice(None)) if axis == 0 else (slice(None), part)
        total[half] += change
        weight[half] += linked
    cv2.GaussianBlur(total, (0, 0), _SIGMA, dst=total)
    cv2.GaussianBlur(weight, (0, 0), _SIGMA, dst=weight)
    total /= np.maximum(weight, np.float32(1e-6))
    return total, weight * np.float32(0.5)
