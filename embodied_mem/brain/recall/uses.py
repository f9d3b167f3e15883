"""What things are good for."""

from collections.abc import Mapping
from typing import Final

USES: Final[Mapping[str, tuple[str, ...]]] = {
    "something to sit on": ("chair", "office chair", "sofa", "armchair", "bench"),
    "something to sleep on": ("bed", "sofa"),
    "something to put a plate on": (
        *("dining table", "coffee table", "kitchen counter", "sideboard", "desk"),
        *("console table", "nightstand"),
    ),
    "something to wash hands in": ("sink", "washbasin"),
    "something that gives light": ("floor lamp", "table lamp", "desk lamp", "candle"),
    "something to keep clothes in": ("wardrobe", "dresser"),
}
"""Categories by what they are good for."""


def categories_for(use: str) -> tuple[str, ...]:
    """Returns the categories that are good for something; empty where that is not known."""
    return USES.get(use, ())
