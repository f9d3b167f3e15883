"""The shape of a parallel hand that points straight down, as upright boxes.

Measured on the collision meshes of the Franka hand in `pybullet_data`; heights are relative to the
tool's frame, which lies 7 mm above the finger tips.
"""

import numpy as np

from embodied_mem.brain.arm.boxes import Boxes
from embodied_mem.types import Float64Array

TIP_BELOW = 0.007
"""How far the finger tips reach below the tool's frame, m."""
PALM_ABOVE = 0.039
"""Height of the palm above the tool's frame, m."""

_FINGER_HALF = 0.0105
_TIP_THICK, _TIP_TALL = 0.0145, 0.014
_ROOT_THICK = 0.026
_PALM = (0.104, 0.022)
_BODY = (0.104, 0.033)
_HEIGHTS = (PALM_ABOVE, 0.075, 0.14)


def down_pose(position: Float64Array, yaw: float) -> Float64Array:
    """Returns the (4, 4) pose T_world_tool of a hand that points down.

    Args:
        position: (3,) point between the finger tips in the world, m.
        yaw: Direction in which the fingers open and close, rad.
    """
    cosine, sine = np.cos(yaw), np.sin(yaw)
    pose = np.eye(4)
    pose[:3, 0] = -sine, cosine, 0.0
    pose[:3, 1] = cosine, sine, 0.0
    pose[:3, 2] = 0.0, 0.0, -1.0
    pose[:3, 3] = position
    return pose


def easy_yaw(position: Float64Array, yaw: float) -> float:
    """Returns `yaw` or its opposite, whichever twists the wrist less; fingers are alike.

    >>> round(easy_yaw(np.array([0.5, 0.0, 0.1]), np.pi / 2), 3)
    -1.571
    """
    rest = np.arctan2(position[1], position[0]) - 0.5 * np.pi
    return float(rest + (yaw - rest + 0.5 * np.pi) % np.pi - 0.5 * np.pi)


def hand_boxes(position: Float64Array, yaw: float, opening: float) -> Boxes:
    """Returns six boxes that contain the fingers and the palm of a hand that points down.

    Args:
        position: (3,) point between the finger tips, m.
        yaw: Direction in which the fingers open, rad.
        opening: Distance of the fingers, m.
    """
    along = np.array([np.cos(yaw), np.sin(yaw), 0.0])
    rows = []
    for side in (-1.0, 1.0):
        for thick, low, high in (
            (_TIP_THICK, -TIP_BELOW, _TIP_TALL - TIP_BELOW),
            (_ROOT_THICK, _TIP_TALL - TIP_BELOW, PALM_ABOVE),
        ):
            middle = position + side * (0.5 * opening + 0.5 * thick) * along
            rows.append(_row(middle, (0.5 * thick, _FINGER_HALF), low, high, yaw))
    rows.append(_row(position, _PALM, _HEIGHTS[0], _HEIGHTS[1], yaw))
    rows.append(_row(position, _BODY, _HEIGHTS[1], _HEIGHTS[2], yaw))
    return Boxes.of(rows)


def footprint_gaps(one: Boxes, other: Boxes, slack: float = 0.004) -> Float64Array:
    """Returns (A, B) distances between boxes seen from above, m; negative where they overlap.

    The largest gap over the boxes' four sides (separating axes), so never more than the true
    distance. Infinite where one is above the other by more than -`slack`.
    """
    offset = other.centre[None, :, :2] - one.centre[:, None, :2]
    gaps = np.full(offset.shape[:2], -np.inf)
    for boxes, index in ((one, 0), (other, 1)):
        for turn in (0.0, 0.5 * np.pi):
            yaw = boxes.yaw[:, None] if index == 0 else boxes.yaw[None, :]
            angle = yaw + turn
            apart = np.abs(offset[..., 0] * np.cos(angle) + offset[..., 1] * np.sin(angle))
            reach = _extent(one, 0, angle) + _extent(other, 1, angle)
            gaps = np.maximum(gaps, apart - reach)
    upright = np.abs(other.centre[None, :, 2] - one.centre[:, None, 2])
    stacked = upright > one.half[:, None, 2] + other.half[None, :, 2] - slack
    return np.where(stacked, np.inf, gaps)


def _extent(boxes: Boxes, index: int, angle: Float64Array) -> Float64Array:
    """Half extent of boxes along directions, as a (A, B) or broadcastable array."""
    yaw, half = boxes.yaw, boxes.half
    yaw = yaw[:, None] if index == 0 else yaw[None, :]
    x, y = (half[:, None, axis] if index == 0 else half[None, :, axis] for axis in (0, 1))
    return np.asarray(x * np.abs(np.cos(angle - yaw)) + y * np.abs(np.sin(angle - yaw)))


def _row(
    middle: Float64Array, half: tuple[float, float], low: float, high: float, yaw: float
) -> tuple[str, Float64Array, Float64Array, float]:
    centre = np.array([middle[0], middle[1], middle[2] + 0.5 * (low + high)])
    return "hand", centre, np.array([*half, 0.5 * (high - low)]), yaw
