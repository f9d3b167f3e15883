"""The floor that the body is on, as a memory has it now, drawn fast enough for every tick."""

import cv2
import numpy as np

from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.scene.occupancy import Occupancy
from embodied_mem.types import Float64Array, Int64Array, UInt8Array
from embodied_mem.viz.canvas import Canvas
from embodied_mem.viz.map_layers import END, FREE, FRONTIER, OCCUPIED, UNKNOWN, VIEW
from embodied_mem.viz.palette import colour_of

_LARGEST = 60.0
"""Pixels a metre at most."""
_GROUND = np.array([UNKNOWN, FREE, OCCUPIED], np.uint8)
_WEDGE, _HALF = 0.5, 0.5
"""How far and how wide the drawn view of a snapshot is, m and rad."""


def draw_live_map(hippocampus: Hippocampus, width: int, height: int) -> UInt8Array:
    """Draws free and occupied floor, objects, frontiers, snapshots and the body; y is up.

    Args:
        hippocampus: Has observed something.
        width: Of the result, pixels.
        height: Of the result, pixels.

    Returns:
        (height, width, 3) RGB.
    """
    scene = hippocampus.scene
    here = scene.storeys.current.index
    place = _Placement(scene.occupancy, width, height)
    canvas = Canvas(place.ground())
    _draw_objects(canvas, hippocampus, place, here)
    for column in scene.snapshots.columns():
        camera = scene.snapshots.frame(column).T_world_camera
        if scene.storeys.index_at(float(camera[2, 3])) == here:
            _draw_wedge(canvas, camera, place)
    for frontier in scene.frontiers:
        canvas.disc(place.pixels(np.array(frontier.centroid)), 5.0, FRONTIER)
    walked = hippocampus.walk.points()
    own = np.array([scene.storeys.index_at(float(z)) == here for z in walked[:, 2]])
    for first in np.flatnonzero(own[:-1] & own[1:]):
        canvas.line(place.pixels(walked[first : first + 2, :2]), END, 1)
    assert hippocampus.latest is not None
    _draw_body(canvas, hippocampus.latest.T_world_body, place)
    return canvas.picture


class _Placement:
    """Where metres fall on the picture."""

    def __init__(self, occupancy: Occupancy, width: int, height: int) -> None:
        rows, cols = occupancy.known_window(rim=3)
        self._states = occupancy.states[rows, cols]
        size = np.array(self._states.shape[::-1]) * occupancy.cell
        scale = min(_LARGEST, width / max(size[0], 1e-6), height / max(size[1], 1e-6))
        self.scale = float(scale)
        low = occupancy.origin + np.array([cols.start, rows.start]) * occupancy.cell
        self._size = (width, height)
        self._left = float(low[0] - (width / scale - size[0]) / 2)
        self._top = float(low[1] + size[1] + (height / scale - size[1]) / 2)
        self._low, self._cell = low, occupancy.cell

    def pixels(self, points: Float64Array) -> Float64Array:
        """Returns (..., 2) pixels of (..., 2) metres."""
        x = (points[..., 0] - self._left) * self.scale
        y = (self._top - points[..., 1]) * self.scale
        result: Float64Array = np.stack([x, y], axis=-1)
        return result

    def ground(self) -> UInt8Array:
        """Returns the picture with nothing but the floor on it."""
        step = self.scale * self._cell
        corner = self.pixels(self._low + np.array([0.5, 0.5]) * self._cell)
        matrix = np.array([[step, 0.0, corner[0]], [0.0, -step, corner[1]]])
        codes = cv2.warpAffine(
            self._states, matrix, self._size, flags=cv2.INTER_NEAREST, borderValue=[0]
        )
        picture: UInt8Array = _GROUND[codes]
        return picture


def _draw_objects(canvas: Canvas, hippocampus: Hippocampus, place: _Placement, floor: int) -> None:
    objects = hippocampus.scene.objects
    known = np.flatnonzero(objects.live & ~objects.missing)
    here = [hippocampus.scene.floor_of(int(row)) == floor for row in known]
    rows: Int64Array = known[here]
    for row in rows[np.argsort(objects.high[rows, 2], kind="stable")]:
        (x0, y0), (x1, y1) = objects.low[row, :2], objects.high[row, :2]
        corners = place.pixels(np.array([(x0, y0), (x1, y0), (x1, y1), (x0, y1)], np.float64))
        paint = colour_of(hippocampus.scene.object_fact(int(row)).colour)
        canvas.polygon(corners, paint)
        canvas.line(corners, OCCUPIED, 1, closed=True)


def _draw_wedge(canvas: Canvas, T_world_camera: Float64Array, place: _Placement) -> None:
    middle = np.arctan2(T_world_camera[1, 2], T_world_camera[0, 2])
    angles = middle + np.array([-_HALF, _HALF])
    rim = T_world_camera[:2, 3] + _WEDGE * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    canvas.polygon(place.pixels(np.vstack([T_world_camera[None, :2, 3], rim])), VIEW, 0.35)


def _draw_body(canvas: Canvas, T_world_body: Float64Array, place: _Placement) -> None:
    forward, left = T_world_body[:2, 0], T_world_body[:2, 1]
    here = T_world_body[:2, 3]
    arrow = np.stack([here + 0.3 * forward, here - 0.15 * forward + 0.17 * left])
    arrow = np.vstack([arrow, here - 0.15 * forward - 0.17 * left])
    canvas.polygon(place.pixels(arrow), END)
