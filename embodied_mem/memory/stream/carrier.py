"""One vector that stands for a frame: pooled features of its patches, mixed over time."""

from typing import Final, final

import cv2
import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.types import Float32Array, UInt8Array

SPACE: Final = "carrier"
"""Name of the space that the vectors lie in."""
_CELL: Final = 8
"""Pixels of a patch's side that its features are pooled from."""
_FEATURES: Final = 6
_CHROMA: Final = 40.0
"""Chroma (CIE L*a*b*) that counts as much as black against middle grey."""
_SPREAD: Final = 25.0
"""Standard deviation of the lightness in a patch that does."""


@final
class PictureCarrier:
    """Makes the carrier of each frame of a stream, without weights.

    Of every patch of a grid: the mean of L*, a* and b* about middle grey, the spread of L*, and
    how much of it lies across and along. The carrier of a frame is that of its picture and
    `mix` times the carrier before, at unit length: as the carrier token of VideoScan (Li et al.
    2025, arXiv 2503.09387) pools the patches of a frame and takes in what came before it.

    Args:
        rows: Of the grid of patches.
        cols: Of the grid of patches.
        mix: Weight of the carrier before, from 0 (none) to below 1.

    Raises:
        ConfigError: If a value is out of its range.
    """

    def __init__(self, rows: int = 6, cols: int = 8, mix: float = 0.25) -> None:
        if rows < 1 or cols < 1 or not 0.0 <= mix < 1.0:
            raise ConfigError(
                f"{rows} x {cols} patches and mix {mix}; expected at least 1 and 0 to below 1"
            )
        self._rows, self._cols, self._mix = rows, cols, mix
        self._last: Float32Array | None = None

    @property
    def dimension(self) -> int:
        """Of the vectors: six numbers a patch."""
        return self._rows * self._cols * _FEATURES

    def reset(self) -> None:
        """Hears that the next frame does not go on from the last one."""
        self._last = None

    def still(self, picture: UInt8Array) -> Float32Array:
        """Returns the (dimension,) vector of unit length of one picture by itself.

        Args:
            picture: (H, W, 3) RGB.
        """
        size = (self._cols * _CELL, self._rows * _CELL)
        small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32)
        lab = cv2.cvtColor(small / np.float32(255.0), cv2.COLOR_RGB2LAB)
        cells = lab.reshape(self._rows, _CELL, self._cols, _CELL, 3).swapaxes(1, 2)
        mean = cells.mean(axis=(2, 3))
        light = cells[..., 0]
        patches = np.stack(
            [
                (mean[..., 0] - 50.0) / 50.0,
                mean[..., 1] / _CHROMA,
                mean[..., 2] / _CHROMA,
                light.std(axis=(2, 3)) / _SPREAD,
                light.mean(axis=2).std(axis=2) / _SPREAD,
                light.mean(axis=3).std(axis=2) / _SPREAD,
            ],
            axis=-1,
        )
        return _unit(patches.astype(np.float32).ravel())

    def __call__(self, picture: UInt8Array) -> Float32Array:
        """Returns the (dimension,) carrier of the next frame, of unit length.

        Args:
            picture: (H, W, 3) RGB.
        """
        vector = self.still(picture)
        if self._last is not None and self._mix:
            vector = _unit(vector + np.float32(self._mix) * self._last)
        self._last = vector
        return vector


def _unit(vector: Float32Array) -> Float32Array:
    unit: Float32Array = vector / np.float32(max(float(np.linalg.norm(vector)), 1e-9))
    return unit
