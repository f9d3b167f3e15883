"""Negative evidence: objects whose place a frame sees through are not there any more."""

from dataclasses import dataclass

import cv2
import numpy as np

from embodied_mem.perception import Frame
from embodied_mem.scene import voxels
from embodied_mem.scene.objects import ObjectTable
from embodied_mem.types import BoolArray, Float32Array, Float64Array, Int64Array


@dataclass(frozen=True, kw_only=True, slots=True)
class EvidenceConfig:
    """When a place counts as seen to be empty."""

    max_range: float = 4.0
    """Farther objects are not judged, metres."""
    margin: float = 0.12
    """The surface must lie this much behind a voxel, metres, plus `margin_slope` per metre."""
    margin_slope: float = 0.03
    samples: int = 48
    """Voxels of one object that a frame looks at."""
    min_visible: float = 0.5
    """Share of the samples that must be in view and not occluded."""
    min_through: float = 0.85
    """Share of the visible samples that must be seen through."""


def look_through(
    frame: Frame, table: ObjectTable, matched: Int64Array, config: EvidenceConfig
) -> list[int]:
    """Notes what this frame says against the objects in view.

    Matched objects lose stray voxels that were seen through; unmatched ones gain a view of
    absence where nearly all of their visible part was seen through.

    Returns:
        Rows whose place has now been seen empty often enough to hold them gone.
    """
    rows = _rows_in_view(frame, table, config.max_range)
    if rows.size == 0:
        return []
    tick = frame.observation.tick
    picks = [_sample(len(table.keys[row]), config.samples, tick) for row in rows]
    points = np.concatenate(
        [
            voxels.centres(table.keys[row][pick], table.voxel_size(row))
            for row, pick in zip(rows, picks, strict=True)
        ]
    )
    through, visible = _classify(frame, points, config)
    ends = np.cumsum([len(pick) for pick in picks])[:-1]
    gone: list[int] = []
    for row, pick, passed, seen in zip(
        rows, picks, np.split(through, ends), np.split(visible, ends), strict=True
    ):
        if row in matched:
            if passed.any():
                stray = np.zeros(len(table.keys[row]), dtype=bool)
                stray[pick[passed]] = True
                table.see_through(int(row), stray)
        elif seen.mean() >= config.min_visible and passed.sum() >= config.min_through * seen.sum():
            table.absent[row] += 1
            if table.absent[row] >= table.config.absent_views and not table.missing[row]:
                gone.append(int(row))
    return gone


def _rows_in_view(frame: Frame, table: ObjectTable, max_range: float) -> Int64Array:
    """Returns live rows whose box centre projects into the picture within range."""
    rows = table.rows()
    centres = 0.5 * (table.low[rows] + table.high[rows])
    depth, u, v = _project(frame, centres)
    observation = frame.observation
    inside = (depth > 0.3) & (depth < max_range) & ~table.missing[rows]
    inside &= (u >= 0) & (u < observation.intrinsics.width)
    inside &= (v >= 0) & (v < observation.intrinsics.height)
    return rows[inside]


def _sample(count: int, samples: int, tick: int) -> Int64Array:
    """Picks evenly spread indices; the offset turns with time so that all get their turn."""
    step = max(1, -(-count // samples))
    return np.arange(tick % step, count, step)


def _project(frame: Frame, points: Float32Array) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Returns depth and full-resolution pixel coordinates of world points."""
    pose, camera = frame.observation.T_world_camera, frame.observation.intrinsics
    local = (points - pose[:3, 3]) @ pose[:3, :3]
    depth = local[:, 2]
    safe = np.where(depth > 1e-6, depth, 1e-6)
    return (
        depth,
        local[:, 0] / safe * camera.fx + camera.cx,
        local[:, 1] / safe * camera.fy + camera.cy,
    )


def _classify(
    frame: Frame, points: Float32Array, config: EvidenceConfig
) -> tuple[BoolArray, BoolArray]:
    """Tells which points a frame sees through, and which it sees at all (not occluded).

    The nearest depth among the neighbouring pixels counts, so that a ray that slips past a thin
    pole is no evidence against the pole.
    """
    height, width = frame.shape
    surface = np.where(frame.valid, frame.depth, np.float32(0.0))
    nearest = cv2.erode(surface, np.ones((3, 3), np.uint8))
    depth, u, v = _project(frame, points)
    column = np.round(u / frame.stride).astype(np.int64)
    row = np.round(v / frame.stride).astype(np.int64)
    inside = (depth > 0.1) & (column >= 0) & (column < width) & (row >= 0) & (row < height)
    seen = np.zeros(len(points), np.float32)
    seen[inside] = nearest[row[inside], column[inside]]
    margin = config.margin + config.margin_slope * depth
    through = inside & (seen > depth + margin)
    visible = through | (inside & (seen > 0.0) & (np.abs(seen - depth) <= margin))
    return through, visible
