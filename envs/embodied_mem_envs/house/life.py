"""A life goes on in the house: objects move between visits, as people leave them."""

import numpy as np

from embodied_mem.errors import HouseError
from embodied_mem_envs.house.catalogue import catalogue
from embodied_mem_envs.house.house import Change, House
from embodied_mem_envs.house.objects import HouseObject

_LEAST_DISTANCE = 0.5
"""A move shorter than this would not count as one, metres."""


def live(house: House, rng: np.random.Generator, moves: int) -> list[Change]:
    """Moves portable objects to other sensible places and returns what truly changed.

    Small objects go to other furniture that objects of their category stand on; what stands on the
    floor goes to another wall or another room that such things are found in.

    Args:
        house: The house; its `changes` grow by what is returned.
        rng: The source of chance.
        moves: How many objects to move, each at most once.

    Raises:
        HouseError: If fewer than `moves` objects have somewhere else to go.
    """
    first = len(house.changes)
    names = [thing.id for thing in house.objects if _portable(thing)]
    done = 0
    for index in rng.permutation(len(names)):
        if done == moves:
            break
        done += _move_somewhere(house, names[index], rng)
    if done < moves:
        raise HouseError(
            f"only {done} of {moves} objects have somewhere else to go; ask for fewer moves"
        )
    return house.changes[first:]


def _portable(thing: HouseObject) -> bool:
    return catalogue().category(thing.category).portable


def _move_somewhere(house: House, object_id: str, rng: np.random.Generator) -> bool:
    """Tries the usual places for one object in drawn order, then the unusual ones."""
    thing = house.object(object_id)
    usual, unusual = _supports(house, thing) if thing.on is not None else _rooms(house, thing)
    for options in (usual, unusual):
        for index in rng.permutation(len(options)):
            try:
                place = house.find_place(object_id, options[index])
            except HouseError:
                continue
            apart = np.hypot(*np.subtract(place.position, thing.position)[:2]) > _LEAST_DISTANCE
            if apart or house.room(place.room).floor != house.floor_of(object_id):
                house.move(object_id, options[index])
                return True
    return False


def _supports(house: House, thing: HouseObject) -> tuple[list[str], list[str]]:
    """Returns the pieces on which such objects are usually found, and all others with a top."""
    wanted = catalogue().supports_of(thing.category)
    others = [o for o in house.objects if o.id != thing.on and o.id != thing.id]
    usual = [o.id for o in others if o.category in wanted]
    tops = [o.id for o in others if o.category not in wanted and _has_plain_top(o)]
    return usual, tops


def _has_plain_top(thing: HouseObject) -> bool:
    return any(not s.zone for s in catalogue().category(thing.category).surfaces)


def _rooms(house: House, thing: HouseObject) -> tuple[list[str], list[str]]:
    """Returns the rooms in which such things are found, the own one among them, and the others."""
    programmes = catalogue().rooms
    usual = [
        room.id
        for room in house.rooms
        if any(item.category == thing.category for item in programmes[room.category].items)
    ]
    if thing.room not in usual:
        usual.append(thing.room)
    return usual, [room.id for room in house.rooms if room.id not in usual]
