"""The segmenter of simulators: their instance ids, and a model of a real detector's errors."""

import zlib

import numpy as np

from embodied_mem.errors import ObservationError
from embodied_mem.perception.error_model import ErrorModel
from embodied_mem.perception.false_masks import cut_masks, with_ghosts
from embodied_mem.perception.frame import Frame
from embodied_mem.perception.lookalikes import any_label, wrong_label
from embodied_mem.perception.segmentation import UNKNOWN_CATEGORY, Segmentation
from embodied_mem.types import (
    BoolArray,
    Float32Array,
    Float64Array,
    Int64Array,
    IntArray,
    Observation,
)

_TABLE_LIMIT = 1 << 16
"""Ids up to here are looked up in a table; larger ones are ranked first, which is slower."""


class InstanceSegmenter:
    """Takes a simulator's instance ids for masks, with the errors that a detector would make.

    The errors of a frame depend on the seed, the agent, the camera and the tick alone, so frames
    can be segmented in any order.
    """

    def __init__(
        self, errors: ErrorModel | None = None, seed: int = 0, min_pixels: int = 12
    ) -> None:
        """Sets the segmenter up.

        Args:
            errors: What goes wrong; nothing where None.
            seed: Seed of the errors.
            min_pixels: Strided pixels with depth that an instance must show. At 160 columns the
                default finds what is 4 pixels wide and high, 16 of a 640-pixel picture.
        """
        self.errors = errors
        self.seed = seed
        self.min_pixels = min_pixels

    def segment(self, frame: Frame) -> Segmentation:
        """Returns one mask for each instance that shows enough pixels with depth.

        Raises:
            ObservationError: If the observation carries no instance ids.
        """
        observation = frame.observation
        if observation.instance is None:
            raise ObservationError(
                "the observation has no instance ids; expected a simulator's: use the segmenter "
                "'geometric' for bodies and recordings that give none"
            )
        ids = np.ascontiguousarray(observation.instance[:: frame.stride, :: frame.stride])
        names, ranks = _small_ids(ids)
        counts = np.bincount(ranks[frame.valid], minlength=len(names))
        kept = np.flatnonzero((counts >= self.min_pixels) & (names > 0))
        categories = [observation.labels.get(int(name), UNKNOWN_CATEGORY) for name in names[kept]]
        table = np.zeros(len(names), np.int32)
        if self.errors is None:
            table[kept] = np.arange(1, len(kept) + 1)
            confidence = np.ones(len(kept), np.float32)
            return Segmentation(
                mask=table[ranks], categories=tuple(categories), confidence=confidence
            )
        drawn = _Draws(self.seed, observation)
        shown = np.bincount(ranks.ravel(), minlength=len(names))[kept]
        chances = self.errors.misses(shown, ranks.size)
        found = _with_errors(ranks, kept, categories, len(names), self.errors, chances, drawn)
        found = cut_masks(found, frame.valid, self.errors.partial, self.min_pixels, drawn.later)
        return with_ghosts(found, frame.valid, self.errors.ghosts, self.min_pixels, drawn.later)


def _small_ids(ids: IntArray) -> tuple[Int64Array, IntArray]:
    """Returns a table of ids, and for each pixel its index into that table."""
    low, high = int(ids.min(initial=0)), int(ids.max(initial=0))
    if low >= 0 and high < _TABLE_LIMIT:
        return np.arange(high + 1), ids
    names, ranks = np.unique(ids, return_inverse=True)
    return names.astype(np.int64), ranks.reshape(ids.shape).astype(np.int32)


class _Draws:
    """The sources of chance of one frame."""

    def __init__(self, seed: int, observation: Observation) -> None:
        source = zlib.crc32(f"{observation.agent}/{observation.camera}".encode())
        frame = [seed, observation.tick & 0xFFFFFFFF, source]
        self.first = np.random.default_rng(frame)
        self.later = np.random.default_rng([*frame, 1])
        """Of errors that were added later: without these, the others are what they always were."""


def _with_errors(
    ranks: IntArray,
    kept: Int64Array,
    categories: list[str],
    count: int,
    errors: ErrorModel,
    chances: Float64Array,
    drawn: _Draws,
) -> Segmentation:
    """Draws misses, wrong labels and merges; every draw is made whether or not it is used."""
    rng = drawn.first
    draws = rng.random((3, len(kept)))
    wrong = draws[1] < errors.wrong_label
    strange = wrong & (drawn.later.random(len(kept)) >= errors.lookalike)
    names = [
        wrong_label(category, categories, rng) if flip else category
        for category, flip in zip(categories, wrong, strict=True)
    ]
    for k in np.flatnonzero(strange):
        names[k] = any_label(categories[k], drawn.later)
    owner = np.arange(len(kept))
    merging = np.flatnonzero(draws[2] < errors.merge)
    if merging.size:
        _merge(owner, merging, _touching(ranks, kept, count), rng)
    found = (owner == np.arange(len(kept))) & (draws[0] >= chances)
    label = np.where(found, np.cumsum(found), 0)
    table = np.zeros(count, np.int32)
    table[kept] = label[owner]
    index = np.flatnonzero(found)
    return Segmentation(
        mask=table[ranks],
        categories=tuple(names[k] for k in index),
        confidence=_confidence(wrong, rng)[index],
    )


def _touching(ranks: IntArray, kept: Int64Array, count: int) -> BoolArray:
    """Returns (n, n) whether two kept instances have neighbouring pixels."""
    position = np.full(count, -1)
    position[kept] = np.arange(len(kept))
    label = position[ranks]
    touching = np.zeros((len(kept), len(kept)), dtype=bool)
    for first, second in ((label[:, 1:], label[:, :-1]), (label[1:], label[:-1])):
        border = (first != second) & (first >= 0) & (second >= 0)
        touching[first[border], second[border]] = True
    return touching | touching.T


def _merge(
    owner: Int64Array, merging: Int64Array, touching: BoolArray, rng: np.random.Generator
) -> None:
    """Gives each merging instance's pixels to a neighbour, in place."""
    for index in merging:
        if owner[index] != index:
            continue
        neighbours = np.flatnonzero(touching[index] & (owner == np.arange(len(owner))))
        if neighbours.size:
            owner[owner == index] = neighbours[rng.integers(len(neighbours))]


def _confidence(wrong: BoolArray, rng: np.random.Generator) -> Float32Array:
    """Draws scores: right labels mostly 0.7 to 0.95, wrong ones lower, with much overlap."""
    right_score = rng.beta(12.0, 2.5, len(wrong))
    wrong_score = rng.beta(5.0, 4.0, len(wrong))
    return np.where(wrong, wrong_score, right_score).astype(np.float32)
