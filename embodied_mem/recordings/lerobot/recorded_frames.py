"""Our own recordings, read back bit by bit: what was seen, and what was done then."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, final

import msgspec
import numpy as np

from embodied_mem.errors import ObservationError, RecordingError
from embodied_mem.recordings.images import decode_picture
from embodied_mem.recordings.layout import FrameError
from embodied_mem.recordings.lerobot.dataset import Dataset, opened
from embodied_mem.recordings.lerobot.entries import CommandEntry, Heading
from embodied_mem.recordings.lerobot.features import colour_key, depth_key, instance_key
from embodied_mem.types import AnyArray, Command, Float64Array, Observation


class _Pair(msgspec.Struct, frozen=True, array_like=True):
    asked: CommandEntry
    sent: CommandEntry


@dataclass(frozen=True, slots=True, eq=False)
class RecordedFrame:
    """One observation and the commands that followed it."""

    observation: Observation
    commands: tuple[tuple[Command, Command], ...]
    """Asked and sent, in order."""


@final
class RecordedFrames:
    """A recording of ours; each pass over it reads it anew, one row group at a time."""

    def __init__(self, folder: Path | str) -> None:
        """Opens a recording; one that ended in a crash is repaired first.

        Raises:
            RecordingError: If it is none of ours, or cannot be read.
            MissingExtraError: If the extra `record` is not installed.
        """
        self.folder = Path(folder)
        ours = opened(self.folder).embodied_mem
        if ours is None:
            raise RecordingError(
                f"{folder} was not recorded by embodied_mem: it lacks what replaying exactly "
                "needs; `embodied-mem ingest` may still read it"
            )
        self.heading: Heading = ours.heading
        camera = self.heading.camera
        self._colour, self._depth = colour_key(camera), depth_key(camera)
        self._instance = instance_key(camera)
        exact = ("pose.camera", "pose.body", "tick", "labels", "proprioception", "commands")
        ids = (self._instance,) if self.heading.instances else ()
        self._dataset = Dataset(self.folder, (self._colour, self._depth, *ids, *exact))

    def __len__(self) -> int:
        return len(self._dataset)

    def __iter__(self) -> Iterator[RecordedFrame]:
        """Reads the frames in order.

        Raises:
            RecordingError: If one is damaged.
        """
        for index, row in enumerate(self._dataset):
            try:
                yield RecordedFrame(self._observation(row), _commands(row["commands"]))
            except (
                FrameError,
                ObservationError,
                msgspec.ValidationError,
                ValueError,
                TypeError,
                KeyError,
                RecursionError,
                AttributeError,
                OverflowError,
            ) as error:
                raise RecordingError(
                    f"frame {index} of {self.folder} is damaged: {error}"
                ) from None

    def _observation(self, row: Mapping[str, Any]) -> Observation:
        heading = self.heading
        colour, millimetres = _picture(row[self._colour]), _picture(row[self._depth])
        if millimetres is None or millimetres.dtype != np.uint16 or colour is None:
            raise RecordingError(f"{self.folder} lacks a picture, or its depth is not 16-bit")
        ids = _picture(row[self._instance]) if heading.instances else None
        return Observation(
            rgb=np.ascontiguousarray(colour[..., ::-1]),
            depth=millimetres.astype(np.float32) / np.float32(1000.0),
            intrinsics=heading.intrinsics,
            T_world_camera=_pose(row["pose.camera"]),
            T_world_body=_pose(row["pose.body"]),
            tick=int(row["tick"]),
            seconds_per_tick=heading.seconds_per_tick,
            instance=None if ids is None else ids.astype(np.int32),
            labels={int(k): str(v) for k, v in json.loads(row["labels"]).items()},
            proprioception={str(k): float(v) for k, v in json.loads(row["proprioception"]).items()},
            agent=heading.agent,
            camera=heading.camera,
        )


def _picture(cell: Any) -> AnyArray | None:
    data = None if cell is None else cell["bytes"]
    return None if data is None else decode_picture(data, "recorded")


def _pose(values: Any) -> Float64Array:
    return np.array(values, np.float64).reshape(4, 4)


def _commands(text: str) -> tuple[tuple[Command, Command], ...]:
    # Not msgspec's own reader: it does not know the NaN that Python writes.
    pairs = msgspec.convert(json.loads(text), tuple[_Pair, ...])
    return tuple((pair.asked.command, pair.sent.command) for pair in pairs)
