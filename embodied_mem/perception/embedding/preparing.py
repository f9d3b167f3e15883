"""Pictures as networks take them: a square of a side, with the mean taken off, channels first."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from embodied_mem.errors import ObservationError
from embodied_mem.types import Float32Array, UInt8Array


@dataclass(frozen=True, kw_only=True, slots=True)
class Preparation:
    """How a network wants its pictures."""

    side: int
    """Pixels of the square."""
    mean: tuple[float, float, float]
    """Of red, green and blue in [0, 1]; it is taken off."""
    deviation: tuple[float, float, float]
    """What the rest is divided by."""
    crops: bool = False
    """Whether the longer side is cut off, not squeezed."""

    def __call__(self, pictures: Sequence[UInt8Array]) -> Float32Array:
        """Returns (n, 3, side, side).

        Raises:
            ObservationError: If a picture is no (h, w, 3) array of bytes.
        """
        squares = np.empty((len(pictures), self.side, self.side, 3), np.float32)
        for square, picture in zip(squares, pictures, strict=True):
            square[:] = fitted(_middle(picture) if self.crops else checked(picture), self.side)
        squares /= 255.0
        squares -= np.array(self.mean, np.float32)
        squares /= np.array(self.deviation, np.float32)
        return np.ascontiguousarray(squares.transpose(0, 3, 1, 2))


def fitted(picture: UInt8Array, side: int) -> UInt8Array:
    """Returns a picture stretched to a square of a side, without moire where it gets smaller."""
    shrinks = min(picture.shape[:2]) > side
    way = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    square: UInt8Array = np.asarray(cv2.resize(picture, (side, side), interpolation=way), np.uint8)
    return square


def checked(picture: UInt8Array) -> UInt8Array:
    """Returns a picture as it is.

    Raises:
        ObservationError: If it is no (h, w, 3) array of bytes with a pixel.
    """
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3 or not picture.size:
        raise ObservationError(
            f"a picture is {picture.dtype} of shape {picture.shape}; expected uint8 (h, w, 3) RGB"
        )
    return picture


def _middle(picture: UInt8Array) -> UInt8Array:
    height, width = checked(picture).shape[:2]
    edge = min(height, width)
    top, left = (height - edge) // 2, (width - edge) // 2
    return picture[top : top + edge, left : left + edge]
