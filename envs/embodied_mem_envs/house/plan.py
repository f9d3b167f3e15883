"""Draws the ground truth of a house from above, for the eye of a developer."""

import cv2
import numpy as np
from numpy.typing import ArrayLike

from embodied_mem.types import Float64Array, UInt8Array
from embodied_mem_envs.house.catalogue import catalogue
from embodied_mem_envs.house.discovery import CELL, Discovery
from embodied_mem_envs.house.house import House
from embodied_mem_envs.house.objects import HouseObject
from embodied_mem_envs.house.stairs import TREAD, Stairs

Point = tuple[float, float]

_MARGIN = 0.3
_FLOOR = (238, 236, 230)
_DOOR = (250, 214, 150)
_FREE = (214, 232, 214)
_STEP = (206, 190, 172)
_INK = (40, 40, 40)
_SEEN = (90, 160, 250)
_BODY = (220, 30, 30)


def draw_plan(house: House, pixels_per_metre: int = 80, names: bool = True) -> UInt8Array:
    """Draws rooms, doors, stairs, reachable floor and the outlines of all objects.

    Args:
        house: What to draw.
        pixels_per_metre: Scale.
        names: Whether to write room and object names.

    Returns:
        (H, W, 3) RGB image with y upward; two floors lie side by side, the upper one on the right.
    """
    sheets = [_Sheet(house, floor, pixels_per_metre) for floor in range(len(house.levels))]
    for sheet in sheets:
        sheet.draw(names)
    return np.hstack([sheet.image for sheet in sheets])


def draw_walk(
    house: House,
    discovery: Discovery,
    pose: tuple[float, float, float],
    pixels_per_metre: int = 40,
    floor: int = 0,
) -> UInt8Array:
    """Draws a house with the floor that was seen so far and the body at its pose (x, y, yaw)."""
    images = []
    for level in range(len(house.levels)):
        sheet = _Sheet(house, level, pixels_per_metre)
        sheet.draw(names=False)
        sheet.tint_seen(discovery)
        if level == floor:
            sheet.draw_body(pose)
        images.append(sheet.image)
    return np.hstack(images)


