"""How far each part of the map has to move when the keyframes that it was seen from do."""

from collections.abc import Sequence
from typing import final

import numpy as np

from embodied_mem.scene.drift.planar import compose, inverse, moved
from embodied_mem.types import Float32Array, Float64Array

_WIDTH = 0.7
"""Keyframes about so far from a point, m, tell how the map moves there."""
_COARSE = 5
"""The move of the map is worked out for every so many cells, and in between by interpolation."""


@final
class KeyframeMoves:
    """From where keyframes were believed to be to where they are.

    Args:
        before: (k, 3) as they were believed to be.
        after: (k, 3) as they are.
    """

    def __init__(self, before: Float64Array, after: Float64Array) -> None:
        self.before = before
        self.moves = np.array(
            [compose(new, inverse(old)) for old, new in zip(before, after, strict=True)]
        ).reshape(-1, 3)
        """(k, 3) what takes points of the map from where they were to where they are."""

    @property
    def longest(self) -> float:
        """The longest way that a keyframe moved, m."""
        ways = [
            moved(m, b[None, :2])[0] - b[:2] for m, b in zip(self.moves, self.before, strict=True)
        ]
        return float(max((np.hypot(*way) for way in ways), default=0.0))

    def of(
        self, keyframes: Sequence[int], weights: Sequence[float], xy: Float64Array
    ) -> Float64Array:
        """Returns the (2,) way that a point goes which was seen from some keyframes."""
        ways = np.array([moved(self.moves[k], xy[None])[0] - xy for k in keyframes])
        result: Float64Array = np.average(ways, axis=0, weights=weights)
        return result

    def at(self, xy: Float64Array) -> Float64Array:
        """Returns the (n, 2) ways that points go which were seen from what lies about them."""
        apart = np.square(xy[:, None] - self.before[None, :, :2]).sum(axis=2)
        apart -= apart.min(axis=1, keepdims=True)
        weight = np.exp(-apart / (2.0 * _WIDTH**2))
        weight /= weight.sum(axis=1, keepdims=True)
        cos, sin = np.cos(self.moves[:, 2]), np.sin(self.moves[:, 2])
        # The mean of the moves is itself one that is linear in the point.
        x = (weight @ cos - 1.0) * xy[:, 0] - (weight @ sin) * xy[:, 1] + weight @ self.moves[:, 0]
        y = (weight @ sin) * xy[:, 0] + (weight @ cos - 1.0) * xy[:, 1] + weight @ self.moves[:, 1]
        return np.column_stack([x, y])

    def source(self, shape: tuple[int, int], origin: Float64Array, cell: float) -> Float32Array:
        """Returns where each cell of a grid takes its evidence from.

        Args:
            shape: Rows and columns.
            origin: (2,) world x and y of the lower corner of cell [0, 0], m.
            cell: Edge of a cell, m.

        Returns:
            (2, rows, cols) column and row, not whole, as `Occupancy.warp` takes them.
        """
        rows, cols = shape
        coarse_rows, coarse_cols = -(-rows // _COARSE) + 1, -(-cols // _COARSE) + 1
        row, col = np.mgrid[0:coarse_rows, 0:coarse_cols] * float(_COARSE)
        xy = np.column_stack([col.ravel(), row.ravel()]) * cell + origin
        ways = self.at(xy).reshape(coarse_rows, coarse_cols, 2) / cell
        fine = _interpolated(ways, rows, cols)
        row, col = np.mgrid[0:rows, 0:cols].astype(np.float64)
        return np.stack([col - fine[..., 0], row - fine[..., 1]]).astype(np.float32)


def _interpolated(ways: Float64Array, rows: int, cols: int) -> Float64Array:
    """Returns (rows, cols, 2) of what is given for every `_COARSE`-th cell."""
    at_row, at_col = np.arange(rows) / _COARSE, np.arange(cols) / _COARSE
    r, c = at_row.astype(np.int64), at_col.astype(np.int64)
    down, right = (at_row - r)[:, None, None], (at_col - c)[None, :, None]
    upper = ways[r][:, c] * (1.0 - right) + ways[r][:, c + 1] * right
    lower = ways[r + 1][:, c] * (1.0 - right) + ways[r + 1][:, c + 1] * right
    result: Float64Array = upper * (1.0 - down) + lower * down
    return result
