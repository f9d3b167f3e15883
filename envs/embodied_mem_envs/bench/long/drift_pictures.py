"""The map that a walk left: as it drifted, corrected, and with true poses, side by side."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np

from embodied_mem.types import UInt8Array
from embodied_mem_envs.bench.long.drift_walk import DriftWalk

_PIXELS = 6
_SHOWN: Final = {
    "drifting": "drifting odometry",
    "corrected": "corrected",
    "perfect": "perfect poses",
}
_COLOURS: Final = np.array([[203, 203, 203], [255, 255, 255], [64, 64, 64]], np.uint8)
_TRUE, _BELIEVED = (150, 170, 80), (60, 60, 220)


def draw_maps(walk: DriftWalk, path: Path) -> None:
    """Draws the occupancy of three memories with the way as believed and, in green, as it was."""
    low, high = _bounds(walk)
    panels = [_panel(walk, arm, low, high) for arm in _SHOWN]
    gap = np.full((panels[0].shape[0], 12, 3), 255, np.uint8)
    row = np.hstack([panels[0], gap, panels[1], gap, panels[2]])
    cv2.imwrite(str(path), row)


def _bounds(walk: DriftWalk) -> tuple[np.ndarray, np.ndarray]:
    """Returns the (2,) corners, m, of what any of the maps knows."""
    corners = []
    for states, origin, cell in (walk.maps[arm] for arm in _SHOWN):
        rows, cols = np.nonzero(states)
        xy = np.column_stack([cols, rows]) * cell + np.array(origin)
        corners += [xy.min(axis=0), xy.max(axis=0) + cell]
    return np.min(corners, axis=0) - 0.3, np.max(corners, axis=0) + 0.3


def _panel(walk: DriftWalk, arm: str, low: np.ndarray, high: np.ndarray) -> UInt8Array:
    states, origin, cell = walk.maps[arm]
    cols, rows = np.ceil((high - low) / cell).astype(int)
    picture = np.tile(_COLOURS[0], (rows, cols, 1))
    at = np.rint((np.array(origin) - low) / cell).astype(int)
    row, col = np.nonzero(states)
    inside = (row + at[1] >= 0) & (row + at[1] < rows) & (col + at[0] >= 0) & (col + at[0] < cols)
    row, col = row[inside], col[inside]
    picture[row + at[1], col + at[0]] = _COLOURS[states[row, col]]
    picture = np.repeat(np.repeat(picture, _PIXELS, axis=0), _PIXELS, axis=1)
    for name, colour in (("true", _TRUE), (arm, _BELIEVED)):
        points = (walk.paths[name][:, :2] - low) / cell * _PIXELS
        line = [np.rint(points).astype(np.int32)]
        cv2.polylines(picture, line, False, colour, 1, cv2.LINE_AA)
    picture = np.ascontiguousarray(picture[::-1])
    cv2.putText(
        picture, _SHOWN[arm], (8, 22), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (0, 0, 0), 1, cv2.LINE_AA
    )
    return np.asarray(picture, np.uint8)
