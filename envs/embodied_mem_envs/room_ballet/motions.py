"""The eight dances: sixteen steps each, from the centre of the room and back to it.

The two circles differ in one frame if nobody minds their order, and the two pluses in none: who is
blind to order tells at most 7 of the 8 apart.
"""

from typing import Final

import numpy as np

from embodied_mem.types import Int64Array

STEPS: Final = 16
"""Frames of a dance; it stands still for as many before it starts."""
TICKS: Final = 2 * STEPS
"""From the start of one dance to that of the next."""

_AT: Final = dict(zip(("nw", "n", "ne", "w", "c", "e", "sw", "s", "se"), range(9), strict=True))
_STEPS: Final = {
    "circle clockwise": "n ne e se s sw w nw n ne e se s sw w c",
    "circle counterclockwise": "n nw w sw s se e ne n nw w sw s se e c",
    "up and down": "n c s c n c s c n c s c n c s c",
    "left and right": "e c w c e c w c e c w c e c w c",
    "diagonal from northwest": "nw c se c nw c se c nw c se c nw c se c",
    "diagonal from northeast": "ne c sw c ne c sw c ne c sw c ne c sw c",
    "plus clockwise": "n c e c s c w c n c e c s c w c",
    "plus counterclockwise": "n c w c s c e c n c w c s c e c",
}
MOTION_NAMES: Final = tuple(_STEPS)
MOTIONS: Final[Int64Array] = np.array(
    [[_AT[name] for name in steps.split()] for steps in _STEPS.values()], np.int64
)
"""(8, 16) the position in its room at each step; the last one is the centre."""
WHOLE: Final[Int64Array] = np.concatenate((MOTIONS[:, -1:].repeat(STEPS, axis=1), MOTIONS), axis=1)
"""(8, 32) the position at each tick: still on the last frame, then the dance."""
