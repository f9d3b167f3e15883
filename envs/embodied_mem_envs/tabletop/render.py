"""Pictures with exact depth: Embree rays carried into the frame of every rigid shape.

A shape is a static Embree scene of its own, so nothing is rebuilt when it moves. Its rays are
only those whose pixels its outline can cover; the nearest hit of all shapes wins. With ray
directions of z = 1 in the camera, the distance that Embree reports is the z-depth.
"""

from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np

from embodied_mem.types import (
    AnyArray,
    BoolArray,
    Float32Array,
    Float64Array,
    Int64Array,
    IntArray,
    Intrinsics,
    UInt8Array,
)
from embodied_mem_envs.tabletop.shapes import Look

_LIGHT = np.array([0.25, 0.35, 0.90]) / np.linalg.norm([0.25, 0.35, 0.90])
_AMBIENT, _SUN, _SKY = 0.52, 0.42, 0.10
_BACKDROP = np.array([206.0, 214.0, 222.0], np.float32)
_SHADE = 0.72
_CHUNK = 16384
"""Rays per cast: larger casts lose half their speed to memory traffic."""
_NEAR = 0.02
"""Closer than this to the camera's plane an outline cannot be drawn, m."""

Piece = tuple[Look, Float64Array]
"""A shape and where it is: T_world_shape, (4, 4)."""


class Canvas:
    """One picture in the making: colour and nearest depth of every pixel."""

    def __init__(self, T_world_camera: Float64Array, intrinsics: Intrinsics) -> None:
        self.intrinsics = intrinsics
        self._T_camera_world = np.linalg.inv(T_world_camera)
        self._T_world_camera = T_world_camera
        count = intrinsics.width * intrinsics.height
        self.depth = np.full(count, np.inf, np.float32)
        self.colour = np.tile(_BACKDROP, (count, 1))

    def draw(self, look: Look, T_world_shape: Float64Array) -> None:
        """Adds one shape."""
        T_camera_shape = self._T_camera_world @ T_world_shape
        pixels = covered(look.corners, T_camera_shape, self.intrinsics)
        if pixels is not None and not len(pixels):
            return
        rays = camera_rays(self.intrinsics)
        rotation = T_camera_shape[:3, :3].astype(np.float32)
        origin = -T_camera_shape[:3, :3].T @ T_camera_shape[:3, 3]
        count = len(rays) if pixels is None else len(pixels)
        origins = np.empty((min(count, _CHUNK), 3), np.float32)
        origins[:] = origin
        for start in range(0, count, _CHUNK):
            if pixels is None:
                part = np.arange(start, min(start + _CHUNK, count))
            else:
                part = pixels[start : start + _CHUNK]
            hits = look.scene.run(origins[: len(part)], rays[part] @ rotation, output=True)
            won = np.flatnonzero((hits["primID"] >= 0) & (hits["tfar"] < self.depth[part]))
            where = part[won]
            self.depth[where] = hits["tfar"][won]
            self.colour[where] = _lit(look, hits["primID"][won], T_world_shape)

    def cast_shadows(self, pieces: Sequence[Piece]) -> None:
        """Darkens what the sun does not reach past the pieces."""
        seen = np.flatnonzero(np.isfinite(self.depth))
        rays = camera_rays(self.intrinsics)[seen] * self.depth[seen, None]
        points = rays @ self._T_world_camera[:3, :3].T + self._T_world_camera[:3, 3]
        points += 1e-3 * _LIGHT
        across = np.linalg.svd(_LIGHT[None])[2][1:]
        u, v = np.ascontiguousarray((points @ across.T).T, np.float32)
        dark = np.zeros(len(seen), bool)
        for look, T_world_shape in pieces:
            # Only what lies under the shape's outline, seen along the light, can be in its shadow.
            outline = (look.corners @ T_world_shape[:3, :3].T + T_world_shape[:3, 3]) @ across.T
            (left, low), (right, high) = outline.min(axis=0), outline.max(axis=0)
            under = (u > left) & (u < right) & (v > low) & (v < high) & ~dark
            self._shadow(look, T_world_shape, points, np.flatnonzero(under), dark)
        self.colour[seen[dark]] *= np.float32(_SHADE)

    def _shadow(
        self,
        look: Look,
        T_world_shape: Float64Array,
        points: Float64Array,
        under: Int64Array,
        dark: BoolArray,
    ) -> None:
        """Marks as dark those of the points `under` a shape that it hides from the sun."""
        light = np.empty((min(len(under), _CHUNK), 3), np.float32)
        light[:] = T_world_shape[:3, :3].T @ _LIGHT
        for start in range(0, len(under), _CHUNK):
            part = under[start : start + _CHUNK]
            own = ((points[part] - T_world_shape[:3, 3]) @ T_world_shape[:3, :3]).astype(np.float32)
            hits = look.scene.run(own, light[: len(part)], output=True)
            dark[part] = hits["primID"] >= 0

    def copy(self) -> "Canvas":
        """Returns a canvas that can be drawn on without changing this one."""
        other = object.__new__(Canvas)
        other.intrinsics = self.intrinsics
        other._T_camera_world = self._T_camera_world
        other._T_world_camera = self._T_world_camera
        other.depth = self.depth.copy()
        other.colour = self.colour.copy()
        return other

    def picture(self) -> tuple[UInt8Array, Float32Array]:
        """Returns (H, W, 3) colour and (H, W) z-depth in metres, 0 where nothing is hit."""
        shape = (self.intrinsics.height, self.intrinsics.width)
        rgb = np.clip(self.colour, 0.0, 255.0).astype(np.uint8).reshape(*shape, 3)
        depth = np.where(np.isfinite(self.depth), self.depth, np.float32(0.0)).reshape(shape)
        return rgb, depth.astype(np.float32)


