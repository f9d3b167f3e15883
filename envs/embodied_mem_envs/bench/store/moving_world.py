"""Rooms with objects that are moved now and then, and an agent that walks from room to room.

The agent sees most, not all, of what is in the room where it stands, with centimetres of noise.
It does not see moves: it finds an object elsewhere, or does not find it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, final

import numpy as np

ROOMS: Final = ("kitchen", "living room", "bedroom", "office", "bathroom", "hallway")
_SIZE: Final = 4.0
"""Metres; rooms are squares in a row."""
_THINGS: Final = [
    "mug",
    "kettle",
    "book",
    "phone",
    "lamp",
    "clock",
    "cushion",
    "basket",
    "bottle",
    "plant",
    "shoe",
    "radio",
]
_COLOURS: Final = ["red", "green", "blue", "white", "black"]
Position = tuple[float, float, float]


@dataclass(frozen=True, kw_only=True, slots=True)
class MovingWorldConfig:
    """How much there is and how much it moves."""

    sightings: int = 2000
    """After which the walk ends."""
    seen: float = 0.9
    """Chance that an object in the agent's room is seen on a visit."""
    moves: float = 3.0
    """Moves of an object during the walk, on average; half of the objects move three times as
    often as the other half."""
    noise: float = 0.03
    """Standard deviation of a seen position, metres."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """One object, seen once."""

    object_id: str
    name: str
    position: Position


@dataclass(frozen=True, slots=True)
class Visit:
    """One look around a room, and what was seen there."""

    tick: int
    room: str
    sightings: tuple[Sighting, ...]


@final
class MovingWorld:
    """A world and a walk through it; equal seeds make equal ones."""

    def __init__(self, seed: int, config: MovingWorldConfig | None = None) -> None:
        self.config = config or MovingWorldConfig()
        rng = np.random.default_rng(seed)
        self.names = [f"{colour} {thing}" for thing in _THINGS for colour in _COLOURS]
        """Of the objects; their ids are `object_id`s of the index."""
        count = len(self.names)
        per_tick = self.config.seen * count / len(ROOMS)
        # A fifth more than are needed on average; the walk ends when enough was seen.
        self.ticks = int(np.ceil(1.2 * self.config.sightings / per_tick))
        rate = np.where(rng.random(count) < 0.5, 1.5, 0.5) * self.config.moves / self.ticks
        self._room = np.empty((self.ticks, count), np.intp)
        self._position = np.empty((self.ticks, count, 3))
        room, position = rng.integers(len(ROOMS), size=count), rng.random((count, 3))
        for tick in range(self.ticks):
            for index in np.flatnonzero(rng.random(count) < rate).tolist():
                room[index] = (room[index] + rng.integers(1, len(ROOMS))) % len(ROOMS)
                position[index] = rng.random(3)
            self._room[tick], self._position[tick] = room, position
        self._rng = rng

    @staticmethod
    def object_id(index: int) -> str:
        """Returns the id of an object."""
        return f"obj-{index:03d}"

    def place(self, index: int, tick: int) -> str:
        """Returns the room that an object is really in at a tick."""
        return ROOMS[self._room[tick, index]]

    def walk(self) -> Iterator[Visit]:
        """Yields the visits, one a tick, each time to another room; to be walked once."""
        rng, here, left = self._rng, 0, self.config.sightings
        for tick in range(self.ticks):
            here = (here + int(rng.integers(1, len(ROOMS)))) % len(ROOMS)
            inside = np.flatnonzero(self._room[tick] == here)
            seen = inside[rng.random(len(inside)) < self.config.seen][:left]
            left -= len(seen)
            at = self._position[tick, seen] * _SIZE + (here * _SIZE, 0, 0)
            at += self.config.noise * rng.normal(size=at.shape)
            sightings = (
                Sighting(self.object_id(index), self.names[index], (x, y, z))
                for index, (x, y, z) in zip(seen.tolist(), at.tolist(), strict=True)
            )
            yield Visit(tick, ROOMS[here], tuple(sightings))
            if left == 0:
                return
