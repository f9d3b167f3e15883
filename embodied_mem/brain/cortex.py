"""The cortex, scripted: decides what to do next from the scene, and knows when it is done."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from embodied_mem.brain.climbing import nearest_flight
from embodied_mem.brain.exploration import ExplorationStrategy
from embodied_mem.brain.navigation import Pose2
from embodied_mem.scene.flights import Flight
from embodied_mem.scene.frontiers import Frontier
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.scene.stairs import Stairs
from embodied_mem.scene.storeys import Floor


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Goal:
    """One thing to do: the plan of a cortex that plans one step ahead."""

    skill: Literal["look_around", "visit", "inspect", "look_at_steps", "climb"]
    frontier: Frontier | None = None
    """What to visit."""
    row: int | None = None
    """The object to inspect."""
    steps: Flight | None = None
    """What may be stairs, to be looked at from in front."""
    stairs: str | None = None
    """Id of the flight to take."""
    up: bool = True
    """Whether to go up it."""


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
        self._max_step = max_step
        self._looked: set[Floor] = set()
        self._done: set[Floor] = set()
        self._attempts: dict[str, int] = {}

    def next_goal(self, scene: SceneGraph, pose: Pose2) -> Goal | None:
        """Returns what to do next, or None when there is nothing left to explore."""
        if scene.storeys.between:
            return self._off_stairs(scene, pose)
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
        if self._max_step > 0.0 and scene.storeys.hints:
            return Goal(skill="look_at_steps", steps=scene.storeys.hints[0])
        self._done.add(floor)
        return self._other_floor(scene)

    def failed(self, goal: Goal, scene: SceneGraph) -> None:
        """Hears that a goal could not be reached.

        Only failures count: a frontier that is pushed back, or chosen again on the way to it, is
        visited many times under one id.
        """
        if goal.steps is not None:
            scene.storeys.drop_hint(goal.steps)
        if goal.stairs is not None:
            self._stairs_failed(goal.stairs, scene)
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

    def _other_floor(self, scene: SceneGraph) -> Goal | None:
        """Returns the first flight on the way to the nearest floor that is not done."""
        flights = [each for each in scene.stairs if self._usable(each)]
        here = scene.storeys.current.index
        reached: dict[int, Goal] = {}
        queue = [here]
        for index in queue:
            for flight in flights:
                if index not in (flight.lower, flight.upper) or flight.other(index) in reached:
                    continue
                other = flight.other(index)
                if other == here:
                    continue
                up = other == flight.upper
                first = reached.get(index) or Goal(skill="climb", stairs=flight.id, up=up)
                reached[other] = first
                queue.append(other)
                floor = scene.storeys.floor(other)
                if floor is None or floor not in self._done:
                    return first
        return None

    def _usable(self, flight: Stairs) -> bool:
        tried = self._attempts.get(flight.id, 0)
        return flight.rise <= self._max_step and tried < self.config.max_attempts

    def _stairs_failed(self, stairs_id: str, scene: SceneGraph) -> None:
        tries = self._attempts[stairs_id] = self._attempts.get(stairs_id, 0) + 1
        never_taken = any(each.id == stairs_id and not each.measured for each in scene.stairs)
        if tries >= self.config.max_attempts and never_taken:
            scene.storeys.retire_stairs(stairs_id)

    def _off_stairs(self, scene: SceneGraph, pose: Pose2) -> Goal | None:
        """Returns the goal of a body that was left on a flight: back, and if that fails, on."""
        flight = nearest_flight(scene.stairs, pose.xy)
        if flight is None:
            return None
        key = f"{flight.id} left"
        tries = self._attempts[key] = self._attempts.get(key, 0) + 1
        if tries > 2 * self.config.max_attempts:
            return None
        back = scene.storeys.current.index == flight.upper
        up = back if tries <= self.config.max_attempts else not back
        return Goal(skill="climb", stairs=flight.id, up=up)

    def _try(self, name: str) -> bool:
        """Counts an attempt; tells whether one more is allowed."""
        self._attempts[name] = self._attempts.get(name, 0) + 1
        return self._attempts[name] <= self.config.max_attempts
