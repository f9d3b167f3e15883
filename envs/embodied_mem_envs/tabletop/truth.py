"""How the world really is: for judging and for telling stories, never for the agent."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import numpy as np

from embodied_mem.types import Float64Array
from embodied_mem_envs.tabletop.catalogue import kind
from embodied_mem_envs.tabletop.cell import DRAWERS, TRAVEL
from embodied_mem_envs.tabletop.layout import Placed
from embodied_mem_envs.tabletop.physics import World
from embodied_mem_envs.tabletop.poses import matrix, tilt_of, yaw_of


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class TrueThing:
    """One thing as it really lies."""

    kind: str
    """What it is."""
    colour: str
    T_world_thing: Float64Array
    """(4, 4) pose of the middle of its box."""
    size: Float64Array
    """(3,) extent of its box along its own axes, m."""
    yaw: float
    """Turn about the vertical, rad."""
    tilt: float
    """Angle between its own upright and the world's, rad."""
    held: bool
    """Whether both fingers press on it."""
    touches: frozenset[str]
    """Things, fixtures' bodies (`cell`, the drawers) and `arm` that touch it."""

    @property
    def position(self) -> Float64Array:
        """(3,) middle of its box, m."""
        return self.T_world_thing[:3, 3]


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Truth:
    """The whole table at one tick."""

    tick: int
    things: Mapping[str, TrueThing]
    """By the names of the layout."""
    drawers: Mapping[str, float]
    """How far each drawer is open, from 0 to 1."""
    arm_touches: frozenset[str] = field(default_factory=frozenset)
    """What touches the arm."""

    @property
    def held(self) -> tuple[str, ...]:
        """Names of what is between the fingers."""
        return tuple(name for name, thing in self.things.items() if thing.held)


def read_truth(
    world: World, things: Mapping[str, Placed], held: Collection[int], tick: int
) -> Truth:
    """Reads the truth out of a world; `held` are the numbers of what both fingers press on."""
    return Truth(
        tick=tick,
        things={name: _true_thing(world, name, placed, held) for name, placed in things.items()},
        drawers={name: float(np.clip(world.drawer(name) / TRAVEL, 0.0, 1.0)) for name in DRAWERS},
        arm_touches=world.touching(world.arm),
    )


def _true_thing(world: World, name: str, placed: Placed, held: Collection[int]) -> TrueThing:
    pose, body = world.pose(name), world.things[name]
    return TrueThing(
        kind=placed.kind,
        colour=placed.colour,
        T_world_thing=matrix(pose),
        size=np.array(kind(placed.kind).size),
        yaw=yaw_of(pose),
        tilt=tilt_of(pose),
        held=body in held,
        touches=world.touching(body),
    )