class _Sheet:
    """The drawing of one floor; all floors of a house have sheets of the same place and size."""

    def __init__(self, house: House, floor: int, scale: int) -> None:
        self._house = house
        self._floor = floor
        self._scale = scale
        self._low = np.array([room.min for room in house.rooms]).min(axis=0) - _MARGIN
        high = np.array([room.max for room in house.rooms]).max(axis=0) + _MARGIN
        width, height = np.ceil((high - self._low) * scale).astype(int).tolist()
        self.image: UInt8Array = np.full((height, width, 3), 70, np.uint8)

    def draw(self, names: bool) -> None:
        """Draws all that stands on the floor."""
        house = self._house
        rooms = [room for room in house.rooms if room.floor == self._floor]
        for room in rooms:
            self._fill(room.min, room.max, _FLOOR)
        for door in house.doors:
            if door.floor == self._floor:
                half = np.full(2, door.width / 2)
                half[door.axis] = house.config.wall_thickness / 2
                self._fill(door.centre - half, door.centre + half, _DOOR)
        self._tint_reachable()
        if house.stairs is not None:
            self._draw_stairs(house.stairs)
        own = {room.id for room in rooms}
        for thing in sorted(house.objects, key=lambda o: o.top):
            if thing.room in own:
                self._draw_object(thing, names)
        if names:
            for room in rooms:
                corner = self._pixels([room.min[0] + 0.05, room.max[1] - 0.2])[0]
                _write(self.image, room.category.upper(), corner, 0.5)
        if self._floor == 0:
            x, y, yaw = house.start
            self._arrow((x, y), (x + 0.4 * np.cos(yaw), y + 0.4 * np.sin(yaw)), _BODY, 3)

    def tint_seen(self, discovery: Discovery) -> None:
        """Tints the floor that was seen."""
        floor = discovery.floors[self._floor]
        x, y = self._world()
        column = ((x - floor.origin[0]) / CELL).astype(int)
        row = ((y - floor.origin[1]) / CELL).astype(int)
        height, width = floor.seen.shape
        inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
        seen = inside & floor.seen[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
        image = self.image
        image[seen] = (image[seen] * 0.6 + np.array(_SEEN) * 0.4).astype(np.uint8)

    def draw_body(self, pose: tuple[float, float, float]) -> None:
        """Draws a body at a pose (x, y, yaw)."""
        x, y = pose[0] - self._low[0], pose[1] - self._low[1]
        at = round(x * self._scale), round(self.image.shape[0] - y * self._scale)
        tip = round(at[0] + 14 * np.cos(pose[2])), round(at[1] - 14 * np.sin(pose[2]))
        cv2.circle(self.image, at, 7, _BODY, -1, cv2.LINE_AA)
        cv2.line(self.image, at, tip, _BODY, 3, cv2.LINE_AA)

    def _tint_reachable(self) -> None:
        """Tints the floor that a body reaches from the start."""
        mask, origin = self._house.reachable_floor(floor=self._floor)
        x, y = self._world()
        row = np.clip(((y - origin[1]) / CELL).astype(int), 0, mask.shape[0] - 1)
        column = np.clip(((x - origin[0]) / CELL).astype(int), 0, mask.shape[1] - 1)
        self.image[mask[row, column]] = _FREE

    def _draw_object(self, thing: HouseObject, name: bool) -> None:
        """Draws the outline of an object and a line to its front."""
        corners = self._pixels(thing.footprint.corners())
        cv2.fillPoly(self.image, [corners], catalogue().colours[thing.colour])
        cv2.polylines(self.image, [corners], True, _INK, 1, cv2.LINE_AA)
        front = self._pixels(thing.from_unit(np.array([[0.5, 0.5, 0.5], [1.0, 0.5, 0.5]])))
        cv2.line(self.image, front[0].tolist(), front[1].tolist(), _INK, 1, cv2.LINE_AA)
        if name:
            _write(self.image, thing.category, corners.min(axis=0), 0.32)

    def _draw_stairs(self, stairs: Stairs) -> None:
        """Draws steps, parapets and the way up; on the upper floor, they show in the opening."""
        bounds = stairs.flight().bounds()
        self._fill(bounds[:2], bounds[2:], _STEP)
        for solid in stairs.solids(self._floor):
            around = solid.bounds()
            self._fill(around[:2], around[2:], _INK)
        for step in range(stairs.steps):
            a, b = stairs.world(step * TREAD, 0.0), stairs.world(step * TREAD, stairs.width)
            first, last = self._pixels([a, b]).tolist()
            cv2.line(self.image, first, last, _INK, 1, cv2.LINE_AA)
        middle = stairs.width / 2
        self._arrow(stairs.world(0.1, middle), stairs.world(stairs.run - 0.1, middle), _INK, 1)

    def _arrow(self, tail: Point, head: Point, colour: tuple[int, ...], wide: int) -> None:
        first, last = self._pixels([tail, head]).tolist()
        tip = 0.4 if wide > 1 else 0.05
        cv2.arrowedLine(self.image, first, last, colour, wide, cv2.LINE_AA, 0, tip)

    def _fill(self, low: ArrayLike, high: ArrayLike, colour: tuple[int, int, int]) -> None:
        a, b = self._pixels(np.array([low, high])).tolist()
        cv2.rectangle(self.image, a, b, colour, -1)

    def _pixels(self, points: ArrayLike) -> Float64Array:
        """Returns the (N, 2) pixels of world points, of which x and y count."""
        flat = np.atleast_2d(np.asarray(points, np.float64))[:, :2]
        flat = (flat - self._low) * self._scale
        flat[:, 1] = self.image.shape[0] - flat[:, 1]
        result: Float64Array = np.rint(flat).astype(np.int32)
        return result

    def _world(self) -> tuple[Float64Array, Float64Array]:
        """Returns the world x and y of every pixel, (H, W) each."""
        rows, columns = np.indices(self.image.shape[:2])
        return (
            self._low[0] + columns / self._scale,
            self._low[1] + (self.image.shape[0] - rows) / self._scale,
        )


def _write(image: UInt8Array, text: str, at: Float64Array, scale: float) -> None:
    place = (int(at[0]), int(at[1]) + 10)
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), 3)
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, _INK, 1, cv2.LINE_AA)
