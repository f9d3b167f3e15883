"""Which rooms of a plan have doors between them, and where in the wall each door is."""

import numpy as np

from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.house.rooms import Box, Door, Plot

PUBLIC = ("hallway", "living room", "dining room", "kitchen")
"""Types of room that one walks through, and that may have more than one door."""
_DOOR_CLEAR = 0.22
"""Least wall between the edge of a door and the corner of a room, metres."""
_WIDEST_DOOR = 1.0
_USUAL_WALL = 0.12


def _shared_wall(a: Box, b: Box) -> tuple[int, float, float, float] | None:
    """Returns (axis, wall coordinate, from, to) of the wall two rooms share, if any."""
    for axis in (0, 1):
        other = 1 - axis
        for low, high in ((a, b), (b, a)):
            if abs(low[axis + 2] - high[axis]) < 1e-6:
                start = max(a[other], b[other])
                stop = min(a[other + 2], b[other + 2])
                if stop - start > 0:
                    return axis, low[axis + 2], start, stop
    return None


def _can_link(a: Box, b: Box, thickness: float) -> bool:
    wall = _shared_wall(a, b)
    needed = _WIDEST_DOOR + 2 * _DOOR_CLEAR + max(thickness, _USUAL_WALL)
    return wall is not None and wall[3] - wall[2] >= needed


def door_links(
    boxes: list[Box], rng: np.random.Generator, with_hallway: bool, thickness: float
) -> list[tuple[int, int]] | None:
    """Returns a spanning tree of doors, breadth first from the hallway or the middle room."""
    count = len(boxes)
    near = {
        i: [j for j in range(count) if j != i and _can_link(boxes[i], boxes[j], thickness)]
        for i in range(count)
    }
    root = 0 if with_hallway else max(range(count), key=lambda i: (len(near[i]), -i))
    seen, queue, links = {root}, [root], []
    while queue:
        here = queue.pop(0)
        for there in rng.permutation(near[here]).tolist() if near[here] else []:
            if there not in seen:
                seen.add(there)
                queue.append(there)
                links.append((here, there))
    return links if len(seen) == count else None


def extra_doors(
    boxes: list[Box],
    links: list[tuple[int, int]],
    names: list[str],
    thickness: float,
    rng: np.random.Generator,
) -> list[tuple[int, int]]:
    """Adds second doors between public rooms, so that some houses have loops."""
    result = list(links)
    for i in range(len(boxes)):
        for j in range(i + 1, len(boxes)):
            linked = (i, j) in links or (j, i) in links
            public = names[i] in PUBLIC and names[j] in PUBLIC
            if (
                not linked
                and public
                and _can_link(boxes[i], boxes[j], thickness)
                and rng.random() < 0.5
            ):
                result.append((i, j))
    return result


def draw_door(
    boxes: list[Box],
    pair: tuple[int, int],
    config: HouseConfig,
    plot: Plot,
    rng: np.random.Generator,
) -> Door:
    """Draws one door in the wall that two rooms share."""
    wall = _shared_wall(boxes[pair[0]], boxes[pair[1]])
    assert wall is not None
    axis, at, start, stop = wall
    width = round(float(rng.uniform(0.9, _WIDEST_DOOR)), 2)
    margin = width / 2 + _DOOR_CLEAR + config.wall_thickness / 2
    along = round(float(rng.uniform(start + margin, stop - margin)), 2)
    centre = (at, along) if axis == 0 else (along, at)
    return Door(
        rooms=(f"room-{plot.first + pair[0]}", f"room-{plot.first + pair[1]}"),
        centre=(round(centre[0] + plot.shift[0], 3), round(centre[1] + plot.shift[1], 3)),
        width=width,
        axis=axis,
        height=config.door_height,
        floor=plot.floor,
    )
