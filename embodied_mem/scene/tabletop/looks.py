"""Numbers that tell how a piece of a picture looks: size, shape and colours."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from embodied_mem.perception.colour import COLOUR_TERMS, term_shares
from embodied_mem.scene.tabletop.boxes import Box, fit_box
from embodied_mem.scene.tabletop.view import View
from embodied_mem.types import Float32Array, Float64Array, Int64Array

_BANDS: Final = np.array([0.2, 0.4, 0.6, 0.8, 0.95], np.float32)
"""Shares of the height at which the height profile is cut."""
_RINGS: Final = np.array([0.25, 0.5, 0.75], np.float32)
"""Shares of the footprint at which the profile from the middle outward is cut."""
_METRE: Final = 40.0
"""Lengths are told apart as well as shares when they are multiplied by this."""
LOOKS: Final = 4 + 6 + 8 + 1 + len(COLOUR_TERMS) + len(COLOUR_TERMS)
"""How many numbers there are."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Patch:
    """Some pixels of a picture that are taken for one thing."""

    points: Float32Array
    """(n, 3) in the world."""
    colours: Float32Array
    """(n, terms) how much each pixel belongs to each colour term."""
    shares: Float32Array
    """(n, 3) shares of red, green and blue."""
    bright: Float32Array
    """(n,) sum of the channels."""
    level: float
    """Height of the fixture below, m."""
    pixel: float
    """Distance of neighbouring points, m."""

    def __len__(self) -> int:
        return len(self.points)


def cut_patch(view: View, pixels: Int64Array, level: float) -> Patch:
    """Takes some pixels out of a picture.

    Args:
        view: The picture.
        pixels: (n,) flat indices.
        level: Height of the fixture below, m.
    """
    points = view.points.reshape(-1, 3)[pixels]
    rgb = view.rgb.reshape(-1, 3)[pixels]
    coarse = (rgb >> 4).astype(np.int64)
    cells = (coarse[:, 0] * 16 + coarse[:, 1]) * 16 + coarse[:, 2]
    total = np.maximum(rgb.sum(axis=1, dtype=np.float32), np.float32(1.0))
    depth = float(np.median(view.depth.ravel()[pixels]))
    return Patch(
        points=points,
        colours=term_shares()[cells],
        shares=rgb / total[:, None],
        bright=total,
        level=level,
        pixel=depth / view.intrinsics.fx,
    )


def join_patches(patches: list[Patch]) -> Patch:
    """Returns several patches as one."""
    if len(patches) == 1:
        return patches[0]
    largest = max(patches, key=len)
    return Patch(
        points=np.concatenate([each.points for each in patches]),
        colours=np.concatenate([each.colours for each in patches]),
        shares=np.concatenate([each.shares for each in patches]),
        bright=np.concatenate([each.bright for each in patches]),
        level=largest.level,
        pixel=largest.pixel,
    )


def describe(
    patch: Patch, floor: float, eye: Float64Array, noise: float
) -> tuple[Box, Float32Array]:
    """Returns the box of a patch and the (LOOKS,) numbers that tell how it looks.

    Args:
        patch: What is taken for one thing.
        floor: Height of what it stands on, m.
        eye: (3,) where the camera is.
        noise: Standard deviation of the points' depth, m.
    """
    box = fit_box(patch.points, floor, patch.pixel, noise)
    relative = np.clip((patch.points[:, 2] - np.float32(floor)) / np.float32(box.size[2]), 0.0, 1.0)
    # A pixel shows more of what is far, and of what is seen at a slant: weigh by area.
    count = np.float32(len(patch))
    bands = np.bincount(np.searchsorted(_BANDS, relative), minlength=6) / count
    away = patch.points[:, :2] - box.position[:2].astype(np.float32)
    cos, sin = np.float32(np.cos(box.yaw)), np.float32(np.sin(box.yaw))
    along = (cos * away[:, 0] + sin * away[:, 1]) / np.float32(0.5 * box.size[0])
    across = (cos * away[:, 1] - sin * away[:, 0]) / np.float32(0.5 * box.size[1])
    out = np.searchsorted(_RINGS, np.hypot(along, across) * np.float32(1 / 1.2))
    inside = np.bincount(out, minlength=4)
    heights = np.bincount(out, relative, minlength=4) / np.maximum(inside, 1)
    seen = count * np.float32(patch.pixel**2 / (box.size[0] * box.size[1]))
    upper = relative > 0.6
    top = patch.colours[upper].mean(axis=0) if upper.any() else patch.colours.mean(axis=0)
    slant = np.arctan2(eye[2] - box.position[2], np.hypot(*(eye[:2] - box.position[:2])))
    looks = np.concatenate(
        [
            box.size * _METRE,
            [box.fill * 3.0],
            bands,
            inside / count,
            heights,
            [min(float(seen), 3.0) * np.sin(slant)],
            top,
            patch.colours.mean(axis=0),
        ]
    )
    return box, looks.astype(np.float32)


def colour_word(patch: Patch) -> str:
    """Returns the colour term that most of a patch has, shade counting less than light."""
    weight = patch.bright / patch.bright.max()
    return COLOUR_TERMS[int(np.argmax((patch.colours * (weight * weight)[:, None]).sum(axis=0)))]


@lru_cache(maxsize=1)
def term_index() -> dict[str, int]:
    """Returns the column of each colour term."""
    return {term: column for column, term in enumerate(COLOUR_TERMS)}
