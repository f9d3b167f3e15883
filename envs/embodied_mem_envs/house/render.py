"""Colour, depth and instance ids from one cast of Embree rays."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene

from embodied_mem.types import Float32Array, Float64Array, IntArray, Intrinsics, UInt8Array
from embodied_mem_envs.house.mesh import Atlas, TriangleSoup
from embodied_mem_envs.house.textures import TILE

_CHUNK = 16384
"""Rays per cast: larger casts lose half their speed to memory traffic."""
_OUTER, _INNER = np.uint32(0x00FF00FF), np.uint32(0x0000FF00)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What a camera sees."""

    rgb: UInt8Array
    """(H, W, 3); zeros where colour was not asked for."""
    depth: Float32Array
    """(H, W) z-depth in metres, 0 where a ray leaves the scene."""
    instance: IntArray
    """(H, W) instance ids, 0 for the structure."""


@lru_cache(maxsize=16)
def camera_rays(intrinsics: Intrinsics) -> Float32Array:
    """Returns (H * W, 3) rays in the camera frame with z = 1, row by row.

    With z = 1, the distance that Embree reports along the ray is the z-depth itself.
    """
    u = (np.arange(intrinsics.width) - intrinsics.cx) / intrinsics.fx
    v = (np.arange(intrinsics.height) - intrinsics.cy) / intrinsics.fy
    rays = np.empty((intrinsics.height, intrinsics.width, 3), np.float32)
    rays[..., 0] = u[None, :]
    rays[..., 1] = v[:, None]
    rays[..., 2] = 1.0
    flat = rays.reshape(-1, 3)
    flat.setflags(write=False)
    return flat


class RayScene:
    """One committed Embree scene over a triangle soup; immutable once built."""

    def __init__(self, soup: TriangleSoup, atlas: Atlas) -> None:
        self._scene = EmbreeScene()
        corners = np.ascontiguousarray(soup.corners, np.float32)
        indices = np.arange(3 * len(soup), dtype=np.int32).reshape(-1, 3)
        self._mesh = TriangleMesh(self._scene, corners.reshape(-1, 3), indices)
        # Embree reports -1 for a miss; the row appended to each table is what -1 then picks.
        self._owner = np.append(soup.owner, np.int32(-1))
        self._texture = np.concatenate([soup.texture, np.zeros((1, 6), np.float32)])
        self._tile = np.append(soup.tile, np.int32(0)) * np.int32(TILE * TILE)
        shade = np.append(soup.shade, np.float32(0.0))
        self._shade = np.clip(np.rint(shade * 256), 0, 256).astype(np.uint32)
        self._texels = atlas.texels().view(np.uint32).reshape(-1)
        self.triangles = len(soup)

    def render(
        self,
        T_world_camera: Float64Array,
        intrinsics: Intrinsics,
        instance_ids: IntArray,
        colour: bool = True,
    ) -> View:
        """Renders a pinhole camera.

        Args:
            T_world_camera: (4, 4) camera pose.
            intrinsics: The camera.
            instance_ids: Instance id of every object index; the last entry is the structure's.
            colour: False skips textures and shading.

        Returns:
            The view, all arrays in image shape.
        """
        rays = camera_rays(intrinsics)
        count = len(rays)
        rotation = np.asarray(T_world_camera[:3, :3].T, np.float32)
        origins = np.empty((min(count, _CHUNK), 3), np.float32)
        origins[:] = T_world_camera[:3, 3]
        of_triangle = instance_ids.take(self._owner)
        rgb = np.zeros((count, 3), np.uint8)
        depth = np.empty(count, np.float32)
        instance = np.empty(count, np.int32)
        for start in range(0, count, _CHUNK):
            part = slice(start, min(start + _CHUNK, count))
            directions = rays[part] @ rotation
            hits = self._scene.run(origins[: len(directions)], directions, output=True)
            triangle = hits["primID"]
            depth[part] = hits["tfar"]
            instance[part] = of_triangle.take(triangle)
            if colour:
                rgb[part] = self._shaded(triangle, hits)
        depth[depth > 1e30] = 0.0
        shape = (intrinsics.height, intrinsics.width)
        return View(rgb.reshape(*shape, 3), depth.reshape(shape), instance.reshape(shape))

    def _shaded(self, triangle: IntArray, hits: Mapping[str, Float32Array]) -> UInt8Array:
        """Looks up the texture at the hit points and applies the shade of the triangles."""
        texture = self._texture.take(triangle, axis=0)
        u, v = hits["u"], hits["v"]
        s = (texture[:, 0] + u * texture[:, 1] + v * texture[:, 2]).astype(np.int32) & (TILE - 1)
        t = (texture[:, 3] + u * texture[:, 4] + v * texture[:, 5]).astype(np.int32) & (TILE - 1)
        texel = self._texels.take(self._tile.take(triangle) + s * TILE + t)
        # All channels of a texel in two integer products: three times as fast as a (N, 3) product.
        shade = self._shade.take(triangle)
        outer = ((texel & _OUTER) * shade >> 8) & _OUTER
        inner = ((texel & _INNER) * shade >> 8) & _INNER
        rgb: UInt8Array = (outer | inner).view(np.uint8).reshape(-1, 4)[:, :3]
        return rgb
