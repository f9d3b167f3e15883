"""Where to put a thing down: a free spot on or in a destination that the hand can leave again."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from embodied_mem.brain.arm.boxes import Boxes, inside_of, opened_share, world_boxes
from embodied_mem.brain.arm.hand_shape import (
    down_pose,
    footprint_gaps,
    hand_boxes,
    hand_slack,
)
from embodied_mem.brain.state import State
from embodied_mem.robots.arm import WorkCell
from embodied_mem.types import Float64Array

APART = 0.006
"""Least distance between a thing that is put down and what stands beside it, m."""
ROOMY = 0.025
"""More distance than this makes a spot in the open no better, m."""
SNUG = 0.012
"""And between walls, where room is scarce, m."""
GRID = 0.03
"""Distance of the spots that are tried in the open, m; half of it between walls."""
DROPS = (0.0, 0.006, 0.012, 0.02, 0.03, 0.045)
"""Heights above touching down from which a thing may be let go where walls keep the hand up, m."""
ROOM = 0.001
"""Least distance of the opening hand from what stands beside, m."""
SPREAD = 0.02
"""How much the fingers open to let go, m."""
JUDGED = 12
"""How many of the roomiest spots are asked at a time whether the hand fits."""
RIM = 0.018
"""How far what a drawer slides into reaches over its inside when that is shut, m."""
MOST_TWIST = 2.0
"""Largest turn of the wrist from rest for which spots are looked for, rad."""
TABLE_REACH = (0.27, -0.36, 0.54, 0.36)
"""Part of a table on which things are put where no spot is named: x, y, x, y, m."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Carried:
    """What is in the hand."""

    T_tool_box: Float64Array
    """(4, 4) its box in the frame of the tool."""
    size: Float64Array
    """(3,) of its box, m."""
    opening: float
    """Distance of the fingers that hold it, m."""
    round: bool = False
    """Whether it needs no more room however it is turned."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Spot:
    """A place to put a carried thing down."""

    position: Float64Array
    """(3,) of the tool where the thing touches down, m."""
    yaw: float
    """Direction in which the fingers open, rad."""
    drop: float
    """Height above that at which it is let go, m."""
    above: float
    """Height of the tool from which the hand can come straight down, m."""

    def pose(self, lift: float = 0.0) -> Float64Array:
        """Returns the (4, 4) T_world_tool, raised by `lift` metres."""
        return down_pose(self.position + np.array([0.0, 0.0, lift]), self.yaw)


def spots(
    cell: WorkCell, state: State, carried: Carried, target: str, destination: str
) -> Iterator[Spot]:
    """Yields spots on a thing, or in or on a fixture, the best first.

    Args:
        cell: The fixtures.
        state: What is believed.
        carried: What is held.
        target: Its id.
        destination: Id of a thing or fixture.
    """
    entity = state.entities.get(destination)
    if destination in cell:
        yield from _free_spots(cell, state, carried, target, destination)
    elif entity is not None:
        top = float(entity.position[2] + 0.5 * entity.size[2])
        aligned = [entity.yaw + k * 0.5 * np.pi for k in range(4)]
        around = world_boxes(cell, state, leave_out=(target,))
        for yaw in sorted(aligned, key=lambda yaw: _twist(carried, entity.position, yaw)):
            base = np.array([*entity.position[:2], top])
            spot = _judged(around.without((destination,)), carried, base, yaw)
            if spot is not None:
                yield spot


def spots_at(
    cell: WorkCell, state: State, carried: Carried, target: str, point: Float64Array, yaw: float
) -> Iterator[Spot]:
    """Yields spots at a point, m; its third number is the support's height, else it is looked up.

    Args:
        cell: The fixtures.
        state: What is believed.
        carried: What is held.
        target: Its id.
        point: (2,) or (3,) m.
        yaw: Turn of the thing's box, rad; NaN for any.
    """
    around = world_boxes(cell, state, leave_out=(target,))
    turns = [yaw, yaw + np.pi] if np.isfinite(yaw) else [k * np.pi / 6 for k in range(12)]
    for turn in sorted(turns, key=lambda turn: _twist(carried, point, turn)):
        height = float(point[2]) if len(point) > 2 else _support(around, carried, point, turn)
        spot = _judged(around, carried, np.array([point[0], point[1], height]), turn)
        if spot is not None:
            yield spot


def _free_spots(
    cell: WorkCell, state: State, carried: Carried, target: str, destination: str
) -> Iterator[Spot]:
    fixture = cell[destination]
    low, high = _room(cell, state, destination)
    around = world_boxes(cell, state, leave_out=(target,))
    enough = SNUG if fixture.kind in ("bin", "drawer") else ROOMY
    centred = {"bin": -0.5, "drawer": -0.3}.get(fixture.kind, 0.5)
    ranked = _ranked(around, carried, low, high, enough=enough, centred=centred)
    found: list[Spot] = []
    for index, (x, y, yaw) in enumerate(ranked[: 3 * JUDGED]):
        spot = _judged(around, carried, np.array([x, y, low[2]]), yaw)
        if spot is not None:
            found.append(spot)
        if index % JUDGED == JUDGED - 1 and any(spot.drop <= DROPS[1] for spot in found):
            break
    # Where walls keep the hand up now, they would keep it from taking the thing out again.
    yield from sorted(found, key=lambda spot: spot.drop)
    if not found and fixture.kind == "bin":
        yield from _heaped(around, carried, low, high)


def _heaped(
    around: Boxes, carried: Carried, low: Float64Array, high: Float64Array
) -> Iterator[Spot]:
    """Yields spots on top of what fills a bin already, where least of it lies below."""
    ranked = _ranked(around, carried, low, high, enough=SNUG, centred=0.5, apart=-np.inf)
    for x, y, yaw in ranked[:JUDGED]:
        height = _support(around, carried, np.array([x, y]), yaw)
        spot = _judged(around, carried, np.array([x, y, max(height, low[2])]), yaw)
        if spot is not None:
            yield spot


def _room(cell: WorkCell, state: State, destination: str) -> tuple[Float64Array, Float64Array]:
    """Returns the (3,) corners of the room that a hand gets at from above, m."""
    fixture = cell[destination]
    low, high = inside_of(fixture, opened_share(state, destination))
    if fixture.kind == "table":
        low[:2] = np.maximum(low[:2], TABLE_REACH[:2])
        high[:2] = np.minimum(high[:2], TABLE_REACH[2:])
    for axis, slides in enumerate(fixture.slides or ()):
        if slides < 0.0:
            high[axis] = min(high[axis], fixture.low[axis] - RIM)
        elif slides > 0.0:
            low[axis] = max(low[axis], fixture.high[axis] + RIM)
    return low, high


def _ranked(
    around: Boxes,
    carried: Carried,
    low: Float64Array,
    high: Float64Array,
    *,
    enough: float,
    centred: float,
    apart: float = APART,
) -> list[tuple[float, float, float]]:
    """Returns x, y and yaw of footprints, the best first.

    Args:
        around: What stands there.
        carried: What is put down.
        low: (3,) lowest corner of the region, m.
        high: (3,) highest corner, m.
        enough: Distance from others beyond which more makes a spot no better, m.
        centred: How much the middle is liked; negative where things are to go to the walls, so
            that more of them find room.
        apart: Least distance from what stands there, m; negative to overlap it.
    """
    middle = 0.5 * (low + high)
    step = GRID if enough > SNUG else 0.5 * GRID
    poses = [
        (x, y, yaw)
        for yaw in _yaws(carried)
        if _twist(carried, middle, yaw) < MOST_TWIST
        for x in _ticks(low[0], high[0], _half(carried, yaw, 0), step)
        for y in _ticks(low[1], high[1], _half(carried, yaw, 1), step)
    ]
    if not poses:
        return []
    table = np.array(poses)
    tall = float(carried.size[2])
    centre = np.column_stack([table[:, :2], np.full(len(table), low[2] + 0.5 * tall)])
    half = np.tile(0.5 * carried.size, (len(table), 1))
    turns = np.zeros(len(table)) if carried.round else table[:, 2]
    boxes = Boxes(("spot",) * len(table), centre, half, turns)
    near = around.near(low - 0.1, np.array([high[0] + 0.1, high[1] + 0.1, low[2] + tall]))
    gaps = np.full(len(table), ROOMY)
    if near.names:
        gaps = np.minimum(gaps, footprint_gaps(boxes, near).min(axis=1))
    rest = np.arctan2(table[:, 1], table[:, 0]) - 0.5 * np.pi
    twist = np.abs(_wrapped(table[:, 2] - _turn_of_box(carried) - rest))
    outward = np.linalg.norm((table[:, :2] - middle[:2]) / (high - low)[:2], axis=1)
    score = np.minimum(gaps, enough) / enough - centred * outward - 0.1 * twist
    order = np.argsort(-score, kind="stable")
    return [poses[index] for index in order if gaps[index] >= apart]


def _yaws(carried: Carried) -> list[float]:
    """Turns of the thing's box for which the fingers lie along, across or halfway."""
    return [k * 0.25 * np.pi + _turn_of_box(carried) for k in range(8)]


