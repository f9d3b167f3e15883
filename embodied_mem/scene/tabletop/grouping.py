"""Which pieces of a picture are one thing: those that together look like one.

A can with a lid of steel is two pieces and one thing, a red block on a green one two pieces and
two things. Shape alone does not tell; what things look like does.
"""

from dataclasses import dataclass
from typing import Final, final

import numpy as np

from embodied_mem.scene.tabletop.boxes import Box
from embodied_mem.scene.tabletop.foreground import Foreground
from embodied_mem.scene.tabletop.looks import Patch, cut_patch, describe, join_patches
from embodied_mem.scene.tabletop.recognition import Appearance, Recognition
from embodied_mem.scene.tabletop.segments import Pieces
from embodied_mem.scene.tabletop.view import View
from embodied_mem.types import Float64Array, Int64Array

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
_FITS: Final = 1.35
"""Misfit up to which several pieces may be one thing."""
_ONE_MORE: Final = 0.35
"""What one thing more must gain in fit."""
_STEP: Final = 0.012
"""How near the top of one thing and the underside of another must be for it to stand there, m."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Group:
    """Pieces that are taken for one thing."""

    members: tuple[int, ...]
    """Rows of the pieces."""
    patch: Patch
    box: Box
    recognition: Recognition
    floor: float
    """Height of what it stands on, m."""

    @property
    def strain(self) -> float:
        """How badly it fits what is known, from 0 to 3."""
        return min(max(self.recognition.misfit - 1.0, 0.0), 3.0)


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
        return [part for each in merged for part in self._split(each)]

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
            best_gain, best_pair, best_group = 0.0, None, None
            for i, one in enumerate(groups):
                for j in range(i + 1, len(groups)):
                    if not self._touch(one, groups[j]):
                        continue
                    members = tuple(sorted(one.members + groups[j].members))
                    if members not in tried:
                        tried[members] = self._group(members)
                    both = tried[members]
                    gain = one.strain + groups[j].strain + _ONE_MORE - both.strain
                    if both.recognition.misfit <= _FITS and gain > best_gain:
                        best_gain, best_pair, best_group = gain, (i, j), both
            if best_pair is None or best_group is None:
                return groups
            i, j = best_pair
            groups = [*(g for k, g in enumerate(groups) if k not in (i, j)), best_group]

    def _touch(self, one: Group, other: Group) -> bool:
        if not any(self._neighbours[k].intersection(other.members) for k in one.members):
            return False
        low = np.minimum(one.patch.points.min(axis=0), other.patch.points.min(axis=0))
        high = np.maximum(one.patch.points.max(axis=0), other.patch.points.max(axis=0))
        return bool((high - low).max() < _WIDEST)

    def _split(self, group: Group) -> list[Group]:
        """Cuts a group of no known look into two or three equal parts where these have one."""
        if group.strain < 0.6 or len(group.patch) < 60:
            return [group]
        best, least = [group], group.strain
        for parts in _cuts(group):
            pieces = [self._best(group.members, each, [floor]) for each, floor in parts]
            strain = sum(each.strain for each in pieces) + _ONE_MORE * (len(pieces) - 1)
            if strain < least:
                best, least = pieces, strain
        return best


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


def _cuts(group: Group) -> list[list[tuple[Patch, float]]]:
    """Returns ways to cut a patch, each part with the height of what it stands on."""
    box, patch = group.box, group.patch
    ways: list[list[tuple[Patch, float]]] = []
    axes: list[Float64Array] = [
        np.array([np.cos(box.yaw), np.sin(box.yaw), 0.0]),
        np.array([-np.sin(box.yaw), np.cos(box.yaw), 0.0]),
        np.array([0.0, 0.0, 1.0]),
    ]
    for axis, direction in enumerate(axes):
        along = (patch.points - box.position.astype(np.float32)) @ direction.astype(np.float32)
        share = along / np.float32(box.size[axis]) + np.float32(0.5)
        for count in (2, 3):
            number = np.clip((share * count).astype(np.int64), 0, count - 1)
            if np.bincount(number, minlength=count).min() < 15:
                continue
            step = box.size[2] / count if axis == 2 else 0.0
            ways.append([(_part(patch, number == k), box.low + k * step) for k in range(count)])
    return ways


def _part(patch: Patch, chosen: Int64Array) -> Patch:
    return Patch(
        points=patch.points[chosen],
        colours=patch.colours[chosen],
        shares=patch.shares[chosen],
        bright=patch.bright[chosen],
        level=patch.level,
        pixel=patch.pixel,
    )
