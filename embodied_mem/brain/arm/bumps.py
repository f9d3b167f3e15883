"""What the hand has lately run into without anybody having seen it, and the way it came."""

from collections import deque
from dataclasses import dataclass
from typing import final

import numpy as np

from embodied_mem.brain.arm.boxes import Boxes
from embodied_mem.brain.arm.model import ArmModel
from embodied_mem.types import Float64Array

UNSEEN = "something unseen"
"""How reasons call what was only felt."""
AHEAD = 0.07
"""Distance from the tool to the middle of what it ran into, m."""
HALF = 0.06
"""Half the breadth that is taken for it, m."""
TALLER = 0.10
"""It is taken to stand on the table and to be so much higher than the tool was, m."""
LASTS = 1000
"""For so many ticks it is kept in mind."""
BACK = 0.05
"""How far the hand steps back from it, m."""
LEAST_WAY = 0.004
"""A shorter way does not tell where it led, m."""
_SAME_PLACE = 0.1
"""Largest difference of a joint from where the way ends, rad."""


@dataclass(frozen=True, slots=True, eq=False)
class _Bump:
    position: Float64Array
    tick: int


@final
class Bumps:
    """Kept by all skills of an arm together: a retry is a new skill, but the same arm."""

    def __init__(self, model: ArmModel) -> None:
        self._model = model
        self._way: deque[Float64Array] = deque(maxlen=120)
        self._found: list[_Bump] = []
        self._crossing = False
        self._noted = False

    def walked(self, joints: Float64Array, *, crossing: bool) -> None:
        """Hears of every posture that is commanded on the way.

        Args:
            joints: (J,) rad.
            crossing: Whether nothing was meant to be touched there.
        """
        if crossing != self._crossing:
            self._way.clear()
        self._crossing, self._noted = crossing, False
        self._way.append(joints)

    def way_back(self, joints: Float64Array) -> Float64Array | None:
        """Returns a posture a little back on the way that led here, or None where none did."""
        if not self._way:
            return None
        apart = np.abs(np.array(self._way) - joints).max(axis=1)
        nearest = int(apart.argmin())
        if apart[nearest] > _SAME_PLACE:
            return None
        here = self._model.tool_pose(joints)[:3, 3]
        for index in range(nearest, 0, -1):
            before = self._way[index]
            if np.linalg.norm(self._model.tool_pose(before)[:3, 3] - here) >= BACK:
                return before
        return self._way[0]

    def note(self, tick: int) -> None:
        """Keeps in mind that something stands ahead of where the way ends, if it was crossing."""
        if not self._way or not self._crossing or self._noted:
            return
        before = self.way_back(self._way[-1])
        tool = self._model.tool_pose(self._way[-1])[:3, 3]
        way = tool - self._model.tool_pose(before if before is not None else self._way[0])[:3, 3]
        length = float(np.linalg.norm(way[:2]))
        if length > LEAST_WAY:
            ahead = AHEAD * np.array([way[0], way[1], 0.0]) / length
            self._found.append(_Bump(tool + ahead, tick))
            self._noted = True

    def forget(self) -> None:
        """Takes it that what was run into has gone, where it leaves no way."""
        self._found.clear()

    def boxes(self, tick: int) -> Boxes:
        """Returns boxes around what was lately run into; higher where that happened again."""
        self._found = [bump for bump in self._found if tick - bump.tick < LASTS]
        rows = []
        for index, bump in enumerate(self._found):
            again = sum(
                float(np.linalg.norm((other.position - bump.position)[:2])) < 3 * HALF
                for other in self._found[:index]
            )
            top = float(bump.position[2]) + TALLER * (1 + again)
            centre = np.array([bump.position[0], bump.position[1], 0.5 * top])
            rows.append((UNSEEN, centre, np.array([HALF, HALF, 0.5 * top]), 0.0))
        return Boxes.of(rows)
