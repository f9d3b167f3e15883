"""What one view shows of walls and furniture, as points on the ground plan with a height each."""

from dataclasses import dataclass

import numpy as np

from embodied_mem.rays import strided_rays
from embodied_mem.scene.drift.planar import planar, upright
from embodied_mem.types import BoolArray, Float64Array, Observation


@dataclass(frozen=True, kw_only=True, slots=True)
class ScanConfig:
    """Which pixels are used, and how much they are trusted."""

    columns: int = 80
    """About so many columns of pixels are used, and rows as far apart."""
    lowest: float = 0.12
    """Points nearer to the floor than this, m, are floor and tell nothing of where one is."""
    highest: float = 2.3
    """Points higher than this, m, are ceiling."""
    max_depth: float = 5.0
    """Depth beyond this, m, is not used."""
    sigma: float = 0.01
    """Standard deviation of a near point, m."""
    sigma_per_square: float = 0.002
    """Growth of it with the square of the depth, m per m2, as cameras that triangulate have it."""


_JUMP = 0.4
"""Neighbours farther apart in depth than this, m, are not of one surface."""
_LEVEL = 0.6
"""Surfaces with an upright part of the normal above this tell little of where one is."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Scan:
    """Points of one view in the frame of the body, which stands upright."""

    xy: Float64Array
    """(n, 2) metres before and left of the body."""
    z: Float64Array
    """(n,) metres above the floor under the body."""
    facing: Float64Array
    """(n,) direction of the surface's normal, towards the camera, rad from straight ahead."""
    weight: Float64Array
    """(n,) 0 to 1: the variance of a near point over that of this one."""

    def __len__(self) -> int:
        return len(self.z)

    def thinned(self, most: int) -> "Scan":
        """Returns it with at most so many points, spread over the view."""
        step = -(-len(self) // most)
        pick = slice(None, None, max(1, step))
        return Scan(
            xy=self.xy[pick].copy(),
            z=self.z[pick].copy(),
            facing=self.facing[pick].copy(),
            weight=self.weight[pick].copy(),
        )

    @property
    def nbytes(self) -> int:
        """Bytes that it takes."""
        return sum(each.nbytes for each in (self.xy, self.z, self.facing, self.weight))


def make_scan(observation: Observation, config: ScanConfig) -> Scan:
    """Returns what an observation shows between floor and ceiling.

    Only the camera's place on the body is taken from the poses: it is not part of any drift.
    """
    stride = max(1, round(observation.intrinsics.width / config.columns))
    depth = observation.depth[::stride, ::stride].astype(np.float64)
    rays = strided_rays(observation.intrinsics, stride)
    with np.errstate(invalid="ignore"):
        seen = (depth > 0.1) & (depth < config.max_depth)
    depth = np.where(seen, depth, 0.0)
    T_level_camera = np.linalg.inv(_level(observation.T_world_body)) @ observation.T_world_camera
    points = (rays * depth[..., None]) @ T_level_camera[:3, :3].T + T_level_camera[:3, 3]
    middle, inner = points[1:-1, 1:-1], depth[1:-1, 1:-1]
    normal = np.cross(points[2:, 1:-1] - points[:-2, 1:-1], points[1:-1, 2:] - points[1:-1, :-2])
    normal /= np.linalg.norm(normal, axis=2, keepdims=True) + 1e-12
    away = ((middle - T_level_camera[:3, 3]) * normal).sum(axis=2) > 0.0
    normal[away] *= -1.0
    useful = _smooth(depth) & (np.abs(normal[..., 2]) < _LEVEL)
    useful &= (middle[..., 2] > config.lowest) & (middle[..., 2] < config.highest)
    middle, normal, inner = middle[useful], normal[useful], inner[useful]
    variance = config.sigma**2 + (config.sigma_per_square * inner**2) ** 2
    return Scan(
        xy=middle[:, :2],
        z=middle[:, 2],
        facing=np.arctan2(normal[:, 1], normal[:, 0]),
        weight=config.sigma**2 / variance,
    )


def _level(body: Float64Array) -> Float64Array:
    """Returns the (4, 4) frame of the body, upright."""
    level = upright(planar(body))
    level[2, 3] = body[2, 3]
    return level


def _smooth(depth: Float64Array) -> BoolArray:
    """Tells of the pixels within the rim whether all four neighbours are of the same surface."""
    inner = depth[1:-1, 1:-1]
    smooth = inner > 0.0
    for other in (depth[2:, 1:-1], depth[:-2, 1:-1], depth[1:-1, 2:], depth[1:-1, :-2]):
        smooth &= (other > 0.0) & (np.abs(other - inner) < _JUMP)
    return smooth
