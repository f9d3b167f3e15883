"""Object boxes and their labels in a picture."""

from collections.abc import Mapping, Sequence

import cv2
import numpy as np

from embodied_mem.types import UInt8Array
from embodied_mem.viz.palette import Rgb, mark
from embodied_mem.viz.placement import LabelPlacer, Rectangle, around_box
from embodied_mem.viz.text import draw_label, label_size

PixelBox = tuple[int, int, int, int]

_FAINT: Rgb = (255, 255, 255)


def draw_boxes(
    picture: UInt8Array,
    boxes: Mapping[str, PixelBox],
    *,
    strong: Sequence[str],
    labels: Mapping[str, str],
    scale: float = 1.0,
    text: int = 13,
) -> UInt8Array:
    """Draws boxes into a copy of a picture that may be scaled first.

    Args:
        picture: (H, W, 3) RGB.
        boxes: Object id to x0, y0, x1, y1 in pixels of the unscaled picture.
        strong: Object ids drawn in a strong colour, with their label; all others are thin.
        labels: Object id to what its label says; an id without one is its own label.
        scale: Size of the result over that of the picture. Lines and labels do not scale, so
            that they can be read at any size.
        text: Pixels an em of the labels.
    """
    drawn = _scaled(picture, scale)
    bounds = (0.0, 0.0, float(drawn.shape[1]), float(drawn.shape[0]))
    named = [object_id for object_id in strong if object_id in boxes]
    for object_id in sorted(set(boxes) - set(named)):
        _faint_box(drawn, scale_box(boxes[object_id], scale))
    # Large boxes first, so that a small one on top of them stays whole.
    named.sort(key=lambda object_id: (-_area(boxes[object_id]), object_id))
    placer = LabelPlacer(bounds)
    for index, object_id in enumerate(named):
        x0, y0, x1, y1 = scale_box(boxes[object_id], scale)
        cv2.rectangle(drawn, (x0, y0), (x1, y1), (0, 0, 0), 3, cv2.LINE_AA)
        cv2.rectangle(drawn, (x0, y0), (x1, y1), mark(index), 2, cv2.LINE_AA)
        # A label may lie on a large thing but must not hide a small one.
        if (x1 - x0) * (y1 - y0) < (9 * text) ** 2:
            placer.block((x0, y0, x1, y1))
    for index, object_id in reversed(list(enumerate(named))):
        label = labels.get(object_id, object_id)
        box = scale_box(boxes[object_id], scale)
        candidates = around_box(box, label_size(label, text, bold=True))
        place = placer.place(_inside(candidates, bounds), must=True)
        if place is not None:
            draw_label(drawn, label, (round(place[0]), round(place[1])), text, mark(index))
    return drawn


def _inside(candidates: np.ndarray, bounds: Rectangle) -> np.ndarray:
    """Moves each candidate back into the picture, as far as it fits."""
    low, size = candidates[:, :2], candidates[:, 2:] - candidates[:, :2]
    low = np.maximum(np.minimum(low, np.asarray(bounds[2:]) - size), 0)
    return np.hstack([low, low + size])


def _scaled(picture: UInt8Array, scale: float) -> UInt8Array:
    if scale == 1.0:
        return picture.copy()
    height, width = picture.shape[:2]
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    smooth = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
    return cv2.resize(picture, size, interpolation=smooth).astype(np.uint8, copy=False)


def scale_box(box: PixelBox, scale: float) -> PixelBox:
    """Returns a pixel box in a picture that was resized by a factor."""
    x0, y0, x1, y1 = (round(v * scale) for v in box)
    return x0, y0, x1, y1


def _area(box: PixelBox) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _faint_box(picture: UInt8Array, box: PixelBox) -> None:
    overlay = picture.copy()
    cv2.rectangle(overlay, box[:2], box[2:], _FAINT, 1, cv2.LINE_AA)
    picture[:] = cv2.addWeighted(overlay, 0.6, picture, 0.4, 0)
