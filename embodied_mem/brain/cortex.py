"""The cortex, scripted: decides what to do next from the scene, and knows when it is done."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from embodied_mem.brain.exploration import ExplorationStrategy
from embodied_mem.brain.navigation import Pose2
from embodied_mem.scene.frontiers import Frontier
from embodied_mem.scene.graph import SceneGraph


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Goal:
    """One thing to do: the plan of a cortex that plans one step ahead."""

    skill: Literal["look_around", "visit", "inspect"]
    frontier: Frontier | None = None
    """What to visit."""
    row: int | None = None
    """The object to inspect."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CortexConfig:
    """What exploring means."""

    inspect: bool = True
    """Once the floor is known, look at objects that were only glimpsed, or only remembered."""
    max_attempts: int = 2
    """How often a frontier or object is tried before it is given up."""


class Cortex:
    """Explores: looks around, visits frontiers until none is left, then inspects what is unsure."""

    def __init__(self, strategy: ExplorationStrategy, config: CortexConfig | None = None) -> None:
        self.config = config or CortexConfig()
        self._strategy = strategy
        self._looked = False
        self._attempts: dict[str, int] = {}

    def next_goal(self, scene: SceneGraph, pose: Pose2) -> Goal | None:
        """Returns what to do next, or None when there is nothing left to explore."""
        if not self._looked:
            self._looked = True
            return Goal(skill="look_around")
        frontier = self._strategy.choose(scene.occupancy, scene.frontiers, pose)
        if frontier is not None:
            return Goal(skill="visit", frontier=frontier)
        return self._inspection(scene, pose) if self.config.inspect else None

    def failed(self, goal: Goal, scene: SceneGraph) -> None:
        """Hears that a goal could not be reached.

        Only failures count: a frontier that is pushed back, or chosen again on the way to it, is
        visited many times under one id.
        """
        if goal.frontier is None:
            return
        name = goal.frontier.id
        self._attempts[name] = self._attempts.get(name, 0) + 1
        if self._attempts[name] >= self.config.max_attempts:
            scene.retire_frontier(name)

    def _inspection(self, scene: SceneGraph, pose: Pose2) -> Goal | None:
        """Picks the nearest object that was hardly seen, or not yet on this visit."""
        table = scene.objects
        unsure = np.flatnonzero(table.unsure())
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
