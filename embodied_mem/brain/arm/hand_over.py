"""Hand over: hold a thing out above the tray until somebody takes it, or set it down there."""

from collections.abc import Generator, Iterator
from typing import final

import numpy as np

from embodied_mem.brain.arm.boxes import inside_of
from embodied_mem.brain.arm.hand_shape import down_pose
from embodied_mem.brain.arm.hand_skill import BadEndError, HandSkill, Workplace
from embodied_mem.brain.arm.place import Place
from embodied_mem.brain.arm.senses import ArmSenses
from embodied_mem.types import Command, Float64Array

HELD_OUT = 0.24
"""Height of the tool over the tray, m."""
FELT = 6
"""For so many ticks in a row a pull must be felt."""
TURNS = (0.0, 0.6, -0.6)
"""Turns of the wrist that are tried, rad."""


@final
class HandOver(HandSkill):
    """Brings what is held to a person."""

    def __init__(self, workplace: Workplace, target: str, *, tray: str) -> None:
        """Keeps the id of what is held and of the tray."""
        super().__init__(workplace)
        self._target, self._tray = target, tray

    def can_execute(self, senses: ArmSenses) -> float:
        """0 where it is not held or the tray is out of reach."""
        self.senses = senses
        hand = senses.state.hand
        if hand is None or hand.holding != self._target or self._tray not in self.place.cell:
            return 0.0
        return 0.95 if self._joints_out(senses.arm.joints) is not None else 0.0

    def _work(self) -> Iterator[Command]:
        if self.holding != self._target:
            raise BadEndError(f"{self._target} is not in the hand")
        if self._tray not in self.place.cell:
            raise BadEndError(f"{self._tray} is not known")
        out = self._joints_out(self._joints)
        if out is None:
            raise BadEndError(f"{self._tray} is out of reach")
        yield from self.clear_low()
        yield from self.go(out, held=self._target, stop=self.lost)
        if self.lost():
            raise BadEndError(f"lost {self._target} on the way")
        taken = yield from self._offer()
        if taken:
            yield from self.fingers(self.model.widest)
            return
        yield from self.through(Place(self.place, self._target, destination=self._tray))

    def _joints_out(self, near: Float64Array) -> Float64Array | None:
        low, high = inside_of(self.place.cell[self._tray])
        point = np.array([*(0.5 * (low + high))[:2], low[2] + HELD_OUT])
        rest = np.arctan2(point[1], point[0]) - 0.5 * np.pi
        for turn in TURNS:
            joints = self.model.solve(down_pose(point, rest + turn), near)
            if joints is not None:
                return joints
        return None

    def _offer(self) -> Generator[Command, None, bool]:
        """Holds still; returns whether somebody pulled."""
        felt = 0
        calm = self.senses.arm.contact
        for _ in range(self._ticks(self.config.patience)):
            yield self._hold()
            pulled = self.senses.arm.contact > calm + self.config.pulled
            felt = felt + 1 if pulled else 0
            if felt >= FELT or self.lost():
                return True
        return False
