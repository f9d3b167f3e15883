"""A furnished house: what is in it, where, under which instance id, and what has changed."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from embodied_mem.errors import ConfigError, HouseError, unknown_name
from embodied_mem.types import BoolArray, Float64Array, IntArray
from embodied_mem_envs.house import moving
from embodied_mem_envs.house.change import Change as Change
from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.house.floor import FreeFloor, obstacles
from embodied_mem_envs.house.footprint import Footprint
from embodied_mem_envs.house.layout import Door, Room
from embodied_mem_envs.house.objects import HouseObject
from embodied_mem_envs.house.panel import Panel
from embodied_mem_envs.house.placement import draw_looks
from embodied_mem_envs.house.reach import reachable_floor, rooms_out_of_reach
from embodied_mem_envs.house.stairs import Stairs
from embodied_mem_envs.house.structure import panels, walls

SCHEMA = 1
_ID_SPREAD = 8
"""Instance ids are drawn from this many times the number of objects."""


class House:
    """Rooms, doors and objects; only `move`, `remove`, `add` and `new_visit` change it."""

    def __init__(
        self,
        *,
        seed: int,
        config: HouseConfig,
        rooms: Iterable[Room],
        doors: Iterable[Door],
        objects: Iterable[HouseObject],
        stairs: Stairs | None = None,
    ) -> None:
        self.seed = seed
        self.config = config
        self.levels: tuple[float, ...] = config.levels
        """World height of each floor, metres, the lowest first."""
        self.stairs = stairs
        """The flight between the two floors, None in a house with one."""
        self.rooms: tuple[Room, ...] = tuple(rooms)
        self.doors: tuple[Door, ...] = tuple(doors)
        self._objects: dict[str, HouseObject] = {thing.id: thing for thing in objects}
        self._numbers: dict[str, int] = {}
        for thing in self._objects.values():
            self._numbers[thing.category] = self._numbers.get(thing.category, 0) + 1
        self.revision = 0
        """Counts changes; renderers and motion rebuild when it grows."""
        self.visit = 0
        self.tick = 0
        """The clock that changes are dated with; bodies advance it."""
        self.changes: list[Change] = []
        self._instance: dict[str, int] = {}
        self._draw_instances()
        self.start = self.floor().start()

    # -- reading -------------------------------------------------------------------------------

    @property
    def objects(self) -> tuple[HouseObject, ...]:
        """All objects, in the order in which they came into the house."""
        return tuple(self._objects.values())

    def object(self, object_id: str) -> HouseObject:
        """Returns one object.

        Raises:
            ConfigError: If no object has that id.
        """
        if object_id not in self._objects:
            raise unknown_name("object in this house", object_id, self._objects)
        return self._objects[object_id]

    def room(self, room_id: str) -> Room:
        """Returns one room.

        Raises:
            ConfigError: If no room has that id.
        """
        for room in self.rooms:
            if room.id == room_id:
                return room
        raise unknown_name("room", room_id, [room.id for room in self.rooms])

    def room_at(self, x: float, y: float, floor: int = 0) -> Room | None:
        """Returns the room of a floor that holds a point, None in walls and doorways."""
        own = (room for room in self.rooms if room.floor == floor)
        return next((room for room in own if room.contains(x, y)), None)

    def floor_of(self, object_id: str) -> int:
        """Returns the floor that an object is on.

        Raises:
            ConfigError: If no object has that id.
        """
        return self.room(self.object(object_id).room).floor

    def height_at(self, x: float, y: float, floor: int) -> float:
        """Returns the world height of what a body on a floor stands on, metres.

        On the flight that is the mean height of the surface half a tread around.
        """
        if self.stairs is not None and self.stairs.carries(x, y, floor):
            return self.stairs.lift(x, y)
        return self.levels[floor]

    def carried_by(self, object_id: str) -> list[HouseObject]:
        """Returns everything that stands on an object, directly or through another."""
        result: list[HouseObject] = []
        for thing in self._objects.values():
            if thing.on == object_id:
                result += [thing, *self.carried_by(thing.id)]
        return result

    @property
    def instance_to_object(self) -> dict[int, str]:
        """Instance id to object id in this visit: for evaluation only, never for the agent."""
        return {number: object_id for object_id, number in self._instance.items()}

    def instance_ids(self) -> IntArray:
        """Returns the instance id of every object in the order of `objects`, then 0."""
        numbers = [self._instance[object_id] for object_id in self._objects]
        return np.array([*numbers, 0], np.int32)

    def labels(self) -> dict[int, str]:
        """Returns the category of every instance id of this visit."""
        return {n: self._objects[object_id].category for object_id, n in self._instance.items()}

    def panels(self) -> list[Panel]:
        """Returns the visible rectangles of walls, floors, ceilings and door frames."""
        return panels(self.rooms, self.doors, self.config, self.seed, self.stairs)

    def walls(self, floor: int = 0) -> list[Footprint]:
        """Returns the solid rectangles of the walls of a floor.

        Raises:
            ConfigError: If the house has no such floor.
        """
        if not 0 <= floor < len(self.levels):
            raise ConfigError(f"floor is {floor}; this house has {len(self.levels)}, from 0 on")
        return walls([room for room in self.rooms if room.floor == floor], self.doors, self.config)

    def solids(self, floor: int = 0) -> Float64Array:
        """Returns (N, 6) rectangles that stop a body on a floor, as `obstacles` gives them."""
        built = self.walls(floor)
        if self.stairs is not None:
            built += self.stairs.solids(floor)
        return obstacles(built, self._on_floor(floor), self.levels[floor])

    def floor(self, floor: int = 0) -> FreeFloor:
        """Returns the ground truth of where a body can stand, for the objects as they are now."""
        rooms = [room for room in self.rooms if room.floor == floor]
        doors = [door for door in self.doors if door.floor == floor]
        built = self.walls(floor)
        if self.stairs is not None:
            built += self.stairs.blocked(floor)
        return FreeFloor(rooms, doors, built, self._on_floor(floor), self.levels[floor])

    def reachable_floor(
        self, radius: float = 0.18, cell: float = 0.1, floor: int = 0
    ) -> tuple[BoolArray, tuple[float, float]]:
        """Returns where the centre of a body can get to from the start pose (ground truth).

        The stairs themselves are no floor.

        Args:
            radius: Radius of the body, metres.
            cell: Side of a cell, metres.
            floor: Which floor; all of its cells are False where no way leads up to it.

        Returns:
            A mask (rows along y, columns along x) and the world (x, y) of its lower corner; the
            centre of cell (row, column) is at origin + (column + 0.5, row + 0.5) * cell.
        """
        return reachable_floor(self, radius, cell, floor)

    def rooms_out_of_reach(self, radius: float = 0.18) -> list[str]:
        """Returns the ids of all rooms that a body does not get into from the start pose."""
        return rooms_out_of_reach(self, radius)

    def _on_floor(self, floor: int) -> list[HouseObject]:
        floors = {room.id: room.floor for room in self.rooms}
        return [thing for thing in self._objects.values() if floors[thing.room] == floor]

    def truth(self) -> dict[str, Any]:
        """Returns the ground truth of the house as JSON-able values.

        With two floors there are `levels` and `stairs` too, and every object has its `floor`.
        """
        truth: dict[str, Any] = {
            "schema": SCHEMA,
            "seed": self.seed,
            "rooms": [
                {
                    "id": room.id,
                    "category": room.category,
                    "min": list(room.min),
                    "max": list(room.max),
                    "floor": room.floor,
                }
                for room in self.rooms
            ],
            "doors": [
                {"rooms": list(door.rooms), "centre": list(door.centre), "width": door.width}
                for door in self.doors
            ],
            "objects": [thing.truth() for thing in self._objects.values()],
            "start": list(self.start),
        }
        if self.stairs is not None:
            truth["levels"] = list(self.levels)
            truth["stairs"] = self.stairs.truth()
            for thing in truth["objects"]:
                thing["floor"] = self.room(thing["room"]).floor
        return truth

    # -- changing ------------------------------------------------------------------------------

    def move(self, object_id: str, to: "str | moving.Spot") -> HouseObject:
        """Moves an object, and whatever stands on it.

        Args:
            object_id: What to move.
            to: The id of an object with a surface, the id of a room (somewhere free on its
                floor), or an exact `Spot`.

        Returns:
            The object where it now is.

        Raises:
            ConfigError: If an id is unknown.
            HouseError: If there is no free place there, or the spot is taken.
        """
        before = self.object(object_id)
        after = self.find_place(object_id, to)
        carried = self.carried_by(object_id)
        self._objects[object_id] = after
        self._log("move", before, after)
        for thing in carried:
            self._objects[thing.id] = moving.carried_along(thing, before, after)
            self._log("carry", thing, self._objects[thing.id])
        return after

    def find_place(self, object_id: str, to: "str | moving.Spot") -> HouseObject:
        """Returns an object as `move` with the same arguments would leave it; changes nothing.

        Raises:
            ConfigError: If an id is unknown.
            HouseError: If there is no free place there, or the spot is taken.
        """
        thing = self.object(object_id)
        inside = {object_id, *(other.id for other in self.carried_by(object_id))}
        if isinstance(to, str) and to in inside:
            raise HouseError(f"{object_id} cannot stand on {to}, which it carries; choose another")
        rest = [other for other in self.objects if other.id not in inside]
        return moving.place(self, thing, to, rest, self._change_rng())

    def remove(self, object_id: str) -> HouseObject:
        """Takes an object out of the house and returns it as it was.

        Raises:
            ConfigError: If the id is unknown.
            HouseError: If something stands on it.
        """
        thing = self.object(object_id)
        carried = self.carried_by(object_id)
        if carried:
            raise HouseError(f"{object_id} carries {carried[0].id}; move or remove that first")
        del self._objects[object_id]
        del self._instance[object_id]
        self._log("remove", thing, None)
        return thing

    def add(self, category: str, to: "str | moving.Spot") -> HouseObject:
        """Brings a new object of a category into the house and returns it.

        Raises:
            ConfigError: If the category or the place is unknown.
            HouseError: If there is no free place there.
        """
        rng = self._change_rng()
        looks = draw_looks(category, [], rng)
        number = self._numbers.get(category, 0)
        new = HouseObject(
            id=f"{category}-{number}",
            category=category,
            colour=looks.colour,
            material=looks.material,
            room=self.rooms[0].id,
            on=None,
            position=(0.0, 0.0, looks.size[2] / 2),
            yaw=0.0,
            size=looks.size,
            style=looks.style,
        )
        placed = moving.place(self, new, to, list(self.objects), rng)
        self._numbers[category] = number + 1
        self._objects[placed.id] = placed
        used = set(self._instance.values())
        free = [n for n in range(1, _ID_SPREAD * len(self._objects) + 1) if n not in used]
        self._instance[placed.id] = free[int(rng.integers(len(free)))]
        self._log("add", None, placed)
        return placed

    def new_visit(self) -> None:
        """Starts another visit: every instance id is drawn anew."""
        self.visit += 1
        self._draw_instances()

    def _draw_instances(self) -> None:
        rng = np.random.default_rng([self.seed, 23, self.visit])
        count = len(self._objects)
        numbers = rng.choice(_ID_SPREAD * count, size=count, replace=False) + 1
        self._instance = dict(zip(self._objects, numbers.tolist(), strict=True))

    def _change_rng(self) -> np.random.Generator:
        return np.random.default_rng([self.seed, 29, self.revision])

    def _log(self, kind: str, before: HouseObject | None, after: HouseObject | None) -> None:
        thing = after or before
        assert thing is not None
        self.revision += 1
        self.changes.append(
            Change(
                kind=kind,
                object_id=thing.id,
                category=thing.category,
                before=before.truth() if before else None,
                after=after.truth() if after else None,
                visit=self.visit,
                tick=self.tick,
            )
        )


def numbered(rooms: list[list[HouseObject]]) -> list[HouseObject]:
    """Gives the objects of all rooms their final ids, `category-number`, counted in house order."""
    counts: dict[str, int] = {}
    final: dict[str, str] = {}
    for thing in (thing for room in rooms for thing in room):
        number = counts.get(thing.category, 0)
        counts[thing.category] = number + 1
        final[thing.id] = f"{thing.category}-{number}"
    return [
        replace(thing, id=final[thing.id], on=final[thing.on] if thing.on else None)
        for room in rooms
        for thing in room
    ]
