"""Free spots of the table: where a thing can be put down so that it is in nobody's way."""

from collections.abc import Iterable

import numpy as np

from embodied_mem.brain.planning.rules.footprint import Footprint, rectangle
from embodied_mem.brain.planning.rules.world import World

LOOSE = ((0.31, 0.50), (-0.32, 0.32))
"""Where loose things lie, m: within easy reach and clear of opening drawers."""
REACHABLE = ((0.24, 0.62), (-0.34, 0.34))
"""Where the arm can still put things down."""
STEP = 0.02
CLEARANCES = (0.05, 0.035, 0.02)
"""Room that is left around a thing for the fingers, from comfortable to just enough, m."""


class NoRoomError(Exception):
    """No spot of the table is free."""


def free_spot(
    world: World,
    thing: str,
    *,
    avoid: Iterable[Footprint] = (),
    near: tuple[float, float] | None = None,
) -> tuple[float, float]:
    """Returns the nearest free spot of the table for a thing.

    Args:
        world: What is thought of the scene.
        thing: What is to be put down.
        avoid: Where it must not lie, such as a lane or spots that are promised to others.
        near: Where it would best go, m; None for where it is.

    Raises:
        NoRoomError: If there is none.
    """
    piece = world.things[thing]
    radius = piece.footprint.radius
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
    for clearance in CLEARANCES:
        for region in (LOOSE, REACHABLE):
            grid = _grid(region, world, radius)
            room = np.full(len(grid), np.inf)
            for footprint in taken:
                room = np.minimum(room, footprint.distance(grid) - clearance)
            for footprint in (*fixed, *avoid):
                room = np.minimum(room, footprint.distance(grid) - 0.01)
            free = grid[room >= radius]
            if len(free):
                # Ties, and there are many on a grid, go to the first in reading order.
                best = free[np.argmin(np.round(np.linalg.norm(free - wished, axis=1), 6))]
                return round(float(best[0]), 3), round(float(best[1]), 3)
    raise NoRoomError(f"there is no room on the table to put the {thing.replace('_', ' ')} aside")


def _grid(
    region: tuple[tuple[float, float], tuple[float, float]], world: World, radius: float
) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Returns the (N, 2) points of a region at which a thing is wholly over the table."""
    (low_x, high_x), (low_y, high_y) = region
    for table in world.of_kind("table"):
        view = world.fixtures[table]
        low_x, high_x = max(low_x, view.low[0] + radius), min(high_x, view.high[0] - radius)
        low_y, high_y = max(low_y, view.low[1] + radius), min(high_y, view.high[1] - radius)
    xs = np.arange(low_x, high_x + 1e-9, STEP)
    ys = np.arange(low_y, high_y + 1e-9, STEP)
    return np.stack(np.meshgrid(xs, ys, indexing="ij"), axis=-1).reshape(-1, 2)
