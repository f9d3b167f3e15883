"""Where the pixels of a pinhole camera look."""

from functools import lru_cache

import numpy as np

from embodied_mem.types import Float32Array, Intrinsics


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
