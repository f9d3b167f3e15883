"""Which pieces of a picture are one thing: those that together look like one.

A can with a lid of steel is two pieces and one thing, a red block on a green one two pieces and
two things. Shape alone does not tell; what things look like does.
"""

from collections.abc import Iterator
from typing import Final, final

import numpy as np

from embodied_mem.scene.tabletop.foreground import Foreground
from embodied_mem.scene.tabletop.looks import Patch, cut_patch, describe, join_patches
from embodied_mem.scene.tabletop.recognition import Appearance
from embodied_mem.scene.tabletop.segments import Pieces
from embodied_mem.scene.tabletop.splitting import ONE_MORE, Group, split
from embodied_mem.scene.tabletop.view import View
from embodied_mem.types import Int64Array

_SPECK: Final = 12
"""Pixels below which a piece is a mark on what it touches."""
_MARK: Final = 0.10
"""Share of its neighbour's pixels below which a piece is a mark on it."""
_ALIKE: Final = 0.06
"""Difference in the shares of red, green and blue up to which two pieces are of one colour."""
_NEAR: Final = 0.025
"""How near, seen from above, pieces of one colour must be to be parts of one thing, m."""
_WIDEST: Final = 0.17
"""Longest side of one thing, m."""
_SMALL: Final = 40
"""Pixels below which a piece alone says little of what it belongs to."""
_FITS: Final = 1.35
"""Misfit up to which several pieces may be one thing."""
_STEP: Final = 0.012
"""How near the top of one thing and the underside of another must be for it to stand there, m."""


