"""Where to take a thing: from straight above, across a side that the fingers fit around."""

from dataclasses import dataclass

import numpy as np

from embodied_mem.brain.arm.boxes import Boxes, world_boxes
from embodied_mem.brain.arm.hand_shape import (
    PALM_ABOVE,
    TIP_BELOW,
    down_pose,
    easy_yaw,
    footprint_gaps,
    hand_boxes,
    hand_slack,
)
from embodied_mem.brain.arm.model import ArmModel
from embodied_mem.brain.state import Entity, State
from embodied_mem.robots.arm import WorkCell
from embodied_mem.types import Float64Array

WIDEST_GRASP = 0.073
"""Sides wider than this do not fit between the fingers with room to spare, m."""
ROUND = frozenset({"apple", "ball", "bottle", "bowl", "can", "candle", "cup", "jar", "plate"})
"""Categories that look alike from all sides, so that the fingers may close in any direction."""
TIP_CLEARANCE = 0.003
"""Least height of the finger tips above what a thing stands on, m."""
LEAST_GAP = 0.0015
"""Least distance of the fingers from what stands beside a thing, m."""
ENOUGH_GAP = 0.012
"""More distance than this makes a grasp no better, m."""
SLANTS = (0.0, 0.35, -0.35, 0.7, -0.7)
"""Turns of the fingers from a side's own direction that are tried where there is no room, rad."""
PAD = 0.021
"""Breadth of a finger, m."""
LONG = 0.07
"""Things longer than this may be gripped off their middle, m."""
KNOB_BELOW_TOP = 0.014
"""Where a thing too wide for the fingers is taken: by the knob in its middle, m below its top."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Grasp:
    """One way to take a thing."""

    position: Float64Array
    """(3,) of the tool, m."""
    yaw: float
    """Direction in which the fingers close, rad."""
    opening: float
    """How far they are opened before, m."""
    above: float
    """Height of the tool from which the hand can come straight down, m."""
    score: float
    """Higher is better."""

    def pose(self, lift: float = 0.0) -> Float64Array:
        """Returns the (4, 4) T_world_tool, raised by `lift` metres."""
        return down_pose(self.position + np.array([0.0, 0.0, lift]), self.yaw)


def grasps(
    model: ArmModel, cell: WorkCell, state: State, thing: Entity, *, turn: float = 0.0
) -> list[Grasp]:
    """Returns the ways to take a thing for which there is room, the best first.

    A way is better the more room the fingers have, the narrower the side, the lower the grip and
    the less the wrist is twisted. Whether the arm reaches it is not asked.

    Args:
        model: Gives the widest opening.
        cell: The fixtures.
        state: What stands beside it.
        thing: What is to be taken.
        turn: Added to the direction of the fingers, rad (a retry's perturbation).
    """
    around = _around(world_boxes(cell, state, leave_out=(thing.id,)), thing)
    found = _judged(thing, around, _ways(model, thing, _sides(thing), turn))
    return found or _judged(thing, around, _ways(model, thing, _awkward_sides(thing), turn))


@dataclass(frozen=True, slots=True)
class _Side:
    """A direction in which the fingers may close."""

    yaw: float
    """rad."""
    width: float
    """Of the thing between the fingers, m."""
    liked: float = 0.0
    """Added to the score."""
    along: float = 0.0
    """How far from the thing's middle it is gripped, across the closing direction, m."""


def is_round(thing: Entity) -> bool:
    """Tells whether a thing looks alike from all sides, by its category and its box."""
    return thing.category in ROUND and abs(float(thing.size[0] - thing.size[1])) < 0.012


def _sides(thing: Entity) -> list[_Side]:
    x, y = float(thing.size[0]), float(thing.size[1])
    if min(x, y) > WIDEST_GRASP:
        return [_Side(thing.yaw + step * np.pi / 6, min(x, y)) for step in range(6)]
    if is_round(thing):
        return [_Side(thing.yaw + step * np.pi / 8, max(x, y)) for step in range(8)]
    return [
        _Side(yaw, width, -8.0 * max(0.0, width - min(x, y) - 0.004))
        for width, yaw in ((x, thing.yaw), (y, thing.yaw + 0.5 * np.pi))
        if width <= WIDEST_GRASP
    ]


def _awkward_sides(thing: Entity) -> list[_Side]:
    """Returns sides taken off their middle or at a slant, where there is no room for better.

    A slanted grip turns the thing until it lies flat between the fingers.
    """
    x, y = float(thing.size[0]), float(thing.size[1])
    sides = []
    for yaw, width, length in ((thing.yaw, x, y), (thing.yaw + 0.5 * np.pi, y, x)):
        for slant in SLANTS:
            sine, cosine = abs(np.sin(slant)), np.cos(slant)
            needed = min(width * cosine + length * sine, (width + PAD * sine) / cosine)
            if needed > WIDEST_GRASP:
                continue
            for along in {0.0, 0.25 * length, -0.25 * length} if length > LONG else {0.0}:
                liked = -1.2 * abs(slant) - 8.0 * abs(along)
                sides.append(_Side(yaw + slant, needed, liked, along))
    return sides


def _ways(model: ArmModel, thing: Entity, sides: list[_Side], turn: float) -> Float64Array:
    """Returns (C, 5) directions, likings, heights over the underside, openings, and offsets."""
    rows = [
        (side.yaw + turn, side.liked, height, opening, side.along)
        for side in sides
        for height in _heights(thing, wide=side.width > WIDEST_GRASP)
        for opening in _openings(model, side.width)
    ]
    return np.array(rows).reshape(-1, 5)


def _heights(thing: Entity, *, wide: bool) -> list[float]:
    """Returns heights of the tool above the thing's underside, the best first, m."""
    tall = float(thing.size[2])
    lowest = TIP_BELOW + TIP_CLEARANCE
    if wide:
        return [max(lowest, tall - KNOB_BELOW_TOP)]
    best = max(lowest, 0.55 * tall, tall - PALM_ABOVE + 0.003)
    highest = max(best, tall - 0.005)
    return sorted({best, 0.5 * (best + highest), highest})


def _openings(model: ArmModel, width: float) -> list[float]:
    if width > WIDEST_GRASP:
        return [model.widest, 0.055]
    return sorted({model.widest, *(min(model.widest, width + w) for w in (0.03, 0.016))})[::-1]


def _around(boxes: Boxes, thing: Entity) -> Boxes:
    reach = 0.16
    low = thing.position - np.array([reach, reach, 0.5 * thing.size[2]])
    return boxes.near(low, thing.position + np.array([reach, reach, 0.4]))


def _judged(thing: Entity, around: Boxes, ways: Float64Array) -> list[Grasp]:
    """Returns those of (C, 5) `_ways` in which the hand hits nothing, the best first."""
    if not len(ways):
        return []
    base = float(thing.position[2] - 0.5 * thing.size[2])
    yaws = np.array([easy_yaw(thing.position, yaw) for yaw in ways[:, 0]])
    positions = np.tile(thing.position, (len(ways), 1))
    positions[:, 2] = base + ways[:, 2]
    positions[:, 0] -= ways[:, 4] * np.sin(ways[:, 0])
    positions[:, 1] += ways[:, 4] * np.cos(ways[:, 0])
    hands = hand_boxes(positions, yaws, ways[:, 3])
    gaps, tops = np.full(len(ways), ENOUGH_GAP), np.zeros(len(ways))
    if around.names:
        apart = (
            footprint_gaps(hands, around, hand_slack(len(ways)))
            .min(axis=1)
            .reshape(-1, 6)
            .min(axis=1)
        )
        gaps = np.minimum(gaps, apart)
        flat = footprint_gaps(_flattened(hands), _flattened(around)).reshape(len(ways), 6, -1)
        highest = around.centre[:, 2] + around.half[:, 2]
        tops = np.where(flat.min(axis=1) < 0.02, highest, 0.0).max(axis=1)
    twist = np.abs(yaws - np.arctan2(thing.position[1], thing.position[0]) + 0.5 * np.pi)
    low = float(ways[:, 2].min(initial=np.inf))
    score = gaps / ENOUGH_GAP + ways[:, 1] - 12.0 * (ways[:, 2] - low)
    score += 4.0 * (ways[:, 3] - 0.08) - 0.15 * twist
    least = np.maximum(base + thing.size[2] + 0.03, tops + TIP_BELOW + 0.025)
    above = np.maximum(positions[:, 2] + 0.07, least)
    return [
        Grasp(
            position=positions[index],
            yaw=float(yaws[index]),
            opening=float(ways[index, 3]),
            above=float(above[index]),
            score=float(score[index]),
        )
        for index in np.argsort(-score, kind="stable")
        if gaps[index] >= LEAST_GAP
    ]


def _flattened(boxes: Boxes) -> Boxes:
    """The same boxes pressed onto one plane, so that only their footprints matter."""
    centre, half = boxes.centre.copy(), boxes.half.copy()
    centre[:, 2], half[:, 2] = 0.0, 1.0
    return Boxes(boxes.names, centre, half, boxes.yaw)
