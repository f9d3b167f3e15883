"""What moved: an object that is gone from one place and the like of it that came up at another."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from embodied_mem.scene.objects import ObjectTable
from embodied_mem.types import Int64Array


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangeConfig:
    """When a new object is taken for one that is gone elsewhere."""

    min_likeness: float = 0.8
    """Least cosine of the two descriptors."""
    max_size_ratio: float = 1.8
    """Most that the boxes' diagonals may differ by."""
    sure_likeness: float = 0.9
    """Least cosine where the old place could not be looked into."""


def pair_moved(table: ObjectTable, config: ChangeConfig) -> list[tuple[int, int]]:
    """Pairs missing objects with newer, confirmed ones of the same category, size and look.

    Returns:
        (gone, found) rows, one to one, by the greatest total likeness.
    """
    gone = np.flatnonzero(table.live & table.missing)
    found = np.flatnonzero(table.confirmed())
    return _pair(table, gone, found, config.min_likeness, config)


def pair_unseen(table: ObjectTable, config: ChangeConfig) -> list[tuple[int, int]]:
    """Pairs remembered objects that a whole visit did not show with what is new on this visit.

    For the end of a complete exploration: a place inside a shelf may never come into view, but a
    thing that was not there on earlier visits and looks just like the one that was not seen again
    is far more likely that thing than its twin.

    Returns:
        (remembered, found) rows, one to one, of the same category and colour.
    """
    believed = table.confirmed()
    unseen = np.flatnonzero(believed & (table.last < table.visit_start))
    new = np.flatnonzero(believed & (table.first >= table.visit_start))
    colour = table.colour.argmax(axis=1)
    pairs = _pair(table, unseen, new, config.sure_likeness, config)
    return [(old, now) for old, now in pairs if colour[old] == colour[now]]


def _pair(
    table: ObjectTable, gone: Int64Array, found: Int64Array, likeness: float, config: ChangeConfig
) -> list[tuple[int, int]]:
    """Pairs rows one to one by the greatest total likeness, where category and size agree."""
    found = found[np.array([not table.history[row] for row in found], dtype=bool)]
    if gone.size == 0 or found.size == 0:
        return []
    score = table.embedding[gone] @ table.embedding[found].T
    score[score < likeness] = -np.inf
    score[table.last[gone][:, None] >= table.first[found][None]] = -np.inf
    size = np.linalg.norm(table.high - table.low, axis=1)
    ratio = size[found][None] / np.maximum(size[gone][:, None], 1e-3)
    score[np.maximum(ratio, 1.0 / np.maximum(ratio, 1e-3)) > config.max_size_ratio] = -np.inf
    same = np.array([[table.category[g] == table.category[f] for f in found] for g in gone])
    score[~same] = -np.inf
    first, second = linear_sum_assignment(np.where(np.isfinite(score), -score, 0.0))
    return [
        (int(gone[i]), int(found[j]))
        for i, j in zip(first, second, strict=True)
        if np.isfinite(score[i, j])
    ]
