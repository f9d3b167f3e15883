"""Finds where an object goes when a house changes."""

from dataclasses import dataclass, replace
from math import cos, sin
from typing import TYPE_CHECKING

import numpy as np

from embodied_mem.errors import HouseError
from embodied_mem_envs.house import spots
from embodied_mem_envs.house.catalogue import catalogue
from embodied_mem_envs.house.floor import BODY_HEIGHT
from embodied_mem_envs.house.footprint import Footprint, overlap
from embodied_mem_envs.house.lanes import Lanes
from embodied_mem_envs.house.layout import Room
from embodied_mem_envs.house.objects import HouseObject
from embodied_mem_envs.house.surfaces import stand_on

if TYPE_CHECKING:
    from embodied_mem_envs.house.house import House

_START_CLEARANCE = 0.4
"""What is put on the floor keeps this far from where bodies start, metres."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Spot:
    """An exact place: the centre of the footprint, the height of the lower side, and the yaw."""

    x: float
    y: float
    z: float = 0.0
    """In the world: the level of the upper floor is what is on the floor there."""
    yaw: float = 0.0


def place(
    house: "House",
    thing: HouseObject,
    to: "str | Spot",
    rest: list[HouseObject],
    rng: np.random.Generator,
) -> HouseObject:
    """Returns an object at its new place among the `rest`.

    Raises:
        ConfigError: If `to` names neither a room nor an object.
        HouseError: If the place is taken, outside the rooms, or has no surface.
    """
    if isinstance(to, Spot):
        return _at_spot(house, thing, to, rest)
    if any(room.id == to for room in house.rooms):
        return _on_floor(house, thing, house.room(to), rest, rng)
    return _on_support(thing, house.object(to), rest, rng)


def _at_spot(
    house: "House", thing: HouseObject, spot: Spot, rest: list[HouseObject]
) -> HouseObject:
    piece = Footprint(spot.x, spot.y, thing.size[0] / 2, thing.size[1] / 2, spot.yaw)
    bounds = piece.bounds()
    floor = max((k for k, level in enumerate(house.levels) if level <= spot.z + 1e-6), default=0)
    room = house.room_at(spot.x, spot.y, floor)
    if room is None or not (room.contains(*bounds[:2]) and room.contains(*bounds[2:])):
        raise HouseError(
            f"{thing.id} at ({spot.x:g}, {spot.y:g}) is not inside one room; "
            "choose a spot at least half its size from the walls"
        )
    low, high = spot.z, spot.z + thing.size[2]
    if house.stairs is not None and room.id in house.stairs.rooms:
        stairs = house.stairs
        if any(overlap(piece, z) for z in (*stairs.blocked(floor), stairs.landing(floor))):
            raise HouseError(
                f"{thing.id} at ({spot.x:g}, {spot.y:g}) would stand on the stairs or a landing; "
                "choose a spot beside them"
            )
    for other in rest:
        if other.base < high - 1e-6 and other.top > low + 1e-6 and overlap(piece, other.footprint):
            raise HouseError(f"{thing.id} at ({spot.x:g}, {spot.y:g}) would cut into {other.id}")
    carrier = next(
        (o for o in rest if abs(o.top - low) < 0.01 and overlap(piece, o.footprint)), None
    )
    return replace(
        thing,
        room=room.id,
        on=carrier.id if carrier else None,
        position=(spot.x, spot.y, spot.z + thing.size[2] / 2),
        yaw=spot.yaw,
    )


def _on_support(
    thing: HouseObject, support: HouseObject, rest: list[HouseObject], rng: np.random.Generator
) -> HouseObject:
    if not catalogue().category(support.category).surfaces:
        raise HouseError(f"{support.id} has no surface to stand on; choose a table, shelf or such")
    found = stand_on(support, thing.size, rest, rng)
    if found is None:
        raise HouseError(f"{support.id} has no free place for {thing.id}; choose another support")
    (x, y, z), yaw = found
    position = (round(x, 4), round(y, 4), round(z, 4))
    return replace(thing, room=support.room, on=support.id, position=position, yaw=round(yaw, 4))


def _on_floor(
    house: "House",
    thing: HouseObject,
    room: Room,
    rest: list[HouseObject],
    rng: np.random.Generator,
) -> HouseObject:
    """Puts an object against a wall of a room, the lanes kept free."""
    stairs = house.stairs if house.stairs and room.id in house.stairs.rooms else None
    lanes = Lanes(room, [door for door in house.doors if room.id in door.rooms], stairs)
    level = house.levels[room.floor]
    inside = [o for o in rest if o.room == room.id]
    start = np.array(house.start[:2])
    for other in inside:
        if other.on is None and other.base - level < BODY_HEIGHT:
            lanes.add(other.footprint, False)
    for x, y, yaw in spots.along_walls(room, thing.size, rng, 60):
        piece = Footprint(x, y, thing.size[0] / 2, thing.size[1] / 2, yaw)
        blocked = room.floor == 0 and bool(piece.distance(start) < _START_CLEARANCE)
        blocked |= any(overlap(piece, zone) for zone in lanes.zones) or any(
            o.base - level < thing.size[2] and overlap(piece, o.footprint, 0.01) for o in inside
        )
        if not blocked and lanes.allows(piece, True):
            position = (round(x, 4), round(y, 4), level + thing.size[2] / 2)
            return replace(thing, room=room.id, on=None, position=position, yaw=round(yaw, 4))
    raise HouseError(f"{room.id} has no free floor for {thing.id}; choose another room")


def carried_along(thing: HouseObject, before: HouseObject, after: HouseObject) -> HouseObject:
    """Returns an object moved rigidly with what it stands on."""
    turn = after.yaw - before.yaw
    c, s = cos(turn), sin(turn)
    dx, dy = thing.position[0] - before.position[0], thing.position[1] - before.position[1]
    return replace(
        thing,
        room=after.room,
        position=(
            round(after.position[0] + c * dx - s * dy, 4),
            round(after.position[1] + s * dx + c * dy, 4),
            round(thing.position[2] + after.base - before.base, 4),
        ),
        yaw=round(thing.yaw + turn, 4),
    )
