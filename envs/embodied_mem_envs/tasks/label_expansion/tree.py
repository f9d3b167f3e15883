"""Trees of labels: kinds of things as they are told at first, and as they are told later."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from embodied_mem.allocation.groups import GROUP_NAMES, group_of

Path = tuple[str, ...]
"""A label with all that it is a kind of, coarse first: `("furniture", "seating", "chair")`."""

ROOTS: Final[Mapping[str, tuple[str, ...]]] = {
    "furniture": ("seating", "storage", "tables"),
    "fixtures": ("sanitary", "appliances", "lighting"),
    "belongings": ("textiles", "kitchenware", "electronics", "belongings", "decoration"),
}
"""What is coarser than the groups of `embodied_mem.allocation.groups`."""
_ROOT_OF: Final = {group: root for root, groups in ROOTS.items() for group in groups}


@dataclass(frozen=True, kw_only=True)
class LabelTree:
    """The labels of one episode; all leaves are equally deep."""

    leaves: tuple[Path, ...]

    @property
    def depth(self) -> int:
        """Labels on the way to a leaf."""
        return len(self.leaves[0])

    @cached_property
    def path_of(self) -> dict[str, Path]:
        """The whole label of a category."""
        return {path[-1]: path for path in self.leaves}

    @cached_property
    def nodes(self) -> tuple[Path, ...]:
        """All labels, coarse ones first."""
        found = {path[:depth]: None for depth in range(1, self.depth + 1) for path in self.leaves}
        return tuple(found)

    @cached_property
    def inner(self) -> tuple[Path, ...]:
        """The labels that finer ones exist for, in the order in which they are told apart."""
        return tuple(node for node in self.nodes if len(node) < self.depth)


def drawable(categories: Iterable[str]) -> dict[str, list[str]]:
    """Returns the groups that have two categories at least, and these, in the order of names."""
    members: dict[str, list[str]] = {}
    for category in sorted(categories):
        group = GROUP_NAMES[group_of(category)]
        if group in _ROOT_OF:
            members.setdefault(group, []).append(category)
    return {group: members[group] for group in sorted(members) if len(members[group]) >= 2}


def draw_tree(
    available: Iterable[str],
    rng: np.random.Generator,
    *,
    depth: int,
    groups: int,
    categories: int,
) -> LabelTree:
    """Draws groups, and categories of each.

    Args:
        available: Categories that may be drawn.
        rng: Draws.
        depth: 2 for groups and categories, 3 with `ROOTS` above them.
        groups: How many, at most as many as are `drawable`.
        categories: How many of each group at most; at least two.
    """
    members = drawable(available)
    fitting = list(members)
    leaves: list[Path] = []
    for index in rng.choice(len(fitting), size=groups, replace=False).tolist():
        group = fitting[index]
        count = min(categories, len(members[group]))
        for chosen in rng.choice(len(members[group]), size=count, replace=False).tolist():
            category = members[group][chosen]
            whole = (_ROOT_OF[group], group, category)
            leaves.append(whole[3 - depth :])
    return LabelTree(leaves=tuple(leaves))
