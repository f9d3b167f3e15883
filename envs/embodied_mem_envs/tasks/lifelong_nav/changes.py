"""What happens in the house between two visits."""

import numpy as np

from embodied_mem.errors import HouseError
from embodied_mem_envs.house.catalogue import catalogue
from embodied_mem_envs.house.house import House
from embodied_mem_envs.house.life import live
from embodied_mem_envs.tasks.lifelong_nav.goals import Goal

_FAR = 1.0
"""A goal that is moved ends up at least so far from where it was, metres."""


def change_house(
    house: House, goals: list[Goal], share: float, moves: int, rng: np.random.Generator
) -> set[str]:
    """Moves some former goals and some other things, and draws all instance ids anew.

    Args:
        house: The house.
        goals: The goals so far.
        share: Chance that a portable one of them is moved.
        moves: How many other things move, or fewer where fewer have somewhere to go.
        rng: The source of chance.

    Returns:
        Ids of all things that were moved.
    """
    kinds = catalogue()
    before = len(house.changes)
    for name in dict.fromkeys(goal.target for goal in goals):
        portable = kinds.category(house.object(name).category).portable
        if rng.random() < share and portable:
            _move(house, name, rng)
    for _ in range(moves):
        try:
            live(house, rng, 1)
        except HouseError:
            break
    house.new_visit()
    return {change.object_id for change in house.changes[before:]}


def _move(house: House, name: str, rng: np.random.Generator) -> None:
    """Moves a thing to other furniture that holds such things, or to the floor of another room."""
    thing = house.object(name)
    wanted = catalogue().supports_of(thing.category)
    places = [other.id for other in house.objects if other.category in wanted and other.id != name]
    if thing.on is None:
        places = [room.id for room in house.rooms]
    for index in rng.permutation(len(places)):
        try:
            found = house.find_place(name, places[int(index)])
        except HouseError:
            continue
        if np.hypot(*np.subtract(found.position, thing.position)[:2]) >= _FAR:
            house.move(name, places[int(index)])
            return
