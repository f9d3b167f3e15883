"""The point map of a recording: each small cube of space is shown once."""

from typing import final

import numpy as np

from embodied_mem.types import Float32Array, Int64Array, Observation, UInt8Array

_BITS = 21


def frame_points(observation: Observation, stride: int) -> tuple[Float32Array, UInt8Array]:
    """Returns a frame's valid depth as points.

    Args:
        observation: The frame.
        stride: Uses every n-th pixel both ways.

    Returns:
        (N, 3) world points in metres and their (N, 3) RGB.
    """
    camera = observation.intrinsics
    depth = observation.depth[::stride, ::stride]
    row, column = np.nonzero(np.isfinite(depth) & (depth > 0))
    z = depth[row, column]
    x = (column * stride - camera.cx) / camera.fx * z
    y = (row * stride - camera.cy) / camera.fy * z
    pose = observation.T_world_camera
    points = np.column_stack([x, y, z]) @ pose[:3, :3].T + pose[:3, 3]
    return points.astype(np.float32), observation.rgb[row * stride, column * stride]


@final
class PointMap:
    """Lets through the points that lie where none was before, in batches worth an entity."""

    def __init__(self, *, cell: float = 0.03, batch: int = 1500) -> None:
        self._cell = cell
        self._batch = batch
        self._known: Int64Array = np.empty(0, np.int64)
        self._points: list[Float32Array] = []
        self._colours: list[UInt8Array] = []

    def add(self, points: Float32Array, colours: UInt8Array) -> None:
        """Takes (N, 3) world points with their RGB; keeps one a new cell."""
        cells = np.floor(points / self._cell).astype(np.int64) + (1 << (_BITS - 1))
        keys = (cells[:, 0] << (2 * _BITS)) | (cells[:, 1] << _BITS) | cells[:, 2]
        keys, first = np.unique(keys, return_index=True)
        new = ~np.isin(keys, self._known, assume_unique=True)
        self._known = np.union1d(self._known, keys[new])
        self._points.append(points[first[new]])
        self._colours.append(colours[first[new]])

    def take(self, *, all_of_them: bool = False) -> tuple[Float32Array, UInt8Array] | None:
        """Hands out the waiting points once they are a full batch; None before that.

        Args:
            all_of_them: Hand out a batch that is not full too, as at the end.
        """
        waiting = sum(map(len, self._points))
        if waiting == 0 or (waiting < self._batch and not all_of_them):
            return None
        batch = np.vstack(self._points), np.vstack(self._colours)
        self._points, self._colours = [], []
        return batch
