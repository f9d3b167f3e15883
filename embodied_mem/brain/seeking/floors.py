"""The floors of a house as a seeker goes from one to another."""

from collections.abc import Callable
from typing import Final, final

import numpy as np

from embodied_mem.brain.climbing import first_stairs, flight_under
from embodied_mem.brain.floor_tour import FloorTour
from embodied_mem.brain.language.storeys import read_storeys
from embodied_mem.brain.navigation import CostField
from embodied_mem.brain.seeking.legs import Legs
from embodied_mem.brain.seeking.target import Target
from embodied_mem.brain.skill import Skill, Status
from embodied_mem.brain.skills import LookAround, Senses
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.types import Float64Array

_IDLE: Final = 8
"""After so many steps on the way to another floor that took no time nothing is left to try."""
_BEND: Final = 1.3
"""How much longer than the straight line a way between two flights is taken to be."""


@final
class Floors:
    """Leads legs to other floors, where these know of any.

    Args:
        legs: Move the body.
    """

    def __init__(self, legs: Legs) -> None:
        self._legs = legs
        self._scene = legs.scene
        self._max_step = legs.cerebellum.gait.max_step
        self.start()

    def start(self) -> None:
        """Hears that something else is sought: every floor may be worth a search again."""
        self._tour = FloorTour(self._max_step)
        self._idle, self._idle_at = 0, -1

    @property
    def current(self) -> int | None:
        """A number that stays with the floor that the body is on; None where only one is known."""
        return None if self._scene is None else self._scene.storeys.current.opened

    def storeys_in(self, text: str) -> int:
        """Returns how many floors there are to speak of.

        Who speaks of "upstairs" to a body that takes stairs tells it that there are two.
        """
        if self._scene is None:
            return 1
        count = storey_count(self._scene)
        if count > 1 or self._max_step <= 0.0:
            return count
        reading = read_storeys(tuple(text.lower().split()), 2)
        return 2 if reading.asked or reading.floors else 1

    def is_apart(self, floor: int | None) -> bool:
        """Tells whether stairs lie between the body and a floor, by its index."""
        if self._scene is None or floor is None:
            return False
        storeys = self._scene.storeys
        return storeys.between or floor != storeys.current.index

    def way_to(self, floor: int, field: CostField) -> tuple[float, Float64Array] | None:
        """Returns the way to another floor over stairs that are known.

        Args:
            floor: Its index.
            field: Costs on the floor that the body is on.

        Returns:
            Its length in metres, and the (2,) place where it comes to that floor; None where
            no known stairs that can be reached lead there.
        """
        scene = self._scene
        if scene is None:
            return None
        cost, here, index = 0.0, field.start, scene.storeys.current.index
        senses = self._legs.look()
        if senses.between:
            flight = flight_under(senses)
            if flight is None:
                return None
            index = flight.upper if floor >= flight.upper else flight.lower
            landing = flight.landing(index)
            cost, here = float(np.hypot(*(landing - here))), landing
        usable = [each for each in scene.stairs if each.rise <= self._max_step]
        while index != floor:
            flight = first_stairs(usable, index, floor)
            if flight is None:
                return None
            start = flight.landing(index)
            known = index == scene.storeys.current.index and not senses.between
            walk = field.cost_to(start) if known else _BEND * float(np.hypot(*(start - here)))
            if not np.isfinite(walk):
                return None
            cost += walk + flight.run
            index = flight.other(index)
            here = flight.landing(index)
        return cost, here

    def over(self, floor: int | None, make: Callable[[], Skill[Senses]]) -> Skill[Senses]:
        """Returns a skill that takes the stairs to a floor first, where there are some between."""
        return self._legs.cerebellum.on_floor(floor if self.is_apart(floor) else None, make)

    def is_away(self, target: Target) -> bool:
        """Tells whether the body is on stairs, or on another floor than was named."""
        if self._scene is None:
            return False
        storeys, named = self._scene.storeys, target.question.floors
        return storeys.between or bool(named and storeys.current.index not in named)

    def are_elsewhere(self, places: frozenset[str]) -> bool:
        """Tells whether all of some frontiers, by their ids, lie on other floors."""
        if self._scene is None or not places:
            return False
        return not any(frontier.id in places for frontier in self._scene.frontiers)

    def has_more(self) -> bool:
        """Tells whether the house may have other floors than this one that can be reached."""
        scene = self._scene
        return scene is not None and bool(scene.stairs or scene.storeys.hints)

    def go_on(self, until: Callable[[], bool]) -> bool:
        """Leaves this floor for the next that is to be searched, or looks at what may be stairs.

        Args:
            until: Asked after each look whether to stay here.

        Returns:
            Whether anything could be done; else no floor is left that can be reached.
        """
        scene, legs = self._scene, self._legs
        if scene is None or self._max_step <= 0.0 or self._spent_idle():
            return False
        senses = legs.look()
        if not senses.between:
            step = self._tour.leave(scene)
        elif scene.stairs:
            step = self._tour.off_stairs(scene, senses.pose.xy)
        else:  # it was carried to where no floor is known: it must see some
            return legs.run(LookAround(legs.cerebellum.gait)) is Status.SUCCEEDED
        if step is None:
            return False
        if legs.run(legs.cerebellum.changing_floor(step), until) is Status.FAILED:
            self._tour.failed(step, scene)
        return True

    def _spent_idle(self) -> bool:
        """Counts the calls between which no time went by."""
        self._idle = self._idle + 1 if self._legs.left == self._idle_at else 0
        self._idle_at = self._legs.left
        return self._idle > _IDLE


def storey_count(scene: SceneGraph) -> int:
    """Returns how many floors are known of, those included that only stairs tell of."""
    told = (1 + flight.upper for flight in scene.stairs)
    return max(len(scene.floors), len(scene.storeys.heights), *told, 1)


def unseen_floors(scene: SceneGraph, wanted: tuple[int, ...] = ()) -> frozenset[str]:
    """Returns names of what may lead to floors that the body was not on yet.

    Args:
        scene: Of a body that takes stairs, or nothing does.
        wanted: The floors that matter, by their indices; () for all.
    """
    storeys = scene.storeys
    if not storeys.climbs:
        return frozenset()
    missing = {floor for floor in wanted if storeys.floor(floor) is None}
    if wanted and not missing:
        return frozenset()
    found = {
        flight.id
        for flight in scene.stairs
        for floor in (flight.lower, flight.upper)
        if storeys.floor(floor) is None and (not wanted or floor in missing)
    }
    found |= {f"steps at {x:.1f} {y:.1f}" for x, y in (h.edge.tolist() for h in storeys.hints)}
    return frozenset(found or {f"floor {floor}" for floor in missing})
