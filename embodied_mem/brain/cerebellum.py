"""Turns plan nodes into actions: one skill at a time, one command a tick."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.brain.climbing import LookAtSteps, OnFloor, TakeStairs
from embodied_mem.brain.floor_tour import FloorStep
from embodied_mem.brain.navigation import NavigationConfig, Navigator
from embodied_mem.brain.skill import Skill, Status
from embodied_mem.brain.skills import STOP, FaceTowards, Gait, InOrder, LookAround, Senses
from embodied_mem.brain.walking import FollowPath, GoToObject, VisitFrontier, WalkConfig
from embodied_mem.scene.frontiers import Frontier
from embodied_mem.types import Command


@dataclass(frozen=True, kw_only=True, slots=True)
class CerebellumConfig:
    """Settings of a `Cerebellum`."""

    speed: float = 0.25
    """Walking speed, m/s: 0.25 m in a tick of one second."""
    turn_rate: float = np.pi / 6
    """Turning speed, rad/s: 30 degrees in a tick of one second."""
    reaction: float = 0.0
    """From a command to the motion that it causes, s; 0 in a simulator."""
    max_step: float | None = None
    """The highest step that is climbed, m: 0 keeps off stairs. None goes by the body."""
    walk: WalkConfig = field(default_factory=WalkConfig)
    """How paths are followed."""
    navigation: NavigationConfig = field(default_factory=NavigationConfig)
    """How paths are planned."""


class Cerebellum:
    """Runs one skill after the other on behalf of the cortex."""

    def __init__(
        self,
        config: CerebellumConfig | None = None,
        *,
        seconds_per_tick: float = 1.0,
        max_step: float = 0.0,
    ) -> None:
        """Makes a cerebellum.

        Args:
            config: Settings.
            seconds_per_tick: How long a command lasts.
            max_step: The highest step that the body gets up, m, where `config` does not say it.
        """
        self.config = config or CerebellumConfig()
        self.gait = Gait(
            speed=self.config.speed,
            turn_rate=self.config.turn_rate,
            seconds_per_tick=seconds_per_tick,
            reaction=self.config.reaction,
            max_step=max_step if self.config.max_step is None else self.config.max_step,
        )
        self.navigator = Navigator(self.config.navigation)
        self.skill: Skill[Senses] | None = None
        """The skill that runs or ran last."""
        self._entered = False

    @property
    def status(self) -> Status:
        """Where the current skill stands; SUCCEEDED where there is none."""
        return Status.SUCCEEDED if self.skill is None else self.skill.status

    @property
    def reason(self) -> str:
        """Why the last skill failed, in words."""
        return "" if self.skill is None else self.skill.reason

    @property
    def busy(self) -> bool:
        """Whether a skill is running."""
        return self.skill is not None and self.skill.status is Status.RUNNING

    def start(self, skill: Skill[Senses]) -> None:
        """Lets a skill take over from the one before; it is entered on the next step."""
        self.stop()
        self.skill, self._entered = skill, False

    def stop(self) -> None:
        """Lets go of the current skill."""
        if self.skill is not None and self._entered:
            self.skill.leave()
        self.skill, self._entered = None, False

    def step(self, senses: Senses) -> Command:
        """Returns this tick's command; a stop while nothing is to be done."""
        if self.skill is None or not self.busy:
            return STOP
        if not self._entered:
            self._entered = True
            self.skill.enter(senses)
        if not self.busy:
            return STOP
        return self.skill.step(senses)

    def look_around(self) -> None:
        """Starts a full turn in place."""
        self.start(LookAround(self.gait))

    def look_from(self, xy: ArrayLike) -> None:
        """Starts a walk to a (2,) world point, m, and a full turn in place there."""
        walk = FollowPath(xy, self.navigator, self.gait, self.config.walk)
        self.start(InOrder([walk, LookAround(self.gait)]))

    def go_to(self, xy: ArrayLike, yaw: float | None = None, floor: int | None = None) -> None:
        """Starts a walk to a (2,) world point, and a turn to a heading there if one is given.

        Args:
            xy: The point, m.
            yaw: The heading, rad.
            floor: Index of the floor of the point; the one that the body is on where None.
        """
        self.start(self.on_floor(floor, lambda: self._walk_to(xy, yaw)))

    def _walk_to(self, xy: ArrayLike, yaw: float | None) -> Skill[Senses]:
        walk = FollowPath(xy, self.navigator, self.gait, self.config.walk)
        if yaw is None:
            return InOrder([walk])
        return InOrder([walk, FaceTowards(self.gait, yaw=yaw)])

    def go_to_object(
        self,
        box_min: ArrayLike,
        box_max: ArrayLike,
        distance: float = 1.0,
        floor: int | None = None,
    ) -> None:
        """Starts a walk to about `distance` metres from a box, to face it; `floor` as `go_to`."""

        def walk() -> Skill[Senses]:
            return GoToObject(box_min, box_max, self.navigator, self.gait, distance)

        self.start(self.on_floor(floor, walk))

    def on_floor(self, floor: int | None, make: Callable[[], Skill[Senses]]) -> Skill[Senses]:
        """Returns a skill that goes to a floor first, and then does what `make` makes."""
        if floor is None:
            return make()
        return OnFloor(floor, make, self.navigator, self.gait, self.config.walk)

    def change_floor(self, step: FloorStep) -> None:
        """Starts a look at what may be stairs, or a walk to a flight and up or down it."""
        self.start(self.changing_floor(step))

    def changing_floor(self, step: FloorStep) -> Skill[Senses]:
        """Returns the skill for one step on the way to another floor."""
        if step.steps is not None:
            return LookAtSteps(step.steps, self.navigator, self.gait, self.config.walk)
        return TakeStairs(
            step.stairs,
            up=step.up,
            navigator=self.navigator,
            gait=self.gait,
            config=self.config.walk,
        )

    def face(self, xy: ArrayLike) -> None:
        """Starts a turn towards a (2,) world point."""
        self.start(FaceTowards(self.gait, xy=xy))

    def visit(self, frontier: Frontier) -> None:
        """Starts a walk to a frontier, which ends as soon as the frontier is gone."""
        self.start(VisitFrontier(frontier, self.navigator, self.gait, self.config.walk))
