"""Which frame shows which object among scattered objects: what snapshot counts are compared on.

The inputs of the measured snapshot counts of 3D-Mem's public code are known by their sizes only:
100 objects in 97 frames of a house of 14 x 10 m, 400 in 771 of one of 30 x 20 m, and so on. Frames
lie anywhere and look anywhere, a camera of 90 degrees takes objects in up to 3.5 m away, and a
detector misses one in seven; frames that show nothing and objects that no frame shows are left
out. With that, as many frames and objects are left as were in the measured inputs, to 3 %.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from embodied_mem.types import Float64Array

HOUSES: Final = {
    25: (7.0, 5.0),
    50: (10.0, 7.0),
    100: (14.0, 10.0),
    200: (20.0, 15.0),
    400: (30.0, 20.0),
}
"""Metres of a house by how many objects it holds."""


@dataclass(frozen=True, kw_only=True, slots=True)
class VisibilityConfig:
    """When a frame shows an object."""

    hfov: float = float(np.pi / 2)
    """Horizontal field of view, rad."""
    distance: float = 3.5
    """Farther objects are not taken in, m."""
    found: float = 0.85
    """Chance that what is in view is detected."""
    rim: float = 0.3
    """No object is nearer to the outer walls, m."""
    margin: float = 1.0
    """No camera is nearer to the outer walls, m."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Visibility:
    """Frames among objects."""

    positions: Float64Array
    """(n, 2) metres."""
    confidence: Float64Array
    """(frames, n) how sure each detection is, 0 where there is none."""


def draw_visibility(
    objects: int, frames: int, seed: int, config: VisibilityConfig | None = None
) -> Visibility:
    """Draws objects and frames, and tells what each frame shows.

    Args:
        objects: One of `HOUSES`.
        frames: How many before those that show nothing are left out.
        seed: Source of all chance.
        config: When a frame shows an object.
    """
    config = config or VisibilityConfig()
    rng = np.random.default_rng([seed, objects, frames])
    size = np.array(HOUSES[objects])
    positions = rng.uniform(config.rim, size - config.rim, (objects, 2))
    eyes = rng.uniform(config.margin, size - config.margin, (frames, 2))
    headings = rng.uniform(-np.pi, np.pi, frames)
    offset = positions[None] - eyes[:, None]
    away = np.hypot(offset[..., 0], offset[..., 1])
    bearing = np.arctan2(offset[..., 1], offset[..., 0]) - headings[:, None]
    bearing = (bearing + np.pi) % (2.0 * np.pi) - np.pi
    sees = (away < config.distance) & (np.abs(bearing) < 0.5 * config.hfov)
    sees &= rng.random((frames, objects)) < config.found
    sure = np.where(sees, rng.uniform(0.4, 1.0, (frames, objects)), 0.0)
    sure = sure[sees.any(axis=1)]
    shown = (sure > 0.0).any(axis=0)
    return Visibility(positions=positions[shown], confidence=sure[:, shown])
