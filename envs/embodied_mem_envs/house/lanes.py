"""Keeps a room walkable while it is furnished: doors joined, every piece within reach."""

import numpy as np
from scipy import ndimage

from embodied_mem.types import BoolArray, Float64Array
from embodied_mem_envs.house.footprint import Footprint
from embodied_mem_envs.house.layout import Door, Room
from embodied_mem_envs.house.stairs import Stairs

LANE_RADIUS = 0.25
"""Half width of a lane: the body (0.18 m) and a margin."""
_CELL = 0.1
_REACH = 0.45
_MIN_FREE = 0.25
"""Least share of the floor of a room that stays walkable."""


def door_zone(room: Room, door: Door) -> tuple[Footprint, tuple[float, float]]:
    """Returns the rectangle in front of a door that stays free, and its entry point."""
    depth = 0.85
    axis, (cx, cy) = door.axis, door.centre
    middle = room.centre
    inward = 1.0 if middle[axis] > door.centre[axis] else -1.0
    half_door = door.width / 2 + 0.03
    wall = room.min[axis] if inward > 0 else room.max[axis]
    along = wall + inward * depth / 2
    entry = wall + inward * (LANE_RADIUS + 0.1)
    if axis == 0:
        return Footprint(along, cy, depth / 2, half_door), (entry, cy)
    return Footprint(cx, along, half_door, depth / 2), (cx, entry)


class Lanes:
    """The walkable cells of one room, and what must stay reachable from its doors and stairs."""

    def __init__(self, room: Room, doors: list[Door], stairs: Stairs | None = None) -> None:
        self._room = room
        self._area = room.area
        xs = np.arange(room.min[0] + _CELL / 2, room.max[0], _CELL)
        ys = np.arange(room.min[1] + _CELL / 2, room.max[1], _CELL)
        self._points: Float64Array = np.stack(np.meshgrid(xs, ys), axis=-1)
        to_wall = np.minimum(
            np.minimum(self._points[..., 0] - room.min[0], room.max[0] - self._points[..., 0]),
            np.minimum(self._points[..., 1] - room.min[1], room.max[1] - self._points[..., 1]),
        )
        self._free: BoolArray = to_wall >= LANE_RADIUS
        self._zones = [door_zone(room, door) for door in doors]
        self._access: list[BoolArray] = []
        self._blocked: list[Footprint] = []
        if stairs is not None:
            self._zones.append((stairs.landing(room.floor), stairs.end(room.floor)))
            self._blocked = stairs.blocked(room.floor)
            for solid in self._blocked:
                self._free &= solid.distance(self._points) >= LANE_RADIUS
            flight = self._blocked[0]
            self._area -= 4 * flight.half_x * flight.half_y

    @property
    def zones(self) -> list[Footprint]:
        """The rectangles that stay free: those in front of the doors, stairs and their landings."""
        return [*(zone for zone, _ in self._zones), *self._blocked]

    def allows(self, piece: Footprint, needs_access: bool) -> bool:
        """Tells whether the room stays walkable with one more piece on its floor."""
        free = self._free & (piece.distance(self._points) >= LANE_RADIUS)
        main = self._main(free)
        if main is None or main.sum() * _CELL**2 < _MIN_FREE * self._area:
            return False
        masks = [*self._access, self._front(piece)] if needs_access else self._access
        return all(bool((mask & main).any()) for mask in masks)

    def add(self, piece: Footprint, needs_access: bool) -> None:
        """Takes a piece that was allowed."""
        self._free &= piece.distance(self._points) >= LANE_RADIUS
        if needs_access:
            self._access.append(self._front(piece))

    def _main(self, free: BoolArray) -> BoolArray | None:
        """Returns the cells joined to all doors, or None where the doors are not joined."""
        labels, _ = ndimage.label(free)
        found = {int(labels[self._cell(entry)]) for _, entry in self._zones}
        if len(found) != 1 or 0 in found:
            return None
        result: BoolArray = labels == found.pop()
        return result

    def _cell(self, point: tuple[float, float]) -> tuple[int, int]:
        column = int((point[0] - self._room.min[0]) / _CELL)
        row = int((point[1] - self._room.min[1]) / _CELL)
        rows, columns = self._free.shape
        return min(max(row, 0), rows - 1), min(max(column, 0), columns - 1)

    def _front(self, piece: Footprint) -> BoolArray:
        """Returns the cells from which the front of a piece can be touched."""
        (ax, ay), _ = piece.axes
        strip = Footprint(
            piece.x + ax * piece.half_x, piece.y + ay * piece.half_x, 0.01, piece.half_y, piece.yaw
        )
        result: BoolArray = strip.distance(self._points) <= _REACH
        return result
