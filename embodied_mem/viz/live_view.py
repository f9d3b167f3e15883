"""What a memory makes of the picture before it: its objects, drawn where it believes them."""

import numpy as np

from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.types import (
    Float32Array,
    Float64Array,
    Int64Array,
    Observation,
    UInt8Array,
)
from embodied_mem.viz.boxes import PixelBox, draw_boxes

_REACH = 6.0
"""Objects farther away are not drawn, m."""
_SLACK = 0.15
"""What shows that far before or behind an object's box may still be the object, m."""
_LEAST_SHARE = 0.15
"""So much of its box in the picture must show something at its distance."""


def draw_live_view(hippocampus: Hippocampus, width: int) -> UInt8Array:
    """Draws the newest picture with a box round each remembered object that shows in it.

    Args:
        hippocampus: Has observed something.
        width: Of the result, pixels.

    Returns:
        (H, W, 3) RGB.
    """
    observation = hippocampus.latest
    assert observation is not None
    objects = hippocampus.scene.objects
    rows = np.flatnonzero(objects.live & ~objects.missing)
    boxes = _visible_boxes(observation, rows, objects.low[rows], objects.high[rows])
    firm = objects.confirmed()
    return draw_boxes(
        observation.rgb,
        {objects.ids[row]: box for row, box in boxes.items()},
        strong=[objects.ids[row] for row in boxes if firm[row]],
        labels={objects.ids[row]: objects.category[row] for row in boxes},
        scale=width / observation.rgb.shape[1],
        text=12,
    )


def _visible_boxes(
    observation: Observation, rows: Int64Array, low: Float32Array, high: Float32Array
) -> dict[int, PixelBox]:
    """Returns the pixel boxes of the objects that are before the camera and not hidden."""
    if not len(rows):
        return {}
    corners = np.array(np.meshgrid([0, 1], [0, 1], [0, 1])).reshape(3, -1).T
    points = np.where(corners[None], high[:, None], low[:, None]).astype(np.float64)
    camera = np.linalg.inv(observation.T_world_camera)
    seen = points @ camera[:3, :3].T + camera[:3, 3]
    depth = seen[..., 2]
    ahead = (depth.min(axis=1) > 0.1) & (depth.min(axis=1) < _REACH)
    rows, seen, depth = rows[ahead], seen[ahead], depth[ahead]
    pixels = _projected(observation, seen)
    size = np.array([observation.intrinsics.width, observation.intrinsics.height])
    first = np.clip(np.floor(pixels.min(axis=1)), 0, size - 1).astype(int)
    last = np.clip(np.ceil(pixels.max(axis=1)), 0, size - 1).astype(int)
    boxes = {}
    near, far = depth.min(axis=1) - _SLACK, depth.max(axis=1) + _SLACK
    for index, row in enumerate(rows):
        (x0, y0), (x1, y1) = first[index], last[index]
        if x1 - x0 < 3 or y1 - y0 < 3:
            continue
        window = observation.depth[y0 : y1 + 1 : 2, x0 : x1 + 1 : 2]
        if ((window > near[index]) & (window < far[index])).mean() >= _LEAST_SHARE:
            boxes[int(row)] = (int(x0), int(y0), int(x1), int(y1))
    return boxes


def _projected(observation: Observation, points: Float64Array) -> Float64Array:
    """Returns (n, 8, 2) pixels of (n, 8, 3) points in the camera's frame."""
    lens = observation.intrinsics
    scale = np.array([lens.fx, lens.fy])
    pixels: Float64Array = points[..., :2] / points[..., 2:] * scale + np.array([lens.cx, lens.cy])
    return pixels
