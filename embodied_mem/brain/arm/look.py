"""Look and home: bring a camera over a place, or the arm out of the picture."""

from collections.abc import Iterator
from typing import final

import numpy as np

from embodied_mem.brain.arm.boxes import inside_of, opened_share
from embodied_mem.brain.arm.hand_shape import down_pose
from embodied_mem.brain.arm.hand_skill import BadEndError, HandSkill, Workplace
from embodied_mem.brain.arm.senses import ArmSenses
from embodied_mem.brain.state import State
from embodied_mem.types import Command, Float64Array

STAY = 0.25
"""How long the camera is held still, s; several pictures are taken in that time."""
TURNS = (0.0, 0.5, -0.5, 1.0, -1.0, 1.57, -1.57, 2.2, -2.2, 3.14)
"""Turns of the wrist that are tried, the easiest first, rad."""


@final
class Home(HandSkill):
    """Goes to the posture in which the arm hides nothing from the front camera."""

    def can_execute(self, senses: ArmSenses) -> float:
        """Always 1: home can be reached from everywhere, or it is found out on the way."""
        return 1.0

    def _work(self) -> Iterator[Command]:
        yield from self.clear_low()
        yield from self.go(self.model.home, held=self.holding)
        yield from self.wait(STAY)


@final
class Look(HandSkill):
    """Holds the wrist camera above a place, looking down."""

    def __init__(self, workplace: Workplace, place: str) -> None:
        """Keeps the id of the entity or fixture to look at."""
        super().__init__(workplace)
        self._what = place

    def can_execute(self, senses: ArmSenses) -> float:
        """0 where the place is unknown or the camera cannot be brought above it."""
        self.senses = senses
        point = self._point(senses.state)
        if point is None or self._joints_above(point, senses.arm.joints) is None:
            return 0.0
        return 1.0

    def _work(self) -> Iterator[Command]:
        point = self._point(self.state)
        if point is None:
            raise BadEndError(f"{self._what} is not known")
        joints = self._joints_above(point, self._joints)
        if joints is None:
            raise BadEndError(f"the wrist camera cannot be brought above {self._what}")
        yield from self.clear_low()
        yield from self.go(joints, held=self.holding)
        yield from self.wait(STAY)

    def _point(self, state: State) -> Float64Array | None:
        """Returns the (3,) point to look at, m."""
        fixture = self.place.cell.get(self._what)
        if fixture is not None:
            low, high = inside_of(fixture, opened_share(state, self._what))
            return np.array([*(0.5 * (low + high))[:2], low[2]])
        entity = state.entities.get(self._what)
        return entity.position if entity is not None else None

    def _joints_above(self, point: Float64Array, near: Float64Array) -> Float64Array | None:
        rest = np.arctan2(point[1], point[0]) - 0.5 * np.pi
        for turn in TURNS:
            pose = down_pose(np.zeros(3), rest + turn)
            eye = point + np.array([0.0, 0.0, self.config.look_from])
            pose[:3, 3] = eye - pose[:3, :3] @ np.array(self.config.camera)
            joints = self.model.solve(pose, near, restarts=2)
            if joints is not None:
                return joints
        return None
