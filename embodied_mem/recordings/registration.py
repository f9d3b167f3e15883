"""Colour moved onto the depth image, for recordings that kept the two cameras' own pictures."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from embodied_mem.types import Float32Array, Intrinsics, UInt8Array


@dataclass(frozen=True, kw_only=True, slots=True)
class ColourCamera:
    """The colour camera as seen from the depth camera: parallel, a little to the side."""

    focal: float
    """Pixels."""
    cx: float
    cy: float
    shift_x: float
    """x of the depth camera in the colour camera's frame, metres."""
    shift_y: float


KINECT = ColourCamera(focal=526.6, cx=320.4, cy=237.8, shift_x=-0.023, shift_y=0.0024)
"""A Kinect's colour camera, for a depth camera of focal length 585 and centre (320, 240).

Found by laying the depth edges of a 7-Scenes recording over its colour edges; the factory values
of the sensor are a focal length of 525 and a baseline of 0.025 m.
"""


def register_colour(
    rgb: UInt8Array, depth: Float32Array, intrinsics: Intrinsics, camera: ColourCamera
) -> UInt8Array:
    """Returns the colour of each pixel of the depth image, (H, W, 3).

    Where depth is missing, that of the nearest pixel with depth is used; what the colour camera
    does not see repeats the border of its picture.

    Args:
        rgb: (H, W, 3) as the colour camera took it.
        depth: (H, W) metres of the depth camera, 0 where invalid.
        intrinsics: The depth camera.
        camera: The colour camera.
    """
    u, v = _without_parallax(intrinsics, camera)
    inverse = np.float32(1.0) / _filled(depth)
    map_u = u + np.float32(camera.focal * camera.shift_x) * inverse
    map_v = v + np.float32(camera.focal * camera.shift_y) * inverse
    moved = cv2.remap(rgb, map_u, map_v, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(moved, np.uint8)


@lru_cache(maxsize=4)
def _without_parallax(
    intrinsics: Intrinsics, camera: ColourCamera
) -> tuple[Float32Array, Float32Array]:
    u = (np.arange(intrinsics.width) - intrinsics.cx) / intrinsics.fx * camera.focal + camera.cx
    v = (np.arange(intrinsics.height) - intrinsics.cy) / intrinsics.fy * camera.focal + camera.cy
    shape = (intrinsics.height, intrinsics.width)
    return (
        np.broadcast_to(u.astype(np.float32), shape),
        np.broadcast_to(v.astype(np.float32)[:, None], shape),
    )


def _filled(depth: Float32Array) -> Float32Array:
    """Gives pixels without depth that of the nearest pixel that has one."""
    holes = (depth <= 0.0).astype(np.uint8)
    _, nearest = cv2.distanceTransformWithLabels(
        holes, cv2.DIST_L2, 3, labelType=cv2.DIST_LABEL_PIXEL
    )
    value = np.zeros(int(nearest.max()) + 1, np.float32)
    value[nearest[holes == 0]] = depth[holes == 0]
    filled: Float32Array = np.maximum(value[nearest], np.float32(0.1))
    return filled
