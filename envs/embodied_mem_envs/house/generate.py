"""A whole house from a seed."""

import numpy as np

from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.house.house import House, numbered
from embodied_mem_envs.house.layout import make_layout
from embodied_mem_envs.house.placement import furnish


def generate_house(seed: int, config: HouseConfig | None = None) -> House:
    """Generates a furnished house; the same seed and config give the same house.

    Args:
        seed: Any non-negative whole number.
        config: What is not left to the seed.

    Raises:
        HouseError: If no valid house was found for the config.
    """
    chosen = config or HouseConfig()
    rooms, doors = make_layout(chosen, np.random.default_rng([seed, 1]))
    furnished = []
    for index, room in enumerate(rooms):
        rng = np.random.default_rng([seed, 2, index])
        own = [door for door in doors if room.id in door.rooms]
        furnished.append(furnish(room, own, chosen, rng))
    return House(seed=seed, config=chosen, rooms=rooms, doors=doors, objects=numbered(furnished))
