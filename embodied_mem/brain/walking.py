"""Skills that walk: along a path, to a point, to an object, to a frontier."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.brain.navigation import BEYOND, CostField, Navigator, Viewpoint, sight_clear
from embodied_mem.brain.skill import Skill, Status
from embodied_mem.brain.skills import STOP, FaceTowards, Gait, InOrder, Senses
from embodied_mem.scene.frontiers import Frontier
from embodied_mem.scene.occupancy import FREE
from embodied_mem.types import Command, Float64Array

_AIM = 0.05
"""Heading error within which a body that was hindered drives on, rad."""
_PUSHED = 0.7
"""A frontier whose middle moves this far has been pushed back, m."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WalkConfig:
    """Settings of the walking skills."""

    tolerance: float = 0.12
    """The goal is reached within this, m."""
    align: float = 0.3
    """Beyond this heading error the body turns in place, rad."""
    replan_ticks: int = 8
    """A changed map is planned on anew at least this often, ticks."""
    rethink_ticks: int = 6
    """After so many ticks on the way to a frontier it is chosen again, if the map changed."""
    max_retries: int = 4
    """After so many blocked attempts the walk is given up."""
    progress: float = 0.3
    """A tick that moves less than this part of what was asked counts as no progress."""


class FollowPath:
    """Walks to a point along a path over the map as it becomes known."""

    def __init__(
        self, goal: ArrayLike, navigator: Navigator, gait: Gait, config: WalkConfig | None = None
    ) -> None:
        self.status, self.reason = Status.RUNNING, ""
        self.goal = np.asarray(goal, np.float64)
        self._navigator, self._gait = navigator, gait
        self._config = config or WalkConfig()
        self._path: list[Float64Array] = []
        self._planned: tuple[int, int] = (-1, 0)
        self._retries = 0
        self._still = 0
        self._asked = 0.0
        self._last: Float64Array | None = None

    def can_execute(self, senses: Senses) -> float:
        """1 where a way over the known floor leads to the goal, else 0."""
        return float(
            self._navigator.field(senses.occupancy, senses.pose.xy).path_to(self.goal) is not None
        )

    def enter(self, senses: Senses) -> None:
        """Plans the path."""
        self._plan(senses)

    def step(self, senses: Senses) -> Command:
        """Turns towards the next waypoint, or walks to it."""
        if self.status is not Status.RUNNING:
            return STOP
        self._feel(senses)
        self._keep_planned(senses)
        while self._path and self._passed(senses, self._path[0]):
            self._path.pop(0)
        self._asked = 0.0
        if self.status is not Status.RUNNING:
            return STOP
        if not self._path:
            self.status = Status.SUCCEEDED
            return STOP
        return self._towards(senses, self._path[0])

    def leave(self) -> None:
        """Nothing is held."""

    @property
    def hindered(self) -> bool:
        """Whether the walk did not go as planned so far."""
        return self._still > 0 or self._retries > 0

    def _towards(self, senses: Senses, waypoint: Float64Array) -> Command:
        error = senses.pose.bearing_to(waypoint)
        turn = self._gait.turn_by(error)
        self._last = senses.pose.xy
        # After a tick without progress it aims better before it tries again.
        slow = 2 * self._still >= self._gait.still_ticks
        if abs(error) > (_AIM if slow else self._config.align):
            return Command(turn=turn)
        gap = float(np.hypot(*(waypoint - senses.pose.xy)))
        forward = self._gait.forward_by(gap)
        self._asked = forward * self._gait.seconds_per_tick
        return Command(forward=forward, turn=turn)

    def _passed(self, senses: Senses, waypoint: Float64Array) -> bool:
        gap = float(np.hypot(*(waypoint - senses.pose.xy)))
        last = len(self._path) == 1
        return gap < (self._config.tolerance if last else max(self._config.tolerance, 0.15))

    def _feel(self, senses: Senses) -> None:
        """Notes a motion that was hindered and marks what must be in the way."""
        if self._last is None or self._asked <= 0.0:
            return
        moved = float(np.hypot(*(senses.pose.xy - self._last)))
        if moved >= self._config.progress * self._asked:
            self._still = 0
            return
        self._still += 1
        if not senses.collided and self._still < self._gait.still_ticks:
            return
        self._still = 0
        self._retries += 1
        reach = self._navigator.config.body_radius + 0.5 * senses.occupancy.cell
        ahead = np.array([np.cos(senses.pose.yaw), np.sin(senses.pose.yaw)])
        senses.occupancy.touch(senses.pose.xy + reach * ahead)
        if self._retries > self._config.max_retries:
            self._fail(f"blocked {self._retries} times on the way")
            return
        self._plan(senses)

    def _keep_planned(self, senses: Senses) -> None:
        """Plans anew when the map changed and the path is blocked or old."""
        revision, tick = self._planned
        if self.status is not Status.RUNNING or senses.occupancy.revision == revision:
            return
        old = senses.tick - tick >= self._config.replan_ticks
        if old or self._is_blocked(senses):
            self._plan(senses)

    def _is_blocked(self, senses: Senses) -> bool:
        """Tells whether the rest of the path leads over anything but free cells."""
        if not self._path:
            return False
        points = np.stack([senses.pose.xy, *self._path])
        free = senses.occupancy.states == FREE
        return not sight_clear(free, senses.occupancy, points[:-1], points[1:]).all()

    def _plan(self, senses: Senses) -> None:
        self._planned = (senses.occupancy.revision, senses.tick)
        field = self._navigator.field(senses.occupancy, senses.pose.xy)
        path = field.path_to(self.goal)
        if path is None:
            self._fail("no way over the known floor leads there")
            return
        self._path = list(path[1:])

    def _fail(self, reason: str) -> None:
        self.status, self.reason, self._path = Status.FAILED, reason, []


