"""The walk of mode `episodic`: through every room, with a look around in each."""

from typing import final

import numpy as np

from embodied_mem.types import Command, Observation
from embodied_mem_envs.evaluation.shown import ShownTracker
from embodied_mem_envs.tasks.driver import Driver
from embodied_mem_envs.tasks.house_world import HouseWorld

SHOWN_FRAMES = 2
"""In so many frames a thing must show enough before it may be asked about."""
_ROOMY = 0.25


@final
class Tour:
    """Drives the body through the house and hands out what it sees, one tick after the other.

    The rooms come in the order of the nearest next; in each the body goes to the roomy place
    nearest to the middle and turns once around. Nothing is rendered before it is asked for.
    """

    def __init__(self, world: HouseWorld) -> None:
        self._world = world
        self._stops = _stops(world)
        self._driver = Driver((), look_around=True, seconds_per_tick=world.config.seconds_per_tick)
        self._started = False
        self.tracker = ShownTracker(thing.id for thing in world.house.objects)

    def next(self) -> Observation | None:
        """Returns what is seen next, None at the end of the walk."""
        body = self._world.body
        if self._started:
            command = self._command()
            if command is None:
                return None
            body.allow(1)
            body.act(command)
        self._started = True
        seen = body.observe()
        self.tracker.update(seen, self._world.house.instance_to_object)
        return seen

    def _command(self) -> Command | None:
        body = self._world.body.inner
        while (command := self._driver.command(body.true_pose)) is None and self._stops:
            way = self._world.floor.path(self._world.body.true_place, [self._stops.pop(0)])
            assert way is not None  # every stop can be reached
            self._driver = Driver(
                way, look_around=True, seconds_per_tick=self._world.config.seconds_per_tick
            )
        return command


def _stops(world: HouseWorld) -> list[int]:
    """Returns a cell in every room, nearest next; the room of the start was looked into."""
    here = world.body.true_place
    start = world.house.room_at(here[0], here[1], world.floor.floor_at(here))
    roomy = np.flatnonzero(world.reachable & (world.floor.clearance >= _ROOMY))
    left = {}
    for room in world.house.rooms:
        centre = np.array([*room.centre, world.house.levels[room.floor]])
        inside = [
            int(node)
            for node in roomy
            if world.floor.floors[node] == room.floor
            and room.contains(*world.floor.points[node, :2])
        ]
        if inside and (start is None or room.id != start.id):
            away = np.linalg.norm(world.floor.points[inside] - centre, axis=1)
            left[room.id] = inside[int(np.argmin(away))]
    order: list[int] = []
    distances = world.floor.distances([here])
    while left:
        room_id = min(left, key=lambda name: distances[left[name]])
        order.append(left.pop(room_id))
        distances = world.floor.distances_from(order[-1:])
    return order
