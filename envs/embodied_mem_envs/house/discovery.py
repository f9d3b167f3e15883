"""What a walk has shown of a house so far, by the truth: floor cells and objects."""

from dataclasses import dataclass

import numpy as np

from embodied_mem.types import BoolArray, Float64Array, Int64Array, Observation
from embodied_mem_envs.house.house import House

CELL = 0.1
_FLOOR_BAND = 0.03


@dataclass(frozen=True, slots=True, eq=False)
class FloorSeen:
    """What was seen of one floor; cell (row, column) begins at origin + (column, row) * `CELL`."""

    level: float
    """World height of the floor, metres."""
    origin: tuple[float, float]
    reachable: BoolArray
    """Cells that a body can reach; rows along y."""
    seen: BoolArray
    """Cells of floor seen so far, reachable or not."""

    def mark(self, world: Float64Array) -> int:
        """Marks the cells under those of (N, 3) points that lie on the floor; returns the new."""
        level = np.abs(world[:, 2] - self.level) < _FLOOR_BAND
        cells: Int64Array = np.floor((world[level, :2] - self.origin) / CELL).astype(np.int64)
        inside = (cells >= 0).all(axis=1) & (cells < self.seen.shape[::-1]).all(axis=1)
        cells = cells[inside]
        before = int(self.seen.sum())
        self.seen[cells[:, 1], cells[:, 0]] = True
        return int(self.seen.sum()) - before


class Discovery:
    """Counts newly seen floor and newly seen objects, frame by frame.

    Args of the constructor set what counts as seen: floor within `max_range` metres, objects with
    at least `min_share` of the image within it. Steps are no floor.
    """

    def __init__(self, house: House, *, max_range: float = 5.0, min_share: float = 0.001) -> None:
        self._house = house
        self._max_range = max_range
        self._min_share = min_share
        found = [house.reachable_floor(cell=CELL, floor=k) for k in range(len(house.levels))]
        self.floors: tuple[FloorSeen, ...] = tuple(
            FloorSeen(level, origin, reachable, np.zeros_like(reachable))
            for level, (reachable, origin) in zip(house.levels, found, strict=True)
        )
        """What was seen of each floor of the house, the lowest first."""
        self.objects: set[str] = set()
        """Ids of the objects seen so far."""

    @property
    def floor_share(self) -> float:
        """Share of the reachable floor that was seen, all floors together."""
        seen = sum(int((floor.seen & floor.reachable).sum()) for floor in self.floors)
        return seen / sum(int(floor.reachable.sum()) for floor in self.floors)

    def update(self, observation: Observation, T_world_camera: Float64Array) -> tuple[float, int]:
        """Takes in one frame.

        Args:
            observation: The frame, with exact instance ids.
            T_world_camera: The exact camera pose; that of the observation may drift.

        Returns:
            Newly seen floor, square metres, and the number of newly seen objects.
        """
        assert observation.instance is not None
        near = (observation.depth > 0.0) & (observation.depth <= self._max_range)
        fresh = self._floor(observation, near & (observation.instance == 0), T_world_camera)
        needed = max(self._min_share * near.size, 1.0)
        numbers, pixels = np.unique(observation.instance[near], return_counts=True)
        names = self._house.instance_to_object
        shown = {names[n] for n in numbers[pixels >= needed].tolist() if n in names}
        new = len(shown - self.objects)
        self.objects |= shown
        return fresh * CELL * CELL, new

    def _floor(self, observation: Observation, mask: BoolArray, pose: Float64Array) -> int:
        """Marks the cells under the floor pixels and returns how many are new."""
        rows, columns = np.nonzero(mask)
        camera = observation.intrinsics
        z = observation.depth[rows, columns].astype(np.float64)
        local = np.stack(
            [(columns - camera.cx) / camera.fx * z, (rows - camera.cy) / camera.fy * z, z], axis=1
        )
        world = local @ pose[:3, :3].T + pose[:3, 3]
        return sum(floor.mark(world) for floor in self.floors)
