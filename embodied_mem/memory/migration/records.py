"""One record in another frame, and at other ticks."""

from typing import Any, Final

import msgspec

from embodied_mem.errors import MemoryFileError
from embodied_mem.memory.migration.contents import moved_content
from embodied_mem.memory.migration.frame import Frame
from embodied_mem.memory.migration.payloads import (
    moved_geometry,
    moved_grid,
    moved_voxels,
    read_grid,
    write_grid,
)
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.types import Float64Array

_DIRECTIONLESS: Final = frozenset({"object", "place", "frontier", "map"})
"""Types of facts whose pose says where, and nothing by its direction."""
_TICKS: Final = frozenset({"tick", "first_tick", "last_tick", "until"})


def moved_record(record: MemoryRecord, frame: Frame) -> MemoryRecord:
    """Returns a record as it is in another frame: pose, content, and maps and shapes in payloads.

    Pictures stay as they are; the pose of the camera moves.

    Raises:
        DamagedRecordError: If the payload of a map does not read.
    """
    content = moved_content(record.content, frame, _shape(record, frame))
    kind = record.content.get("type")
    payload = record.payload
    if kind == "map" and payload:
        content, payload = _moved_map(record, content, frame)
    elif kind == "object" and payload:
        payload = _moved_shape(payload, frame)
    old = pose = record.pose
    if old is not None:
        # A thing on a table has a turn of its own; other objects do not.
        turned = kind not in _DIRECTIONLESS or "yaw" in record.content
        pose = frame.pose(old, turned=turned)
        point = _point_of(content)
        if _point_of(record.content) == old[:3] and point is not None:
            pose = (*point, *pose[3:])
        elif kind == "map":
            x, y = content["origin"]
            pose = (round(x, 6) + 0.0, round(y, 6) + 0.0, *pose[2:])
    return msgspec.structs.replace(record, content=content, pose=pose, payload=payload)


def _point_of(content: dict[str, Any]) -> tuple[float, float, float] | None:
    """Returns the position of a content as poses hold it."""
    position = content.get("position")
    if not isinstance(position, (list, tuple)) or len(position) != 3:
        return None
    x, y, z = (round(part, 6) + 0.0 for part in position)
    return (x, y, z)


def _shape(record: MemoryRecord, frame: Frame) -> Float64Array | None:
    """Returns where the voxels of an object come to, where its box is turned by no right angle."""
    content = record.content
    known = content.get("type") == "object" and {"box_min", "box_max"} <= set(content)
    if not known or not record.payload or frame.quarters is not None:
        return None
    try:
        return moved_voxels(record.payload[0], content["box_min"], content["box_max"], frame)
    except MemoryFileError:
        return None  # a payload of another kind


def _moved_map(
    record: MemoryRecord, content: dict[str, Any], frame: Frame
) -> tuple[dict[str, Any], tuple[bytes, ...]]:
    x, y = record.content["origin"]
    old = read_grid(b"".join(record.payload))
    states, origin = moved_grid(old, (x, y), record.content["cell"], frame)
    return {**content, "origin": list(origin)}, (write_grid(states),)


def _moved_shape(payload: tuple[bytes, ...], frame: Frame) -> tuple[bytes, ...]:
    try:
        return (moved_geometry(payload[0], frame), *payload[1:])
    except MemoryFileError:
        return payload  # an object of a table, say, whose payload is no set of voxels


def shifted_record(record: MemoryRecord, ticks: int) -> MemoryRecord:
    """Returns a record as if all had happened so many ticks later; its id stays."""
    if ticks == 0:
        return record
    use = record.statistics
    read = None if use.last_read is None else max(0, use.last_read + ticks)
    return msgspec.structs.replace(
        record,
        content=_shifted(record.content, ticks),
        valid_from=record.valid_from + ticks,
        valid_to=None if record.valid_to is None else record.valid_to + ticks,
        recorded_at=record.recorded_at + ticks,
        superseded_at=None if record.superseded_at is None else record.superseded_at + ticks,
        statistics=msgspec.structs.replace(use, last_read=read),
    )


def _shifted(value: Any, ticks: int, key: str = "") -> Any:
    if key in _TICKS and isinstance(value, int) and not isinstance(value, bool):
        return value + ticks
    if isinstance(value, dict):
        return {name: _shifted(each, ticks, name) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_shifted(each, ticks) for each in value]
    return value
