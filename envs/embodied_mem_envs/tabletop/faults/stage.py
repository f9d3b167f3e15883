"""What a fault may see and change: the world as it really is, and the order of this tick."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from embodied_mem.types import Float64Array
from embodied_mem_envs.tabletop.catalogue import Kind, kind
from embodied_mem_envs.tabletop.layout import Placed
from embodied_mem_envs.tabletop.physics import World
from embodied_mem_envs.tabletop.poses import Pose

_OVERLAP = 0.002
"""Deeper than this, two things cannot be meant to be in each other, m."""


@dataclass(slots=True, eq=False)
class Order:
    """What the motors are told at one tick; faults may change it on its way."""

    joints: Float64Array
    """(7,) rad."""
    width: float
    """Distance of the fingers, m."""
    force: float
    """With which each finger may press, N."""


class Stage:
    """The true world at the beginning of one tick."""

    def __init__(
        self,
        world: World,
        things: Mapping[str, Placed],
        tick: int,
        opening: float,
        held: tuple[int, ...],
    ) -> None:
        self.world = world
        self.things = things
        self.tick = tick
        self.opening = opening
        numbers = {number: name for name, number in world.things.items()}
        self.held = tuple(numbers[body] for body in held if body in numbers)
        self.tool = np.array(world.tool()[0])

    def kind(self, name: str) -> Kind:
        """Returns the kind of a thing."""
        return kind(self.things[name].kind)

    def position(self, name: str) -> Float64Array:
        """Returns the (3,) middle of a thing, m."""
        return np.array(self.world.pose(name)[0])

    def above_top(self, name: str) -> float:
        """Returns how far the hand is above the top of an upright thing, m."""
        top = self.position(name)[2] + 0.5 * self.kind(name).size[2]
        return float(self.tool[2] - top)

    def below(self, sideways: float, target: str = "") -> str:
        """Returns the thing nearest under the hand, empty where none is within `sideways` m."""
        best, found = sideways, ""
        for name, placed in self.things.items():
            if placed.kind == "obstacle":
                continue
            offset = self.position(name) - self.tool
            distance = float(np.hypot(offset[0], offset[1]))
            if distance < best and offset[2] < 0.03 and target in ("", name):
                best, found = distance, name
        return found

    def try_pose(self, name: str, pose: Pose) -> bool:
        """Puts a thing somewhere unless it would be inside another; tells whether it was put."""
        before = self.world.pose(name)
        self.world.put(name, pose)
        if self.world.deepest(self.world.things[name]) > -_OVERLAP:
            return True
        self.world.put(name, before)
        return False