def _lit(look: Look, triangle: IntArray, T_world_shape: Float64Array) -> Float32Array:
    """Returns the (N, 3) colours of hit triangles in the light of the world."""
    # Carrying the light into the shape's frame spares turning its normals.
    light = (T_world_shape[:3, :3].T @ _LIGHT).astype(np.float32)
    up = T_world_shape[2, :3].astype(np.float32)
    few = len(triangle) < len(look.normals)
    normals = look.normals.take(triangle, axis=0) if few else look.normals
    colours = look.colours.take(triangle, axis=0) if few else look.colours
    shade = _AMBIENT + _SUN * np.maximum(normals @ light, 0.0) + _SKY * (normals @ up)
    lit: Float32Array = colours * shade[:, None].astype(np.float32)
    return lit if few else lit.take(triangle, axis=0)


class Renderer:
    """Renders moving pieces before a background that is kept while a camera stands still."""

    def __init__(self, background: Look) -> None:
        self._background = background
        self._kept: dict[tuple[Intrinsics, bytes], Canvas] = {}

    def render(
        self,
        T_world_camera: Float64Array,
        intrinsics: Intrinsics,
        pieces: Sequence[Piece],
        *,
        keep: bool = False,
        shadows: bool = False,
    ) -> tuple[UInt8Array, Float32Array]:
        """Returns colour and depth.

        Args:
            T_world_camera: (4, 4) camera pose.
            intrinsics: The camera.
            pieces: What moves, and where it is now.
            keep: Whether this camera will look from the very same place again.
            shadows: Whether the sun casts shadows; three times as slow.

        Returns:
            (H, W, 3) colour and (H, W) z-depth in metres, 0 where nothing is hit.
        """
        canvas = self._started(T_world_camera, intrinsics, keep)
        for look, T_world_shape in pieces:
            canvas.draw(look, T_world_shape)
        if shadows:
            canvas.cast_shadows([(self._background, np.eye(4)), *pieces])
        return canvas.picture()

    def _started(self, T_world_camera: Float64Array, intrinsics: Intrinsics, keep: bool) -> Canvas:
        key = (intrinsics, T_world_camera.tobytes())
        if key in self._kept:
            return self._kept[key].copy()
        canvas = Canvas(T_world_camera, intrinsics)
        canvas.draw(self._background, np.eye(4))
        if keep:
            self._kept[key] = canvas
            return canvas.copy()
        return canvas


def shrunk(rgb: UInt8Array, times: int) -> UInt8Array:
    """Returns a picture with `times` by `times` pixels averaged into one."""
    if times == 1:
        return rgb
    height, width = rgb.shape[:2]
    size = (width // times, height // times)
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.uint8)


@lru_cache(maxsize=16)
def camera_rays(intrinsics: Intrinsics) -> Float32Array:
    """Returns (H * W, 3) rays in the camera frame with z = 1, row by row."""
    u = (np.arange(intrinsics.width) - intrinsics.cx) / intrinsics.fx
    v = (np.arange(intrinsics.height) - intrinsics.cy) / intrinsics.fy
    rays = np.ones((intrinsics.height, intrinsics.width, 3), np.float32)
    rays[..., 0], rays[..., 1] = u[None, :], v[:, None]
    flat = rays.reshape(-1, 3)
    flat.setflags(write=False)
    return flat


def covered(
    corners: Float64Array, T_camera_shape: Float64Array, intrinsics: Intrinsics
) -> Int64Array | None:
    """Returns the numbers of the pixels that the hull of corners can cover.

    None means all: part of the hull is beside or behind the camera, where it has no outline.
    """
    seen = corners @ T_camera_shape[:3, :3].T + T_camera_shape[:3, 3]
    z = seen[:, 2]
    if z.max() < _NEAR or _beside(seen, intrinsics):
        return np.empty(0, np.int64)
    if z.min() < _NEAR:
        return None
    u = seen[:, 0] / z * intrinsics.fx + intrinsics.cx
    v = seen[:, 1] / z * intrinsics.fy + intrinsics.cy
    left, right = max(int(u.min()) - 1, 0), min(int(u.max()) + 2, intrinsics.width - 1)
    top, bottom = max(int(v.min()) - 1, 0), min(int(v.max()) + 2, intrinsics.height - 1)
    if left > right or top > bottom:
        return np.empty(0, np.int64)
    outline = cv2.convexHull(np.column_stack([u - left, v - top]).astype(np.float32))
    mask = np.zeros((bottom - top + 1, right - left + 1), np.uint8)
    ring = np.rint(outline).astype(np.int32)
    cv2.fillConvexPoly(mask, ring, 1)
    cv2.polylines(mask, [ring], True, 1, thickness=3)
    rows, columns = np.nonzero(mask)
    pixels: AnyArray = (rows + top) * intrinsics.width + columns + left
    return pixels.astype(np.int64)


def _beside(seen: Float64Array, intrinsics: Intrinsics) -> bool:
    """Tells whether all (N, 3) points in the camera frame lie beyond one side of the picture."""
    x, y, z = seen.T
    left, right = (-0.5 - intrinsics.cx), (intrinsics.width - 0.5 - intrinsics.cx)
    top, bottom = (-0.5 - intrinsics.cy), (intrinsics.height - 0.5 - intrinsics.cy)
    return bool(
        (x * intrinsics.fx < left * z).all()
        or (x * intrinsics.fx > right * z).all()
        or (y * intrinsics.fy < top * z).all()
        or (y * intrinsics.fy > bottom * z).all()
    )
