"""3D-Mem: pictures chosen by co-visibility, and a question's classes chosen by a model.

Yang et al. 2025, "3D-Mem: 3D Scene Memory for Embodied Exploration and Reasoning" (CVPR), by the
rules of its public code (`detections`, `clustering`). Published: which detections count, which are
forgotten, which frames are kept and chosen, three views a metre and nine a turn, re-clustering
around the agent after each step, ten classes of a question, and that a snapshot is shown if one of
its own objects is of such a class. In its favour: see `detections`; the model names rooms by the
same rules as ours; it knows where each thing in a picture is, and answers from all snapshots that
are shown, not only from one; it stops by the same rules of certainty as ours.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, final

import numpy as np

from embodied_mem.brain.seeking.likelihood import room_shares
from embodied_mem.brain.seeking.target import Target
from embodied_mem.types import Float64Array, UInt8Array
from embodied_mem_envs.evaluation.agents.peers.clustering import affected, cluster_snapshots
from embodied_mem_envs.evaluation.agents.peers.detections import (
    DetectionRules,
    ObjectMap,
    accepted,
)
from embodied_mem_envs.evaluation.agents.peers.kept import Thing
from embodied_mem_envs.evaluation.agents.peers.look import Look
from embodied_mem_envs.evaluation.agents.peers.views import ViewClock

TOP_CLASSES: Final = 10
"""`top_k_categories`."""
RECLUSTER: Final = 4.0
"""`obj_include_dist` + 0.5, m."""
_STEP_VIEWS: Final = 3
"""Views of a step, after which snapshots are brought up to date."""


@dataclass(slots=True)
class _Frame:
    """A view with at least one object in it."""

    seen: dict[str, float]
    """Object -> how sure the detection was."""


@final
class ThreeDMem:
    """Implements `KeptMemory`."""

    def __init__(self, rules: DetectionRules | None = None) -> None:
        self.rules = rules or DetectionRules()
        self._map = ObjectMap(self.rules)
        self._clock = ViewClock()
        self._views: dict[int, UInt8Array] = {}
        self._frames: dict[int, _Frame] = {}
        self.snapshots: dict[int, list[str]] = {}
        """Frame -> the objects that it stands for."""
        self._fresh: set[str] = set()
        self._since = 0
        self._here: Float64Array = np.zeros(2)

    def take_in(self, look: Look) -> None:
        """Takes a view every third of a metre and every 40 degrees."""
        self._here = look.position[:2]
        if not self._clock.is_due(look):
            return
        self._views[look.number] = look.rgb
        seen = {}
        for index in accepted(look, self.rules):
            name, new = self._map.add(look, index)
            # A detector is surer of what it sees larger.
            seen[name] = 0.5 + 0.5 * min(1.0, 4.0 * look.shown[index].share)
            if new:
                self._fresh.add(name)
        if seen:
            self._frames[look.number] = _Frame(seen=seen)
        if len(self._views) % self.rules.forget_every == 0:
            self._forget()
        self._since += 1
        if self._since >= _STEP_VIEWS:
            self.update_snapshots()

    def new_visit(self) -> None:
        """Ids mean nothing any more; objects stay where they were seen."""
        self._map.new_visit()
        self._clock.restart()

    def things(self) -> Sequence[Thing]:
        """Returns every object that some snapshot shows, with the snapshots that do."""
        if self._fresh:
            self.update_snapshots()
        home = {name: frame for frame, cluster in self.snapshots.items() for name in cluster}
        shown: dict[str, list[int]] = {}
        for frame in self.snapshots:
            for name in self._frames[frame].seen:
                shown.setdefault(name, []).append(frame)
        found = []
        for name, frames in shown.items():
            thing = self._map.objects[name].thing(sorted(frames))
            found.append(_at_home(thing, home.get(name, -1)))
        return found

    def chosen(self, things: Sequence[Thing], target: Target) -> Sequence[Thing]:
        """Returns what the snapshots show that hold an object of one of ten classes."""
        classes = ranked_classes({thing.category for thing in things}, target)[:TOP_CLASSES]
        frames = {thing.home for thing in things if thing.category in classes}
        return [thing for thing in things if frames.intersection(thing.pictures)]

    def pictures(self) -> dict[int, UInt8Array]:
        """Returns every view: the original keeps them all (`all_observations`)."""
        return self._views

    def notes(self) -> tuple[str, ...]:
        """It keeps no texts."""
        return ()

    def update_snapshots(self) -> None:
        """Makes the snapshots around the agent anew."""
        self._since = 0
        names = sorted(self._map.objects)
        row = {name: index for index, name in enumerate(names)}
        positions = np.array(
            [self._map.objects[name].middle[:2] for name in names], np.float64
        ).reshape(-1, 2)
        clusters = {f: [row[n] for n in cluster] for f, cluster in self.snapshots.items()}
        fresh = {row[name] for name in self._fresh if name in row}
        self._fresh.clear()
        touched = affected(positions, self._here, RECLUSTER, fresh, clusters)
        if not touched:
            return
        numbers = sorted(self._frames)
        confidence = np.zeros((len(numbers), len(names)))
        for at, number in enumerate(numbers):
            for name, sure in self._frames[number].seen.items():
                confidence[at, row[name]] = sure
        kept = {
            frame: cluster
            for frame, cluster in self.snapshots.items()
            if not touched.intersection(row[name] for name in cluster)
        }
        for snapshot in cluster_snapshots(positions, confidence, sorted(touched)):
            frame = numbers[snapshot.frame]
            kept[frame] = [*kept.get(frame, []), *(names[index] for index in snapshot.cluster)]
        self.snapshots = kept

    def _forget(self) -> None:
        """Drops what was seen once and is far away."""
        for name, thing in list(self._map.objects.items()):
            away = float(np.hypot(*(thing.middle[:2] - self._here)))
            if thing.views < self.rules.forget_below and away > self.rules.include_distance:
                self._map.drop(name)
                self._fresh.discard(name)
                for frame in self._frames.values():
                    frame.seen.pop(name, None)
                for cluster in self.snapshots.values():
                    if name in cluster:
                        cluster.remove(name)
        self._frames = {number: frame for number, frame in self._frames.items() if frame.seen}
        self.snapshots = {f: cluster for f, cluster in self.snapshots.items() if cluster}


def ranked_classes(classes: set[str], target: Target) -> list[str]:
    """Ranks classes by how much they matter for a question, as the model is asked to.

    Those that are named come first, then those that stand in the same kinds of rooms.
    """
    named = set(target.categories)

    def importance(name: str) -> tuple[float, str]:
        if name in named:
            return (-2.0, name)
        shares = room_shares([name])
        together = sum(shares[room] * target.shares.get(room, 0.0) for room in shares)
        return (-together, name)

    return sorted(classes, key=importance)


def _at_home(thing: Thing, frame: int) -> Thing:
    return Thing(
        id=thing.id,
        category=thing.category,
        colour=thing.colour,
        low=thing.low,
        high=thing.high,
        views=thing.views,
        first_tick=thing.first_tick,
        last_tick=thing.last_tick,
        visit=thing.visit,
        pictures=thing.pictures,
        home=frame,
    )
