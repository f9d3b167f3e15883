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


def instance_crops(frame: Frame, segmentation: Segmentation, side: int) -> UInt8Array:
    """Returns (n, side, side, 3) RGB squares, one a mask, grey where the mask is not.

    The pixels are those of the whole picture, not only of the stride. The object is centred and
    keeps its proportions. A mask without a pixel gives a grey square.
    """
    crops = np.full((len(segmentation), side, side, 3), _GREY, np.uint8)
    boxes = find_objects(segmentation.mask, max_label=len(segmentation))
    for index, box in enumerate(boxes):
        if box is not None:
            crops[index] = _crop(frame, segmentation.mask[box] == index + 1, box, side)
    return crops


def _crop(frame: Frame, inside: BoolArray, box: tuple[slice, slice], side: int) -> UInt8Array:
    stride = frame.stride
    rows, columns = (slice(part.start * stride, part.stop * stride) for part in box)
    pixels = frame.observation.rgb[rows, columns]
    height, width = pixels.shape[:2]
    # The last row and column of the stride may reach beyond the border of the picture.
    whole = cv2.resize(
        inside.astype(np.uint8),
        (inside.shape[1] * stride, inside.shape[0] * stride),
        interpolation=cv2.INTER_NEAREST,
    )[:height, :width]
    pixels = np.where(whole[..., None] > 0, pixels, np.uint8(_GREY))
    edge = max(height, width)
    edge += 2 * round(_MARGIN * edge)
    square = np.full((edge, edge, 3), _GREY, np.uint8)
    top, left = (edge - height) // 2, (edge - width) // 2
    square[top : top + height, left : left + width] = pixels
    return fitted(square, side)
