"""The shape of a parallel hand that points straight down, as upright boxes.

Measured on the collision meshes of the Franka hand in `pybullet_data`; heights are relative to the
tool's frame, which lies 7 mm above the finger tips.
"""

import numpy as np

from embodied_mem.brain.arm.boxes import Boxes
from embodied_mem.types import Float64Array

TIP_BELOW = 0.007
"""How far the finger tips reach below the tool's frame, m."""
PALM_ABOVE = 0.036
"""Height above the tool's frame at which the palm touches, found by lowering it onto a can, m."""

_FINGER_HALF = 0.0105
_FINGER = ((0.0145, -TIP_BELOW, 0.007), (0.026, 0.007, PALM_ABOVE))
"""Thickness and lowest and highest z of a finger's tip and root."""
_PALM = (((0.104, 0.022), PALM_ABOVE, 0.075), ((0.104, 0.033), 0.075, 0.14))
"""Half extents and lowest and highest z of the palm and of the hand's body."""
_SLACK = (0.004, 0.0, 0.004, 0.0, -0.003, -0.003)


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


def hand_boxes(positions: Float64Array, yaws: Float64Array, openings: Float64Array) -> Boxes:
    """Returns six boxes for each of many hands that point down: its fingers and its palm.

    Args:
        positions: (C, 3) points between the finger tips, m.
        yaws: (C,) directions in which the fingers open, rad.
        openings: (C,) distances of the fingers, m.

    Returns:
        6 C boxes, those of one hand after each other.
    """
    count = len(positions)
    along = np.stack([np.cos(yaws), np.sin(yaws), np.zeros(count)], axis=1)
    centre, half = np.empty((count, 6, 3)), np.empty((count, 6, 3))
    for index, (thick, low, high) in enumerate(_FINGER):
        away = (0.5 * openings + 0.5 * thick)[:, None] * along
        for side, row in ((-1.0, index), (1.0, index + 2)):
            centre[:, row] = positions + side * away
            centre[:, row, 2] += 0.5 * (low + high)
            half[:, row] = 0.5 * thick, _FINGER_HALF, 0.5 * (high - low)
    for row, (reach, low, high) in enumerate(_PALM, start=4):
        centre[:, row] = positions
        centre[:, row, 2] += 0.5 * (low + high)
        half[:, row] = *reach, 0.5 * (high - low)
    return Boxes(
        ("hand",) * (6 * count), centre.reshape(-1, 3), half.reshape(-1, 3), np.repeat(yaws, 6)
    )


def hand_slack(count: int) -> Float64Array:
    """Returns how deep each of `hand_boxes` may seem to reach into what lies under it, (6 C, 1) m.

    The tips go down beside things and just above what those stand on; the palm keeps its distance.
    """
    return np.tile(np.array(_SLACK), count)[:, None]


def footprint_gaps(one: Boxes, other: Boxes, slack: float | Float64Array = 0.004) -> Float64Array:
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
