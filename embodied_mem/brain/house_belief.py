"""What a mobile brain believes of a house, as the state that plans and conditions speak of."""

import re
from typing import Final, final

import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.brain.navigation import Pose2
from embodied_mem.brain.state import Entity, State
from embodied_mem.errors import ConfigError
from embodied_mem.perception.colour import COLOUR_TERMS
from embodied_mem.types import Float64Array, Observation

START: Final = "start"
"""Id of the spot where the visit began, a zone, so that plans can say `come back`."""
_START_SIZE: Final = 0.8
_ROOM_HEIGHT: Final = 2.5


@final
class HouseBelief:
    """Names what a hippocampus knows, and tells it as a `State`.

    Names are readable and stay: `sofa`, and `sofa_2` for the second that was found, whatever is
    thought of them later. Things are believed once they were seen often enough. Rooms are named
    when `name_rooms` is called, for finding them is too much work for every tick.

    Args:
        hippocampus: What was seen; `state` must be called after its `observe`.
    """

    def __init__(self, hippocampus: Hippocampus) -> None:
        self.hippocampus = hippocampus
        self._names: dict[str, str] = {}
        self._entities: dict[str, tuple[object, Entity]] = {}
        self._rooms: dict[str, Entity] = {}
        self._middles: dict[str, Float64Array] = {}
        self._room_names: dict[str, str] = {}
        self._place_ids: dict[str, str] = {}
        self._start: Entity | None = None

    def name_rooms(self) -> None:
        """Finds the rooms and names them by what stands in them; a room keeps its name."""
        scene = self.hippocampus.scene
        facts = {fact.place_id: fact for fact in scene.refresh_places()}
        for place in scene.places:
            category = facts[place.id].category
            if place.id not in self._room_names:
                self._room_names[place.id] = self._free_name(category)
            name = self._room_names[place.id]
            x_low, y_low, x_high, y_high = place.bounds
            floor = scene.storeys.floor(place.floor)
            low = 0.0 if floor is None else floor.height
            self._place_ids[name] = place.id
            self._middles[name] = np.asarray(place.centroid, np.float64)
            self._rooms[name] = Entity(
                id=name,
                kind="room",
                category=category,
                position=np.array([x_low + x_high, y_low + y_high, 2 * low + _ROOM_HEIGHT]) / 2,
                size=np.array([x_high - x_low, y_high - y_low, _ROOM_HEIGHT]),
                place="",
            )

    def state(self, observation: Observation) -> State:
        """Returns what is believed at one tick.

        Args:
            observation: The newest one, which the hippocampus has taken in already.

        Returns:
            Objects, rooms, and the spot `start`; ticks count on from earlier visits.

        Raises:
            ConfigError: If the hippocampus has taken nothing in yet.
        """
        latest = self.hippocampus.latest
        if latest is None:
            raise ConfigError("nothing was observed yet: call the hippocampus' observe first")
        pose = Pose2.of(observation.T_world_body)
        if self._start is None:
            self._start = self._begin(pose, float(observation.T_world_body[2, 3]))
        entities = {entity.id: entity for entity in self._objects(latest.tick)}
        for name, room in self._rooms.items():
            entities[name] = room
        entities[START] = self._start
        readings = dict(observation.proprioception)
        return State(
            tick=latest.tick,
            seconds=latest.tick * observation.seconds_per_tick,
            entities=entities,
            base=np.array([*pose.xy, pose.yaw]),
            collided=readings.get("collided", 0.0) > 0.0,
            camera_tick=latest.tick,
            readings=readings,
        )

    def find(self, name: str) -> Entity:
        """Returns an entity as it was when last told of.

        Raises:
            ConfigError: If nothing is called that.
        """
        if name == START and self._start is not None:
            return self._start
        if name in self._rooms:
            return self._rooms[name]
        if name in self._entities:
            return self._entities[name][1]
        raise ConfigError(f"nothing in the house is called {name!r}")

    def floor_of(self, name: str) -> Float64Array | None:
        """Returns the (2,) point of the floor in which a room or spot is walked to, m.

        Returns:
            None for a thing, which is walked to so that it can be seen.
        """
        if name == START and self._start is not None:
            return self._start.position[:2]
        return self._middles.get(name)

    def is_room(self, name: str) -> bool:
        """Tells whether a name is that of a room."""
        return name in self._place_ids

    def in_room(self, name: str, xy: ArrayLike) -> bool:
        """Tells whether a (2,) point of the floor of a room lies in that room."""
        place = self._place_ids.get(name)
        floors = self.hippocampus.scene.floors
        return place is not None and any(each.finder.place_at(xy) == place for each in floors)

    def storey_of(self, name: str) -> int:
        """Returns the index of the floor that a thing, a room or a spot is on.

        Raises:
            ConfigError: If nothing is called that.
        """
        thing = self.find(name)
        low = float(thing.position[2] - 0.5 * thing.size[2])
        return self.hippocampus.scene.storeys.index_at(low)

    def _objects(self, tick: int) -> list[Entity]:
        table = self.hippocampus.scene.objects
        believed = table.live & (table.missing | (table.views >= table.config.min_views))
        return [self._object(int(row), tick) for row in np.flatnonzero(believed)]

    def _object(self, row: int, tick: int) -> Entity:
        """Returns an object; the same one as before where nothing about it has changed."""
        table = self.hippocampus.scene.objects
        name = self._names.get(table.ids[row]) or self._name(row)
        low, high = table.low[row], table.high[row]
        seen = int(table.last[row])
        place = self._room_of(row)
        key = (low.tobytes(), high.tobytes(), seen, bool(table.missing[row]), place, seen == tick)
        held = self._entities.get(name)
        if held is not None and held[0] == key:
            return held[1]
        entity = Entity(
            id=name,
            kind="object",
            category=table.category[row],
            colour=COLOUR_TERMS[int(table.colour[row].argmax())],
            position=0.5 * (low + high).astype(np.float64),
            size=(high - low).astype(np.float64),
            place=place,
            seen_tick=seen,
            visible=seen == tick,
            missing=bool(table.missing[row]),
        )
        self._entities[name] = (key, entity)
        return entity

    def _name(self, row: int) -> str:
        table = self.hippocampus.scene.objects
        name = self._free_name(table.category[row])
        self._names[table.ids[row]] = name
        return name

    def _room_of(self, row: int) -> str:
        if not self._room_names:
            return ""
        place = self.hippocampus.scene.place_of(row)
        return "" if place is None else self._room_names.get(place, "")

    def _free_name(self, category: str) -> str:
        """Returns a name that no other thing or room bears."""
        plain = re.sub(r"\W+", "_", category).strip("_").lower() or "thing"
        taken = {*self._names.values(), *self._room_names.values(), START}
        name, number = plain, 1
        while name in taken:
            number += 1
            name = f"{plain}_{number}"
        return name

    def _begin(self, pose: Pose2, height: float) -> Entity:
        return Entity(
            id=START,
            kind="zone",
            category=START,
            position=np.array([*pose.xy, height]),
            size=np.array([_START_SIZE, _START_SIZE, 0.0]),
            yaw=pose.yaw,
            place="",
        )
