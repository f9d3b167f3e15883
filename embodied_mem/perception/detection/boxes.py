"""What a detector gives: boxes in a picture, each with a word and a score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from embodied_mem.errors import ConfigError, ObservationError
from embodied_mem.types import Float32Array, IntArray, UInt8Array


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Boxes:
    """The things found in one picture, the surest first."""

    corners: Float32Array
    """(n, 4) left, top, right, bottom in pixels; pixel k spans k to k + 1. Inside the picture."""
    words: tuple[str, ...]
    """One a box, each one of those that were looked for."""
    scores: Float32Array
    """(n,) in [0, 1]."""

    def __len__(self) -> int:
        return len(self.words)

    def __getitem__(self, chosen: IntArray | np.ndarray | slice) -> "Boxes":
        """Returns some of the boxes, by index or by a mask."""
        index = np.arange(len(self))[chosen]
        return Boxes(
            corners=self.corners[index],
            words=tuple(self.words[k] for k in index),
            scores=self.scores[index],
        )


class Detector(Protocol):
    """Finds things by words in pictures."""

    def detect(self, pictures: Sequence[UInt8Array], words: Sequence[str]) -> tuple[Boxes, ...]:
        """Returns the boxes of each picture.

        Args:
            pictures: (h, w, 3) RGB each; they may differ in size.
            words: What to look for.

        Raises:
            ConfigError: If there is no word, or one that cannot be looked for.
            ObservationError: If a picture is none.
        """


def check_request(pictures: Sequence[UInt8Array], words: Sequence[str]) -> None:
    """Checks what a detector is asked.

    Raises:
        ConfigError: If there is no word, an empty one, or one twice.
        ObservationError: If a picture is not (h, w, 3) uint8 with at least one pixel.
    """
    if not words or not all(word.strip() for word in words):
        raise ConfigError(f"a detector looks for words; got {list(words)!r}: give at least one")
    if len(set(words)) < len(words):
        raise ConfigError("the words that a detector looks for must differ; got one twice")
    for picture in pictures:
        if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
            raise ObservationError(
                f"a detector got {picture.dtype} {picture.shape}; expected uint8 (h, w, 3) RGB"
            )
        if picture.size == 0:
            raise ObservationError("a detector got a picture without pixels")


def corners_of(centred: Float32Array, width: float, height: float) -> Float32Array:
    """Turns boxes given by centre and size in shares of a picture into corners in pixels.

    Args:
        centred: (n, 4) centre x, centre y, width, height, each as a share of the picture's.
        width: Of the picture, pixels.
        height: Of the picture, pixels.
    """
    middle, half = centred[:, :2], centred[:, 2:] / 2
    scale = np.array([width, height, width, height], np.float32)
    return np.concatenate([middle - half, middle + half], axis=1).astype(np.float32) * scale


def clipped(corners: Float32Array, shape: tuple[int, ...]) -> Float32Array:
    """Returns boxes cut off at the border of a picture of (h, w, ...)."""
    limit = np.array([shape[1], shape[0], shape[1], shape[0]], np.float32)
    return np.clip(corners, np.float32(0.0), limit)
