"""Smooth paths of seven joints for the tests with a simulated controller."""

from pathlib import Path

import numpy as np

PARAMETERS = Path(__file__).parents[2] / "launch" / "robots" / "panda.toml"
"""The parameter file that ships."""

Points = tuple[list[list[float]], list[float]]


def smooth_path(
    start: list[float], way: list[float], seconds: float, every: float = 0.05
) -> Points:
    """Returns positions and times from rest to rest; the acceleration is (pi/s)^2 / 2 at most."""
    times = np.linspace(0.0, seconds, max(2, round(seconds / every)) + 1)
    share = 0.5 - 0.5 * np.cos(np.pi * times / seconds)
    positions = np.array(start) + share[:, None] * np.array(way)
    return positions.tolist(), times.tolist()


def wave(start: list[float], joint: int, size: float, seconds: float, tick: float) -> list:
    """Returns one position a tick: a joint swings and comes to rest where it began."""
    times = np.arange(0.0, seconds + tick / 2, tick)
    swing = size * np.sin(2.0 * np.pi * times / seconds) * np.sin(np.pi * times / seconds)
    positions = np.tile(start, (len(times), 1))
    positions[:, joint] += swing
    return positions.tolist()
