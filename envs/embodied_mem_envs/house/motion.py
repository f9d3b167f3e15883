"""How an upright cylinder moves over the floor: it slides along what it touches."""

from math import ceil, cos, hypot, pi, sin

import numpy as np

from embodied_mem.types import Float64Array
from embodied_mem_envs.house.floor import obstacles
from embodied_mem_envs.house.house import House

_STEP = 0.04
"""Longest piece of a move between two contact checks, metres."""
_PASSES = 4
_CONTACT = 1e-3


class Motion:
    """Moves a cylinder through one house as it is now."""

    def __init__(self, house: House, radius: float) -> None:
        self._house = house
        self._radius = radius
        self._revision = -1
        self._blocks: Float64Array = np.zeros((0, 6))

    def move(
        self, pose: tuple[float, float, float], forward: float, turn: float
    ) -> tuple[tuple[float, float, float], bool]:
        """Drives an arc of given length and turn, sliding along walls and furniture.

        Args:
            pose: x, y, yaw at the start.
            forward: Length of the arc, metres; negative drives backward.
            turn: Change of yaw over the arc, rad; positive to the left.

        Returns:
            The pose at the end and whether anything was touched on the way.
        """
        x, y, yaw = pose
        near = self._near(x, y, abs(forward) + self._radius)
        # What was set down on the body itself does not hold it: it may drive out.
        near = near[_contacts(x, y, near)[0] > 0.0]
        steps = max(ceil(abs(forward) / _STEP), 1)
        collided = False
        for _ in range(steps):
            middle = yaw + turn / steps / 2
            goal_x = x + forward / steps * cos(middle)
            goal_y = y + forward / steps * sin(middle)
            x, y, touched = self._settle((x, y), (goal_x, goal_y), near)
            yaw += turn / steps
            collided |= touched
        return (x, y, (yaw + pi) % (2 * pi) - pi), collided

    def clearance(self, x: float, y: float) -> float:
        """Returns the free distance around a point, metres (0 inside an obstacle)."""
        near = self._near(x, y, np.inf)
        return float(_contacts(x, y, near)[0].min(initial=np.inf))

    def _near(self, x: float, y: float, reach: float) -> Float64Array:
        """Returns the blocks that a move of the given reach can touch."""
        if self._revision != self._house.revision:
            self._blocks = obstacles(self._house.walls(), self._house.objects)
            self._revision = self._house.revision
        blocks = self._blocks
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
