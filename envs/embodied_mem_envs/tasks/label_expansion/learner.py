"""What the buffer is good for: labels of things in other houses, by the nearest record in it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from embodied_mem.types import AnyArray, BoolArray, Float32Array, Int64Array
from embodied_mem_envs.tasks.label_expansion.crops import Crops
from embodied_mem_envs.tasks.label_expansion.tree import LabelTree, Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Accuracy:
    """How well held-out crops were labelled from the buffer; each category counts alike."""

    coarse: float
    """Share of right coarsest labels, over all categories."""
    fine: float
    """Share of right finest labels, over the categories whose finest label was told so far; the
    others are left out, and it is 0 where there is none."""


def measure(
    features: Float32Array,
    labels: Sequence[Path],
    held_out: Crops,
    tree: LabelTree,
    told: set[Path],
    *,
    pseudo_labels: bool = False,
) -> Accuracy:
    """Labels held-out crops by the nearest record of the buffer, and counts how many are right.

    For the coarsest label all records are looked at, because a fine label tells the coarse one too.
    For the finest label those that carry one are looked at, and with `pseudo_labels` all others
    too, each with the finest label of the nearest record of its own branch that has one, which is
    how hierarchy-aware pseudo-labels are made in Lee et al., ICCV 2023, section 4.1, with the
    nearest neighbour in the place of their network.

    Args:
        features: (n, 20) of the buffer.
        labels: Of the buffer, as far as they were told when the records were taken in.
        held_out: What is labelled.
        tree: Of the labels.
        told: Leaves that were told so far.
        pseudo_labels: See above.
    """
    truth = [tree.path_of[category] for category in held_out.categories]
    counted = np.array([path in told for path in truth])
    if not labels:
        return Accuracy(coarse=0.0, fine=0.0)
    nearest = _nearest(held_out.features, features)
    coarse = np.array([labels[row][0] == path[0] for row, path in zip(nearest, truth, strict=True)])
    names = np.array([path[-1] for path in truth])
    fine_rows, fine_labels = _fine(features, labels, tree.depth, pseudo_labels)
    if not counted.any() or len(fine_rows) == 0:
        return Accuracy(coarse=_macro(coarse, names), fine=0.0)
    nearest = _nearest(held_out.features[counted], features[fine_rows])
    kept = [path for path, each in zip(truth, counted, strict=True) if each]
    right = np.array([fine_labels[row] == path for row, path in zip(nearest, kept, strict=True)])
    return Accuracy(coarse=_macro(coarse, names), fine=_macro(right, names[counted]))


def _fine(
    features: Float32Array, labels: Sequence[Path], depth: int, pseudo: bool
) -> tuple[list[int], list[Path]]:
    """Returns the rows with finest labels, and these."""
    rows = [row for row, label in enumerate(labels) if len(label) == depth]
    names = [labels[row] for row in rows]
    if not pseudo:
        return rows, names
    finest = list(rows)
    for row, label in enumerate(labels):
        branch = [other for other in finest if labels[other][: len(label)] == label]
        if len(label) < depth and branch:
            index = int(_nearest(features[row : row + 1], features[branch])[0])
            rows, names = [*rows, row], [*names, labels[branch[index]]]
    return rows, names
    for row, label in enumerate(labels):
        branch = [other for other in rows[: len(names)] if labels[other][: len(label)] == label]
        branch = [other for other in branch if len(labels[other]) == depth]
        if len(label) < depth and branch:
            index = int(_nearest(features[row : row + 1], features[branch])[0])
            rows, names = [*rows, row], [*names, labels[branch[index]]]
    return rows, names


def _nearest(asked: Float32Array, among: Float32Array) -> Int64Array:
    """Returns (n,) the row of the nearest of `among` for each of `asked`, by squared distance."""
    squares = (among * among).sum(axis=1)[None] - 2.0 * asked @ among.T
    rows: Int64Array = squares.argmin(axis=1)
    return rows


def _macro(right: BoolArray, names: AnyArray) -> float:
    """Returns the mean over categories of the share of right crops."""
    return float(np.mean([right[names == name].mean() for name in sorted(set(names.tolist()))]))
