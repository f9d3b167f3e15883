"""The way that the body took, in a bounded number of points."""

from collections.abc import Callable

import numpy as np

from embodied_mem.memory.facts import WalkFact
from embodied_mem.types import Float64Array, Observation


class Walk:
    """Records positions at least `spacing` metres apart; the spacing doubles when it is full."""

    def __init__(self, spacing: float = 0.1, capacity: int = 2000) -> None:
        self._spacing = spacing
        self._capacity = capacity
        self._path: list[tuple[float, float]] = []
        self._heights: list[float] = []
        self._last: tuple[float, float] | None = None
        self.length = 0.0
        """Metres walked."""
        self.frames = 0
        self._first_tick = 0

    def add(self, observation: Observation) -> None:
        """Takes in where the body is now."""
        x, y = (float(value) for value in observation.T_world_body[:2, 3])
        if self._last is None:
            self._first_tick = observation.tick
        else:
            self.length += float(np.hypot(x - self._last[0], y - self._last[1]))
        self.frames += 1
        self._last = (x, y)
        if (
            not self._path
            or np.hypot(x - self._path[-1][0], y - self._path[-1][1]) >= self._spacing
        ):
            self._path.append((round(x, 3), round(y, 3)))
            self._heights.append(float(observation.T_world_body[2, 3]))
        if len(self._path) > self._capacity:
            self._path = self._path[::2]
            self._heights = self._heights[::2]
            self._spacing *= 2.0

    def move(self, where: Callable[[Float64Array], Float64Array]) -> None:
        """Moves the way, because the poses that it was told by were wrong.

        Args:
            where: Returns for (n, 2) points, as they were believed, the (n, 2) points that are so.
        """
        if self._path:
            path = where(np.array(self._path, np.float64)).tolist()
            self._path = [(round(x, 3), round(y, 3)) for x, y in path]
            self._last = self._path[-1]

    def points(self) -> Float64Array:
        """Returns the (N, 3) points of the way, m."""
        return np.column_stack([np.array(self._path).reshape(-1, 2), self._heights])

    def fact(self, tick: int, floor_at: Callable[[float], int] | None = None) -> WalkFact:
        """Returns the walk until now.

        Args:
            tick: Now.
            floor_at: Tells the floor of a world height, where there is more than one.
        """
        floors = () if floor_at is None else tuple(floor_at(z) for z in self._heights)
        return WalkFact(
            path=tuple(self._path),
            length=round(self.length, 3),
            frames=self.frames,
            first_tick=self._first_tick,
            last_tick=tick,
            floors=floors if len(set(floors)) > 1 else (),
        )
