"""Things and places known again on a real recording, whose poses say what is the same."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from embodied_mem.perception import (
    Embedder,
    Frame,
    GeometricSegmenter,
    Segmentation,
    default_stride,
    make_frame,
)
from embodied_mem.scene import voxels
from embodied_mem.types import Float32Array, Int64Array, Observation
from embodied_mem_envs.bench.models.reid_trials import Tally, Trial

_VOXEL: Final = 0.05
_SAME: Final = 0.35
"""Two masks are of one thing if their voxels overlap by so much of their union."""
_OTHER: Final = 0.05
"""They are of two things if by no more than so much; what lies between is left out."""
APART: Final = 8
"""Frames between two that are compared."""


def judge_things(
    observations: Sequence[Observation], ways: Mapping[str, Embedder], prefix: str, tally: Tally
) -> None:
    """Asks of every mask of a frame which mask of a later frame is the same thing.

    Masks are those of depth and colour alone; which are the same, the poses tell.
    """
    segmenter = GeometricSegmenter()
    frames = [make_frame(view, default_stride(view.intrinsics.width)) for view in observations]
    masks = [segmenter.segment(frame) for frame in frames]
    sets = [_voxels(frame, found) for frame, found in zip(frames, masks, strict=True)]
    starts = np.cumsum([0, *map(len, masks)])
    vectors = {
        name: np.concatenate([way.embed(f, m) for f, m in zip(frames, masks, strict=True)])
        for name, way in ways.items()
    }
    for first in range(len(frames) - APART):
        trials: list[Trial] = []
        for second in range(first + APART, len(frames)):
            overlap = _overlaps(sets[first], sets[second])
            trials += _trials(overlap, int(starts[first]), int(starts[second]))
        if trials:
            tally.add_trials(trials, vectors, prefix)


def _trials(overlap: Float32Array, first: int, second: int) -> list[Trial]:
    """Returns a trial for each mask of the first frame that the second one has, too."""
    trials = []
    none = np.zeros(0, np.int64)
    for row, shares in enumerate(overlap):
        wrong = np.flatnonzero(shares <= _OTHER)
        if shares.size and shares.max() >= _SAME and wrong.size:
            trials.append(
                Trial(
                    sight=first + row,
                    right=second + int(shares.argmax()),
                    wrong=second + wrong,
                    alike=none,
                )
            )
    return trials


def _voxels(frame: Frame, found: Segmentation) -> list[Int64Array]:
    inside = [(found.mask == k + 1) & frame.valid for k in range(len(found))]
    return [np.unique(voxels.pack(frame.points[mask], _VOXEL)) for mask in inside]


def _overlaps(first: Sequence[Int64Array], second: Sequence[Int64Array]) -> Float32Array:
    shares = np.zeros((len(first), len(second)), np.float32)
    for row, a in enumerate(first):
        for column, b in enumerate(second):
            both = np.intersect1d(a, b, assume_unique=True).size
            shares[row, column] = both / max(1, a.size + b.size - both)
    return shares
