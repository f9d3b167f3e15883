"""A whole house from a seed."""

from dataclasses import replace

import numpy as np

from embodied_mem.errors import HouseError
from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.house.house import House, numbered
from embodied_mem_envs.house.layout import Door, Room, make_layout
from embodied_mem_envs.house.objects import HouseObject
from embodied_mem_envs.house.placement import furnish
from embodied_mem_envs.house.stairs import Stairs
from embodied_mem_envs.house.storeys import make_storeys

_ATTEMPTS = 8
"""How many houses of two floors are drawn until every room of one can be reached."""


def generate_house(seed: int, config: HouseConfig | None = None) -> House:
    """Generates a furnished house; the same seed and config give the same house.

    Args:
        seed: Any non-negative whole number.
        config: What is not left to the seed.

    Raises:
        HouseError: If no valid house was found for the config.
    """
    chosen = config or HouseConfig()
    if chosen.floors == 1:
        rooms, doors = make_layout(chosen, np.random.default_rng([seed, 1]))
        return _furnished((seed,), chosen, rooms, doors, None)
    for attempt in range(_ATTEMPTS):
        layout = make_storeys(chosen, np.random.default_rng([seed, 1, 2, attempt]))
        house = _furnished((seed, 2, attempt), chosen, *layout)
        cut_off = house.rooms_out_of_reach()
        if not cut_off:
            return house
    raise HouseError(
        f"no house of two floors found for seed {seed} in {_ATTEMPTS} draws: a body does not get "
        f"to {', '.join(cut_off)}; choose another seed or less clutter"
    )


def _furnished(
    source: tuple[int, ...],
    config: HouseConfig,
    rooms: tuple[Room, ...],
    doors: tuple[Door, ...],
    stairs: Stairs | None,
) -> House:
    """Furnishes every room from a chance of its own that `source` begins with the seed of."""
    furnished = []
    for index, room in enumerate(rooms):
        rng = np.random.default_rng([source[0], 2, index, *source[1:]])
        own = [door for door in doors if room.id in door.rooms]
        flight = stairs if stairs and room.id in stairs.rooms else None
        things = furnish(room, own, config, rng, flight)
        furnished.append([_lifted(thing, config.levels[room.floor]) for thing in things])
    return House(
        seed=source[0],
        config=config,
        rooms=rooms,
        doors=doors,
        objects=numbered(furnished),
        stairs=stairs,
    )


def _lifted(thing: HouseObject, level: float) -> HouseObject:
    """Returns an object that was placed at height 0 on its own floor."""
    if level == 0.0:
        return thing
    x, y, z = thing.position
    return replace(thing, position=(x, y, round(z + level, 4)))
