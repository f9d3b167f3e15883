"""One piece that is several things of one colour, against or on each other: size tells."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from embodied_mem.scene.tabletop.boxes import Box
from embodied_mem.scene.tabletop.looks import Patch
from embodied_mem.scene.tabletop.recognition import Recognition
from embodied_mem.types import BoolArray, Float32Array, Float64Array, Int64Array

ONE_MORE: Final = 0.35
"""What one thing more must gain in fit."""
_SUSPECT: Final = 0.3
"""Strain from which on a piece may be several things."""
_GOOD: Final = 1.0
"""Largest misfit of what is taken for the uppermost thing of a stack."""
_SMALLEST: Final = 60
"""Pixels of what is not cut any more."""
_PART: Final = 15
"""Pixels of a part that can be judged."""
_LEVEL: Final = 0.008
"""By how much heights of stacked things may be off, m."""
_COVERED: Final = 0.5
"""Confidence in something under something else of its kind, of which only a side is seen."""
_ROUNDS: Final = 5
"""Steps of the clustering."""


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


Judge = Callable[[tuple[int, ...], Patch, list[float]], Group]
"""Makes a group of members, their patch, and heights that it may stand on."""


def split(group: Group, judge: Judge, heights: Float64Array) -> list[Group]:
    """Cuts a group of no known look into several things where these have one.

    Args:
        group: What may be several things.
        judge: Tells what a part looks like.
        heights: (k,) of all things that are known, m.
    """
    if group.strain < _SUSPECT or len(group.patch) < _SMALLEST:
        return [group]
    best, least = [group], group.strain
    for parts in _side_by_side(group):
        pieces = [judge(group.members, each, [group.floor]) for each in parts]
        strain = sum(each.strain for each in pieces) + ONE_MORE * (len(pieces) - 1)
        if strain < least:
            best, least = pieces, strain
    upper = _uppermost(group, judge, heights) if len(group.members) == 1 else None
    if upper is not None and upper.recognition.misfit < _GOOD and least > ONE_MORE:
        best = [upper, *_below(group, upper, judge)]
    return best


def _uppermost(group: Group, judge: Judge, heights: Float64Array) -> Group | None:
    """Returns the uppermost thing of what may be a stack."""
    patch, best = group.patch, None
    for height in heights.tolist():
        cut = group.box.top - height
        if cut < group.floor + 0.015:
            continue
        above = patch.points[:, 2] > cut
        if above.sum() < _PART:
            continue
        one = judge(group.members, _part(patch, above), [cut])
        size = one.recognition.size
        fits = size is not None and abs(float(size[2]) - height) < _LEVEL
        if fits and (best is None or one.recognition.misfit < best.recognition.misfit):
            best = one
    return best


def _below(group: Group, upper: Group, judge: Judge) -> Iterator[Group]:
    """Yields what is below the uppermost thing: more of its kind, where the height says so."""
    height = float(upper.box.size[2])
    rest = upper.floor - group.floor
    count = round(rest / height)
    heights = group.patch.points[:, 2]
    if count < 1 or abs(rest - count * height) > _LEVEL:
        below = heights <= upper.floor
        if below.sum() >= _PART:
            yield judge(group.members, _part(group.patch, below), [group.floor])
        return
    for number in range(count):
        floor = group.floor + number * rest / count
        own = (heights > floor) & (heights <= floor + rest / count)
        if not own.any():
            continue
        position = np.array([*upper.box.position[:2], floor + 0.5 * height])
        yield Group(
            members=group.members,
            patch=_part(group.patch, own),
            box=replace(upper.box, position=position),
            recognition=replace(upper.recognition, confidence=_COVERED),
            floor=floor,
        )


def _side_by_side(group: Group) -> Iterator[list[Patch]]:
    """Yields ways to cut a patch into parts that stand beside each other."""
    box, patch = group.box, group.patch
    away = patch.points[:, :2] - box.position[:2].astype(np.float32)
    for axis, turn in enumerate((box.yaw, box.yaw + 0.5 * np.pi)):
        along = away @ np.array([np.cos(turn), np.sin(turn)], np.float32)
        share = along / np.float32(box.size[axis]) + np.float32(0.5)
        for count in (2, 3):
            number = np.clip((share * count).astype(np.int64), 0, count - 1)
            if np.bincount(number, minlength=count).min() >= _PART:
                yield [_part(patch, number == k) for k in range(count)]
        if axis == 0:
            number = _two_clusters(away, share > 0.5)
            if np.bincount(number, minlength=2).min() >= _PART:
                yield [_part(patch, number == k) for k in range(2)]


def _two_clusters(points: Float32Array, first: BoolArray) -> Int64Array:
    """Returns (n,) the nearer of two means of (n, 2) points, beginning with a division.

    Lloyd, Least squares quantization in PCM, 1982.
    """
    number = first.astype(np.int64)
    for _ in range(_ROUNDS):
        if number.min() == number.max():
            break
        means = np.stack([points[number == k].mean(axis=0) for k in range(2)])
        apart = np.square(points[:, None] - means[None]).sum(axis=2)
        number = apart.argmin(axis=1)
    return number


def _part(patch: Patch, chosen: BoolArray) -> Patch:
    return Patch(
        points=patch.points[chosen],
        colours=patch.colours[chosen],
        shares=patch.shares[chosen],
        bright=patch.bright[chosen],
        level=patch.level,
        pixel=patch.pixel,
    )
