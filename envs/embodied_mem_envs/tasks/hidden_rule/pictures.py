"""Pictures of an episode: what the room looks like, and the plan with the robot in it."""

import cv2
import numpy as np

from embodied_mem.types import Intrinsics, UInt8Array
from embodied_mem_envs.house.house import House
from embodied_mem_envs.house.layout import Room
from embodied_mem_envs.house.plan import draw_plan
from embodied_mem_envs.house.view import HouseRenderer
from embodied_mem_envs.tasks.sight import look_at

HEIGHT = 384
"""Of the pictures, pixels."""
_INSET = 0.25
_EYE = 2.2
_MARK = (220, 30, 30)


def room_picture(house: House, room: int, width: int = 512, height: int = HEIGHT) -> UInt8Array:
    """Renders a room from that corner from which most of it can be seen.

    Args:
        house: With the things in it.
        room: Index of the room.
        width: Of the picture, pixels.
        height: Of the picture, pixels.

    Returns:
        (height, width, 3) RGB.
    """
    where, renderer = house.rooms[room], HouseRenderer(house)
    intrinsics = Intrinsics.from_hfov(width, height, float(np.deg2rad(95)))
    small = Intrinsics.from_hfov(width // 8, height // 8, float(np.deg2rad(95)))
    x, y = where.centre
    poses = [look_at(corner, (x, y, 0.5)) for corner in _corners(where)]
    widest = [float(np.median(renderer.render(p, small, colour=False).depth)) for p in poses]
    return renderer.render(poses[int(np.argmax(widest))], intrinsics).rgb


def plan_picture(house: House, room: int, height: int = HEIGHT) -> UInt8Array:
    """Draws the plan of a house, and the room that the robot is in with a frame.

    Returns:
        (height, W, 3) RGB.
    """
    scale = 40
    plan = np.ascontiguousarray(draw_plan(house, pixels_per_metre=scale, names=True))
    low = np.min([each.min for each in house.rooms], axis=0)
    high = np.max([each.max for each in house.rooms], axis=0)
    margin = (np.array(plan.shape[1::-1]) - (high - low) * scale) / 2
    where = house.rooms[room]
    first = (np.array(where.min) - low) * scale + margin
    second = (np.array(where.max) - low) * scale + margin
    corners = [(round(float(x)), round(float(plan.shape[0] - y))) for x, y in (first, second)]
    cv2.rectangle(plan, corners[0], corners[1], _MARK, 4)
    width = round(plan.shape[1] * height / plan.shape[0])
    scaled: UInt8Array = cv2.resize(plan, (width, height), interpolation=cv2.INTER_AREA).astype(
        np.uint8
    )
    return scaled


def _corners(room: Room) -> list[tuple[float, float, float]]:
    return [
        (x, y, _EYE)
        for x in (room.min[0] + _INSET, room.max[0] - _INSET)
        for y in (room.min[1] + _INSET, room.max[1] - _INSET)
    ]
