"""What a record's content says of places, in another frame."""

from collections.abc import Mapping
from typing import Any, Final

import numpy as np

from embodied_mem.memory.migration.frame import Frame, tidy
from embodied_mem.types import Float64Array

_POINTS: Final = frozenset({"position", "centroid", "origin", "point", "centre"})
_DIRECTIONS: Final = frozenset({"direction", "heading"})
_PATHS: Final = frozenset({"path", "points", "positions"})
_BOX: Final = ("box_min", "box_max")
UPRIGHT: Final = "upright"
"""Key under which a box that was turned by no right angle keeps what it was, and the turn."""


def moved_content(
    content: Mapping[str, Any], frame: Frame, shape: Float64Array | None = None
) -> dict[str, Any]:
    """Moves all that names a place, at any depth, told by its key and its form.

    Keys: `position`, `centroid`, `origin`, `point`, `centre` are points of 2 or 3 numbers;
    `direction` and `heading` are vectors; `path`, `points` and `positions` are lists of points;
    `box_min` with `box_max` is a box; `yaw` is an angle about z.

    A box that is turned by no right angle becomes the upright box that holds it, or as much of
    that as the voxels inside it take, and its position the middle of that. It keeps what it was
    under `upright`, so that the way back gives the very box, and two turns grow it once.

    Args:
        content: Of a record.
        frame: Where to.
        shape: (n, 6) lower and upper corners of the moved voxels of what has the box, metres, as
            upright boxes; None where they are not known.
    """
    moved = {key: _moved(key, value, frame) for key, value in content.items()}
    if all(_is_point(content.get(key), (3,)) for key in _BOX):
        moved.pop(UPRIGHT, None)
        moved |= _moved_box(content, frame, shape)
    return moved


def _moved(key: str, value: Any, frame: Frame) -> Any:
    if key in _POINTS and _is_point(value, (2, 3)):
        return list(frame.point(value))
    if key in _DIRECTIONS and _is_point(value, (2, 3)):
        return list(frame.vector(value))
    if key in _PATHS and _is_path(value):
        return [list(frame.point(each)) for each in value]
    if key == "yaw" and _is_number(value):
        return tidy((value + frame.yaw + np.pi) % (2.0 * np.pi) - np.pi)
    if key == UPRIGHT:
        return value
    if isinstance(value, Mapping):
        return moved_content(value, frame)
    if isinstance(value, (list, tuple)):
        return [_moved("", each, frame) for each in value]
    return value


def _moved_box(
    content: Mapping[str, Any], frame: Frame, shape: Float64Array | None
) -> dict[str, Any]:
    """Returns the new corners, and what to keep of the old ones."""
    first = content.get(UPRIGHT)
    low, high = content["box_min"], content["box_max"]
    if first is None and frame.quarters is not None:
        new_low, new_high = frame.box(low, high)
        return {"box_min": list(new_low), "box_max": list(new_high)}
    if first is None:
        first = {
            "half": [0.5 * (b - a) for a, b in zip(low, high, strict=True)],
            "middle": [0.5 * (a + b) for a, b in zip(low, high, strict=True)],
            "position": content.get("position"),
            "yaw": 0.0,
        }
    yaw = Frame(first["yaw"] + frame.yaw, (0.0, 0.0, 0.0))
    half = np.array(yaw.box([-side for side in first["half"]], first["half"])[1])
    kept = {
        "half": list(first["half"]),
        "middle": list(frame.point(first["middle"])),
        "position": _moved("position", first["position"], frame),
        "yaw": yaw.yaw,
    }
    lowest, highest = np.array(kept["middle"]) - half, np.array(kept["middle"]) + half
    if yaw.quarters is not None:
        position = {} if kept["position"] is None else {"position": kept["position"]}
        return {**_corners(lowest, highest), **position}
    if shape is not None and len(shape):
        lowest = np.maximum(lowest, shape[:, :3].min(axis=0))
        highest = np.minimum(highest, shape[:, 3:].max(axis=0))
    position = {}
    if kept["position"] is not None:
        position = {"position": [tidy(x) for x in (0.5 * (lowest + highest)).tolist()]}
    return {**_corners(lowest, highest), **position, UPRIGHT: kept}


def _corners(low: Float64Array, high: Float64Array) -> dict[str, Any]:
    return {
        "box_min": [tidy(x) for x in low.tolist()],
        "box_max": [tidy(x) for x in high.tolist()],
    }


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_point(value: Any, sizes: tuple[int, ...]) -> bool:
    return isinstance(value, (list, tuple)) and len(value) in sizes and all(map(_is_number, value))


def _is_path(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(_is_point(each, (2, 3)) for each in value)
