"""Drops boxes that tell of a thing that a surer box tells of already."""

from dataclasses import dataclass

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.perception.detection.boxes import Boxes
from embodied_mem.types import Float32Array


@dataclass(frozen=True, kw_only=True, slots=True)
class Suppression:
    """When two boxes are one thing, and what is too small or too much."""

    same_word: float = 0.5
    """Overlap (intersection over union) from which on two boxes of one word are one thing."""
    any_word: float = 0.8
    """The same for boxes of different words: the surer word stays."""
    min_side: float = 2.0
    """Shortest side of a box, pixels."""
    most: int = 100
    """How many boxes of a picture are kept, the surest."""

    def __post_init__(self) -> None:
        """Checks the settings.

        Raises:
            ConfigError: If an overlap lies outside of (0, 1], or nothing would be kept.
        """
        for name in ("same_word", "any_word"):
            if not 0.0 < getattr(self, name) <= 1.0:
                raise ConfigError(f"Suppression.{name} must lie in (0, 1]")
        if self.most < 1:
            raise ConfigError("Suppression.most must be at least 1")


def overlaps(first: Float32Array, second: Float32Array) -> Float32Array:
    """Returns (n, m) intersection over union of two lists of boxes given by their corners."""
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.clip(high - low, 0.0, None).prod(axis=2)
    area = [
        np.clip(boxes[:, 2:] - boxes[:, :2], 0.0, None).prod(axis=1) for boxes in (first, second)
    ]
    union = area[0][:, None] + area[1][None, :] - shared
    share: Float32Array = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0.0)
    return share


def suppressed(boxes: Boxes, config: Suppression | None = None) -> Boxes:
    """Returns the boxes that are left, the surest first; of equal scores the earlier one wins."""
    config = config or Suppression()
    sides = boxes.corners[:, 2:] - boxes.corners[:, :2]
    usable = np.flatnonzero((sides >= config.min_side).all(axis=1) & np.isfinite(boxes.scores))
    boxes = boxes[usable[np.argsort(-boxes.scores[usable], kind="stable")]]
    _, word = np.unique(np.array(boxes.words, dtype=object).astype(str), return_inverse=True)
    share = overlaps(boxes.corners, boxes.corners)
    limit = np.where(word[:, None] == word[None, :], config.same_word, config.any_word)
    clash = share >= limit
    alive = np.ones(len(boxes), dtype=bool)
    for index in range(len(boxes)):
        if alive[index]:
            alive[index + 1 :] &= ~clash[index, index + 1 :]
    return boxes[np.flatnonzero(alive)[: config.most]]
