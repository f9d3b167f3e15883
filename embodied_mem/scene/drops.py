"""Where a floor ends in the air: stairwells, ledges, steps down.

The bands of a map are empty over a stairwell as they are over floor. What tells the two apart is
the sight that passes through the level of the floor to something deeper.
"""

import cv2
import numpy as np

from embodied_mem.perception.frame import Frame
from embodied_mem.types import BoolArray, Float32Array, Float64Array, Int64Array

_DEEP = 0.1
"""A surface this far below the floor, m, is not of it: a step down, or the storey below."""
_DEEP_PER_METRE = 0.01
"""Added for each metre of depth, for sensor noise."""
_NONE, _SURE = -1.0, 2.7
"""Bounds of the log-odds that a cell has no floor."""
_HIT, _MISS = 0.9, 0.7
"""Log-odds gained in a frame that looks through a cell's floor, lost in one that sees it."""
_ABOVE = 0.4
"""A cell has no floor above these log-odds."""


class Drops:
    """The cells of a map that have no floor; takes no memory until the first is seen."""

    def __init__(self) -> None:
        self._odds: Float32Array | None = None

    def look(
        self,
        frame: Frame,
        floor_height: float,
        window: tuple[slice, slice],
        shape: tuple[int, ...],
        corner_xy: Float64Array,
        cell: float,
        floor_hits: Int64Array,
    ) -> None:
        """Takes one frame in.

        Args:
            frame: The view.
            floor_height: World height of the floor, m.
            window: Rows and columns of the map that the view can change.
            shape: Rows and columns of the whole map.
            corner_xy: (2,) world corner of the window's first cell, m.
            cell: Edge of a cell, m.
            floor_hits: Counts of floor points in the cells of the window.
        """
        height = frame.points[..., 2]
        limit = np.float32(floor_height - _DEEP)
        if height.min() < limit:
            deep = height < limit - np.float32(_DEEP_PER_METRE) * frame.depth
            crossing = _crossings(frame, deep, floor_height)
            passed = _counts(crossing, corner_xy, cell, floor_hits.shape)
        elif self._odds is None:
            return
        else:
            passed = np.zeros(floor_hits.shape, np.int64)
        if self._odds is None and not passed.any():
            return
        odds = self._of(shape)[window]
        odds += np.array([0.0, 0.5 * _HIT, _HIT], np.float32)[np.minimum(passed, 2)]
        odds -= (floor_hits > 2 * passed) * np.float32(_MISS)
        np.clip(odds, _NONE, _SURE, out=odds)

    def mark(self, rows: Int64Array, cols: Int64Array, shape: tuple[int, ...]) -> None:
        """Records cells that are known to have no floor; only floor seen there says otherwise."""
        self._of(shape)[rows, cols] = _SURE

    def clear(self, rows: Int64Array, cols: Int64Array) -> None:
        """Records cells that the body stands on."""
        if self._odds is not None:
            self._odds[rows, cols] = _NONE

    def mask(self, window: tuple[slice, slice]) -> BoolArray | None:
        """Returns which cells of a window have no floor; None where no such cell is known."""
        return None if self._odds is None else self._odds[window] > _ABOVE

    def pad(self, before_after: tuple[tuple[int, int], tuple[int, int]]) -> None:
        """Grows with the map."""
        if self._odds is not None:
            self._odds = np.pad(self._odds, before_after, constant_values=_NONE)

    def warp(self, source: Float32Array) -> None:
        """Moves with the map, see `Occupancy.warp`."""
        if self._odds is not None:
            self._odds = np.asarray(
                cv2.remap(self._odds, source[0], source[1], cv2.INTER_NEAREST, borderValue=_NONE),
                np.float32,
            )

    def _of(self, shape: tuple[int, ...]) -> Float32Array:
        if self._odds is None:
            self._odds = np.full(shape, _NONE, np.float32)
        return self._odds


def _crossings(frame: Frame, deep: BoolArray, floor_height: float) -> Float64Array:
    """Returns the (n, 2) world points where the rays to deep surfaces pass the floor's level."""
    points = frame.points[deep].astype(np.float64)
    camera = frame.observation.T_world_camera[:3, 3]
    if camera[2] <= floor_height:
        return np.zeros((0, 2))
    share = (camera[2] - floor_height) / (camera[2] - points[:, 2])
    found: Float64Array = camera[:2] + share[:, None] * (points[:, :2] - camera[:2])
    return found


def _counts(
    xy: Float64Array, corner_xy: Float64Array, cell: float, shape: tuple[int, ...]
) -> Int64Array:
    """Returns how many points fall into each cell of a window."""
    cols, rows = np.floor((xy - corner_xy) / cell).astype(np.int64).T
    inside = (rows >= 0) & (rows < shape[0]) & (cols >= 0) & (cols < shape[1])
    counts = np.bincount(rows[inside] * shape[1] + cols[inside], minlength=shape[0] * shape[1])
    return counts.reshape(shape[0], shape[1])
