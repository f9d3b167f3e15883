"""Where a body gets to in a house, over stairs too (ground truth)."""

from typing import TYPE_CHECKING

import numpy as np

from embodied_mem.types import BoolArray
from embodied_mem_envs.house.floor import is_in

if TYPE_CHECKING:
    from embodied_mem_envs.house.house import House

_CELL = 0.1


def reachable_floor(
    house: "House", radius: float, cell: float, floor: int
) -> tuple[BoolArray, tuple[float, float]]:
    """Returns a mask of cells and the world place of its lower corner: `House.reachable_floor`."""
    mask, origin = house.floor().reachable((house.start[0], house.start[1]), radius, cell)
    if floor == 0:
        return mask, origin
    above = house.floor(floor)
    assert house.stairs is not None
    if is_in(mask, origin, house.stairs.end(0), cell):
        return above.reachable(house.stairs.end(1), radius, cell)
    grid, origin = above.grid(cell)
    return np.zeros(grid.shape, bool), origin


def rooms_out_of_reach(house: "House", radius: float) -> list[str]:
    """Returns the ids of all rooms that a body does not get into from the start pose."""
    cut_off = []
    for floor in range(len(house.levels)):
        mask, origin = reachable_floor(house, radius, _CELL, floor)
        rows, columns = np.nonzero(mask)
        x, y = origin[0] + (columns + 0.5) * _CELL, origin[1] + (rows + 0.5) * _CELL
        for room in house.rooms:
            (x0, y0), (x1, y1) = room.min, room.max
            if room.floor == floor and not ((x > x0) & (x < x1) & (y > y0) & (y < y1)).any():
                cut_off.append(room.id)
    return cut_off
