"""Turns plan nodes into actions: one skill at a time, one command a tick."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike

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
    walk: WalkConfig = field(default_factory=WalkConfig)
    """How paths are followed."""
    navigation: NavigationConfig = field(default_factory=NavigationConfig)
    """How paths are planned."""


class Cerebellum:
    """Runs one skill after the other on behalf of the cortex."""

    def __init__(
        self, config: CerebellumConfig | None = None, *, seconds_per_tick: float = 1.0
    ) -> None:
        self.config = config or CerebellumConfig()
        self.gait = Gait(
            speed=self.config.speed,
            turn_rate=self.config.turn_rate,
            seconds_per_tick=seconds_per_tick,
            reaction=self.config.reaction,
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

    def go_to(self, xy: ArrayLike, yaw: float | None = None) -> None:
        """Starts a walk to a (2,) world point, and a turn to a heading there if one is given."""
        walk = FollowPath(xy, self.navigator, self.gait, self.config.walk)
        skills: list[Skill[Senses]] = [walk]
        if yaw is not None:
            skills.append(FaceTowards(self.gait, yaw=yaw))
        self.start(InOrder(skills))

    def go_to_object(self, box_min: ArrayLike, box_max: ArrayLike, distance: float = 1.0) -> None:
        """Starts a walk to about `distance` metres from a box, to face it."""
        self.start(GoToObject(box_min, box_max, self.navigator, self.gait, distance))

    def face(self, xy: ArrayLike) -> None:
        """Starts a turn towards a (2,) world point."""
        self.start(FaceTowards(self.gait, xy=xy))

    def visit(self, frontier: Frontier) -> None:
        """Starts a walk to a frontier, which ends as soon as the frontier is gone."""
        self.start(VisitFrontier(frontier, self.navigator, self.gait, self.config.walk))
