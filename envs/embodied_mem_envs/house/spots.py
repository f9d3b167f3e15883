"""Where a piece may stand in a room: one candidate generator for each rule of the programme."""

from collections.abc import Iterator
from math import cos, pi, sin

import numpy as np

from embodied_mem_envs.house.layout import Room
from embodied_mem_envs.house.objects import HouseObject

Pose = tuple[float, float, float]
"""x, y, yaw of a piece on the floor."""
Size = tuple[float, float, float]

_WALL_GAP = 0.02


def wall_pose(room: Room, side: int, along: float, depth: float) -> Pose:
    """Puts the back of a piece against a wall.

    Sides count x-low, y-low, x-high, y-high;
    `along` is the world coordinate of its centre along the wall.
    """
    yaw = (0.0, pi / 2, pi, -pi / 2)[side]
    inset = depth / 2 + _WALL_GAP
    if side == 0:
        return room.min[0] + inset, along, yaw
    if side == 1:
        return along, room.min[1] + inset, yaw
    if side == 2:
        return room.max[0] - inset, along, yaw
    return along, room.max[1] - inset, yaw


def _span(room: Room, side: int) -> tuple[float, float]:
    """Returns the range of the wall coordinate of one side."""
    axis = 1 if side in (0, 2) else 0
    return room.min[axis], room.max[axis]


def along_walls(
    room: Room, size: Size, rng: np.random.Generator, count: int = 24
) -> Iterator[Pose]:
    """Yields places against drawn walls."""
    for _ in range(count):
        side = int(rng.integers(4))
        low, high = _span(room, side)
        margin = size[1] / 2 + _WALL_GAP
        if high - low > 2 * margin:
            yield wall_pose(room, side, rng.uniform(low + margin, high - margin), size[0])


def corners(room: Room, size: Size, rng: np.random.Generator) -> Iterator[Pose]:
    """Yields the corners in drawn order, with the back along either wall, then other walls."""
    options = [(side, end) for side in range(4) for end in (0, 1)]
    for index in rng.permutation(len(options)):
        side, end = options[index]
        low, high = _span(room, side)
        margin = size[1] / 2 + _WALL_GAP
        if high - low > 2 * margin:
            yield wall_pose(room, side, low + margin if end == 0 else high - margin, size[0])
    yield from along_walls(room, size, rng)


def beside(
    anchors: list[HouseObject], size: Size, gap: float, rng: np.random.Generator
) -> Iterator[Pose]:
    """Yields places left and right of anchors, backs aligned."""
    options = [(anchor, side) for anchor in anchors for side in (-1.0, 1.0)]
    for index in rng.permutation(len(options)):
        anchor, side = options[index]
        lateral = side * ((anchor.size[1] + size[1]) / 2 + gap)
        yield _relative(anchor, (size[0] - anchor.size[0]) / 2, lateral, 0.0)


def in_front(
    anchors: list[HouseObject], size: Size, gap: float, rng: np.random.Generator
) -> Iterator[Pose]:
    """Yields places before an anchor, turned towards it."""
    for anchor in anchors:
        free = max((anchor.size[1] - size[1]) / 2, 0.0)
        for attempt in range(8):
            forward = (anchor.size[0] + size[0]) / 2 + gap + 0.03 * attempt
            lateral = float(rng.uniform(-0.6, 0.6)) * free
            yield _relative(anchor, forward, lateral, pi)


def facing(
    room: Room, anchors: list[HouseObject], size: Size, rng: np.random.Generator
) -> Iterator[Pose]:
    """Yields places that look at an anchor: across the room first, then nearer to it."""
    for anchor in anchors:
        axis = 0 if abs(cos(anchor.yaw)) > 0.5 else 1
        across = room.max[axis] - room.min[axis] - anchor.size[0] - size[0] - 2 * _WALL_GAP
        base = (anchor.size[0] + size[0]) / 2
        for gap in (across, across - 0.1, 2.4, 2.0, 1.7, 1.5):
            if 1.3 <= gap <= across:
                for lateral in (0.0, *rng.uniform(-0.8, 0.8, 3).tolist()):
                    yield _relative(anchor, base + gap, lateral, pi)
    yield from along_walls(room, size, rng)


def around(
    anchors: list[HouseObject], size: Size, gap: float, rng: np.random.Generator
) -> Iterator[Pose]:
    """Yields seats around a table, each turned to it and a little askew."""
    for anchor in anchors:
        depth, width = anchor.size[0], anchor.size[1]
        seats = max(int(width // (size[1] + 0.12)), 1)
        places = [(k + 0.5) / seats * width - width / 2 for k in range(seats)]
        options = [(side, place) for side in (-1.0, 1.0) for place in places]
        poses = [_relative(anchor, s * ((depth + size[0]) / 2 + gap), p, 0.0) for s, p in options]
        poses = [
            (x, y, yaw + (pi if s > 0 else 0.0))
            for (x, y, yaw), (s, _) in zip(poses, options, strict=True)
        ]
        for end in (-1.0, 1.0):
            x, y, _ = _relative(anchor, 0.0, end * ((width + size[0]) / 2 + gap), 0.0)
            poses.append((x, y, anchor.yaw - end * pi / 2))
        for index in rng.permutation(len(poses)):
            x, y, yaw = poses[index]
            yield x, y, yaw + float(rng.uniform(-0.1, 0.1))


def middle(room: Room, size: Size, rng: np.random.Generator) -> Iterator[Pose]:
    """Yields places near the middle of a room, the long side along the room."""
    (cx, cy), long_x = room.centre, room.max[0] - room.min[0] > room.max[1] - room.min[1]
    for attempt in range(24):
        spread = 0.15 + 0.05 * attempt
        dx, dy = rng.uniform(-spread, spread, 2)
        turned = long_x if attempt < 12 else not long_x
        yield cx + float(dx), cy + float(dy), pi / 2 if turned else 0.0


def _relative(anchor: HouseObject, forward: float, left: float, turn: float) -> Pose:
    """Returns the pose at an offset in the frame of an anchor."""
    c, s = cos(anchor.yaw), sin(anchor.yaw)
    x = anchor.position[0] + c * forward - s * left
    y = anchor.position[1] + s * forward + c * left
    return x, y, _wrapped(anchor.yaw + turn)


def _wrapped(angle: float) -> float:
    return (angle + pi) % (2 * pi) - pi
