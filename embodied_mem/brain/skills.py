"""Skills of a mobile body, with the life that `embodied_mem.brain.skill` describes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.brain.navigation import Pose2, wrap_angle
from embodied_mem.brain.skill import Skill, Status
from embodied_mem.scene.frontiers import Frontier
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.scene.occupancy import Occupancy
from embodied_mem.scene.storeys import Storeys
from embodied_mem.types import Command, Observation

STOP = Command()
"""The command that does nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Gait:
    """How fast a body walks and turns, and how long a tick lasts."""

    speed: float = 0.25
    """Forward speed, m/s."""
    turn_rate: float = np.pi / 6
    """Yaw rate, rad/s."""
    seconds_per_tick: float = 1.0
    """Duration of one command, s."""
    reaction: float = 0.0
    """From a command to the motion that it causes, s: 0 in a simulator; latency and acceleration
    of a robot."""
    max_step: float = 0.0
    """The highest step that the body gets up, m; 0 where it must keep off stairs, as on wheels."""

    @property
    def horizon(self) -> float:
        """In how many seconds an error is closed, so that a late motion does not overshoot."""
        # A loop with dead time T is well damped up to a gain of 0.4 / T.
        return max(self.seconds_per_tick, 2.5 * self.reaction)

    @property
    def aim(self) -> float:
        """Heading error that is good enough, rad."""
        return 0.05 if self.reaction == 0.0 else 0.08

    @property
    def still_ticks(self) -> int:
        """So many ticks in a row without progress mean that something is in the way."""
        return 2 + math.ceil(4.0 * self.reaction / self.seconds_per_tick)

    @property
    def stride(self) -> float:
        """Metres walked in one tick."""
        return self.speed * self.seconds_per_tick

    @property
    def swing(self) -> float:
        """Radians turned in one tick."""
        return self.turn_rate * self.seconds_per_tick

    def turn_by(self, angle: float) -> float:
        """Returns the yaw rate that turns by an angle as soon as it can, rad/s."""
        return float(np.clip(angle / self.horizon, -self.turn_rate, self.turn_rate))

    def forward_by(self, distance: float) -> float:
        """Returns the speed that walks a distance as soon as it can, m/s."""
        return float(np.clip(distance / self.horizon, 0.0, self.speed))


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Senses:
    """What a skill knows at one tick."""

    pose: Pose2
    occupancy: Occupancy
    tick: int
    collided: bool = False
    """The body felt that its last motion was hindered."""
    frontiers: tuple[Frontier, ...] = ()
    storeys: Storeys | None = None
    """The floors and the stairs between them; None where only one floor is known of."""

    @property
    def between(self) -> bool:
        """Whether the body is on stairs."""
        return self.storeys is not None and self.storeys.between

    @property
    def floor(self) -> int:
        """Index of the floor that the body is on, or left last."""
        return self.occupancy.floor

    @classmethod
    def of(
        cls,
        observation: Observation,
        occupancy: Occupancy,
        frontiers: tuple[Frontier, ...] = (),
        storeys: Storeys | None = None,
    ) -> "Senses":
        """Reads the pose and the bumper out of an observation."""
        return cls(
            pose=Pose2.of(observation.T_world_body),
            occupancy=occupancy,
            tick=observation.tick,
            collided=observation.proprioception.get("collided", 0.0) > 0.0,
            frontiers=frontiers,
            storeys=storeys,
        )

    @classmethod
    def in_scene(cls, observation: Observation, scene: SceneGraph) -> "Senses":
        """Tells what a scene knows that has taken an observation in."""
        return cls.of(observation, scene.occupancy, scene.frontiers, scene.storeys)


class LookAround:
    """Turns once in place, so that every direction has been seen from here."""

    def __init__(self, gait: Gait, angle: float = 2.0 * np.pi) -> None:
        self.status, self.reason = Status.RUNNING, ""
        self._gait = gait
        # The last swing would only show the first view again.
        self._left = angle - gait.swing
        self._patience = int(3 * angle / gait.swing) + 3
        self._yaw = 0.0

    def can_execute(self, senses: Senses) -> float:
        """A body can always try to turn."""
        return 1.0

    def enter(self, senses: Senses) -> None:
        """Remembers the heading."""
        self._yaw = senses.pose.yaw

    def step(self, senses: Senses) -> Command:
        """Turns left by one swing."""
        self._left -= abs(wrap_angle(senses.pose.yaw - self._yaw))
        self._yaw = senses.pose.yaw
        self._patience -= 1
        if self._left <= max(
            0.1 * self._gait.swing, self._gait.aim if self._gait.reaction else 0.0
        ):
            self.status = Status.SUCCEEDED
            return STOP
        if self._patience < 0:
            self.status, self.reason = Status.FAILED, "the body does not turn"
            return STOP
        return Command(turn=self._gait.turn_by(self._left))

    def leave(self) -> None:
        """Nothing is held."""


class FaceTowards:
    """Turns in place to a heading, or towards a point."""

    def __init__(
        self, gait: Gait, *, yaw: float | None = None, xy: ArrayLike | None = None
    ) -> None:
        if (yaw is None) == (xy is None):
            raise ValueError("give either a yaw or a point to face")
        self.status, self.reason = Status.RUNNING, ""
        self._gait = gait
        self._yaw = yaw
        self._xy = None if xy is None else np.asarray(xy, np.float64)
        self._patience = int(3 * np.pi / gait.swing) + 3

    def can_execute(self, senses: Senses) -> float:
        """A body can always try to turn."""
        return 1.0

    def enter(self, senses: Senses) -> None:
        """Nothing to get ready."""

    def step(self, senses: Senses) -> Command:
        """Turns the shorter way round."""
        if self._xy is not None:
            error = senses.pose.bearing_to(self._xy)
        else:
            error = wrap_angle((self._yaw or 0.0) - senses.pose.yaw)
        self._patience -= 1
        if abs(error) < self._gait.aim:
            self.status = Status.SUCCEEDED
            return STOP
        if self._patience < 0:
            self.status, self.reason = Status.FAILED, "the body does not turn"
            return STOP
        return Command(turn=self._gait.turn_by(error))

    def leave(self) -> None:
        """Nothing is held."""


class InOrder:
    """Does skills one after the other; fails with the first that fails."""

    def __init__(self, skills: Sequence[Skill[Senses]]) -> None:
        self.status, self.reason = Status.RUNNING, ""
        self._skills = list(skills)
        self._at = 0

    def can_execute(self, senses: Senses) -> float:
        """As well as its first skill; what comes later is not known yet."""
        return self._skills[0].can_execute(senses)

    def enter(self, senses: Senses) -> None:
        """Enters the first skill."""
        self._skills[0].enter(senses)

    def step(self, senses: Senses) -> Command:
        """Steps the current skill; one that ends hands its tick on to the next."""
        while True:
            skill = self._skills[self._at]
            command = skill.step(senses)
            if skill.status is Status.RUNNING:
                return command
            skill.leave()
            self._at += 1
            if skill.status is Status.FAILED or self._at == len(self._skills):
                self.status, self.reason = skill.status, skill.reason
                return command
            self._skills[self._at].enter(senses)

    def leave(self) -> None:
        """Leaves the current skill if it did not end by itself."""
        if self.status is Status.RUNNING:
            self._skills[self._at].leave()
