"""Free spots of the table: where a thing can be put down so that it is in nobody's way."""

import math
from collections.abc import Iterable

import numpy as np

from embodied_mem.brain.planning.rules.footprint import Footprint, rectangle
from embodied_mem.brain.planning.rules.goals import At
from embodied_mem.brain.planning.rules.world import World
from embodied_mem.types import Float64Array

LOOSE = ((0.31, 0.50), (-0.32, 0.32))
"""Where loose things lie, m: within easy reach and clear of opening drawers."""
FAR = ((0.31, 0.62), (-0.34, 0.34))
"""With the ground over which drawers open, m."""
REACHABLE = ((0.24, 0.62), (-0.34, 0.34))
"""With the ground so near that the arm must fold up, m."""
STEP = 0.02
FIXED = 0.01
"""Room that is left beside fixtures and what must be avoided, m."""
CHOICES = (
    (LOOSE, 0.05),
    (LOOSE, 0.035),
    (FAR, 0.05),
    (FAR, 0.035),
    (LOOSE, 0.02),
    (REACHABLE, 0.035),
    (REACHABLE, 0.02),
)
"""Regions with the room left around a thing for the fingers, m; from comfortable to possible."""


class NoRoomError(Exception):
    """No spot of the table is free."""


def free_spot(
    world: World,
    thing: str,
    *,
    avoid: Iterable[Footprint] = (),
    near: tuple[float, float] | None = None,
) -> tuple[float, float]:
    """Returns the nearest free spot of the table for a thing, however it is turned there, m.

    Args and errors are those of `free_place`.
    """
    place = free_place(world, thing, avoid=avoid, near=near, turns=(None,))
    return place.x, place.y


def free_place(
    world: World,
    thing: str,
    *,
    avoid: Iterable[Footprint] = (),
    near: tuple[float, float] | None = None,
    turns: tuple[float | None, ...] = (None, 0.5 * math.pi, 0.0),
) -> At:
    """Returns the nearest free spot of the table for a thing; for a long one with a turn.

    Args:
        world: What is thought of the scene.
        thing: What is to be put down.
        avoid: Where it must not lie, such as a lane or spots that are promised to others.
        near: Where it would best go, m; None for where it is.
        turns: In which turns a long thing is tried, rad; None is any.

    Raises:
        NoRoomError: If there is none.
    """
    piece = world.things[thing]
    wished = np.array(near or piece.position[:2])
    taken = [
        other.footprint
        for other in world.things.values()
        if other.id != thing and world.lies_loose(other)
    ]
    fixed = [
        rectangle(view.low, view.high)
        for view in world.fixtures.values()
        if view.kind in ("bin", "drawer", "tray")
    ]
    fixed += [world.sweep(name) for name, state in world.opened.items() if state is not False]
    fixed += avoid
    for region, clearance in CHOICES:
        for yaw in turns if piece.is_long else (None,):
            grid = _grid(region, world, piece.footprint.radius)
            room = np.full(len(grid), np.inf)
            for disc, radius in _discs(piece.footprint, yaw):
                for footprint in taken:
                    distance = footprint.distance(grid + disc)
                    room = np.minimum(room, distance - radius - clearance)
                for footprint in fixed:
                    room = np.minimum(room, footprint.distance(grid + disc) - radius - FIXED)
            free = grid[room >= 0.0]
            if len(free):
                # Ties, and there are many on a grid, go to the first in reading order.
                best = free[np.argmin(np.round(np.linalg.norm(free - wished, axis=1), 6))]
                return At(x=round(float(best[0]), 3), y=round(float(best[1]), 3), yaw=yaw)
    raise NoRoomError(f"there is no room on the table to put the {thing.replace('_', ' ')} aside")


def _discs(footprint: Footprint, yaw: float | None) -> list[tuple[Float64Array, float]]:
    """Covers a rectangle with discs: their middles seen from its own, and their radius, m.

    One disc does for any turn; for a given turn a row of smaller ones leaves more room.
    """
    if yaw is None:
        return [(np.zeros(2), footprint.radius)]
    long, wide = footprint.half_x, footprint.half_y
    axis = np.array([np.cos(yaw), np.sin(yaw)])
    if long < wide:
        long, wide = wide, long
        axis = np.array([-axis[1], axis[0]])
    number = int(np.ceil(long / wide))
    half = long / number
    at = half * (2.0 * np.arange(number) + 1.0) - long
    return [(distance * axis, float(np.hypot(half, wide))) for distance in at]


def _grid(
    region: tuple[tuple[float, float], tuple[float, float]], world: World, radius: float
) -> Float64Array:
    """Returns the (N, 2) points of a region at which a thing is wholly over the table."""
    (low_x, high_x), (low_y, high_y) = region
    for table in world.of_kind("table"):
        view = world.fixtures[table]
        low_x, high_x = max(low_x, view.low[0] + radius), min(high_x, view.high[0] - radius)
        low_y, high_y = max(low_y, view.low[1] + radius), min(high_y, view.high[1] - radius)
    xs = np.arange(low_x, high_x + 1e-9, STEP)
    ys = np.arange(low_y, high_y + 1e-9, STEP)
    return np.stack(np.meshgrid(xs, ys, indexing="ij"), axis=-1).reshape(-1, 2)
