"""The rules by which 3D-Mem takes detections for objects, and forgets some of them again.

Facts of the public code, in the order of its pipeline. In its favour: detector, masks and class
names are the simulator's own and never wrong, and a thing is known again within a visit by the
simulator's id, where the original matches point clouds and CLIP vectors.
"""

from dataclasses import dataclass, field

import numpy as np

from embodied_mem_envs.evaluation.agents.peers.kept import Sum
from embodied_mem_envs.evaluation.agents.peers.look import Look, Shown

BACKGROUND = frozenset({"wall", "floor", "ceiling", "carpet", "door", "rug", "bath mat"})
"""Classes that never become objects (`skip_bg`)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DetectionRules:
    """Thresholds as published."""

    min_mask_share: float = 0.001
    """A mask covers at least this share of the picture."""
    max_box_share: float = 0.5
    """A pixel box covers at most this share."""
    proximity: float = 20.0 / 1280.0
    """Of two boxes with middles nearer than this the larger stays; shares of the width. The
    original's 20 pixels are those of a picture 1280 wide, and scaled in its favour."""
    include_distance: float = 3.5
    """Objects farther from the agent are not taken in, m (`obj_include_dist`)."""
    forget_every: int = 12
    """Views between two clean-ups."""
    forget_below: int = 2
    """What was seen fewer times and is farther than `include_distance` is dropped."""
    same_overlap: float = 0.3
    """In a new visit, where ids mean nothing, a thing of the same class whose box overlaps by
    this share of the smaller one is the same."""


def accepted(look: Look, rules: DetectionRules) -> list[int]:
    """Returns the indices of what becomes objects of one look."""
    kept: list[int] = []
    by_size = sorted(range(len(look.shown)), key=lambda i: (-look.shown[i].box_share, i))
    for index in by_size:
        shown = look.shown[index]
        if (
            shown.share < rules.min_mask_share
            or shown.box_share > rules.max_box_share
            or shown.category in BACKGROUND
            or any(_close(shown, look.shown[other], rules.proximity) for other in kept)
        ):
            continue
        kept.append(index)
    return sorted(i for i in kept if look.shown[i].away <= rules.include_distance)


def _close(a: Shown, b: Shown, limit: float) -> bool:
    return float(np.hypot(a.middle[0] - b.middle[0], a.middle[1] - b.middle[1])) < limit


@dataclass(slots=True)
class ObjectMap:
    """Objects by the simulator's ids within a visit; over visits by class and overlap."""

    rules: DetectionRules
    objects: dict[str, Sum] = field(default_factory=dict)
    _by_instance: dict[int, str] = field(default_factory=dict)
    _count: int = 0

    def new_visit(self) -> None:
        """Forgets the ids, not the objects."""
        self._by_instance.clear()

    def add(self, look: Look, index: int) -> tuple[str, bool]:
        """Takes in one detection; returns the object's id, and whether it is new."""
        shown = look.shown[index]
        name = self._by_instance.get(shown.instance)
        if name is None or name not in self.objects:
            name = self._same_as_before(look, index)
        if name is None:
            name = f"object-{self._count:04d}"
            self._count += 1
            self._by_instance[shown.instance] = name
            self.objects[name] = Sum(name, look, index)
            return name, True
        self._by_instance[shown.instance] = name
        self.objects[name].add(look, index)
        return name, False

    def drop(self, name: str) -> None:
        """Forgets an object."""
        del self.objects[name]

    def _same_as_before(self, look: Look, index: int) -> str | None:
        """Returns an object of an earlier visit that the detection overlaps most, if any."""
        shown = look.shown[index]
        best: tuple[float, str] | None = None
        taken = set(self._by_instance.values())
        for name, thing in self.objects.items():
            if thing.category != shown.category or name in taken:
                continue
            inner = np.minimum(thing.high, shown.high) - np.maximum(thing.low, shown.low)
            sizes = np.minimum(
                np.maximum(thing.high - thing.low, 0.02), np.maximum(shown.high - shown.low, 0.02)
            )
            overlap = float(np.prod(np.maximum(inner, 0.0)) / np.prod(sizes))
            if overlap >= self.rules.same_overlap and (best is None or overlap > best[0]):
                best = (overlap, name)
        return best[1] if best is not None else None