class FaceObject(ABC):
    """Walks to a viewpoint of a box, which who inherits chooses, and faces the box."""

    def __init__(
        self, box_min: ArrayLike, box_max: ArrayLike, navigator: Navigator, gait: Gait
    ) -> None:
        self.status, self.reason = Status.RUNNING, ""
        self._low, self._high = np.asarray(box_min, np.float64), np.asarray(box_max, np.float64)
        self._navigator, self._gait = navigator, gait
        self._inner: Skill[Senses] | None = None

    @abstractmethod
    def _choose(self, field: CostField) -> Viewpoint | None:
        """Returns a viewpoint on the known floor, None where there is none."""

    def can_execute(self, senses: Senses) -> float:
        """1 where a reachable place shows the object, else 0."""
        return float(self._view(senses) is not None)

    def enter(self, senses: Senses) -> None:
        """Chooses the viewpoint; fails where there is none on the known floor."""
        view = self._view(senses)
        if view is None:
            self.status, self.reason = Status.FAILED, "no reachable place shows the object"
            return
        centre = 0.5 * (self._low + self._high)[:2]
        walk = FollowPath(view.xy, self._navigator, self._gait)
        self._inner = InOrder([walk, FaceTowards(self._gait, xy=centre)])
        self._inner.enter(senses)

    def step(self, senses: Senses) -> Command:
        """Walks, then turns."""
        if self._inner is None:
            return STOP
        command = self._inner.step(senses)
        self.status, self.reason = self._inner.status, self._inner.reason
        return command

    def leave(self) -> None:
        """Leaves the inner skill."""
        if self._inner is not None:
            self._inner.leave()

    def _view(self, senses: Senses) -> Viewpoint | None:
        return self._choose(self._navigator.field(senses.occupancy, senses.pose.xy))


@final
class GoToObject(FaceObject):
    """Walks to where a box can be seen well and faces it."""

    def __init__(
        self,
        box_min: ArrayLike,
        box_max: ArrayLike,
        navigator: Navigator,
        gait: Gait,
        distance: float = 1.0,
    ) -> None:
        super().__init__(box_min, box_max, navigator, gait)
        self._distance = distance

    def _choose(self, field: CostField) -> Viewpoint | None:
        return self._navigator.viewpoint(field, self._low, self._high, self._distance)


