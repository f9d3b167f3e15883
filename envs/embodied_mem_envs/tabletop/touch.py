"""What the hand feels: the force between its fingers, and the force from outside on it."""

from dataclasses import dataclass
from math import sqrt
from typing import Any

from embodied_mem_envs.tabletop.physics import LEFT, RIGHT, World

_BLEND = 0.5
"""Share of the newest tick in a reading; contact forces of a solver flicker from tick to tick."""


@dataclass(frozen=True, slots=True)
class Feeling:
    """Readings of one tick."""

    grip: float = 0.0
    """The smaller of the two fingers' forces on what both of them touch, N."""
    contact: float = 0.0
    """Size of the sum of all forces from outside on the arm and on what it holds, its weight
    left out, N."""
    held: tuple[int, ...] = ()
    """PyBullet's numbers of what both fingers touch."""


class Touch:
    """The force sensors of fingers and wrist, out of contact forces.

    A wrist sensor feels what pushes the hand, directly or through what it holds; what the
    fingers do to a thing between them stays inside, and so does that thing's weight.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.now = Feeling()

    def update(self) -> None:
        """Reads the contacts of the step that was just made."""
        world = self._world
        points = [point for point in world.contacts(world.arm) if point[9] != 0.0]
        left, right = _finger_forces(points, LEFT), _finger_forces(points, RIGHT)
        held = tuple(sorted(set(left) & set(right) & world.loose))
        grip = (
            min(sum(left[body] for body in held), sum(right[body] for body in held))
            if held
            else 0.0
        )
        outside = _Sum()
        for point in points:
            if point[2] not in held:
                outside.add(point)
        for body in held:
            for point in world.contacts(body):
                if point[2] != world.arm and point[2] not in held:
                    outside.add(point)
        before = self.now
        self.now = Feeling(
            grip=_mixed(before.grip, grip),
            contact=_mixed(before.contact, outside.size),
            held=held,
        )


class _Sum:
    """A sum of contact forces."""

    def __init__(self) -> None:
        self._force = [0.0, 0.0, 0.0]

    def add(self, point: Any) -> None:
        """Adds the force that body B of a contact point exerts on body A."""
        normal, along = point[7], point[9]
        first, first_way, second, second_way = point[10:14]
        for k in range(3):
            self._force[k] += normal[k] * along + first_way[k] * first + second_way[k] * second

    @property
    def size(self) -> float:
        """Length of the sum, N."""
        x, y, z = self._force
        return sqrt(x * x + y * y + z * z)


def _finger_forces(points: list[Any], finger: int) -> dict[int, float]:
    """Returns the normal force of a finger on every body that it touches."""
    forces: dict[int, float] = {}
    for point in points:
        if point[3] == finger:
            forces[point[2]] = forces.get(point[2], 0.0) + point[9]
    return forces


def _mixed(before: float, now: float) -> float:
    mixed = (1.0 - _BLEND) * before + _BLEND * now
    return mixed if mixed > 1e-3 else 0.0
