"""Cuts the instances of a frame out of its picture, each on a plain square of its own."""

from typing import Final

import cv2
import numpy as np
from scipy.ndimage import find_objects

from embodied_mem.perception.embedding.preparing import fitted
from embodied_mem.perception.frame import Frame
from embodied_mem.perception.segmentation import Segmentation
from embodied_mem.types import BoolArray, UInt8Array

_GREY: Final = 127
"""What is no part of the instance: near the mean of what the networks were trained on."""
_MARGIN: Final = 0.1
"""Of the longer side of the box, left free on each side."""


def instance_crops(
    frame: Frame, segmentation: Segmentation, side: int
) -> tuple[UInt8Array, BoolArray]:
    """Returns a square for each mask, and where in it the object is.

    The pixels are those of the whole picture, not only of the stride. The object is centred and
    keeps its proportions. A mask without a pixel gives a grey square.

    Returns:
        (n, side, side, 3) RGB, grey where the mask is not; and (n, side, side).
    """
    count = len(segmentation)
    crops = np.full((count, side, side, 3), _GREY, np.uint8)
    inside = np.zeros((count, side, side), bool)
    for index, box in enumerate(find_objects(segmentation.mask, max_label=count)):
        if box is not None:
            mask = segmentation.mask[box] == index + 1
            crops[index], inside[index] = _crop(frame, mask, box, side)
    return crops, inside


def _crop(
    frame: Frame, mask: BoolArray, box: tuple[slice, slice], side: int
) -> tuple[UInt8Array, BoolArray]:
    stride = frame.stride
    rows, columns = (slice(part.start * stride, part.stop * stride) for part in box)
    pixels = frame.observation.rgb[rows, columns]
    height, width = pixels.shape[:2]
    # The last row and column of the stride may reach beyond the border of the picture.
    size = (mask.shape[1] * stride, mask.shape[0] * stride)
    whole = cv2.resize(mask.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST)
    whole = whole[:height, :width]
    edge = max(height, width)
    edge += 2 * round(_MARGIN * edge)
    square = np.full((edge, edge, 3), _GREY, np.uint8)
    inside = np.zeros((edge, edge), np.uint8)
    top, left = (edge - height) // 2, (edge - width) // 2
    part = (slice(top, top + height), slice(left, left + width))
    square[part] = np.where(whole[..., None] > 0, pixels, np.uint8(_GREY))
    inside[part] = whole * 255
    return fitted(square, side), fitted(inside, side) > 0
