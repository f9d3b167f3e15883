"""The shortest way that looks into every one of some rooms, by the truth."""

import numpy as np

from embodied_mem.types import Float64Array, Int64Array
from embodied_mem_envs.house.house import House
from embodied_mem_envs.house.layout import Door, Room
from embodied_mem_envs.tasks.episode import Place
from embodied_mem_envs.tasks.true_floor import TrueFloor

INSIDE = 0.5
"""A room is looked into from so far inside one of its doors, metres."""


def shortest_tour(
    house: House, floor: TrueFloor, start: Place, rooms: list[Room]
) -> tuple[float, list[int]]:
    """Finds the shortest way that looks into some rooms.

    A room is looked into by standing half a metre inside one of its doors, or at an end of stairs
    in it (and turning there); the room of the start has been looked into. Exact by dynamic
    programming over the sets of rooms done (Held and Karp 1962), every door of a room a choice.

    Args:
        house: The house.
        floor: Its true floor.
        start: Where the way begins.
        rooms: Which rooms to look into.

    Returns:
        Metres, and the cells to stand on in order; infinite where a room cannot be reached.
    """
    here = house.room_at(start[0], start[1], floor.floor_at(start))
    wanted = [room for room in rooms if here is None or room.id != here.id]
    if not wanted:
        return 0.0, []
    nodes, owners = _entries(house, floor, wanted)
    if set(owners) != set(range(len(wanted))):
        return float("inf"), []
    first = floor.distances([start])[nodes]
    between = np.array([floor.distances_from([node])[nodes] for node in nodes])
    metres, order = _best_order(first, between, np.array(owners), len(wanted))
    return metres, [nodes[index] for index in order]


def _entries(house: House, floor: TrueFloor, rooms: list[Room]) -> tuple[list[int], list[int]]:
    """Returns the cell inside every door of the rooms, and the index of its room."""
    nodes, owners = [], []
    for index, room in enumerate(rooms):
        for door in house.doors:
            if room.id in door.rooms:
                nodes.append(floor.node_at(entry(house, room, door)))
                owners.append(index)
        if house.stairs is not None and room.id in house.stairs.rooms:
            end = (*house.stairs.end(room.floor), house.levels[room.floor])
            nodes.append(floor.node_at(end))
            owners.append(index)
    return nodes, owners


def entry(house: House, room: Room, door: Door) -> Place:
    """Returns the place half a metre inside a door of a room."""
    axis = door.axis
    place = list(door.centre)
    inward = 1.0 if room.centre[axis] > door.centre[axis] else -1.0
    place[axis] = (room.min if inward > 0.0 else room.max)[axis] + inward * INSIDE
    return (place[0], place[1], house.levels[room.floor])


def _best_order(
    first: Float64Array, between: Float64Array, owners: Int64Array, rooms: int
) -> tuple[float, list[int]]:
    """Visits every room once, by one of its entries each."""
    everything = 1 << rooms
    cost = np.full((everything, len(first)), np.inf)
    before = np.full((everything, len(first)), -1)
    bits: Int64Array = np.left_shift(1, owners)
    cost[bits, np.arange(len(first))] = first
    for done in range(1, everything):
        if not np.isfinite(cost[done]).any():
            continue
        through = cost[done][:, None] + between
        best = through.argmin(axis=0)
        for end in np.flatnonzero(bits & ~done).tolist():
            after = done | int(bits[end])
            length = through[best[end], end]
            if length < cost[after, end]:
                cost[after, end], before[after, end] = length, best[end]
    end, done = int(cost[-1].argmin()), everything - 1
    metres, order = float(cost[-1, end]), []
    while end >= 0 and np.isfinite(metres):
        order.append(end)
        done, end = done & ~int(bits[end]), int(before[done, end])
    return metres, order[::-1]
