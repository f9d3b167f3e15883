"""The order in which things are shown, and how much of their labels is told."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from embodied_mem_envs.tasks.label_expansion.crops import Crops
from embodied_mem_envs.tasks.label_expansion.tree import LabelTree, Path

COARSE_SHARE: Final = 0.2
"""Share of the stream in which only the coarsest labels are told."""
OWN_SHARE: Final = 0.8
"""Share of the things, while a label is being told apart, that are of that label."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shown:
    """One step of the stream."""

    crop: int
    """Row of the crops."""
    label: Path
    """As far as it is told."""


def make_stream(
    crops: Crops, tree: LabelTree, steps: int, rng: np.random.Generator
) -> tuple[Shown, ...]:
    """Draws a stream.

    First any crops come with their coarsest labels. Then one label after the other is told apart,
    coarse ones first and of equal ones in the order of the tree: for an equal part of the rest
    most things are of that label, and from then on its things come with the next finer label. The
    others come with what is told of theirs by then. Crops are drawn as often as the houses show
    them, so that usual things come more often than rare ones.

    Args:
        crops: What is drawn from, with replacement.
        tree: Of the labels.
        steps: Length of the stream.
        rng: Draws.
    """
    coarse = round(steps * COARSE_SHARE)
    members = {
        node: crops.of(leaf[-1] for leaf in tree.leaves if leaf[: len(node)] == node)
        for node in tree.inner
    }
    everything = np.arange(len(crops))
    told: set[Path] = set()
    shown: list[Shown] = []
    for step in range(steps):
        among = everything
        if step >= coarse:
            node = tree.inner[(step - coarse) * len(tree.inner) // (steps - coarse)]
            told.add(node)
            if rng.random() < OWN_SHARE:
                among = members[node]
        crop = int(among[rng.integers(len(among))])
        shown.append(Shown(crop=crop, label=told_of(tree.path_of[crops.categories[crop]], told)))
    return tuple(shown)


def told_of(path: Path, told: set[Path]) -> Path:
    """Returns a label as far as the labels on its way were told apart.

    >>> told_of(("furniture", "seating", "chair"), {("furniture",)})
    ('furniture', 'seating')
    """
    depth = 1
    while depth < len(path) and path[:depth] in told:
        depth += 1
    return path[:depth]
