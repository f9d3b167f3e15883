"""Which floor comes next once one is explored, and how to get there."""

from dataclasses import dataclass

from embodied_mem.brain.climbing import nearest_flight
from embodied_mem.scene.flights import Flight
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.scene.stairs import Stairs
from embodied_mem.scene.storeys import Floor
from embodied_mem.types import Float64Array


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FloorStep:
    """One step on the way to another floor: a look at what may be stairs, or a flight to take."""

    steps: Flight | None = None
    """What may be stairs, to be looked at from in front."""
    stairs: str = ""
    """Id of the flight to take, where there is nothing to look at."""
    up: bool = True
    """Whether to go up it."""


class FloorTour:
    """Leads from floor to floor until each that can be reached is done.

    Args:
        max_step: The highest step that the body gets up, m; 0 keeps it off stairs.
        max_attempts: How often a flight is tried before it is given up.
    """

    def __init__(self, max_step: float, max_attempts: int = 2) -> None:
        self._max_step = max_step
        self._max_attempts = max_attempts
        self._done: set[Floor] = set()
        self._attempts: dict[str, int] = {}

    def leave(self, scene: SceneGraph) -> FloorStep | None:
        """Hears that the floor on which the body stands is explored.

        Returns:
            How to go on, or None where no floor is left that can be reached.
        """
        if self._max_step > 0.0 and scene.storeys.hints:
            return FloorStep(steps=scene.storeys.hints[0])
        self._done.add(scene.storeys.current)
        return self._other_floor(scene)

    def off_stairs(self, scene: SceneGraph, xy: Float64Array) -> FloorStep | None:
        """Returns the way off a flight on which a body was left: back, and if that fails, on."""
        flight = nearest_flight(scene.stairs, xy)
        if flight is None:
            return None
        key = f"{flight.id} left"
        tries = self._attempts[key] = self._attempts.get(key, 0) + 1
        if tries > 2 * self._max_attempts:
            return None
        back = scene.storeys.current.index == flight.upper
        return FloorStep(stairs=flight.id, up=back if tries <= self._max_attempts else not back)

    def failed(self, step: FloorStep, scene: SceneGraph) -> None:
        """Hears that a step came to a bad end: a flight never taken is given up in the end."""
        if step.steps is not None:
            scene.storeys.drop_hint(step.steps)
            return
        tries = self._attempts[step.stairs] = self._attempts.get(step.stairs, 0) + 1
        new = any(each.id == step.stairs and not each.measured for each in scene.stairs)
        if tries >= self._max_attempts and new:
            scene.storeys.retire_stairs(step.stairs)

    def _other_floor(self, scene: SceneGraph) -> FloorStep | None:
        """Returns the first flight on the way to the nearest floor that is not done."""
        flights = [each for each in scene.stairs if self._usable(each)]
        here = scene.storeys.current.index
        first: dict[int, FloorStep | None] = {here: None}
        queue = [here]
        for index in queue:
            floor = scene.storeys.floor(index)
            if floor is None or floor not in self._done:
                return first[index]
            for flight in flights:
                if index not in (flight.lower, flight.upper):
                    continue
                other = flight.other(index)
                if other not in first:
                    step = FloorStep(stairs=flight.id, up=other == flight.upper)
                    first[other] = first[index] or step
                    queue.append(other)
        return None

    def _usable(self, flight: Stairs) -> bool:
        tried = self._attempts.get(flight.id, 0)
        return flight.rise <= self._max_step and tried < self._max_attempts