class VisitFrontier:
    """Looks at a frontier: first from the place it was given, then from ever nearer.

    It walks to the frontier's `standpoint` and faces it; if that does not resolve it, it looks
    from elsewhere, goes right up to it, and glances to both sides. It succeeds as soon as the
    frontier is gone or has been pushed back, and on the way once in a while when the map has
    changed, so that its caller can think again; it fails where nothing changes the frontier.
    """

    def __init__(
        self, frontier: Frontier, navigator: Navigator, gait: Gait, config: WalkConfig | None = None
    ) -> None:
        self.status, self.reason = Status.RUNNING, ""
        self.frontier = frontier
        self._config = config or WalkConfig()
        self._entered = (0, 0)
        self._navigator, self._gait = navigator, gait
        self._skill: Skill[Senses] = FollowPath(frontier.standpoint, navigator, gait, self._config)
        self._stage = 0

    def can_execute(self, senses: Senses) -> float:
        """1 while the frontier is there, else 0."""
        return float(any(f.id == self.frontier.id for f in senses.frontiers))

    def enter(self, senses: Senses) -> None:
        """Plans the way."""
        self._entered = (senses.tick, senses.occupancy.revision)
        self._skill.enter(senses)

    def step(self, senses: Senses) -> Command:
        """Walks and looks while the frontier is where it was."""
        now = next((f for f in senses.frontiers if f.id == self.frontier.id), None)
        if now is None or self._pushed_back(now) or self._second_thoughts(senses):
            self.status = Status.SUCCEEDED
            return STOP
        command = self._skill.step(senses)
        while self._skill.status is not Status.RUNNING:
            if self._skill.status is Status.FAILED or not self._next_stage(senses, now):
                self.status = Status.FAILED
                self.reason = self._skill.reason or "it does not resolve from its standpoint"
                return STOP
            command = self._skill.step(senses)
        return command

    def leave(self) -> None:
        """Leaves the inner skill if it still runs."""
        if self._skill.status is Status.RUNNING:
            self._skill.leave()

    def _pushed_back(self, now: Frontier) -> bool:
        """Tells whether the frontier has moved on or shrunk so much that it should be rethought."""
        moved = float(np.hypot(*(now.centroid - self.frontier.centroid)))
        return moved > _PUSHED or now.length < 0.5 * self.frontier.length

    def _second_thoughts(self, senses: Senses) -> bool:
        """Tells whether it is time to choose again, while still on the way."""
        tick, revision = self._entered
        due = senses.tick - tick >= self._config.rethink_ticks
        walk = self._skill
        if not due or not isinstance(walk, FollowPath) or walk.hindered:
            return False
        return self._stage == 0 and senses.occupancy.revision != revision

    def _next_stage(self, senses: Senses, now: Frontier) -> bool:
        """Takes up the next way to resolve the frontier; false where all were tried."""
        self._skill.leave()
        self._stage += 1
        target = now.centroid + BEYOND * now.direction
        skill = self._looks(senses, now, target)
        if skill is None:
            return False
        self._skill = skill
        self._skill.enter(senses)
        return True

    def _looks(self, senses: Senses, now: Frontier, target: Float64Array) -> Skill[Senses] | None:
        """Returns the skill of the current stage: face it, look from elsewhere, go close."""
        if self._stage in (1, 3, 5):
            return FaceTowards(self._gait, xy=target)
        if self._stage == 2:
            field = self._navigator.field(senses.occupancy, senses.pose.xy)
            place = self._navigator.lookout(field, target)
            goal = now.standpoint if place is None else place
            return FollowPath(goal, self._navigator, self._gait)
        if self._stage == 4:
            return FollowPath(now.standpoint, self._navigator, self._gait)
        offset = target - senses.pose.xy
        middle = float(np.arctan2(offset[1], offset[0]))
        glances = {6: np.pi / 4, 7: -np.pi / 4}
        if self._stage in glances:
            return FaceTowards(self._gait, yaw=middle + glances[self._stage])
        return None
