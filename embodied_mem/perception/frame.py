"""One observation at the stride that perception works at, back-projected once for all users."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from embodied_mem.types import BoolArray, Float32Array, Intrinsics, Observation, UInt8Array


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Frame:
    """A strided view of an `Observation` (every `stride`-th pixel in both axes)."""

    observation: Observation
    stride: int
    rgb: UInt8Array
    """(h, w, 3)"""
    depth: Float32Array
    """(h, w) metres, 0 where invalid or beyond `max_range`."""
    points: Float32Array
    """(h, w, 3) world points; meaningless where `valid` is false."""
    valid: BoolArray
    """(h, w)"""

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width of the strided arrays."""
        return self.depth.shape[0], self.depth.shape[1]


@lru_cache(maxsize=8)
def strided_rays(intrinsics: Intrinsics, stride: int) -> Float32Array:
    """Returns (h, w, 3) rays in the camera frame with z = 1, for every stride-th pixel."""
    u = (np.arange(0, intrinsics.width, stride, dtype=np.float32) - intrinsics.cx) / intrinsics.fx
    v = (np.arange(0, intrinsics.height, stride, dtype=np.float32) - intrinsics.cy) / intrinsics.fy
    rays = np.ones((len(v), len(u), 3), np.float32)
    rays[..., 0] = u[None, :]
    rays[..., 1] = v[:, None]
    rays.setflags(write=False)
    return rays


def default_stride(width: int) -> int:
    """Returns the pixel stride that leaves about 160 columns: 4 at 640, 2 at 320, 1 at 160.

    >>> [default_stride(w) for w in (1280, 640, 320, 128)]
    [8, 4, 2, 1]
    """
    return max(1, round(width / 160))


def make_frame(observation: Observation, stride: int, max_range: float = 10.0) -> Frame:
    """Back-projects every stride-th pixel of an observation into the world frame."""
    depth = observation.depth[::stride, ::stride]
    valid = (depth > 0.0) & (depth < max_range)  # NaN compares false
    depth = np.where(valid, depth, np.float32(0.0))
    pose = observation.T_world_camera.astype(np.float32)
    rays = strided_rays(observation.intrinsics, stride).reshape(-1, 3) @ pose[:3, :3].T
    points = rays * depth.reshape(-1, 1) + pose[:3, 3]
    return Frame(
        observation=observation,
        stride=stride,
        rgb=observation.rgb[::stride, ::stride],
        depth=depth,
        points=points.reshape(*depth.shape, 3),
        valid=valid,
    )
