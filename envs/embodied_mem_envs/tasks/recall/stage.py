"""A house in which the robot's hand can hold something, and the robot that tours it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import atan2, hypot, pi
from typing import Final, Self, final

import numpy as np

from embodied_mem.errors import HouseError
from embodied_mem.types import BoolArray, Float64Array, IntArray, Observation
from embodied_mem_envs.house.body import CameraConfig, HouseBody
from embodied_mem_envs.house.house import House
from embodied_mem_envs.house.layout import Room
from embodied_mem_envs.house.objects import HouseObject
from embodied_mem_envs.tasks.true_floor import TrueFloor

STRIDE: Final = 0.6
"""Metres between two pictures of a way."""
LOOKS: Final = 8
"""Pictures of a look around."""
_ARM: Final = (0.35, 0.0, 0.9)
"""Where a hand that holds something is while driving, in the body's frame, metres."""
_NEAR, _FAR = 0.45, 1.9
"""From how far something is taken or set down, metres."""
_TRIES: Final = 24
_INSIDE: Final = 0.2
"""No picture is taken nearer to a wall's plane than this, doorways included, metres."""
_PLAIN: Final = 1 / 1600
"""Share of a picture that a thing must fill to be taken or set down before it."""


class CarryingHouse(House):
    """A house out of which the robot can take one thing and put it back elsewhere."""

    held: str | None = None
    """Id of what the robot holds: it lies nowhere."""

    @classmethod
    def of(cls, house: House) -> Self:
        """Takes over a generated house."""
        carrying = cls.__new__(cls)
        carrying.__dict__.update(house.__dict__)
        return carrying

    @property
    def objects(self) -> tuple[HouseObject, ...]:
        """All objects but the one that is held."""
        return tuple(thing for thing in super().objects if thing.id != self.held)

    def instance_ids(self) -> IntArray:
        """Returns the instance id of every object in the order of `objects`, then 0."""
        numbers = super().instance_ids()
        keep = [thing.id != self.held for thing in super().objects]
        return numbers[[*keep, True]]

    def take(self, object_id: str) -> None:
        """Takes a thing into the hand.

        Raises:
            HouseError: If the hand is full, or something stands on the thing.
        """
        if self.held is not None or self.carried_by(object_id):
            raise HouseError(f"{object_id} cannot be taken: the hand is full or it carries things")
        self.held = object_id
        self.revision += 1

    def put(self, place: HouseObject) -> None:
        """Sets down what is held, as `find_place` returned it.

        Raises:
            HouseError: If something else is held, or nothing.
        """
        if self.held is None or self.held != place.id:
            raise HouseError(f"{place.id} is not held; take it first")
        self.held = None
        self._objects[place.id] = place
        self.revision += 1


