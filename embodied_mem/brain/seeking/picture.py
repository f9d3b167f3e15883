"""What a picture of a single thing tells of it: the colours of what is in its middle."""

from typing import Final, final

import numpy as np

from embodied_mem.brain.language.vocabulary import load_vocabulary
from embodied_mem.perception.colour import COLOUR_TERMS, term_shares
from embodied_mem.types import Float64Array, UInt8Array

_SPREAD: Final = 0.16
"""Standard deviation of the window around the middle, in sides of the picture."""
_RIM: Final = 0.06
"""Width of the rim that shows what is behind the thing, in sides of the picture."""
_BEHIND: Final = 0.5
"""How much of what is seen at the rim is taken off the middle."""
_ENOUGH: Final = 0.3
"""A thing of a colour that holds this share of the middle is surely what is meant."""
_LEAST: Final = 0.04


@final
class GoalPicture:
    """The colours of the thing in the middle of a picture.

    Nothing is known of where the thing ends: pixels count less the farther from the middle they
    are, and colours that also lie along the rim count as what is behind it.

    Args:
        picture: (H, W, 3) RGB; what is meant is in the middle.
    """

    def __init__(self, picture: UInt8Array) -> None:
        height, width = picture.shape[:2]
        y = (np.arange(height) + 0.5) / height - 0.5
        x = (np.arange(width) + 0.5) / width - 0.5
        away = np.hypot(y[:, None], x[None])
        middle = np.exp(-0.5 * (away / _SPREAD) ** 2)
        rim = (np.maximum(np.abs(y[:, None]), np.abs(x[None])) > 0.5 - _RIM).astype(np.float64)
        cells = picture.astype(np.int64) >> 4
        terms = term_shares()[(cells[..., 0] * 16 + cells[..., 1]) * 16 + cells[..., 2]]
        inside = _mean(terms, middle)
        shares = np.maximum(inside - _BEHIND * np.minimum(_mean(terms, rim), inside), 0.0)
        self.shares: Float64Array = shares / max(float(shares.sum()), 1e-9)
        """(12,) in the order of `COLOUR_TERMS`."""

    def likeness(self, colour: str) -> float:
        """Returns how well a thing of a colour term fits the picture, from 0.04 to 1."""
        if colour not in COLOUR_TERMS:
            return _LEAST
        share = float(self.shares[COLOUR_TERMS.index(colour)])
        near = load_vocabulary().near_colours(colour)
        beside = max((float(self.shares[COLOUR_TERMS.index(n)]) for n in near), default=0.0)
        return float(np.clip((share + 0.3 * beside) / _ENOUGH, _LEAST, 1.0))


def _mean(terms: np.ndarray, weight: Float64Array) -> Float64Array:
    total: Float64Array = np.tensordot(weight, terms, axes=2) / weight.sum()
    return total
