"""Tilt: turn what is held over a destination, as one pours, and back."""

from collections.abc import Iterator
from typing import final

import numpy as np

from embodied_mem.brain.arm.boxes import inside_of, opened_share
from embodied_mem.brain.arm.hand_shape import down_pose
from embodied_mem.brain.arm.hand_skill import BadEndError, HandSkill, Workplace
from embodied_mem.brain.arm.senses import ArmSenses
from embodied_mem.brain.state import State
from embodied_mem.types import Command, Float64Array

CLEARANCE = 0.07
"""Height of what is held over its destination, m."""
TURNS = (0.0, 0.4, -0.4, 0.8, -0.8)
"""Turns of the wrist that are tried, rad."""
TURN_SPEED = 0.25
"""Speed of the tool's line while it turns, m/s; the joints' limits bind first."""


@final
class Tilt(HandSkill):
    """Tips what is held forward over a destination and sets it upright again."""

    def __init__(
        self, workplace: Workplace, target: str, *, destination: str, angle: float, seconds: float
    ) -> None:
        """Keeps the arguments.

        Args:
            workplace: The arm.
            target: Id of what is held.
            destination: Id of the thing or fixture under it.
            angle: How far it is tipped, rad.
            seconds: How long it stays tipped, s.
        """
        super().__init__(workplace)
        self._target, self._destination = target, destination
        self._angle, self._seconds = angle, seconds

    def can_execute(self, senses: ArmSenses) -> float:
        """0 where it is not held, or the arm cannot tip it there."""
        self.senses = senses
        hand = senses.state.hand
        if hand is None or hand.holding != self._target:
            return 0.0
        top = self._top(senses.state)
        if top is None or self._find(top, senses.arm.joints) is None:
            return 0.0
        return 0.9

    def _work(self) -> Iterator[Command]:
        hand = self.state.hand
        if hand is None or hand.holding != self._target:
            raise BadEndError(f"{self._target} is not in the hand")
        top = self._top(self.state)
        if top is None:
            raise BadEndError(f"{self._destination} is not known")
        found = self._find(top, self._joints)
        if found is None:
            raise BadEndError(f"{self._target} cannot be tipped over {self._destination}")
        upright, above, tipped = found
        yield from self.clear_low()
        yield from self.go(above, held=self._target, stop=self.lost)
        yield from self.line([tipped], TURN_SPEED, self.lost)
        yield from self.wait(self._seconds)
        yield from self.line([upright], TURN_SPEED, self.lost)
        if self.lost():
            raise BadEndError(f"lost {self._target} while tipping it")

    def _top(self, state: State) -> Float64Array | None:
        """Returns the (3,) middle of the destination's upper side, m."""
        fixture = self.place.cell.get(self._destination)
        if fixture is not None:
            low, high = inside_of(fixture, opened_share(state, self._destination))
            return np.array([*(0.5 * (low + high))[:2], high[2]])
        entity = state.entities.get(self._destination)
        if entity is None or entity.missing:
            return None
        return np.array([*entity.position[:2], entity.position[2] + 0.5 * entity.size[2]])

    def _find(
        self, top: Float64Array, near: Float64Array
    ) -> tuple[Float64Array, Float64Array, Float64Array] | None:
        """Returns the upright pose, its joints, and the tipped pose."""
        entity = self.state.entities[self._target]
        tall = float(entity.size.max())
        rest = np.arctan2(top[1], top[0]) - 0.5 * np.pi
        for turn in TURNS:
            upright = down_pose(top + np.array([0.0, 0.0, CLEARANCE + tall]), rest + turn)
            # What pours out leaves from the upper end, which swings forward by the height.
            upright[:2, 3] -= 0.5 * tall * upright[:2, 0]
            tipped = upright.copy()
            tipped[:3, :3] = upright[:3, :3] @ _about_fingers(-self._angle)
            above = self.model.solve(upright, near)
            if above is not None and self.model.solve(tipped, above) is not None:
                return upright, above, tipped
        return None


def _about_fingers(angle: float) -> Float64Array:
    """Returns the turn about the closing direction of the fingers, the tool's y axis."""
    cosine, sine = np.cos(angle), np.sin(angle)
    return np.array([[cosine, 0.0, sine], [0.0, 1.0, 0.0], [-sine, 0.0, cosine]])
