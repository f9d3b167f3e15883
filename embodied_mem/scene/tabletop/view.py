"""One picture of a table: its points in the world, and whether it can be believed."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import cv2
import numpy as np

from embodied_mem.perception.frame import strided_rays
from embodied_mem.types import (
    BoolArray,
    Float32Array,
    Float64Array,
    Intrinsics,
    Observation,
    UInt8Array,
)

_NEAREST: Final = 0.03
"""Depth below which a reading is none, m."""
_LEAST_VALID: Final = 0.7
"""Share of the pixels with a depth below which a picture is not looked at."""
_DARKEST: Final = 12
"""A picture none of whose sampled pixels is brighter shows nothing."""
_CLEAN: Final = 0.0008
"""Depth noise up to which a picture is taken as it is, m."""
_ROUGH: Final = 0.003
"""Depth noise from which on the wider median is taken, m."""
_TOO_NOISY: Final = 0.007
"""Depth noise from which on nothing can be told apart, m."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class View:
    """A picture whose pixels are points in the world."""

    rgb: UInt8Array
    """(H, W, 3)"""
    depth: Float32Array
    """(H, W) metres, freed of noise."""
    points: Float32Array
    """(H, W, 3) in the world; meaningless where `valid` is false."""
    valid: BoolArray
    """(H, W)"""
    noise: float
    """Standard deviation of what is left of the noise in `depth`, m."""
    intrinsics: Intrinsics
    T_world_camera: Float64Array
    """(4, 4)"""
    camera: str
    tick: int

    @property
    def eye(self) -> Float64Array:
        """(3,) where the camera is in the world."""
        eye: Float64Array = self.T_world_camera[:3, 3]
        return eye

    def project(self, points: Float32Array) -> tuple[Float32Array, Float32Array, Float32Array]:
        """Returns column, row (pixels) and depth (m) of (n, 3) world points."""
        rotation = self.T_world_camera[:3, :3].astype(np.float32)
        seen = (points - self.eye.astype(np.float32)) @ rotation
        depth = np.maximum(seen[:, 2], np.float32(1e-3))
        k = self.intrinsics
        column = seen[:, 0] / depth * np.float32(k.fx) + np.float32(k.cx)
        row = seen[:, 1] / depth * np.float32(k.fy) + np.float32(k.cy)
        return column, row, seen[:, 2]


def make_view(observation: Observation) -> View | None:
    """Back-projects a picture; None for one that is black, mostly without depth, or all noise."""
    depth = observation.depth
    valid = depth > _NEAREST  # NaN compares false
    if valid.mean() < _LEAST_VALID or int(observation.rgb[::4, ::4].max()) < _DARKEST:
        return None
    depth = np.where(valid, depth, np.float32(0.0))
    smooth = np.asarray(cv2.medianBlur(depth, 3), np.float32)
    # Half of |x - median of 3 x 3| of Gaussian noise lies below 0.63 standard deviations; a ramp
    # is its own median.
    noise = float(np.median(np.abs(depth - smooth)[::3, ::3])) / 0.63
    if noise > _TOO_NOISY:
        return None
    if noise > _CLEAN:
        window = 5 if noise > _ROUGH else 3
        depth = np.asarray(cv2.medianBlur(depth, 5), np.float32) if window == 5 else smooth
        valid = depth > _NEAREST
        noise *= 1.25 / window
    pose = observation.T_world_camera
    rays = _world_rays(observation.intrinsics, pose[:3, :3].astype(np.float32).tobytes())
    points = rays * depth[..., None] + pose[:3, 3].astype(np.float32)
    return View(
        rgb=observation.rgb,
        depth=depth,
        points=points,
        valid=valid,
        noise=noise,
        intrinsics=observation.intrinsics,
        T_world_camera=pose,
        camera=observation.camera,
        tick=observation.tick,
    )


@lru_cache(maxsize=4)
def _world_rays(intrinsics: Intrinsics, rotation: bytes) -> Float32Array:
    """Returns (H, W, 3) rays turned into the world; a camera that stands needs them once."""
    turn = np.frombuffer(rotation, np.float32).reshape(3, 3)
    rays = (strided_rays(intrinsics, 1).reshape(-1, 3) @ turn.T).reshape(
        intrinsics.height, intrinsics.width, 3
    )
    rays.setflags(write=False)
    return rays
