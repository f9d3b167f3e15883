"""Which parts of the known floor were looked at lately: where a thing cannot be unnoticed."""

from typing import Final, final

import numpy as np

from embodied_mem.types import Float64Array, Int64Array, Observation

SQUARE: Final = 0.25
"""Side of the squares that are told apart, m."""
_STRIDE_COLUMNS: Final = 40
_SHIFT: Final = 1 << 20


@final
class Searched:
    """Remembers for each square of the plan from how near it was last looked into.

    A square counts as looked into where a surface over it was in the picture; what stands on a
    table is seen with the table top. Each floor of a house has squares of its own.
    """

    def __init__(self) -> None:
        self.floor = 0
        """A number for the floor that the body is on."""
        self._floors: dict[int, dict[int, float]] = {}
        self._nearest = self._floors.setdefault(self.floor, {})

    def stand_on(self, floor: int) -> None:
        """Hears on which floor the body is; what is added and asked for is of that one.

        Args:
            floor: A number that stays with the floor.
        """
        if floor != self.floor:
            self.floor = floor
            self._nearest = self._floors.setdefault(floor, {})

    def forget(self) -> None:
        """Hears that things may lie elsewhere now."""
        for nearest in self._floors.values():
            nearest.clear()

    def add(self, observation: Observation) -> None:
        """Notes what one picture shows."""
        stride = max(1, observation.depth.shape[1] // _STRIDE_COLUMNS)
        depth = observation.depth[::stride, ::stride]
        valid = (depth > 0.0) & (depth < 5.0)
        rows, columns = np.nonzero(valid)
        if len(rows) == 0:
            return
        near = depth[rows, columns].astype(np.float64)
        view = observation.intrinsics
        rays = np.stack(
            [
                (columns * stride - view.cx) / view.fx,
                (rows * stride - view.cy) / view.fy,
                np.ones(len(rows)),
            ],
            axis=1,
        )
        pose = observation.T_world_camera
        points = (rays * near[:, None]) @ pose[:3, :3].T + pose[:3, 3]
        keys = _keys(points[:, :2])
        order = np.lexsort((near, keys))
        unique, first = np.unique(keys[order], return_index=True)
        for key, distance in zip(unique.tolist(), near[order][first].tolist(), strict=True):
            if distance < self._nearest.get(key, np.inf):
                self._nearest[key] = distance

    def nearest(self, xy: Float64Array) -> Float64Array:
        """Returns (n,) from how near the squares of (n, 2) points were seen, m; inf for never."""
        keys = _keys(np.asarray(xy, np.float64))
        return np.array([self._nearest.get(key, np.inf) for key in keys.tolist()], np.float64)


def _keys(xy: Float64Array) -> Int64Array:
    cells = np.floor(xy / SQUARE).astype(np.int64)
    keys: Int64Array = (cells[:, 0] + _SHIFT // 2) * _SHIFT + cells[:, 1] + _SHIFT // 2
    return keys