def _turn_of_box(carried: Carried) -> float:
    """Returns the turn from the closing direction of the fingers to the x axis of the box, rad.

    In the world the tool's x axis is (-sin, cos) and its y axis (cos, sin) of the hand's yaw.
    """
    x, y = carried.T_tool_box[:2, 0]
    return float(np.arctan2(x, y))


def _half(carried: Carried, yaw: float, axis: int) -> float:
    x, y = 0.5 * carried.size[:2]
    if carried.round:
        return float(x if axis == 0 else y)
    cosine, sine = abs(np.cos(yaw)), abs(np.sin(yaw))
    return float(x * cosine + y * sine if axis == 0 else x * sine + y * cosine)


def _ticks(low: float, high: float, half: float, step: float) -> Float64Array:
    """Returns positions between two walls, the middle among them."""
    room = 0.5 * (high - low) - half - APART
    if room < 0.0:
        return np.empty(0)
    count = int(room / step)
    return np.asarray(0.5 * (low + high) + step * np.arange(-count, count + 1))


def _twist(carried: Carried, position: Float64Array, yaw: float) -> float:
    """Returns how far the wrist is twisted from rest for a turn of the box, rad."""
    rest = np.arctan2(position[1], position[0]) - 0.5 * np.pi
    return float(np.abs(_wrapped(np.asarray(yaw - _turn_of_box(carried) - rest))))


