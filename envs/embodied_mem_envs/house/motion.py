"""How an upright cylinder moves over floors and stairs: it slides along what it touches."""

from math import ceil, cos, hypot, pi, sin
from typing import NamedTuple

import numpy as np

from embodied_mem.types import Float64Array
from embodied_mem_envs.house.house import House

_STEP = 0.04
"""Longest piece of a move between two contact checks, metres."""
_PASSES = 4
_CONTACT = 1e-3


class Moved(NamedTuple):
    """Where a move ended."""

    pose: tuple[float, float, float]
    """x, y, yaw."""
    floor: int
    collided: bool
    """Whether anything was touched on the way."""


class Motion:
    """Moves a cylinder through one house as it is now."""

    def __init__(self, house: House, radius: float) -> None:
        self._house = house
        self._radius = radius
        self._revision = -1
        self._blocks: list[Float64Array] = []

    def move(
        self, pose: tuple[float, float, float], forward: float, turn: float, floor: int = 0
    ) -> "Moved":
        """Drives an arc of given length and turn, sliding along walls and furniture.

        On a flight of stairs the length counts on the floor plan.

        Args:
            pose: x, y, yaw at the start.
            forward: Length of the arc, metres; negative drives backward.
            turn: Change of yaw over the arc, rad; positive to the left.
            floor: The floor at the start.
        """
        x, y, yaw = pose
        reach = abs(forward) + self._radius
        near = self._near(x, y, reach, floor)
        # What was set down on the body itself does not hold it: it may drive out.
        near = near[_contacts(x, y, near)[0] > 0.0]
        steps = max(ceil(abs(forward) / _STEP), 1)
        collided, stairs = False, self._house.stairs
        for _ in range(steps):
            middle = yaw + turn / steps / 2
            goal_x = x + forward / steps * cos(middle)
            goal_y = y + forward / steps * sin(middle)
            x, y, touched = self._settle((x, y), (goal_x, goal_y), near)
            yaw += turn / steps
            collided |= touched
            if stairs is not None and stairs.floor_at(x, y, floor) != floor:
                floor = stairs.floor_at(x, y, floor)
                near = self._near(x, y, reach, floor)
        return Moved((x, y, (yaw + pi) % (2 * pi) - pi), floor, collided)

    def clearance(self, x: float, y: float, floor: int = 0) -> float:
        """Returns the free distance around a point, metres (0 inside an obstacle)."""
        near = self._near(x, y, np.inf, floor)
        return float(_contacts(x, y, near)[0].min(initial=np.inf))

    def _near(self, x: float, y: float, reach: float, floor: int) -> Float64Array:
        """Returns the blocks of a floor that a move of the given reach can touch."""
        if self._revision != self._house.revision:
            self._blocks = [self._house.solids(k) for k in range(len(self._house.levels))]
            self._revision = self._house.revision
        blocks = self._blocks[floor]
        away = np.hypot(blocks[:, 0] - x, blocks[:, 1] - y)
        near: Float64Array = blocks[away - np.hypot(blocks[:, 2], blocks[:, 3]) <= reach + 0.05]
        return near

    def _settle(
        self, start: tuple[float, float], goal: tuple[float, float], blocks: Float64Array
    ) -> tuple[float, float, bool]:
        """Pushes a goal out of all blocks; stays at the start where that does not succeed."""
        x, y = goal
        touched = False
        for _ in range(_PASSES):
            gap, nx, ny = _contacts(x, y, blocks)
            if not len(gap):
                return x, y, touched
            deepest = int(gap.argmin())
            depth = self._radius - float(gap[deepest])
            if depth <= _CONTACT / 2:
                return x, y, touched
            touched = True
            if hypot(nx[deepest], ny[deepest]) < 0.5:
                return (*start, True)  # the centre itself would be inside: no way to push
            x += float(nx[deepest]) * depth
            y += float(ny[deepest]) * depth
        gap, _, _ = _contacts(x, y, blocks)
        if self._radius - float(gap.min()) > _CONTACT:
            return (*start, True)
        return x, y, touched


def _contacts(
    x: float, y: float, blocks: Float64Array
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Returns distance and outward direction (world x, y) from every block to a point."""
    dx, dy = x - blocks[:, 0], y - blocks[:, 1]
    c, s = blocks[:, 4], blocks[:, 5]
    u, v = c * dx + s * dy, c * dy - s * dx
    over_u = u - np.clip(u, -blocks[:, 2], blocks[:, 2])
    over_v = v - np.clip(v, -blocks[:, 3], blocks[:, 3])
    gap = np.hypot(over_u, over_v)
    scale = 1.0 / np.maximum(gap, 1e-12)
    return gap, (c * over_u - s * over_v) * scale, (s * over_u + c * over_v) * scale
