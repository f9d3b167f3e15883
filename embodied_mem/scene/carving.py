"""Which map columns one depth image sees through: the free-space half of the occupancy."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from embodied_mem.perception.frame import Frame
from embodied_mem.types import BoolArray, Float32Array, Float64Array, Int64Array

BLIND_LIMIT = 1.2
"""A camera that does not look down at all is taken to see the floor from here on, m."""
_NEAR_CELLS = 3
"""Cells this near to the camera are wide in angle and are looked at whatever the view."""


@lru_cache(maxsize=8)
def disc_offsets(radius_cells: int) -> Int64Array:
    """Returns the (n, 2) row and column offsets of all cells within a radius of the centre one.

    They are sorted by their bearing from the centre, which makes every sector a slice or two.
    """
    span = np.arange(-radius_cells, radius_cells + 1)
    rows, cols = np.meshgrid(span, span, indexing="ij")
    inside = rows**2 + cols**2 <= radius_cells**2
    offsets = np.stack([rows[inside], cols[inside]], axis=1).astype(np.int64)
    offsets = offsets[np.argsort(np.arctan2(offsets[:, 0], offsets[:, 1]), kind="stable")]
    offsets.setflags(write=False)
    return offsets


@lru_cache(maxsize=8)
def _bearings(radius_cells: int) -> Float64Array:
    """Returns the sorted (n,) bearings of `disc_offsets`, rad."""
    rows, cols = disc_offsets(radius_cells).T
    bearings: Float64Array = np.arctan2(rows, cols)
    return bearings


def view_sector(frame: Frame, radius_cells: int) -> Int64Array:
    """Returns the (n, 2) offsets of the cells round the camera that its view can cover.

    The image cone is the convex hull of its corner rays, so its shadow on the floor lies between
    the outermost bearings of the corners; a camera that looks down past half a turn gets the disc.
    """
    offsets = disc_offsets(radius_cells)
    pose = frame.observation.T_world_camera
    forward = np.arctan2(pose[1, 2], pose[0, 2])
    k = frame.observation.intrinsics
    u = (np.array([0, k.width - 1, 0, k.width - 1]) - k.cx) / k.fx
    v = (np.array([0, 0, k.height - 1, k.height - 1]) - k.cy) / k.fy
    corners = pose[:2, :3] @ np.stack([u, v, np.ones(4)])
    bearing = np.arctan2(corners[1], corners[0]) - forward
    bearing = (bearing + np.pi) % (2 * np.pi) - np.pi
    left, right = float(bearing.max()) + 0.05, float(bearing.min()) - 0.05
    if left - right >= np.pi:
        return offsets
    low = (forward + right + np.pi) % (2 * np.pi) - np.pi
    high = (forward + left + np.pi) % (2 * np.pi) - np.pi
    first, last = np.searchsorted(_bearings(radius_cells), [low, high])
    near = disc_offsets(_NEAR_CELLS)
    if low <= high:
        return np.concatenate([near, offsets[first:last]])
    return np.concatenate([near, offsets[first:], offsets[:last]])


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SightTest:
    """Tells which points in space the camera looks through to something farther."""

    frame: Frame
    margin: float
    """How far behind a point the surface must lie, m."""
    margin_per_metre: float
    """Growth of that margin with depth, for sensor noise."""

    def columns_seen_through(self, xy: Float64Array, heights: Float64Array) -> BoolArray:
        """Tests columns of the map at several heights.

        Args:
            xy: (n, 2) world positions of the columns.
            heights: (m,) world heights.

        Returns:
            (m, n) true where the point lies in the image, in front of the surface seen there and
            in all eight neighbouring pixels (so that a pole half a pixel aside is not erased).
        """
        frame = self.frame
        pose, k = frame.observation.T_world_camera, frame.observation.intrinsics
        rotation = pose[:3, :3].T.astype(np.float32)
        offset = (xy - pose[:2, 3]).astype(np.float32)
        lift = (heights - pose[2, 3]).astype(np.float32)
        column = rotation[:, :2] @ offset.T  # (3, n)
        z = column[2] + (rotation[2, 2] * lift)[:, None]
        safe = np.maximum(z, np.float32(0.05))
        scale = np.float32(1.0 / frame.stride)
        inverse = scale / safe
        # Half a pixel up so that truncation rounds; one more keeps negatives from rounding to 0.
        u = column[0] + (rotation[0, 2] * lift)[:, None]
        u = u * inverse * np.float32(k.fx) + np.float32(k.cx * scale + 1.5)
        v = column[1] + (rotation[1, 2] * lift)[:, None]
        v = v * inverse * np.float32(k.fy) + np.float32(k.cy * scale + 1.5)
        height, width = frame.shape
        inside = (u >= 1.0) & (u < width + 1) & (v >= 1.0) & (v < height + 1) & (z > 0.05)
        index = v.astype(np.int32)
        index -= 1
        index *= width
        index += u.astype(np.int32)
        index -= 1
        nearest = nearest_in_neighbourhood(frame)
        surface = nearest.ravel().take(index, mode="clip")
        limit = z * np.float32(1.0 + self.margin_per_metre) + np.float32(self.margin)
        seen: BoolArray = inside & (surface > limit)
        return seen


def nearest_in_neighbourhood(frame: Frame) -> Float32Array:
    """Returns the smallest depth of each pixel's 3x3 neighbourhood; 0 where one is unknown.

    What lies beyond the range that perception uses is still known to be far away.
    """
    # fmax passes over NaN, so that what is unknown becomes 0.
    depth = np.fmax(frame.observation.depth[:: frame.stride, :: frame.stride], np.float32(0.0))
    return np.asarray(cv2.erode(depth, np.ones((3, 3), np.uint8)), np.float32)


def blind_radius(frame: Frame, floor_height: float, limit: float = BLIND_LIMIT) -> float:
    """Returns how far from the camera its lowest ray meets the floor, m, at most `limit`."""
    pose, k = frame.observation.T_world_camera, frame.observation.intrinsics
    lowest = pose[:3, :3] @ np.array([0.0, (k.height - 1 - k.cy) / k.fy, 1.0])
    if lowest[2] >= -1e-6:
        return limit
    along = (pose[2, 3] - floor_height) / -lowest[2] * float(np.hypot(lowest[0], lowest[1]))
    return float(np.clip(along, 0.0, limit))
