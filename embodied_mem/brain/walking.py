"""Skills that walk: along a path, to a point, to an object, to a frontier."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.brain.navigation import Navigator, sight_clear
from embodied_mem.brain.skills import STOP, FaceTowards, Gait, InOrder, Senses, Skill, Status
from embodied_mem.scene.frontiers import Frontier
from embodied_mem.scene.occupancy import FREE
from embodied_mem.types import Command, Float64Array


@dataclass(frozen=True, kw_only=True, slots=True)
class WalkConfig:
    """Settings of the walking skills."""

    tolerance: float = 0.12
    """The goal is reached within this, m."""
    align: float = 0.3
    """Beyond this heading error the body turns in place, rad."""
    replan_ticks: int = 8
    """A changed map is planned on anew at least this often, ticks."""
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

    def retarget(self, goal: ArrayLike, senses: Senses) -> None:
        """Changes the goal while walking."""
        self.goal = np.asarray(goal, np.float64)
        self._plan(senses)

    def _towards(self, senses: Senses, waypoint: Float64Array) -> Command:
        error = senses.pose.bearing_to(waypoint)
        turn = self._gait.turn_by(error)
        self._last = senses.pose.xy
        if abs(error) > self._config.align:
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
        if not senses.collided and self._still < 2:
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
        self._path = list(path[1:]) if len(path) > 1 else list(path)

    def _fail(self, reason: str) -> None:
        self.status, self.reason, self._path = Status.FAILED, reason, []


class GoToObject:
    """Walks to where a box can be seen well and faces it."""

    def __init__(
        self,
        box_min: ArrayLike,
        box_max: ArrayLike,
        navigator: Navigator,
        gait: Gait,
        distance: float = 1.0,
    ) -> None:
        self.status, self.reason = Status.RUNNING, ""
        self._low, self._high = np.asarray(box_min, np.float64), np.asarray(box_max, np.float64)
        self._navigator, self._gait, self._distance = navigator, gait, distance
        self._inner: Skill | None = None

    def enter(self, senses: Senses) -> None:
        """Chooses the viewpoint; fails where there is none on the known floor."""
        field = self._navigator.field(senses.occupancy, senses.pose.xy)
        view = self._navigator.viewpoint(field, self._low, self._high, self._distance)
        if view is None:
            self.status, self.reason = Status.FAILED, "no reachable place shows the object"
            return
        centre = 0.5 * (self._low + self._high)[:2]
        self._inner = InOrder(
            [
                FollowPath(view.xy, self._navigator, self._gait),
                FaceTowards(self._gait, xy=centre),
            ]
        )
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


class VisitFrontier:
    """Walks towards a frontier until it is gone; at its standpoint looks into the unknown."""

    def __init__(self, frontier: Frontier, navigator: Navigator, gait: Gait) -> None:
        self.status, self.reason = Status.RUNNING, ""
        self.frontier = frontier
        self._gait = gait
        self._walk = FollowPath(frontier.standpoint, navigator, gait)
        self._look: Skill | None = None

    def enter(self, senses: Senses) -> None:
        """Plans the way."""
        self._walk.enter(senses)

    def step(self, senses: Senses) -> Command:
        """Walks while the frontier exists, then faces it and glances to both sides."""
        found = [f for f in senses.frontiers if f.id == self.frontier.id]
        if not found:
            self.status = Status.SUCCEEDED
            return STOP
        if self._look is None:
            command = self._walk.step(senses)
            if self._walk.status is Status.RUNNING:
                return command
            if self._walk.status is Status.FAILED:
                self.status, self.reason = Status.FAILED, self._walk.reason
                return STOP
            self._look = self._glances(senses, found[0])
            self._look.enter(senses)
        command = self._look.step(senses)
        if self._look.status is not Status.RUNNING:
            self.status, self.reason = Status.FAILED, "it does not resolve from its standpoint"
        return command

    def leave(self) -> None:
        """Nothing is held."""

    def _glances(self, senses: Senses, frontier: Frontier) -> Skill:
        """Returns the turns that look at the frontier, and beside it to both sides."""
        offset = frontier.centroid - senses.pose.xy
        way = offset if np.hypot(*offset) > 0.3 else frontier.direction
        middle = float(np.arctan2(way[1], way[0]))
        turns = [0.0, np.pi / 4, -np.pi / 4]
        return InOrder([FaceTowards(self._gait, yaw=middle + turn) for turn in turns])
