"""A walk through a house that does not depend on the memory: the same input for every candidate.

The tour knows the ground truth. It goes to a random reachable point of each room in turn, looks
around there, and starts over, with the same steps as a body: 0.25 m or 30 degrees a tick.
"""

from collections.abc import Iterator
from itertools import count

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import dijkstra

from embodied_mem.types import BoolArray, Float64Array
from embodied_mem_envs.house import House

STEP = 0.25
TURN = np.pi / 6
CELL = 0.1
CLEAR = 0.22
"""Radius that the way is planned for, metres: a little more than the body's."""


def tour(
    house: House,
    seed: int,
    start: tuple[float, float, float] | None = None,
    rounds: int | None = None,
) -> Iterator[tuple[float, float, float]]:
    """Yields x, y and yaw of the body, tick by tick.

    Args:
        house: Where to walk.
        seed: Of the order of the rooms and the points in them.
        start: x, y and yaw to begin at; the house's own start if None.
        rounds: How often it goes through all rooms; without end if None.
    """
    rng = np.random.default_rng(seed)
    free, origin = house.reachable_floor(radius=CLEAR, cell=CELL)
    cells = np.argwhere(free)
    points: Float64Array = np.asarray(origin) + (cells[:, ::-1] + 0.5) * CELL
    graph = _grid_graph(free)
    x, y, yaw = start or house.start
    at = int(np.linalg.norm(points - (x, y), axis=1).argmin())
    for _ in count() if rounds is None else range(rounds):
        for room in rng.permutation(len(house.rooms)):
            goal = _point_in_room(house, int(room), points, rng)
            if goal is None:
                continue
            path = _shortest(graph, at, goal)
            for pose in _walk(points[path], yaw):
                yield pose
                x, y, yaw = pose
            at = goal
            for _ in range(12):
                yaw += TURN
                yield x, y, yaw


def _point_in_room(
    house: House, room: int, points: Float64Array, rng: np.random.Generator
) -> int | None:
    low, high = np.array(house.rooms[room].min), np.array(house.rooms[room].max)
    inside = np.flatnonzero(((points > low) & (points < high)).all(axis=1))
    return int(rng.choice(inside)) if inside.size else None


def _grid_graph(free: BoolArray) -> coo_matrix:
    """Returns the 8-neighbour graph over the free cells, in row-major order of the cells."""
    index = np.full(free.shape, -1)
    index[free] = np.arange(np.count_nonzero(free))
    rows, columns, costs = [], [], []
    for dr, dc in ((0, 1), (1, 0), (1, 1), (1, -1)):
        first = index[: free.shape[0] - dr, max(0, -dc) : free.shape[1] - max(0, dc)]
        second = index[dr:, max(0, dc) : free.shape[1] - max(0, -dc)]
        both = (first >= 0) & (second >= 0)
        rows.append(first[both])
        columns.append(second[both])
        costs.append(np.full(np.count_nonzero(both), CELL * np.hypot(dr, dc)))
    count = int(index.max()) + 1
    entries = (np.concatenate(costs), (np.concatenate(rows), np.concatenate(columns)))
    return coo_matrix(entries, shape=(count, count)).tocsr()


def _shortest(graph: coo_matrix, start: int, goal: int) -> list[int]:
    _, before = dijkstra(graph, directed=False, indices=start, return_predecessors=True)
    path = [goal]
    while path[-1] != start and before[path[-1]] >= 0:
        path.append(int(before[path[-1]]))
    return path[::-1]


def _walk(path: Float64Array, yaw: float) -> Iterator[tuple[float, float, float]]:
    """Follows a path of close points by turns of at most 30 degrees and steps of 0.25 m."""
    stride = max(1, round(STEP / CELL))
    position = path[0]
    for target in [*path[stride::stride], path[-1]]:
        offset = target - position
        if np.hypot(*offset) < 1e-6:
            continue
        heading = float(np.arctan2(offset[1], offset[0]))
        while abs(turn := (heading - yaw + np.pi) % (2 * np.pi) - np.pi) > TURN:
            yaw += float(np.clip(turn, -TURN, TURN))
            yield float(position[0]), float(position[1]), yaw
        yaw, position = heading, target
        yield float(position[0]), float(position[1]), yaw
