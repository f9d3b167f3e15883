"""Lets a robot live through the visits of an episode, and logs what truly happens."""

from collections.abc import Iterator
from typing import Final, final

import numpy as np

from embodied_mem.errors import HouseError
from embodied_mem.types import Observation
from embodied_mem_envs.house.catalogue import catalogue
from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.house.generate import generate_house
from embodied_mem_envs.house.life import live
from embodied_mem_envs.house.objects import HouseObject
from embodied_mem_envs.tasks.episode import Happening, NewVisit
from embodied_mem_envs.tasks.recall.config import RecallConfig
from embodied_mem_envs.tasks.recall.log import Lies, Log, Pose, TrueCarry, all_lie, lies
from embodied_mem_envs.tasks.recall.stage import CarryingHouse, Robot

_ROOMS: Final = (3, 6)
_VISITS: Final = (2, 3)
_LARGEST: Final = 0.7
"""Nothing with a longer side is taken by hand, metres."""
_LEAST_WAY: Final = 1.2
"""A thing is carried at least so far, metres."""

_Errand = tuple[HouseObject, HouseObject, int]
"""A thing as it lies, as it will be set down, and the cell to stand on to take it."""


@final
class Tale:
    """One drawn history; `happen` shows it picture by picture, once.

    Args:
        seed: Of the house, of what the robot does and of what others move.
        config: How much happens.
    """

    def __init__(self, seed: int, config: RecallConfig) -> None:
        self._rng = np.random.default_rng([seed, 161])
        rooms = config.rooms or int(self._rng.integers(_ROOMS[0], _ROOMS[1] + 1))
        self.visits = config.visits or int(self._rng.integers(_VISITS[0], _VISITS[1] + 1))
        self.house = CarryingHouse.of(generate_house(seed, HouseConfig(rooms=rooms)))
        self.log = Log()
        self.robot = Robot(self.house, config.camera, seed)
        self._config = config
        self._visit = 0

    def happen(self) -> Iterator[Happening]:
        """Yields what the robot sees, visit by visit."""
        for visit in range(self.visits):
            self._visit = visit
            if visit:
                self._time_goes_by()
                yield NewVisit(number=visit, body_moved=False)
            self.log.starts.append(all_lie(self.house))
            for observation in self._visit_through():
                x, y = observation.T_world_body[:2, 3].tolist()
                self.log.poses.append(Pose(visit=visit, tick=observation.tick, x=x, y=y))
                yield observation
            self.log.ends.append(all_lie(self.house))

    # -- inside --------------------------------------------------------------------------------

    def _time_goes_by(self) -> None:
        """Lets somebody else move things."""
        for _ in range(self._config.moves):
            try:
                live(self.house, self._rng, 1)
            except HouseError:
                break
        self.house.new_visit()

    def _visit_through(self) -> Iterator[Observation]:
        """Looks into every room, then carries things about."""
        for index in self._rng.permutation(len(self.house.rooms)).tolist():
            yield from self.robot.walk(self.robot.middle_of(self.house.rooms[index]))
            yield from self.robot.look_around()
        done: set[str] = set()
        for _ in range(self._config.carries):
            found = self._errand(done)
            if found is None:
                break
            done.add(found[0].id)
            yield from self._carry(*found)

    def _errand(self, done: set[str]) -> "_Errand | None":
        """Draws a thing to carry, where to, and where to stand to take it."""
        things = [thing for thing in self.house.objects if self._handy(thing, done)]
        for index in self._rng.permutation(len(things)).tolist():
            thing = things[index]
            node = self.robot.stand_before(thing, self._rng)
            if node is None:
                continue
            supports = [o for o in self.house.objects if self._fits(thing, o)]
            for other in self._rng.permutation(len(supports)).tolist():
                try:
                    place = self.house.find_place(thing.id, supports[other].id)
                except HouseError:
                    continue
                apart = np.subtract(place.position, thing.position)[:2]
                if np.hypot(*apart) < _LEAST_WAY:
                    continue
                if self.robot.stand_before(supports[other], self._rng) is not None:
                    return thing, place, node
        return None

    def _handy(self, thing: HouseObject, done: set[str]) -> bool:
        """Whether a thing can be carried, and named by its category alone."""
        same = sum(other.category == thing.category for other in self.house.objects)
        return (
            catalogue().category(thing.category).portable
            and thing.id not in done
            and same == 1
            and max(thing.size) <= _LARGEST
            and not self.house.carried_by(thing.id)
        )

    def _fits(self, thing: HouseObject, support: HouseObject) -> bool:
        surfaces = catalogue().category(support.category).surfaces
        low = support.base + min((s.z for s in surfaces), default=1.0) * support.size[2]
        return (
            bool(surfaces)
            and support.id not in (thing.on, thing.id)
            and low < 1.3
            and not catalogue().category(support.category).portable
        )

    def _carry(self, thing: HouseObject, place: HouseObject, node: int) -> Iterator[Observation]:
        robot, support = self.robot, self.house.object(str(place.on))
        yield from robot.walk(node, thing.position)
        source = lies(self.house, thing.id)
        self.house.take(thing.id)
        picked = robot.tick
        yield robot.look(thing.position)
        goal = robot.stand_before(support, self._rng)
        if goal is None:
            raise HouseError(f"nobody can stand before {support.id}")
        yield from robot.walk(goal, support.position)
        placed = self._put_in_view(place)
        self.log.carries.append(
            TrueCarry(
                visit=self._visit,
                picked=picked,
                placed=robot.tick,
                source=source,
                target=placed,
            )
        )
        yield robot.look(placed.thing.position)

    def _put_in_view(self, thing: HouseObject) -> Lies:
        self.house.put(thing)
        node = self.robot.stand_before(thing, self._rng)
        if node is not None:
            x, y, _ = self.robot.floor.points[node].tolist()
            dx, dy = thing.position[0] - x, thing.position[1] - y
            self.robot.body.place(x, y, float(np.arctan2(dy, dx)))
        return lies(self.house, thing.id)
