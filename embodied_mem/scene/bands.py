"""Height bands: what a column of the map tells apart, from the floor up."""

from enum import IntEnum

import numpy as np

from embodied_mem.types import IntArray


class Band(IntEnum):
    """Height bands of a column, from the floor up."""

    FLOOR = 0
    LOW = 1
    MIDDLE = 2
    TOP = 3
    WALL = 4
    LINTEL = 5


BODY = slice(Band.LOW, Band.TOP + 1)
"""The bands that stop a body."""
RANGES: dict[Band, tuple[float, float]] = {
    Band.FLOOR: (-0.15, 0.08),
    Band.LOW: (0.08, 0.45),
    Band.MIDDLE: (0.45, 1.0),
    Band.TOP: (1.0, 1.6),
    Band.WALL: (1.6, 1.95),
    Band.LINTEL: (2.1, 2.4),
}
"""Metres above the floor; 1.95 to 2.1 is left out because door frames end there."""
SAMPLES: dict[Band, tuple[float, ...]] = {
    Band.LOW: (0.12, 0.24, 0.38),
    Band.MIDDLE: (0.52, 0.62, 0.72, 0.86),
    Band.TOP: (1.05, 1.25, 1.45),
    Band.WALL: (1.65, 1.85),
    Band.LINTEL: (2.25,),
}
"""Heights that must all be looked through before a band loses log-odds."""
LUT_STEP, LUT_BASE = 0.01, -0.15
"""Spacing and lowest height of `band_lut`, m."""


def band_lut() -> IntArray:
    """Returns the band of each centimetre above the lowest band's edge, -1 for none; 1-based."""
    top = max(high for _, high in RANGES.values())
    size = round((top - LUT_BASE) / LUT_STEP) + 2
    lut = np.full(size, -1, np.int32)
    for band, (low, high) in RANGES.items():
        first = round((low - LUT_BASE) / LUT_STEP) + 1
        last = round((high - LUT_BASE) / LUT_STEP) + 1
        lut[first:last] = band
    return lut
