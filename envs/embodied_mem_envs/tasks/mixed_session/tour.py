"""What the robot sees of the house: a look around one room at the start of every session."""

from collections import Counter
from collections.abc import Iterator
from math import pi
from typing import Final, final

import numpy as np

from embodied_mem.types import Observation
from embodied_mem_envs.house.body import CameraConfig, HouseBody
from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.house.generate import generate_house
from embodied_mem_envs.house.life import live
from embodied_mem_envs.tasks.true_floor import TrueFloor

_TURNS: Final = 6
"""Pictures of a look around."""
_MOVES: Final = 2
"""Things that move between two sessions."""
_SHOWN: Final = 1 / 150
"""Share of a picture that a thing must fill to show in it."""
_TWICE: Final = 2
"""In so many pictures of one look around a thing must show to have been seen well."""


@final
class HouseTour:
    """A house in which time goes by, and a camera in it.

    Args:
        seed: Of the house, of what moves, and of where the robot stands.
        rooms: Of the house.
        camera: What it looks through.
    """

    def __init__(self, seed: int, *, rooms: int, camera: CameraConfig) -> None:
        self.house = generate_house(seed, HouseConfig(rooms=rooms))
        self._rng = np.random.default_rng([seed, 153])
        self._body = HouseBody(self.house, camera, seed=seed)
        self._body.connect()
        self._order = self._rng.permutation(len(self.house.rooms)).tolist()
        self._often: Counter[int] = Counter()
        self.shown: set[str] = set()
        """Categories of the things that showed well."""

    def later(self) -> None:
        """Lets time go by: some things move, and instance ids are drawn anew."""
        self.house.new_visit()
        live(self.house, self._rng, _MOVES)

    def look_around(self, session: int, tick: int) -> Iterator[Observation]:
        """Yields the pictures of a full turn in the room of a session."""
        self._often.clear()
        room = self.house.rooms[self._order[session % len(self._order)]]
        floor = TrueFloor(self.house)
        inside = [
            index
            for index, (x, y, _) in enumerate(floor.points)
            if room.contains(float(x), float(y))
        ]
        x, y, _ = floor.points[max(inside, key=lambda index: floor.clearance[index])]
        for turn in range(_TURNS):
            self._body.place(float(x), float(y), turn * 2 * pi / _TURNS - pi)
            self._body.tick = tick + turn
            observation = self._body.observe()
            self._note(observation)
            yield observation

    def close(self) -> None:
        """Releases the camera; safe to call twice."""
        self._body.close()

    def _note(self, observation: Observation) -> None:
        assert observation.instance is not None
        numbers, counts = np.unique(observation.instance, return_counts=True)
        for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
            if number and count >= _SHOWN * observation.instance.size:
                self._often[number] += 1
                if self._often[number] == _TWICE:
                    self.shown.add(observation.labels[number])