@final
class Grouping:
    """Groups the pieces of one picture.

    Args:
        view: The picture.
        foreground: Its foreground.
        pieces: Its pieces.
        appearance: What things look like.
    """

    def __init__(
        self, view: View, foreground: Foreground, pieces: Pieces, appearance: Appearance
    ) -> None:
        self._view = view
        self._appearance = appearance
        self._patches = cut_pieces(view, foreground, pieces)
        self._tops = [float(each.points[:, 2].max()) for each in self._patches]
        self._neighbours: list[set[int]] = [set() for _ in self._patches]
        for first, second in zip(pieces.contacts.first, pieces.contacts.second, strict=True):
            self._link(int(first) - 1, int(second) - 1)
        for first, second in zip(pieces.nested.first, pieces.nested.second, strict=True):
            one, other = int(first) - 1, int(second) - 1
            if self._may_be_joined(one, other):
                self._link(one, other)

    def groups(self) -> list[Group]:
        """Returns the things, each piece in at most one of them."""
        owners = self._absorb_marks()
        groups = [self._group(tuple(members)) for members in owners]
        merged = self._merge([each for each in groups if each is not None])
        return [
            part for each in merged for part in split(each, self._best, self._appearance.heights)
        ]

    def _link(self, one: int, other: int) -> None:
        self._neighbours[one].add(other)
        self._neighbours[other].add(one)

    def _may_be_joined(self, one: int, other: int) -> bool:
        """Tells whether pieces that are apart in depth may be one thing, seen from above.

        They are over each other, or of one colour and near: a roof hides what joins it to the
        bonnet before it.
        """
        a, b = self._patches[one], self._patches[other]
        alike = np.abs(a.shares.mean(axis=0) - b.shares.mean(axis=0)).max() < _ALIKE
        low, high = a.points[:, :2].min(axis=0), a.points[:, :2].max(axis=0)
        if alike:
            gap = np.maximum(b.points[:, :2].min(axis=0) - high, low - b.points[:, :2].max(axis=0))
            return bool((gap < _NEAR).all())
        for inner, outer in ((a, b), (b, a)):
            middle = inner.points[:, :2].mean(axis=0)
            low, high = outer.points[:, :2].min(axis=0), outer.points[:, :2].max(axis=0)
            if ((low < middle) & (middle < high)).all():
                return True
        return False

    def _absorb_marks(self) -> list[list[int]]:
        """Gives pieces that are marks on others to these; returns the members of each group."""
        order = sorted(range(len(self._patches)), key=lambda k: len(self._patches[k]))
        owner = list(range(len(order)))
        for k in order:
            size = len(self._patches[k])
            near = [j for j in self._neighbours[k] if len(self._patches[j]) > size]
            if not near:
                continue
            largest = max(near, key=lambda j: (len(self._patches[j]), -j))
            if size < _SPECK or size < _MARK * len(self._patches[largest]):
                owner[k] = largest
        members: dict[int, list[int]] = {}
        for k in range(len(owner)):
            root = k
            while owner[root] != root:
                root = owner[root]
            members.setdefault(root, []).append(k)
        return list(members.values())

    def _group(self, members: tuple[int, ...]) -> Group:
        patch = join_patches([self._patches[k] for k in members])
        floors = [patch.level]
        low = float(np.partition(patch.points[:, 2], len(patch) // 50)[len(patch) // 50])
        if low > patch.level + 0.012:
            around = set().union(*(self._neighbours[k] for k in members)) - set(members)
            floors += sorted({self._tops[k] for k in around if abs(self._tops[k] - low) < _STEP})
        return self._best(members, patch, floors)

    def _best(self, members: tuple[int, ...], patch: Patch, floors: list[float]) -> Group:
        best: Group | None = None
        for floor in floors:
            box, looks = describe(patch, floor, self._view.eye, self._view.noise)
            group = Group(
                members=members,
                patch=patch,
                box=box,
                recognition=self._appearance.recognise(looks),
                floor=floor,
            )
            if best is None or group.recognition.misfit < best.recognition.misfit:
                best = group
        assert best is not None
        return best

    def _merge(self, groups: list[Group]) -> list[Group]:
        """Joins, best first, those that together fit what is known better than apart."""
        tried: dict[tuple[int, ...], Group] = {}
        while True:
            best_gain, best_group = 0.0, None
            best_parts: tuple[int, ...] = ()
            for parts in self._unions(groups):
                members = tuple(sorted(m for k in parts for m in groups[k].members))
                if members not in tried:
                    tried[members] = self._group(members)
                both = tried[members]
                apart = sum(groups[k].strain for k in parts) + ONE_MORE * (len(parts) - 1)
                gain = apart - both.strain
                if both.recognition.misfit <= _FITS and gain > best_gain:
                    best_gain, best_parts, best_group = gain, parts, both
            if best_group is None:
                return groups
            groups = [*(g for k, g in enumerate(groups) if k not in best_parts), best_group]

    def _unions(self, groups: list[Group]) -> Iterator[tuple[int, ...]]:
        """Yields pairs that touch, and those again with the small pieces that touch them."""
        small = [k for k, each in enumerate(groups) if len(each.patch) < _SMALL]
        for i, one in enumerate(groups):
            for j in range(i + 1, len(groups)):
                if not self._touch(one, groups[j]):
                    continue
                yield i, j
                near = [
                    k
                    for k in small
                    if k not in (i, j)
                    and (self._touch(groups[k], one) or self._touch(groups[k], groups[j]))
                ]
                if near:
                    yield i, j, *near

    def _touch(self, one: Group, other: Group) -> bool:
        if not any(self._neighbours[k].intersection(other.members) for k in one.members):
            return False
        low = np.minimum(one.patch.points.min(axis=0), other.patch.points.min(axis=0))
        high = np.maximum(one.patch.points.max(axis=0), other.patch.points.max(axis=0))
        return bool((high - low).max() < _WIDEST)


def cut_pieces(view: View, foreground: Foreground, pieces: Pieces) -> list[Patch]:
    """Cuts the pixels of each piece out of a picture."""
    flat = pieces.labels.ravel()
    inner = np.flatnonzero(flat)
    order = inner[np.argsort(flat[inner], kind="stable")]
    ends = np.cumsum(pieces.pixels)
    rows, columns = np.divmod(order, pieces.labels.shape[1])
    pixels: Int64Array = (rows + pieces.corner[0]) * view.depth.shape[1]
    pixels += columns + pieces.corner[1]
    levels = foreground.level.ravel()
    return [
        cut_patch(view, each, float(np.median(levels[each])))
        for each in np.split(pixels, ends[:-1])
    ]
