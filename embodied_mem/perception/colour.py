"""The basic colour term of an object, from evidence gathered over frames.

A term is known by anchor colours, as people place them on a screen: the eleven basic terms of
Berlin and Kay (Basic Color Terms, 1969) and beige. A coarse colour belongs to the terms of its
nearest anchors in CIE L*a*b*. How light an object is, is read off its lighter pixels: the darker
ones are shade more often than paint.
"""

from functools import lru_cache
from types import MappingProxyType

import numpy as np

from embodied_mem.perception.frame import Frame
from embodied_mem.perception.histogram import CELLS, cell_lab, colour_histogram, lab_of
from embodied_mem.perception.segmentation import Segmentation
from embodied_mem.types import Float32Array

_ANCHORS = MappingProxyType(
    {
        "red": "d01020 b01828 901018 e03c30 c83c3c 70181c 500c10 a83030",
        "orange": "f08010 e87020 ffa030 d86818 f89850 c86010",
        "yellow": "f8e020 e8d048 f0e078 d0b818 c8a820 fff060 b09818",
        "green": "208030 50a048 70c060 106020 88b070 405840 304828 98c890 689048 206848 74886c",
        "blue": "2050c0 3878c8 60a0e0 183078 4060a0 102850 88b8e8 1890c8 384868 506898 6c7c98",
        "purple": "702090 8848a8 583078 a070c0 401850 60407c b090d0 705080 806c90 604870",
        "pink": "f090b0 e86898 f0b8c8 d87090 f8c8d0 e04888 c87888",
        "brown": "704020 885028 604028 a06838 503018 8c5c3c 785038 402818 98683c 906048 7c6450",
        "black": "080808 181818 242424 201c18 181c24 2c2c2c",
        "white": "ffffff f0f0f0 e4e4e4 f4f0e8 e8ecf0 d8d8d8",
        "grey": "808080 989898 b0b0b0 606060 505050 888c94 908c88 707880 a8acb0 404040",
        "beige": "e0d0b0 d0b890 d8c8a8 c8b08c e8d8c0 c0a880 d8c0a0 b8a080",
    }
)
COLOUR_TERMS: tuple[str, ...] = tuple(_ANCHORS)
"""The colours that have a name here; votes are in this order."""

_SPREAD = 9.0
"""Distance in L*a*b* within which two terms share a colour."""
_LIT_SHARE = 0.25
"""The share of an object's pixels that are taken to be fully lit."""
_SHADE_FLOOR = np.float32(0.3)
"""The least weight of a pixel in shade that still shows a full hue; a grey one has none."""
_DARK_PAINT = np.float32(0.35)
"""Weight of a pixel so much darker than the lit ones that it must be painted dark."""
_LIGHT_STEP = 4
"""L* is told apart in steps of this size."""
_FULL_CHROMA = np.float32(40.0)
"""Chroma at which a pixel counts twice as much as a grey one."""
_FULL_PIXELS = 60.0
"""Strided pixels from which on a view's vote counts whole."""


def prepare_colours() -> None:
    """Builds the tables that the first frame would otherwise pay for (about 0.1 s)."""
    _lightness()
    _memberships()


def colour_votes(frame: Frame, segmentation: Segmentation) -> Float32Array:
    """Returns the evidence of one frame for the colour of each instance.

    Args:
        frame: Where the colours are read.
        segmentation: The n instances.

    Returns:
        (n, 12) soft votes in the order of `COLOUR_TERMS`, to be summed over frames; a row sums to
        1, less for an instance of few pixels.
    """
    histogram = colour_histogram(frame, segmentation)
    total = histogram.sum(axis=1, keepdims=True)
    votes = (histogram * _lit_weight(histogram, total)) @ _memberships()
    votes *= np.minimum(total / _FULL_PIXELS, 1.0) / np.maximum(votes.sum(1, keepdims=True), 1e-6)
    return votes.astype(np.float32)


def basic_colour(votes: Float32Array) -> str:
    """Returns the term with the most votes.

    >>> basic_colour(np.eye(12, dtype=np.float32)[4])
    'blue'
    """
    return COLOUR_TERMS[int(np.argmax(votes))]


def term_shares() -> Float32Array:
    """Returns (CELLS, 12) how much each coarse colour belongs to each term; rows sum to 1.

    A coarse colour's row is `(r * 16 + g) * 16 + b` of the upper four bits of its channels.
    """
    return _memberships()


def _lit_weight(histogram: Float32Array, total: Float32Array) -> Float32Array:
    """Returns (n, CELLS) weights: less for shade, more for what has a hue.

    A thing of two colours goes by the one with a hue: a red book has white pages.
    """
    steps, lightness, chroma = _lightness()
    hue, floor = 1.0 + chroma, _SHADE_FLOOR * chroma
    share = np.cumsum(histogram @ steps, axis=1) / np.maximum(total, 1.0)
    lit = (np.argmax(share >= 1.0 - _LIT_SHARE, axis=1) + 0.5) * np.float32(_LIGHT_STEP)
    # Shade takes up to half of the lightness; what is darker still is another paint.
    ratio = np.minimum(lightness / lit[:, None].astype(np.float32), np.float32(1.0))
    cube = ratio * ratio * ratio
    dark = np.clip((np.float32(0.55) - ratio) * np.float32(1 / 0.15), 0.0, 1.0) * _DARK_PAINT
    weight: Float32Array = np.maximum(np.maximum(cube * cube, dark), floor) * hue
    return weight


@lru_cache(maxsize=1)
def _lightness() -> tuple[Float32Array, Float32Array, Float32Array]:
    """Returns the step of L* of each cell (one-hot), its L* (black at 5), its chroma (0..1)."""
    lab = cell_lab()
    steps = np.eye(100 // _LIGHT_STEP, dtype=np.float32)
    chosen = np.clip(lab[:, 0] // _LIGHT_STEP, 0, len(steps) - 1).astype(np.int64)
    chroma = np.minimum(np.hypot(lab[:, 1], lab[:, 2]) / _FULL_CHROMA, np.float32(1.0))
    return steps[chosen], np.maximum(lab[:, 0], np.float32(5.0)), chroma


@lru_cache(maxsize=1)
def _memberships() -> Float32Array:
    """Returns (CELLS, 12) how much each coarse colour belongs to each term; rows sum to 1."""
    lab = cell_lab()
    score = np.empty((CELLS, len(COLOUR_TERMS)), np.float32)
    for column, codes in enumerate(_ANCHORS.values()):
        rgb = np.array([list(bytes.fromhex(code)) for code in codes.split()], np.float32)
        apart = lab[:, None] - lab_of(rgb)[None]
        score[:, column] = np.sqrt(np.square(apart).sum(axis=2)).min(axis=1)
    closeness = np.exp((score.min(axis=1, keepdims=True) - score) / np.float32(_SPREAD))
    memberships: Float32Array = closeness / closeness.sum(axis=1, keepdims=True)
    memberships.setflags(write=False)
    return memberships
