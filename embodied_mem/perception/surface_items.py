"""Flat things that lie on a surface and differ from it by colour alone: magazines, pictures."""

from dataclasses import dataclass

import cv2
import numpy as np

from embodied_mem.types import BoolArray, Float32Array, IntArray

_FIT_PIXELS = 600
"""About so many pixels tell a surface's usual colour."""
_FITS = 2
_RIDGE = 1.0
"""Keeps the fit of a narrow surface from tilting."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemConfig:
    """What is taken for a thing on a surface."""

    min_surface: int = 80
    """Strided pixels of a surface on which things are looked for."""
    min_pixels: int = 20
    """Strided pixels of a thing."""
    min_difference: float = 16.0
    """Distance in CIE L*a*b* from the surface's colour; darkening alone counts a third."""
    pattern: float = 3.5
    """Times the usual distance of the surface's own pixels: what a pattern does not reach."""
    min_fill: float = 0.4
    """Share of its upright box that a thing fills."""
    max_share: float = 0.4
    """Largest share of the surface; more is a second half of it."""


def find_items(lab: Float32Array, surface: BoolArray, config: ItemConfig) -> IntArray:
    """Finds compact patches of another colour on one surface.

    Args:
        lab: (h, w, 3) CIE L*a*b*.
        surface: (h, w) its pixels.
        config: What counts.

    Returns:
        (h, w) labels from 1, 0 for the surface itself and for what is not it.
    """
    items = np.zeros(surface.shape, np.int32)
    rows, columns = np.flatnonzero(surface.any(axis=1)), np.flatnonzero(surface.any(axis=0))
    if len(rows) == 0 or surface.sum() < config.min_surface:
        return items
    window = np.s_[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    part = surface[window]
    difference = _difference(lab[window], part)
    usual = float(np.median(difference[part]))
    limit = max(config.min_difference, config.pattern * usual)
    other = (part & (difference > limit)).view(np.uint8)
    # Lines one or two pixels wide are joints, edges and mixed pixels, not things.
    opened = cv2.morphologyEx(other, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(opened, connectivity=4)
    area = stats[:, cv2.CC_STAT_AREA]
    box = stats[:, cv2.CC_STAT_WIDTH] * stats[:, cv2.CC_STAT_HEIGHT]
    keep = (area >= config.min_pixels) & (area >= config.min_fill * box)
    keep &= area <= config.max_share * part.sum()
    keep[0] = False
    table = np.zeros(count, np.int32)
    table[keep] = np.arange(1, keep.sum() + 1)
    items[window] = table[labels]
    return items


def _difference(lab: Float32Array, surface: BoolArray) -> Float32Array:
    """Returns how far each pixel's colour is from the surface's usual one at that place.

    The usual colour changes evenly over the surface, as light does: a plane is fitted to each
    channel, then once more to what lay near the first fit.
    """
    height, width = surface.shape
    sample = np.flatnonzero(surface)
    sample = sample[:: max(1, len(sample) // _FIT_PIXELS)]
    row, column = np.divmod(np.arange(height * width), width)
    place = np.stack([np.ones(height * width), row / height - 0.5, column / width - 0.5], axis=1)
    place = place.astype(np.float32)
    flat = lab.reshape(-1, 3)
    usual = np.zeros((3, 3), np.float32)
    usual[0] = np.median(flat[sample], axis=0)
    for _ in range(_FITS):
        apart = np.abs(flat[sample] - place[sample] @ usual).sum(axis=1)
        near = sample[apart <= 1.5 * np.median(apart)]
        base = place[near]
        usual = np.linalg.solve(base.T @ base + _RIDGE * np.eye(3), base.T @ flat[near])
    apart = flat - place @ usual.astype(np.float32)
    light = apart[:, 0]
    light = np.where(light < 0.0, light / np.float32(3.0), light)
    square = np.square(light) + np.square(apart[:, 1]) + np.square(apart[:, 2])
    difference: Float32Array = np.sqrt(square).reshape(height, width).astype(np.float32)
    return difference
