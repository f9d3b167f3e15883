"""What makes masks of boxes."""

from typing import Protocol

import numpy as np

from embodied_mem.perception.frame import Frame
from embodied_mem.types import BoolArray, Float32Array


class MaskMaker(Protocol):
    """Finds which pixels of a box belong to the thing that it is about."""

    def masks(self, frame: Frame, corners: Float32Array) -> BoolArray:
        """Returns (n, h, w) masks at the frame's stride; they may overlap, and may be empty.

        Args:
            frame: What is seen.
            corners: (n, 4) left, top, right, bottom in pixels of the whole picture.
        """


def inside_boxes(frame: Frame, corners: Float32Array) -> BoolArray:
    """Returns (n, h, w) which strided pixels have their centre in a box of the whole picture."""
    height, width = frame.shape
    across = np.arange(width, dtype=np.float32) * frame.stride + np.float32(0.5)
    down = np.arange(height, dtype=np.float32) * frame.stride + np.float32(0.5)
    columns = (across >= corners[:, :1]) & (across <= corners[:, 2:3])
    rows = (down >= corners[:, 1:2]) & (down <= corners[:, 3:])
    inside: BoolArray = rows[:, :, None] & columns[:, None, :]
    return inside
