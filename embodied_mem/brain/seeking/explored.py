"""How far an exploration has come, around things and in rooms."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, final

import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.scene.frontiers import Frontier
from embodied_mem.scene.room_types import room_posterior
from embodied_mem.types import Float64Array

_DOOR: Final = 0.6
"""A frontier this near to a room may lead into it, m."""
_SOME: Final = 0.4
"""A room must be this likely of a type to be taken for it."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Thing:
    """A thing that is believed to be there."""

    low: Float64Array
    """(2,) metres."""
    high: Float64Array
    """(2,) metres."""
    category: str
    weight: float
    place: str | None
    floor: int | None = None
    """Index of its floor; None where only one is known of."""


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class Explored:
    """Implements `enough.Looked` from frontiers, things and places.

    Ways to floors that were not seen yet count as frontiers that lie nowhere near anything.
    """

    frontiers: tuple[Frontier, ...]
    things: Mapping[str, Thing]
    """By object id."""
    place_at: Callable[[ArrayLike], str | None]
    """Id of the place at a (2,) point; at a (3,) point where there are `heights`."""
    beyond: frozenset[str] = frozenset()
    """Names of what may lead to floors that were not seen yet."""
    heights: Mapping[int, float] = field(default_factory=dict)
    """World height of each floor by its index, m; none where only one is known of."""

    def open_within(self, object_id: str, metres: float) -> frozenset[str]:
        """Returns the frontiers within a distance of a thing."""
        thing = self.things.get(object_id)
        if thing is None:
            return frozenset()
        found = set()
        for frontier in self.frontiers:
            if thing.floor not in (None, frontier.floor):
                continue
            rim = np.clip(frontier.centroid, thing.low, thing.high)
            if float(np.hypot(*(frontier.centroid - rim))) <= metres:
                found.add(frontier.id)
        return frozenset(found)

    def open_in(self, room: str | None) -> frozenset[str]:
        """Returns the frontiers in the rooms of a type, all of them for None."""
        everywhere = frozenset(frontier.id for frontier in self.frontiers) | self.beyond
        if room is None or not everywhere:
            return everywhere
        rooms = {place for place in self._places() if self._is(place, room)}
        return self._open_into(rooms) if rooms else everywhere

    def open_around(self, object_id: str) -> frozenset[str]:
        """Returns the frontiers in the room that a thing stands in."""
        thing = self.things.get(object_id)
        if thing is None or thing.place is None:
            return self.open_in(None)
        return self._open_into({thing.place})

    def room_sureness(self, object_id: str) -> float:
        """Returns how sure it is what kind of room a thing stands in, from 0 to 1."""
        thing = self.things.get(object_id)
        if thing is None or thing.place is None:
            return 0.0
        return max(self._posterior(thing.place).values())

    def _places(self) -> set[str]:
        return {thing.place for thing in self.things.values() if thing.place is not None}

    def _is(self, place: str, room: str) -> bool:
        posterior = self._posterior(place)
        return posterior.get(room, 0.0) >= _SOME

    def _posterior(self, place: str) -> dict[str, float]:
        seen: dict[str, float] = {}
        for thing in self.things.values():
            if thing.place == place:
                seen[thing.category] = seen.get(thing.category, 0.0) + thing.weight
        return room_posterior(seen)

    def _open_into(self, rooms: set[str]) -> frozenset[str]:
        return frozenset(f.id for f in self.frontiers if self._leads_into(f, rooms))

    def _leads_into(self, frontier: Frontier, rooms: set[str]) -> bool:
        around = [
            frontier.standpoint,
            frontier.centroid,
            frontier.centroid + _DOOR * frontier.direction,
            frontier.centroid - _DOOR * frontier.direction,
        ]
        if frontier.floor in self.heights:
            around = [np.append(point, self.heights[frontier.floor]) for point in around]
        places = {self.place_at(point) for point in around}
        return places == {None} or bool(places & rooms)
