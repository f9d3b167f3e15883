"""How things lay once, as where they belong."""

import math
from typing import Final

from embodied_mem.brain.learning.methods.scene import Scene
from embodied_mem.brain.planning.rules.goals import At, In, On, Target
from embodied_mem.brain.planning.rules.world import RESTS, World

HOLDERS: Final = ("bin", "drawer", "tray")
"""Kinds of fixtures that things are put into."""


def arranged_target(thing: str, scene: Scene, world: World) -> Target:
    """Returns where a thing of the arrangement lay: in or on something, or at a spot."""
    own = scene.arrangement[thing]
    if scene.kind(own.place) in HOLDERS:
        return In(holder=own.place)
    x, y, z = own.position
    bottom = z - 0.5 * world.things[thing].size[2]
    for name, other in scene.arrangement.items():
        if name == thing or name not in world.things or bottom <= RESTS:
            continue
        base = world.things[name]
        top = other.position[2] + 0.5 * base.size[2]
        apart = math.dist(other.position[:2], (x, y))
        if apart <= base.footprint.radius and abs(bottom - top) <= RESTS:
            return On(holder=name)
    return At(x=round(x, 3), y=round(y, 3), yaw=own.yaw)
