"""Masks from depth inside boxes: no weights are needed."""

from dataclasses import dataclass, field
from typing import final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.perception.frame import Frame
from embodied_mem.perception.geometric import GeometricConfig, GeometricSegmenter
from embodied_mem.perception.masks.maker import inside_boxes
from embodied_mem.types import BoolArray, Float32Array


@dataclass(frozen=True, kw_only=True, slots=True)
class BoxDepthConfig:
    """When a surface belongs to the thing in a box."""

    inside: float = 0.7
    """Share of a geometric instance that must lie in a box to belong to its thing."""
    filled: float = 0.15
    """Share of the box's pixels with depth below which what belongs is too little: the depth of
    the middle of the box decides then."""
    band: float = 0.25
    """How far from the depth of the middle the thing may reach, metres, ..."""
    band_share: float = 0.05
    """... and as a share of that depth."""
    geometric: GeometricConfig = field(default_factory=GeometricConfig)

    def __post_init__(self) -> None:
        """Checks the shares.

        Raises:
            ConfigError: If one lies outside of [0, 1].
        """
        for name in ("inside", "filled", "band_share"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ConfigError(f"BoxDepthConfig.{name} must lie in [0, 1]")


@final
class BoxDepthMasks:
    """Takes those instances that depth and colour alone tell apart which lie mostly in a box.

    What `GeometricSegmenter` cannot tell from its surroundings is cut out by depth: the pixels of
    the box about as far away as its middle.
    """

    def __init__(self, config: BoxDepthConfig | None = None) -> None:
        """Sets the mask maker up with the default or with other limits."""
        self._config = config or BoxDepthConfig()
        self._geometric = GeometricSegmenter(self._config.geometric)

    def masks(self, frame: Frame, corners: Float32Array) -> BoolArray:
        """Returns (n, h, w) masks; see `MaskMaker`."""
        boxes = inside_boxes(frame, corners)
        if not len(boxes):
            return boxes
        pieces = self._geometric.segment(frame).mask
        size = np.maximum(np.bincount(pieces.ravel()), 1)
        result = np.zeros_like(boxes)
        for index, box in enumerate(boxes):
            shown = np.bincount(pieces[box], minlength=len(size))
            own = shown / size >= self._config.inside
            own[0] = False
            mask = own[pieces] & box
            usable = np.count_nonzero(box & frame.valid)
            if np.count_nonzero(mask) < self._config.filled * usable:
                mask = self._by_depth(frame, box)
            result[index] = mask
        return result

    def _by_depth(self, frame: Frame, box: BoolArray) -> BoolArray:
        """Returns the pixels of a box about as far away as its middle."""
        rows, columns = np.flatnonzero(box.any(axis=1)), np.flatnonzero(box.any(axis=0))
        if not len(rows):
            return box
        middle = np.ix_(_middle(rows), _middle(columns))
        depth = frame.depth[middle][frame.valid[middle]]
        if not depth.size:
            return np.zeros_like(box)
        centre = float(np.median(depth))
        band = max(self._config.band, self._config.band_share * centre)
        near: BoolArray = box & frame.valid & (np.abs(frame.depth - centre) <= band)
        return near


def _middle(indices: np.ndarray) -> np.ndarray:
    """Returns the middle half of a run of indices."""
    cut = len(indices) // 4
    return indices[cut : len(indices) - cut]
