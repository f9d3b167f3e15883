"""Draws the ground truth of a house from above, for the eye of a developer."""

import cv2
import numpy as np

from embodied_mem.types import Float64Array, UInt8Array
from embodied_mem_envs.house.catalogue import catalogue
from embodied_mem_envs.house.discovery import CELL, Discovery
from embodied_mem_envs.house.house import House

_MARGIN = 0.3
_FLOOR = (238, 236, 230)
_DOOR = (250, 214, 150)
_FREE = (214, 232, 214)
_INK = (40, 40, 40)
_SEEN = (90, 160, 250)
_BODY = (220, 30, 30)


def draw_plan(house: House, pixels_per_metre: int = 80, names: bool = True) -> UInt8Array:
    """Draws rooms, doors, reachable floor and the outlines of all objects.

    Args:
        house: What to draw.
        pixels_per_metre: Scale.
        names: Whether to write room and object names.

    Returns:
        (H, W, 3) RGB image with y upward.
    """
    low = np.array([room.min for room in house.rooms]).min(axis=0) - _MARGIN
    high = np.array([room.max for room in house.rooms]).max(axis=0) + _MARGIN
    size = np.ceil((high - low) * pixels_per_metre).astype(int)
    image = np.full((size[1], size[0], 3), 70, np.uint8)

    def pixel(points: Float64Array) -> Float64Array:
        flat = (np.asarray(points, np.float64).reshape(-1, 2) - low) * pixels_per_metre
        flat[:, 1] = size[1] - flat[:, 1]
        result: Float64Array = np.rint(flat).astype(np.int32)
        return result

    for room in house.rooms:
        a, b = pixel(np.array([room.min, room.max])).tolist()
        cv2.rectangle(image, a, b, _FLOOR, -1)
    for door in house.doors:
        half = np.full(2, door.width / 2)
        half[door.axis] = house.config.wall_thickness / 2
        a, b = pixel(np.array([door.centre - half, door.centre + half])).tolist()
        cv2.rectangle(image, a, b, _DOOR, -1)
    _draw_reachable(house, image, low, pixels_per_metre)
    for thing in sorted(house.objects, key=lambda o: o.top):
        corners = pixel(thing.footprint.corners())
        cv2.fillPoly(image, [corners], catalogue().colours[thing.colour])
        cv2.polylines(image, [corners], True, _INK, 1, cv2.LINE_AA)
        front = pixel(thing.from_unit(np.array([[0.5, 0.5, 0.5], [1.0, 0.5, 0.5]]))[:, :2])
        cv2.line(image, front[0].tolist(), front[1].tolist(), _INK, 1, cv2.LINE_AA)
        if names:
            _write(image, thing.category, corners.min(axis=0), 0.32)
    if names:
        for room in house.rooms:
            corner = pixel(np.array([[room.min[0] + 0.05, room.max[1] - 0.2]]))[0]
            _write(image, room.category.upper(), corner, 0.5)
    x, y, yaw = house.start
    tail, head = pixel(np.array([[x, y], [x + 0.4 * np.cos(yaw), y + 0.4 * np.sin(yaw)]])).tolist()
    cv2.arrowedLine(image, tail, head, _BODY, 3, cv2.LINE_AA, 0, 0.4)
    return image


def draw_walk(
    house: House,
    discovery: Discovery,
    pose: tuple[float, float, float],
    pixels_per_metre: int = 40,
) -> UInt8Array:
    """Draws a house with the floor that was seen so far and the body at its pose (x, y, yaw)."""
    scale = pixels_per_metre
    image = draw_plan(house, scale, names=False)
    low = np.array([room.min for room in house.rooms]).min(axis=0) - _MARGIN
    rows, columns = np.indices(image.shape[:2])
    x, y = low[0] + columns / scale, low[1] + (image.shape[0] - rows) / scale
    column = ((x - discovery.origin[0]) / CELL).astype(int)
    row = ((y - discovery.origin[1]) / CELL).astype(int)
    height, width = discovery.seen.shape
    inside = (row >= 0) & (row < height) & (column >= 0) & (column < width)
    seen = inside & discovery.seen[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)]
    image[seen] = (image[seen] * 0.6 + np.array(_SEEN) * 0.4).astype(np.uint8)
    at = round((pose[0] - low[0]) * scale), round(image.shape[0] - (pose[1] - low[1]) * scale)
    tip = round(at[0] + 14 * np.cos(pose[2])), round(at[1] - 14 * np.sin(pose[2]))
    cv2.circle(image, at, 7, _BODY, -1, cv2.LINE_AA)
    cv2.line(image, at, tip, _BODY, 3, cv2.LINE_AA)
    return image


def _draw_reachable(house: House, image: UInt8Array, low: Float64Array, scale: int) -> None:
    """Tints the floor that a body reaches from the start."""
    mask, origin = house.reachable_floor()
    rows, columns = np.indices(image.shape[:2])
    x = low[0] + columns / scale - origin[0]
    y = low[1] + (image.shape[0] - rows) / scale - origin[1]
    row = np.clip((y / 0.1).astype(int), 0, mask.shape[0] - 1)
    column = np.clip((x / 0.1).astype(int), 0, mask.shape[1] - 1)
    image[mask[row, column]] = _FREE


def _write(image: UInt8Array, text: str, at: Float64Array, scale: float) -> None:
    place = (int(at[0]), int(at[1]) + 10)
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), 3)
    cv2.putText(image, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, _INK, 1, cv2.LINE_AA)
