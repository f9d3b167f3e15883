"""Sightings made by hand: boxes full of points, so that tests say exactly what was seen."""

import numpy as np

from embodied_mem.scene import voxels
from embodied_mem.scene.sightings import Sightings

DIMENSION = 8
COLOURS = 12
VOXEL = 0.05


def sight(*things: tuple[str, tuple[float, float, float], tuple[float, float, float]]) -> Sightings:
    """One row a thing: category, centre and size of its box in metres."""
    rng = np.random.default_rng(0)
    low = np.array([np.subtract(c, np.divide(s, 2)) for _, c, s in things], np.float32)
    high = np.array([np.add(c, np.divide(s, 2)) for _, c, s in things], np.float32)
    keys = []
    for lo, hi in zip(low, high, strict=True):
        points = rng.uniform(lo, hi, (4000, 3)).astype(np.float32)
        keys.append(np.unique(voxels.pack(points, VOXEL)))
    count = len(things)
    colour = np.zeros((count, COLOURS), np.float32)
    colour[:, 0] = 1.0
    return Sightings(
        categories=tuple(name for name, _, _ in things),
        confidence=np.full(count, 0.9, np.float32),
        embedding=np.array([look(name) for name, _, _ in things], np.float32),
        colour=colour,
        low=low,
        high=high,
        depth=np.full(count, 1.5, np.float32),
        pixels=np.full(count, 400),
        area=np.full(count, 0.1, np.float32),
        boxes=np.tile([10, 10, 60, 60], (count, 1)),
        truncated=np.zeros(count, bool),
        keys=tuple(keys),
    )


def look(category: str) -> np.ndarray:
    """A unit vector that belongs to a category."""
    vector = np.random.default_rng(sum(category.encode())).normal(size=DIMENSION)
    return vector / np.linalg.norm(vector)
