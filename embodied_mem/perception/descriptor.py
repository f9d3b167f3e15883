"""A descriptor made by hand from colour, size and shape: needs no weights."""

from functools import lru_cache

import numpy as np

from embodied_mem.perception.frame import Frame
from embodied_mem.perception.histogram import CELLS, cell_lab, colour_histogram
from embodied_mem.perception.segmentation import Segmentation
from embodied_mem.types import Float32Array, Float64Array

_HUES = 8
_LIGHTS = 4
_SIZES = 8
_COLOUR_BINS = 2 * _HUES + _LIGHTS
_SHAPE_BINS = 3 * _SIZES
_COLOUR_PART = np.float32(0.75)
"""Share of the squared length that colour holds; size and shape hold the rest."""
_FULL_CHROMA = 30.0
"""Chroma (CIE L*a*b*) from which on a colour is all hue and no grey."""
_SMALLEST, _LARGEST = 0.02, 1.28
"""Metres of spread at the first and the last size bin; each bin is a fixed factor larger."""


class ColourShapeEmbedder:
    """Soft histograms of hue and lightness, and of the spread of the points along three axes.

    The spread is the standard deviation of the points in metres: vertical, and along the longer
    and the shorter horizontal axis, so a turn about the vertical changes nothing. The height above
    the floor is left out: objects are carried about. All entries are non-negative, so the cosine
    of two descriptors lies in [0, 1].
    """

    @property
    def space(self) -> str:
        """Name of the space that the vectors lie in."""
        return "colour-shape"

    @property
    def dimension(self) -> int:
        """Length of a descriptor: 44."""
        return _COLOUR_BINS + _SHAPE_BINS

    def embed(self, frame: Frame, segmentation: Segmentation) -> Float32Array:
        """Returns (n, 44) descriptors, one row a mask, unit length."""
        if len(segmentation) == 0:
            return np.zeros((0, self.dimension), np.float32)
        bins = np.sqrt(colour_histogram(frame, segmentation) @ _colour_bins())
        colour = _unit(bins) * np.sqrt(_COLOUR_PART)
        shape = _unit(_shape_bins(_spread(frame, segmentation))) * np.sqrt(1 - _COLOUR_PART)
        return _unit(np.concatenate([colour, shape], axis=1))


def _unit(rows: Float32Array) -> Float32Array:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    unit: Float32Array = (rows / np.maximum(length, 1e-9)).astype(np.float32)
    return unit


@lru_cache(maxsize=1)
def _colour_bins() -> Float32Array:
    """Returns (CELLS, 20) soft bins: hue of light and of dark colours, then greys by lightness."""
    lab = cell_lab().astype(np.float64)
    chroma = np.hypot(lab[:, 1], lab[:, 2])
    # Chroma shrinks with the light that falls on a surface, so the dark keep their hue on less.
    coloured = np.clip(chroma / (_FULL_CHROMA * np.clip(lab[:, 0] / 50.0, 0.3, 1.0)), 0.0, 1.0) ** 2
    hue = np.arctan2(lab[:, 2], lab[:, 1]) / (2 * np.pi) * _HUES
    hues = _soft(hue[:, None] - np.arange(_HUES), period=_HUES) * coloured[:, None]
    light = np.clip((lab[:, 0] - 30.0) / 40.0, 0.0, 1.0)[:, None]
    steps = np.clip(lab[:, 0] / 100.0 * _LIGHTS - 0.5, 0, _LIGHTS - 1)
    greys = _soft(steps[:, None] - np.arange(_LIGHTS)) * (1 - coloured)[:, None]
    bins = np.concatenate([hues * light, hues * (1 - light), greys], axis=1).astype(np.float32)
    assert bins.shape == (CELLS, _COLOUR_BINS)
    bins.setflags(write=False)
    return bins


def _soft(offset: Float64Array, period: int | None = None) -> Float64Array:
    """Returns the weight of a bin at a distance of `offset` bins: 1 at its centre, 0 from 1 on."""
    if period is not None:
        offset = (offset + period / 2) % period - period / 2
    weight: Float64Array = np.maximum(1.0 - np.abs(offset), 0.0)
    return weight


def _spread(frame: Frame, segmentation: Segmentation) -> Float64Array:
    """Returns (n, 3) standard deviations in metres: vertical, longer and shorter horizontal."""
    count = len(segmentation)
    label = (segmentation.mask * frame.valid).ravel()
    pixels = np.flatnonzero(label)
    label = label[pixels]
    points = frame.points.reshape(-1, 3)[pixels]
    origin = frame.observation.T_world_camera[:3, 3].astype(np.float32)
    x, y, z = (points - origin).T
    products = (None, x, y, z, x * x, y * y, z * z, x * y)
    sums = [np.bincount(label, product, minlength=count + 1)[1:] for product in products]
    number = np.maximum(sums[0], 1.0)
    mx, my, mz, xx, yy, zz, xy = (total / number for total in sums[1:])
    xx, yy, zz, xy = xx - mx * mx, yy - my * my, zz - mz * mz, xy - mx * my
    half, root = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    variance = np.stack([zz, half + root, half - root], axis=1)
    spread: Float64Array = np.sqrt(np.maximum(variance, 0.0))
    return spread


def _shape_bins(spread: Float64Array) -> Float32Array:
    """Returns (n, 24) soft bins of the logarithm of each spread."""
    step = np.log(_LARGEST / _SMALLEST) / (_SIZES - 1)
    place = np.log(np.clip(spread, _SMALLEST, _LARGEST) / _SMALLEST) / step
    # Two neighbours on each side share: what is seen of an object varies from view to view.
    bins = _soft((place[:, :, None] - np.arange(_SIZES)) / 2)
    return bins.reshape(len(spread), -1).astype(np.float32)
