"""Where the rules hold: rooms, doors and the things that can be activated, out of a house."""

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from embodied_mem.errors import ConfigError, HouseError, unknown_name
from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.house.generate import generate_house
from embodied_mem_envs.house.house import House

KINDS: Final = ("bucket", "candle", "globe", "toolbox", "vase")
"""Kinds of things that can be activated; each stands in some of the rooms."""
FEWEST_ROOMS: Final = 5
MOST_ROOMS: Final = 8
_HOUSES: Final = 50
"""So many houses are drawn until one has room for all things; the first nearly always has."""
_SHARE: Final = 0.7
_FEWEST: Final = 3
"""A thing of each kind stands in so many rooms at least, so that position can matter to it."""


@dataclass(frozen=True, kw_only=True)
class Rooms:
    """What a robot is told of the house beforehand."""

    names: tuple[str, ...]
    """Of the rooms, without blanks: `kitchen`, `bedroom-2`."""
    doors: tuple[tuple[int, int], ...]
    """Pairs of room indices, the smaller first."""
    kinds: tuple[str, ...]
    things: tuple[tuple[int, ...], ...]
    """For each kind the indices of the rooms that it stands in, ascending."""

    @cached_property
    def neighbours(self) -> tuple[tuple[int, ...], ...]:
        """For each room the rooms behind its doors, ascending."""
        rooms = range(len(self.names))
        return tuple(
            tuple(other for other in rooms if (min(room, other), max(room, other)) in self.doors)
            for room in rooms
        )

    def room(self, name: str) -> int:
        """Returns the index of a room.

        Raises:
            ConfigError: If there is none of that name.
        """
        if name not in self.names:
            raise unknown_name("room", name, self.names)
        return self.names.index(name)

    def kind(self, name: str) -> int:
        """Returns the index of a kind of thing.

        Raises:
            ConfigError: If there is none of that name.
        """
        if name not in self.kinds:
            raise unknown_name("kind of thing", name, self.kinds)
        return self.kinds.index(name)

    def door(self, first: str, second: str) -> int:
        """Returns the index of the door between two rooms.

        Raises:
            ConfigError: If a room is unknown, or no door leads from one to the other.
        """
        pair = sorted((self.room(first), self.room(second)))
        if (pair[0], pair[1]) not in self.doors:
            raise ConfigError(f"no door leads from {first} to {second}")
        return self.doors.index((pair[0], pair[1]))

    def door_name(self, door: int) -> str:
        """Returns the two rooms of a door: `hallway kitchen`."""
        first, second = self.doors[door]
        return f"{self.names[first]} {self.names[second]}"


def make_rooms(seed: int, rooms: int = 6) -> tuple[Rooms, House]:
    """Generates a house and puts the things that can be activated on its floors.

    A thing stands where it was drawn to stand and the house has a free place for it. A house that
    is too full is left, and another one drawn.

    Args:
        seed: Of the house and of what stands where.
        rooms: How many rooms, 5 to 8.

    Returns:
        What the robot is told, and the house with the things in it, for pictures.

    Raises:
        ConfigError: If `rooms` is out of its range.
        HouseError: If no house has room for the things.
    """
    if not FEWEST_ROOMS <= rooms <= MOST_ROOMS:
        raise ConfigError(f"rooms is {rooms}; expected {FEWEST_ROOMS} to {MOST_ROOMS}")
    rng = np.random.default_rng([seed, 41])
    for _ in range(_HOUSES):
        house = generate_house(int(rng.integers(1 << 31)), HouseConfig(rooms=rooms))
        with suppress(HouseError):
            placed = tuple(_placed(house, kind, rng) for kind in KINDS)
            return _told(house, placed), house
    raise HouseError(f"no house of {rooms} rooms took all things for seed {seed}")


def _told(house: House, placed: tuple[tuple[int, ...], ...]) -> Rooms:
    order = {room.id: index for index, room in enumerate(house.rooms)}
    pairs = {tuple(sorted(order[each] for each in door.rooms)) for door in house.doors}
    return Rooms(
        names=_names(house),
        doors=tuple(sorted((first, second) for first, second in pairs)),
        kinds=KINDS,
        things=placed,
    )


def _placed(house: House, kind: str, rng: np.random.Generator) -> tuple[int, ...]:
    """Puts things of one kind into rooms in a drawn order, and returns which rooms have one."""
    order = rng.permutation(len(house.rooms)).tolist()
    wanted = max(_FEWEST, int(rng.binomial(len(order), _SHARE)))
    having = {thing.room for thing in house.objects if thing.category == kind}
    for index in order:
        room = house.rooms[index].id
        if len(having) >= wanted or room in having:
            continue
        try:
            house.add(kind, room)
        except HouseError:
            continue
        having.add(room)
    if len(having) < _FEWEST:
        raise HouseError(f"house {house.seed} has no room for {_FEWEST} times a {kind}")
    return tuple(index for index, room in enumerate(house.rooms) if room.id in having)


def _names(house: House) -> tuple[str, ...]:
    counts: dict[str, int] = {}
    names: list[str] = []
    for room in house.rooms:
        name = room.category.replace(" ", "-")
        counts[name] = counts.get(name, 0) + 1
        names.append(name if counts[name] == 1 else f"{name}-{counts[name]}")
    return tuple(names)
