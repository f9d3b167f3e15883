"""Frames as columns of Arrow: what lies in the data files."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from embodied_mem.errors import MissingExtraError
from embodied_mem.recordings.lerobot.entries import (
    CommandEntry,
    Done,
    Heading,
    Seen,
    command_names,
    command_vector,
)
from embodied_mem.recordings.lerobot.features import (
    Feature,
    colour_key,
    depth_key,
    features_of,
    frames_per_second,
    instance_key,
)
from embodied_mem.types import AnyArray, Command, Float64Array

_NOTHING = CommandEntry.of(Command())


@dataclass(frozen=True, slots=True)
class Frame:
    """One row: an observation and the commands that followed it."""

    seen: Seen
    commands: list[Done] = field(default_factory=list)

    @property
    def nbytes(self) -> int:
        """Bytes of its pictures."""
        return len(self.seen.rgb) + len(self.seen.depth) + len(self.seen.instance or b"")


def require_pyarrow() -> tuple[Any, Any]:
    """Returns `pyarrow` and `pyarrow.parquet`.

    Raises:
        MissingExtraError: If they are not installed.
    """
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingExtraError("recording as LeRobotDataset", "record") from None
    return pyarrow, pyarrow.parquet


def arrow_schema(heading: Heading) -> Any:
    """Returns the schema of the data files, with what Hugging Face `datasets` looks for."""
    pa, _ = require_pyarrow()
    columns = features_of(heading)
    schema = pa.schema([(key, _arrow_type(feature)) for key, feature in columns.items()])
    described = {key: _hugging_face_type(feature) for key, feature in columns.items()}
    about = json.dumps({"info": {"features": described}})
    return schema.with_metadata({b"huggingface": about.encode()})


def to_table(
    heading: Heading, frames: Sequence[Frame], *, first: int, index: int, episode: int
) -> Any:
    """Returns frames as a table of the schema.

    Args:
        heading: What holds for all frames.
        frames: The rows.
        first: Position of the first row in its episode.
        index: Position of the first row in the recording.
        episode: Number of the episode.
    """
    pa, _ = require_pyarrow()
    schema, count = arrow_schema(heading), len(frames)
    numbers = np.arange(count)
    values: dict[str, Any] = {
        **_vectors(heading, frames),
        "tick": np.array([frame.seen.tick for frame in frames], np.int64),
        "time": np.array([frame.seen.time for frame in frames]),
        "labels": [json.dumps(frame.seen.labels) for frame in frames],
        "proprioception": [json.dumps(frame.seen.proprioception) for frame in frames],
        "commands": [_commands_text(frame) for frame in frames],
        "timestamp": ((first + numbers) / frames_per_second(heading)).astype(np.float32),
        "frame_index": first + numbers,
        "episode_index": np.full(count, episode),
        "index": index + numbers,
        "task_index": np.zeros(count, np.int64),
    }
    pictures: dict[str, list[bytes | None]] = {
        colour_key(heading.camera): [frame.seen.rgb for frame in frames],
        depth_key(heading.camera): [frame.seen.depth for frame in frames],
        instance_key(heading.camera): [frame.seen.instance for frame in frames],
    }
    arrays = []
    for column in schema:
        if column.name in pictures:
            arrays.append(_pictures(pictures[column.name], column.type))
        elif isinstance(values[column.name], np.ndarray) and values[column.name].ndim == 2:
            flat = pa.array(values[column.name].reshape(-1), column.type.value_type)
            arrays.append(pa.FixedSizeListArray.from_arrays(flat, type=column.type))
        else:
            arrays.append(pa.array(values[column.name], column.type))
    return pa.Table.from_arrays(arrays, schema=schema)


def _vectors(heading: Heading, frames: Sequence[Frame]) -> dict[str, Any]:
    """Returns the columns that hold several numbers a row; single numbers have one dimension."""
    bodies = [_pose(frame.seen.T_world_body) for frame in frames]
    cameras = [_pose(frame.seen.T_world_camera) for frame in frames]
    states = [
        _state(frame.seen, body, heading.states) for frame, body in zip(frames, bodies, strict=True)
    ]
    names = command_names(heading.action_features)
    last = [frame.commands[-1] if frame.commands else None for frame in frames]
    sent = [command_vector(done.sent if done else _NOTHING, names) for done in last]
    asked = [command_vector(done.asked if done else _NOTHING, names) for done in last]
    vectors: dict[str, AnyArray] = {
        "observation.state": np.array(states, np.float32),
        "action": np.array(sent, np.float32),
        "asked": np.array(asked, np.float32),
        "pose.camera": np.array(cameras).reshape(-1, 16),
        "pose.body": np.array(bodies).reshape(-1, 16),
    }
    return {key: rows[:, 0] if rows.shape[1] == 1 else rows for key, rows in vectors.items()}


def _pose(data: bytes) -> Float64Array:
    return np.frombuffer(data, "<f8").reshape(4, 4).astype(np.float64)


def _state(seen: Seen, body: Float64Array, names: tuple[str, ...]) -> list[float]:
    yaw = float(np.arctan2(body[1, 0], body[0, 0]))
    missing = float("nan")
    numbers = {**seen.measured, **seen.proprioception}
    known = (numbers.get(name, missing) for name in names)
    return [float(body[0, 3]), float(body[1, 3]), yaw, *known]


def _commands_text(frame: Frame) -> str:
    """Returns all commands after an observation; Python's own numbers keep every bit in JSON."""
    return json.dumps(
        [
            [msgspec.structs.asdict(done.asked), msgspec.structs.asdict(done.sent)]
            for done in frame.commands
        ]
    )


def _arrow_type(feature: Feature) -> Any:
    pa, _ = require_pyarrow()
    if feature.dtype == "image":
        return pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    if feature.dtype == "string":
        return pa.string()
    number = pa.from_numpy_dtype(np.dtype(feature.dtype))
    return number if feature.shape == (1,) else pa.list_(number, feature.shape[0])


def _hugging_face_type(feature: Feature) -> dict[str, Any]:
    if feature.dtype == "image":
        return {"_type": "Image"}
    value = {"dtype": feature.dtype, "_type": "Value"}
    if feature.shape == (1,):
        return value
    return {"feature": value, "length": feature.shape[0], "_type": "Sequence"}


def _pictures(files: Sequence[bytes | None], kind: Any) -> Any:
    pa, _ = require_pyarrow()
    none = np.array([file is None for file in files])
    contents = pa.array(files, pa.binary())
    paths = pa.nulls(len(files), pa.string())
    return pa.StructArray.from_arrays(
        [contents, paths], fields=list(kind), mask=pa.array(none) if none.any() else None
    )
