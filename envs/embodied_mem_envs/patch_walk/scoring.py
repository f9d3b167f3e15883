"""How well what is in memory serves: what is there, and what a frozen generator draws from it."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from embodied_mem.types import Float32Array, Float64Array, Int64Array
from embodied_mem_envs.patch_walk.grid import patches_of
from embodied_mem_envs.patch_walk.walks import PatchWalks, coverage

Drawer = Callable[[PatchWalks, Int64Array], Float32Array]
"""Returns (B, R, 16, 16, 3) of 0 to 1, the asked patches as drawn from those of (B, K) ticks."""


def load_drawer(path: str | Path) -> Drawer:
    """Returns a generator that was trained and saved, as what draws.

    Raises:
        ConfigError: If it cannot be read.
        MissingExtraError: If torch is not installed.
    """
    from embodied_mem_envs.patch_walk.frozen import FrozenGenerator

    return FrozenGenerator(Path(path))


def squared_errors(walks: PatchWalks, drawn: Float32Array) -> Float64Array:
    """Returns (B,) mean squared errors of pixels in 0 to 1.

    Args:
        walks: B episodes.
        drawn: (B, R, 16, 16, 3) of 0 to 1.
    """
    rows = np.arange(len(walks))[:, None]
    true = patches_of(walks.pictures)[rows, walks.asked] / 255.0
    errors: Float64Array = np.square(drawn - true).mean(axis=(1, 2, 3, 4))
    return errors


def decibels(errors: Float64Array) -> Float64Array:
    """Returns the peak signal-to-noise ratio in dB of mean squared errors of pixels in 0 to 1."""
    ratio: Float64Array = -10.0 * np.log10(np.maximum(errors, 1e-10))
    return ratio


def score(walks: PatchWalks, kept: Int64Array, drawer: Drawer | None) -> dict[str, float]:
    """Returns the means of `patches` and `pixels`, and with a drawer of `mse` and `psnr`."""
    covered = coverage(walks, kept)
    found = {"patches": float(covered.patches.mean()), "pixels": float(covered.pixels.mean())}
    if drawer is not None:
        errors = squared_errors(walks, drawer(walks, kept))
        found |= {"mse": float(errors.mean()), "psnr": float(decibels(errors).mean())}
    return found
