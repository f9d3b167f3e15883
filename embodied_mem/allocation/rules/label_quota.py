"""Quotas for labels that grow from coarse to fine: which of what is held makes room."""

from collections import Counter
from collections.abc import Sequence
from typing import Literal, final

import numpy as np

from embodied_mem.errors import unknown_name

Label = tuple[str, ...]
"""Coarse first: `("furniture", "seat")` is a kind of `("furniture",)`."""
By = Literal["label", "depth,label"]


@final
class LabelQuota:
    """As many of each label as can be, and a random sample of each.

    By `label` every label that was told is a class of its own, as in class-balanced reservoir
    sampling (Chrysakis and Moens, ICML 2020, algorithm 1). By `depth,label` labels are known to
    grow, as in online continual learning on hierarchical label expansion (Lee et al., ICCV 2023):

    - A coarse label that finer ones have come for is outgrown. Finer records are records of it too
      (parents inherit), so what holds only the outgrown label makes room first.
    - Every coarse label has the same quota, and within it every finer one: a branch is not crowded
      out by branches that were told apart earlier, or into more labels.

    Args:
        by: What the quotas are for.
    """

    def __init__(self, by: By = "depth,label") -> None:
        if by not in ("label", "depth,label"):
            raise unknown_name("quota", by, ("label", "depth,label"))
        self._grows = by == "depth,label"
        self._arrived: Counter[Label] = Counter()
        self._outgrown: set[Label] = set()

    def meet(self, label: Label) -> None:
        """Takes note of the label of a record that arrives; to be called once for each."""
        self._arrived[label] += 1
        self._outgrown.update(label[:depth] for depth in range(1, len(label)))

    def choose(
        self, held: Sequence[Label], candidate: Label, rng: np.random.Generator
    ) -> int | None:
        """Chooses what makes room for a candidate.

        Args:
            held: Labels of what is held, at least one.
            candidate: Label of what arrives; `meet` was told of it.
            rng: Draws.

        Returns:
            Index of the held record that goes; None where the candidate is refused.
        """
        if self._grows:
            old = [index for index, label in enumerate(held) if label in self._outgrown]
            if candidate in self._outgrown:
                return self._sampled(old, candidate, rng) if len(old) == len(held) else None
            if old:
                return old[int(rng.integers(len(old)))]
        full = self._fullest([*held, candidate], candidate, rng)
        going = [index for index, label in enumerate(held) if label == full]
        if full == candidate:
            return self._sampled(going, candidate, rng)
        return going[int(rng.integers(len(going)))]

    def _fullest(
        self, labels: Sequence[Label], candidate: Label, rng: np.random.Generator
    ) -> Label:
        """Returns the label that is most over its quota, the candidate's own where it is one."""
        depth = 1 if self._grows else None
        while True:
            counts = Counter(label[:depth] for label in labels)
            most = max(counts.values())
            fullest = sorted(node for node, count in counts.items() if count == most)
            own = candidate[:depth]
            node = own if own in fullest else fullest[int(rng.integers(len(fullest)))]
            labels = [label for label in labels if label[:depth] == node]
            if depth is None or len(set(labels)) == 1:
                return labels[0]
            depth += 1

    def _sampled(self, own: list[int], label: Label, rng: np.random.Generator) -> int | None:
        """Lets the candidate in by the chance that keeps those of its label a uniform sample."""
        if rng.random() * max(1, self._arrived[label]) >= len(own):
            return None
        return own[int(rng.integers(len(own)))]
