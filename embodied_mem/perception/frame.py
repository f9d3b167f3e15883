"""One observation at the stride that perception works at, back-projected once for all users."""

from dataclasses import dataclass

import numpy as np

from embodied_mem.rays import strided_rays as strided_rays
from embodied_mem.types import BoolArray, Float32Array, Observation, UInt8Array


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