@final
class Robot:
    """Shows what a robot with a hand sees on its way; its pictures are its clock."""

    def __init__(self, house: CarryingHouse, camera: CameraConfig, seed: int) -> None:
        self.house = house
        self.body = HouseBody(house, camera, seed=seed)
        self.body.connect()
        self.tick = 0
        self._floor: TrueFloor | None = None
        self._revision = -1

    @property
    def floor(self) -> TrueFloor:
        """The floor as it is now; what is held or stands on furniture changes nothing of it."""
        if self._floor is None or self._revision != self.house.visit:
            self._floor, self._revision = TrueFloor(self.house), self.house.visit
        return self._floor

    def look(self, hand: Sequence[float] | None = None) -> Observation:
        """Returns the next picture from where the robot stands.

        Args:
            hand: World position of the hand; at rest where None.
        """
        self.body.tick = self.tick
        self.house.tick = self.tick
        self.tick += 1
        seen = self.body.observe()
        local = np.array(_ARM)
        if hand is not None:
            local = (np.linalg.inv(seen.T_world_body) @ np.array([*hand, 1.0]))[:3]
        readings = {f"hand_{axis}": float(v) for axis, v in zip("xyz", local, strict=True)}
        readings["holding"] = float(self.house.held is not None)
        return replace(seen, proprioception={**seen.proprioception, **readings})

    def walk(self, node: int, face: Sequence[float] | None = None) -> Iterator[Observation]:
        """Yields pictures of the way to a cell of the floor, turned to a point in the end."""
        x, y, _ = self.body.true_pose
        way = self.floor.path((x, y, 0.0), [node])
        if way is None:
            raise HouseError(f"no way leads to {self.floor.points[node]}")
        last, walked = way[0], 0.0
        for point in way[1:-1]:
            walked += hypot(*(point - last)[:2])
            if walked >= STRIDE and self._well_inside(point):
                self._stand(point, atan2(point[1] - last[1], point[0] - last[0]))
                yield self.look()
                walked = 0.0
            last = point
        end = way[-1]
        yaw = atan2(end[1] - last[1], end[0] - last[0])
        if face is not None:
            yaw = atan2(face[1] - end[1], face[0] - end[0])
        self._stand(end, yaw)
        yield self.look()

    def look_around(self) -> Iterator[Observation]:
        """Yields pictures of a full turn."""
        x, y, yaw = self.body.true_pose
        for turn in range(1, LOOKS + 1):
            self.body.place(x, y, _wrapped(yaw + turn * 2 * pi / LOOKS))
            yield self.look()

    def middle_of(self, room: Room) -> int:
        """Returns the roomiest reachable cell of a room."""
        floor, reachable = self.floor, self._reachable()
        points = floor.points
        inside = (points[:, 0] > room.min[0]) & (points[:, 0] < room.max[0])
        inside &= (points[:, 1] > room.min[1]) & (points[:, 1] < room.max[1]) & reachable
        if not inside.any():
            raise HouseError(f"{room.id} cannot be reached")
        return int(np.where(inside, floor.clearance, -1.0).argmax())

    def stand_before(self, thing: HouseObject, rng: np.random.Generator) -> int | None:
        """Returns a cell from which a thing shows when turned to it, None where there is none."""
        floor, middle = self.floor, np.array(thing.position)
        gaps = np.hypot(*(floor.points[:, :2] - middle[:2]).T)
        near = np.flatnonzero(self._reachable() & (gaps >= _NEAR) & (gaps <= _FAR))
        near = near[[self._well_inside(point) for point in floor.points[near]]]
        order = near[rng.permutation(len(near))][:_TRIES]
        for node in order[np.argsort(gaps[order], kind="stable")].tolist():
            if self._shows(thing, floor.points[node]):
                return int(node)
        return None

    def close(self) -> None:
        """Releases the camera; safe to call twice."""
        self.body.close()

    # -- inside --------------------------------------------------------------------------------

    def _well_inside(self, point: Float64Array) -> bool:
        """Whether nobody could say that a point lies between two rooms."""
        x, y = float(point[0]), float(point[1])
        return any(room.contains(x, y, _INSIDE) for room in self.house.rooms)

    def _stand(self, point: Float64Array, yaw: float) -> None:
        self.body.place(float(point[0]), float(point[1]), _wrapped(yaw))

    def _reachable(self) -> BoolArray:
        x, y = self.house.start[:2]
        reachable: BoolArray = np.isfinite(self.floor.distances([(x, y, 0.0)]))
        return reachable

    def _shows(self, thing: HouseObject, point: Float64Array) -> bool:
        """Whether a thing shows plainly from a point, with the camera as it is on the body."""
        before = self.body.true_pose
        yaw = atan2(thing.position[1] - point[1], thing.position[0] - point[0])
        self.body.place(float(point[0]), float(point[1]), _wrapped(yaw))
        seen = self.body.observe()
        self.body.place(*before)
        number = {name: n for n, name in self.house.instance_to_object.items()}[thing.id]
        assert seen.instance is not None
        return bool((seen.instance == number).sum() >= _PLAIN * seen.instance.size)


def _wrapped(angle: float) -> float:
    return (angle + pi) % (2 * pi) - pi
