"""Masks that are wrong in place: cut short, or where there is nothing."""

from dataclasses import replace
from typing import Final

import numpy as np

from embodied_mem.perception.lookalikes import any_label
from embodied_mem.perception.segmentation import UNKNOWN_CATEGORY, Segmentation
from embodied_mem.types import BoolArray, IntArray

_LEAST, _MOST = 0.1, 0.5
"""Between which shares of a thing a mask in a bad place covers (Bolya et al. 2020, section 2.2)."""
_GHOST_SCORES: Final = (8.0, 4.0)
"""Beta distribution of the scores of false finds: lower than those of right ones, with overlap."""
_GHOST_SIDES: Final = (0.08, 0.3)
"""Between which shares of the picture's sides those of a false find are."""


def cut_masks(
    found: Segmentation,
    valid: BoolArray,
    chance: float,
    min_pixels: int,
    rng: np.random.Generator,
) -> Segmentation:
    """Cuts some masks down to a part, from one of the four sides.

    Args:
        found: The masks.
        valid: (h, w) where there is depth.
        chance: That a mask is cut.
        min_pixels: The fewest pixels with depth that a part shows; a mask of which less would be
            left stays whole.
        rng: The source of chance.
    """
    if chance == 0.0 or not len(found):
        return found
    cut = rng.random(len(found)) < chance
    mask = found.mask.copy()
    for k in np.flatnonzero(cut):
        rows, columns = np.nonzero(found.mask == k + 1)
        along = (rows, columns)[int(rng.integers(2))] * (1 if rng.random() < 0.5 else -1)
        share = rng.uniform(_LEAST, _MOST)
        away = along > np.quantile(along, share)
        if int(valid[rows[~away], columns[~away]].sum()) < min_pixels:
            cut[k] = False
            continue
        mask[rows[away], columns[away]] = 0
    confidence = found.confidence.copy()
    confidence[cut] *= rng.uniform(0.5, 1.0, int(cut.sum())).astype(np.float32)
    return replace(found, mask=mask, confidence=confidence)


def with_ghosts(
    found: Segmentation,
    valid: BoolArray,
    mean: float,
    min_pixels: int,
    rng: np.random.Generator,
) -> Segmentation:
    """Adds things that are not there: patches of the background under some name.

    Args:
        found: The masks.
        valid: (h, w) where there is depth.
        mean: How many there are on average.
        min_pixels: The fewest pixels that one shows; it is left away where the patch has fewer.
        rng: The source of chance.
    """
    if mean == 0.0:
        return found
    mask, categories, scores = found.mask, list(found.categories), found.confidence.tolist()
    for _ in range(int(rng.poisson(mean))):
        patch = _patch(mask, rng) & valid
        category, score = any_label(UNKNOWN_CATEGORY, rng), float(rng.beta(*_GHOST_SCORES))
        if int(patch.sum()) < min_pixels:
            continue
        mask = np.where(patch, np.asarray(len(categories) + 1, mask.dtype), mask)
        categories.append(category)
        scores.append(score)
    return Segmentation(
        mask=mask, categories=tuple(categories), confidence=np.asarray(scores, np.float32)
    )


def _patch(mask: IntArray, rng: np.random.Generator) -> BoolArray:
    """Returns the background within an upright ellipse somewhere in the picture."""
    height, width = mask.shape
    centre = rng.random(2) * (height, width)
    radius = rng.uniform(*_GHOST_SIDES, 2) * (height, width) / 2
    rows, columns = np.ogrid[:height, :width]
    inside = ((rows - centre[0]) / radius[0]) ** 2 + ((columns - centre[1]) / radius[1]) ** 2 <= 1.0
    patch: BoolArray = inside & (mask == 0)
    return patch
