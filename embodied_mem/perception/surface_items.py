"""Flat things that lie on a surface and differ from it by colour alone: magazines, pictures."""

from dataclasses import dataclass

import cv2
import numpy as np

from embodied_mem.perception.components import linked_components, median
from embodied_mem.types import BoolArray, Float32Array, IntArray

_FIT_PIXELS = 300
"""About so many pixels tell a surface's usual colour."""
_FITS = 2
_RIDGE = np.eye(3, dtype=np.float32)
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
    min_fill: float = 0.6
    """Share of the tightest box around it, turned as it may be, that a thing fills."""
    max_share: float = 0.4
    """Largest share of the surface; more is a second half of it."""


def find_items(lab: Float32Array, surfaces: IntArray, config: ItemConfig) -> IntArray:
    """Finds compact patches on surfaces that differ in colour from the surface around them.

    Args:
        lab: (h, w, 3) CIE L*a*b*.
        surfaces: (h, w) number of the surface from 1, 0 for none.
        config: What counts.

    Returns:
        (h, w) labels from 1, 0 for the surfaces themselves and for what is none.
    """
    other = _stands_out(lab, surfaces, config).view(np.uint8)
    # Lines one or two pixels wide are joints, edges and mixed pixels, not things.
    opened = cv2.morphologyEx(other, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)).view(bool)
    if not opened.any():
        return np.zeros_like(surfaces)
    labels = linked_components(
        opened, surfaces[:, 1:] == surfaces[:, :-1], surfaces[1:] == surfaces[:-1]
    )
    area = np.bincount(labels.ravel())
    owner = np.zeros(len(area), np.int64)
    owner[labels] = surfaces
    share = area / np.bincount(surfaces.ravel())[owner]
    keep = (area >= config.min_pixels) & (share <= config.max_share)
    keep[0] = False
    for item in np.flatnonzero(keep):
        keep[item] = area[item] >= config.min_fill * _tight_area(labels == item)
    table = np.cumsum(keep).astype(np.int32) * keep
    return table[labels]


def _tight_area(mask: BoolArray) -> float:
    """Returns the area of the smallest turned rectangle around a mask, in pixels."""
    _, (wide, high), _ = cv2.minAreaRect(cv2.findNonZero(mask.view(np.uint8)))
    return float((wide + 1.0) * (high + 1.0))


def _stands_out(lab: Float32Array, surfaces: IntArray, config: ItemConfig) -> BoolArray:
    """Tells which pixels are far from the usual colour of their surface at that place."""
    flat = surfaces.ravel()
    pixels = np.flatnonzero(flat)
    pixels = pixels[np.argsort(flat[pixels].astype(np.int16), kind="stable")]
    owner = flat[pixels]
    sizes = np.bincount(owner)
    ends = np.cumsum(sizes)
    row, column = np.divmod(pixels.astype(np.int32), np.int32(surfaces.shape[1]))
    place = np.ones((len(pixels), 3), np.float32)
    place[:, 1] = row / np.float32(surfaces.shape[0]) - np.float32(0.5)
    place[:, 2] = column / np.float32(surfaces.shape[1]) - np.float32(0.5)
    colour = lab.reshape(-1, 3)[pixels]
    limits = np.full(len(sizes), np.inf, np.float32)
    usual = np.zeros_like(colour)
    for surface in np.flatnonzero(sizes >= config.min_surface):
        inside = slice(ends[surface] - sizes[surface], ends[surface])
        sample = slice(inside.start, inside.stop, max(1, sizes[surface] // _FIT_PIXELS))
        fit = _usual_colour(place[sample], colour[sample])
        spread = float(median(_difference(colour[sample] - place[sample] @ fit)))
        limits[surface] = max(config.min_difference, config.pattern * spread)
        usual[inside] = place[inside] @ fit
    result = np.zeros(surfaces.shape, dtype=bool)
    result.ravel()[pixels] = _difference(colour - usual) > limits[owner]
    return result


def _usual_colour(place: Float32Array, colour: Float32Array) -> Float32Array:
    """Fits how a surface's colour changes over the picture, as light does.

    Args:
        place: (n, 3) one, row and column.
        colour: (n, 3) L*a*b*.

    Returns:
        (3, 3) such that `place @ result` is the usual colour: a plane for each channel, fitted
        once more to what lay near the first fit.
    """
    usual = np.zeros((3, 3), np.float32)
    usual[0] = [median(colour[:, channel]) for channel in range(3)]
    for _ in range(_FITS):
        apart = np.abs(colour - place @ usual).sum(axis=1)
        near = apart <= np.float32(1.5) * median(apart)
        base = place[near]
        usual = np.linalg.solve(base.T @ base + _RIDGE, base.T @ colour[near])
    return usual


def _difference(apart: Float32Array) -> Float32Array:
    """Returns the size of differences in L*a*b*, where darkening alone counts a third."""
    light = np.where(apart[:, 0] < 0.0, apart[:, 0] * np.float32(1.0 / 3.0), apart[:, 0])
    difference: Float32Array = np.sqrt(
        np.square(light) + np.square(apart[:, 1]) + np.square(apart[:, 2])
    )
    return difference
