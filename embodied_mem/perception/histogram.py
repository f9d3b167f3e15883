"""Counts of coarse colours for each instance: what the descriptor and the colour names share."""

from functools import lru_cache

import cv2
import numpy as np

from embodied_mem.perception.frame import Frame
from embodied_mem.perception.segmentation import Segmentation
from embodied_mem.types import Float32Array

LEVELS = 16
"""Steps of each colour channel."""
CELLS = LEVELS**3
_SHIFT = np.uint8(4)


def colour_histogram(frame: Frame, segmentation: Segmentation) -> Float32Array:
    """Returns (n, CELLS) counts of the strided pixels of each instance by coarse sRGB colour.

    The outermost pixels of a mask, whose colour is mixed with the background's, count like all
    others: they are few, and small objects have no others.
    """
    count = len(segmentation)
    flat = segmentation.mask.ravel()
    pixels = np.flatnonzero(flat)
    rgb = (frame.rgb >> _SHIFT).reshape(-1, 3)[pixels].astype(np.int32)
    cell = (rgb[:, 0] * LEVELS + rgb[:, 1]) * LEVELS + rgb[:, 2]
    cell += (flat[pixels] - 1) * CELLS
    counts = np.bincount(cell, minlength=count * CELLS)
    return counts.reshape(count, CELLS).astype(np.float32)


@lru_cache(maxsize=1)
def cell_lab() -> Float32Array:
    """Returns (CELLS, 3) CIE L*a*b* (D65) of the centre of each colour cell; L* in [0, 100]."""
    step = 256 // LEVELS
    axis = (np.arange(LEVELS) * step + step // 2).astype(np.float32)
    rgb = np.stack(np.meshgrid(axis, axis, axis, indexing="ij"), axis=-1).reshape(1, -1, 3)
    return lab_of(rgb)


def lab_of(rgb: Float32Array) -> Float32Array:
    """Returns (k, 3) CIE L*a*b* of sRGB colours given as (..., 3) in 0..255."""
    lab = cv2.cvtColor(rgb.reshape(1, -1, 3).astype(np.float32) / 255.0, cv2.COLOR_RGB2LAB)
    return np.asarray(lab, np.float32).reshape(-1, 3)