def _wrapped(angle: Float64Array) -> Float64Array:
    return np.asarray((angle + np.pi) % (2.0 * np.pi) - np.pi)


def _support(around: Boxes, carried: Carried, point: Float64Array, yaw: float) -> float:
    """Returns the height of what lies under a footprint, m."""
    centre = np.array([[point[0], point[1], 0.0]])
    half = np.array([[0.4 * carried.size[0], 0.4 * carried.size[1], 10.0]])
    gaps = footprint_gaps(Boxes(("spot",), centre, half, np.array([yaw])), around)[0]
    tops = around.centre[:, 2] + around.half[:, 2]
    return float(np.where(gaps < 0.0, tops, -np.inf).max(initial=0.0))


def _judged(around: Boxes, carried: Carried, base: Float64Array, yaw: float) -> Spot | None:
    """Returns the spot with the lowest height of release at which the hand hits nothing.

    Args:
        around: What must not be hit.
        carried: What is held.
        base: (3,) middle of the thing's underside when it stands there, m.
        yaw: Turn of its box, rad.
    """
    hand_yaw = yaw - _turn_of_box(carried)
    rotation = down_pose(np.zeros(3), hand_yaw)[:3, :3]
    box = base + np.array([0.0, 0.0, 0.5 * carried.size[2]])
    tool = box - rotation @ carried.T_tool_box[:3, 3]
    near = around.near(tool - np.array([0.2, 0.2, 0.1]), tool + np.array([0.2, 0.2, 0.3]))
    drops = np.array(DROPS)
    lifted = tool + drops[:, None] * np.array([0.0, 0.0, 1.0])
    count = len(drops)
    hands = hand_boxes(lifted, np.full(count, hand_yaw), np.full(count, carried.opening + SPREAD))
    free = np.full(count, True)
    top = 0.0
    if near.names:
        gaps = footprint_gaps(hands, near, hand_slack(count)).min(axis=1)
        free = gaps.reshape(count, -1).min(axis=1) > ROOM
        top = float((near.centre[:, 2] + near.half[:, 2]).max())
    if not free.any():
        return None
    above = max(float(tool[2]), top + float(tool[2] - base[2])) + 0.05
    return Spot(position=tool, yaw=hand_yaw, drop=float(drops[free.argmax()]), above=above)
