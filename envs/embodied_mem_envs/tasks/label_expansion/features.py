"""What is measured of a crop: size, shape and colour of the thing in it, 20 numbers."""

from typing import Final

import numpy as np

from embodied_mem.perception.frame import make_frame
from embodied_mem.perception.histogram import lab_of
from embodied_mem.types import BoolArray, Float32Array, Float64Array, Observation

SIZE: Final = 20
_BINS: Final = 6
_THIRDS: Final = ((0.0, 0.34), (0.33, 0.67), (0.66, 1.0))
_MEAN: Final = np.array(
    [
        *(-1.0, 0.45, 0.95, -3.0, -2.1),
        *(0.14, 0.11, 0.14, 0.15, 0.15, 0.32),
        *(1.0, 1.03, 1.03),
        *(0.53, 0.08, 0.09, 0.1, 0.06, 0.08),
    ]
)
_SPREAD: Final = np.array(
    [
        *(0.95, 0.41, 0.4, 0.95, 0.74),
        *(0.07, 0.06, 0.09, 0.09, 0.09, 0.19),
        *(0.22, 0.22, 0.22),
        *(0.22, 0.21, 0.3, 0.08, 0.07, 0.09),
    ]
)
"""Of crops of all categories in generated houses, rounded."""
_WEIGHTS: Final = np.array([1.0] * 14 + [0.3] * 6)
"""Colour counts less: most things come in many colours."""


def crop_features(observation: Observation, mask: BoolArray) -> Float32Array:
    """Measures a thing.

    The spread of its points along the vertical and the two horizontal axes is what
    `ColourShapeEmbedder` bins too; here it stays a number, and the heights of its lowest and
    highest points, how its points are spread over its height, how wide it is in each third of it,
    and the mean and the spread of its colour in CIE L*a*b* are added.

    Args:
        observation: The picture that it is in.
        mask: (H, W) its pixels.

    Returns:
        (20,) numbers of mean about 0 and spread about 1, less for the colours.
    """
    frame = make_frame(observation, 1)
    points = frame.points[mask & frame.valid].astype(np.float64)
    low, high = np.percentile(points[:, 2], [2, 98])
    height = max(high - low, 0.02)
    level = np.clip((points[:, 2] - low) / height, 0.0, 0.999)
    flat = points[:, :2] - points[:, :2].mean(axis=0)
    narrow, wide = _spreads(flat)
    over_height = np.histogram(level, _BINS, (0.0, 1.0))[0] / len(points)
    radius = np.hypot(flat[:, 0], flat[:, 1]) / wide
    thirds = [_mean(radius[(level >= start) & (level <= end)]) for start, end in _THIRDS]
    lab = lab_of(observation.rgb[mask].astype(np.float32)) / 100.0
    measured = np.concatenate(
        [
            [np.log(height), low, high, np.log(narrow), np.log(wide)],
            over_height,
            thirds,
            lab.mean(axis=0),
            lab.std(axis=0),
        ]
    )
    scaled: Float32Array = ((measured - _MEAN) / _SPREAD * _WEIGHTS).astype(np.float32)
    return scaled


def _spreads(flat: Float64Array) -> tuple[float, float]:
    """Returns the standard deviations along the narrow and the wide axis, at least 1 cm."""
    squares = np.linalg.eigvalsh(flat.T @ flat / max(1, len(flat)))
    narrow, wide = np.sqrt(np.maximum(squares, 1e-4))
    return float(narrow), float(wide)


def _mean(values: Float64Array) -> float:
    return float(values.mean()) if len(values) else 0.0
