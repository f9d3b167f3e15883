"""The cortex, scripted: decides what to do next from the scene, and knows when it is done."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from embodied_mem.brain.exploration import ExplorationStrategy
from embodied_mem.brain.floor_tour import FloorStep, FloorTour
from embodied_mem.brain.navigation import Pose2
from embodied_mem.brain.stair_search import StairSearch
from embodied_mem.scene.frontiers import Frontier
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.scene.storeys import Floor
from embodied_mem.types import Float64Array


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Goal:
    """One thing to do: the plan of a cortex that plans one step ahead."""

    skill: Literal["look_around", "visit", "inspect", "change_floor", "survey"]
    frontier: Frontier | None = None
    """What to visit."""
    row: int | None = None
    """The object to inspect."""
    change: FloorStep | None = None
    """The step to another floor."""
    place: Float64Array | None = None
    """(2,) metres where to look about."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CortexConfig:
    """What exploring means."""

    inspect: bool = True
    """Once the floor is known, look at objects that were only glimpsed, or only remembered."""
    max_attempts: int = 2
    """How often a frontier or object is tried before it is given up."""


class Cortex:
    """Explores: looks around, visits frontiers until none is left, then inspects what is unsure.

    Where a floor is done it goes on to the next that is not, if the body climbs.
    """

    def __init__(
        self,
        strategy: ExplorationStrategy,
        config: CortexConfig | None = None,
        *,
        max_step: float = 0.0,
    ) -> None:
        """Makes a cortex.

        Args:
            strategy: Which frontier is visited next.
            config: Settings.
            max_step: The highest step that the body gets up, m; 0 keeps it off stairs.
        """
        self.config = config or CortexConfig()
        self._strategy = strategy
        self._tour = FloorTour(max_step, self.config.max_attempts)
        self._stairs = StairSearch(max_step)
        self._looked: set[Floor] = set()
        self._attempts: dict[str, int] = {}

    def next_goal(self, scene: SceneGraph, pose: Pose2) -> Goal | None:
        """Returns what to do next, or None when there is nothing left to explore."""
        if scene.storeys.between:
            return _changing(self._tour.off_stairs(scene, pose.xy))
        self._stairs.note(pose.xy)
        floor = scene.storeys.current
        if floor not in self._looked:
            self._looked.add(floor)
            return Goal(skill="look_around")
        frontier = self._strategy.choose(scene.occupancy, scene.frontiers, pose)
        if frontier is not None:
            return Goal(skill="visit", frontier=frontier)
        inspection = self._inspection(scene, pose) if self.config.inspect else None
        if inspection is not None:
            return inspection
        change = self._tour.leave(scene)
        if change is not None:
            return _changing(change)
        place = self._stairs.next(scene, pose.xy)
        return None if place is None else Goal(skill="survey", place=place)

    def failed(self, goal: Goal, scene: SceneGraph) -> None:
        """Hears that a goal could not be reached.

        Only failures count: a frontier that is pushed back, or chosen again on the way to it, is
        visited many times under one id.
        """
        if goal.change is not None:
            self._tour.failed(goal.change, scene)
        if goal.frontier is None:
            return
        name = goal.frontier.id
        self._attempts[name] = self._attempts.get(name, 0) + 1
        if self._attempts[name] >= self.config.max_attempts:
            scene.retire_frontier(name)

    def _inspection(self, scene: SceneGraph, pose: Pose2) -> Goal | None:
        """Picks the nearest object that was hardly seen, or not yet on this visit."""
        table = scene.objects
        rows, here = np.flatnonzero(table.unsure()), scene.storeys.current.index
        unsure = np.array([row for row in rows if scene.floor_of(int(row)) == here], np.int64)
        centres = 0.5 * (table.low[unsure] + table.high[unsure])[:, :2]
        for index in np.argsort(np.linalg.norm(centres - pose.xy, axis=1), kind="stable"):
            row = int(unsure[index])
            if self._try(table.ids[row]):
                return Goal(skill="inspect", row=row)
        return None

    def _try(self, name: str) -> bool:
        """Counts an attempt; tells whether one more is allowed."""
        self._attempts[name] = self._attempts.get(name, 0) + 1
        return self._attempts[name] <= self.config.max_attempts


def _changing(step: FloorStep | None) -> Goal | None:
    return None if step is None else Goal(skill="change_floor", change=step)
