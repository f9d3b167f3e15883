"""Negative evidence: an object that should be in the picture and is not may be gone.

A view counts where the object's remembered surface is in the picture, near, not occluded, and
large enough to be found. How much it counts is learned per object: one that perception has always
found is held gone after two or three such views, one that it often misses only after many. So the
rule suits a perfect segmenter and a poor one alike, and a book that lay on a table, whose place
can never be seen through, as well as a chair.
"""

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
    """A surface this much behind a voxel, metres, is another surface: the voxel is empty."""
    margin_slope: float = 0.03
    """Added to the margin for each metre of depth."""
    samples: int = 48
    """Voxels of one object that a frame looks at."""
    min_visible: float = 0.5
    """Share of the samples that must be in view and not occluded."""
    min_pixels: float = 18.0
    """Strided pixels that the object must be expected to cover."""
    before: float = 0.05
    """A surface this much in front of a voxel hides it, metres, plus `before_slope` per metre."""
    before_slope: float = 0.01
    """Added for each metre of depth."""
    min_miss: float = 0.03
    """No object is taken to be missed less often than this: views that follow are alike."""
    doubt: float = 3e-4
    """An object is held gone when being missed so often by chance is less likely than this."""


def look_for(
    frame: Frame, table: ObjectTable, matched: Int64Array, config: EvidenceConfig
) -> list[int]:
    """Notes what this frame says against the objects that should be in it.

    Matched objects lose stray voxels that were seen through; unmatched ones that should have been
    found gain a view of absence.

    Returns:
        Rows that have now been missed often enough to hold them gone.
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
    found = np.isin(rows, matched)
    shares = np.array([part.mean() for part in np.split(visible, ends)])
    expected = _expected_pixels(frame, table, rows) * shares >= config.min_pixels
    absent = rows[~found & expected & (shares >= config.min_visible)]
    table.absent[absent] += 1
    for position in np.flatnonzero(found):
        passed = np.split(through, ends)[position]
        if passed.any():
            row, stray = int(rows[position]), np.zeros(len(table.keys[rows[position]]), bool)
            stray[picks[position][passed]] = True
            table.see_through(row, stray)
    return [int(row) for row in absent if _is_gone(table, int(row), config)]


def _is_gone(table: ObjectTable, row: int, config: EvidenceConfig) -> bool:
    """Weighs the views in which an object was missed against how often it is missed at all."""
    found, missed = float(table.found[row]), float(table.missed[row])
    miss = max((missed + 0.5) / (found + missed + 1.5), config.min_miss)
    return bool(miss ** int(table.absent[row]) < config.doubt)


def _expected_pixels(frame: Frame, table: ObjectTable, rows: Int64Array) -> Float64Array:
    """Returns how many strided pixels each object usually covers from as far as this."""
    centres = 0.5 * (table.low[rows] + table.high[rows])
    depth: Float64Array = np.maximum(_project(frame, centres)[0], 0.3)
    focal = frame.observation.intrinsics.fx / frame.stride
    pixels: Float64Array = np.square(focal / depth) * table.area[rows]
    return pixels


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
    hidden = seen < depth - config.before - config.before_slope * depth
    visible = inside & (seen > 0.0) & ~hidden
    return through, visible
