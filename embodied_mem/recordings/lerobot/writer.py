"""Records what a body sees and does as a LeRobotDataset v3.0, durable while it is written."""

import contextlib
import json
import queue
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np

from embodied_mem.errors import ConfigError, RecordingError
from embodied_mem.recordings.lerobot.columns import require_pyarrow
from embodied_mem.recordings.lerobot.entries import (
    VERSION,
    CommandEntry,
    Done,
    FeatureEntry,
    Heading,
    Seen,
    pose_bytes,
)
from embodied_mem.recordings.lerobot.paths import EVENTS, INFO, JOURNALS
from embodied_mem.recordings.lerobot.png import encode_png
from embodied_mem.recordings.lerobot.segments import Segments
from embodied_mem.robots.body import Body
from embodied_mem.robots.safety.events import GateEvent
from embodied_mem.types import AnyArray, Command, Observation, UInt8Array

_WAITING = 16
"""Observations and commands that may wait for the disk; then whoever records waits too."""
_SYNC_SECONDS = 1.0
_FARTHEST_MM = 65535


@dataclass(frozen=True, kw_only=True, slots=True)
class WriterConfig:
    """How a recording is kept."""

    file_bytes: int = 256 << 20
    """Bytes of pictures at which a data file is ended; until then they lie on the disk twice."""
    packing: int = 1
    """Level at which zlib packs pictures, 0 to 9; 0 packs nothing, for slow processors and large
    disks."""

    def __post_init__(self) -> None:
        """Checks ranges.

        Raises:
            ConfigError: If a level is unknown to zlib, or files would hold nothing.
        """
        if not 0 <= self.packing <= 9 or self.file_bytes < 1:
            raise ConfigError(
                f"packing is {self.packing}, file_bytes {self.file_bytes}; expected 0 to 9 and at "
                "least 1"
            )


@dataclass(frozen=True, slots=True, eq=False)
class _Look:
    """An observation on its way to the disk."""

    observation: Observation
    rgb: UInt8Array
    instance: AnyArray | None
    seconds: float
    measured: Mapping[str, float]


class _Pause:
    """Nothing came for a while."""


@final
class LeRobotWriter:
    """Writes one recording; `RecordedBody` feeds it. Implements `Recorder`.

    A thread packs the pictures and appends to a journal, which outlives a crash of the process;
    the system is asked to put it on the disk once a second. So a crash costs what still waits for
    the thread (16 entries, less than a second of them at 10 Hz) and a power cut about a second.
    From the journal's entries the thread also writes the data files. `close` makes the metadata;
    without it, whoever opens the recording does (`repair_recording`).
    """

    def __init__(
        self,
        folder: Path | str,
        *,
        task: str = "explore",
        robot: str = "robot",
        config: WriterConfig | None = None,
    ) -> None:
        """Makes the folder; nothing is recorded before the first observation.

        Args:
            folder: Where the recording will lie; may hold other files.
            task: What the body was told to do, in words.
            robot: What kind of robot it is.
            config: How it is kept.

        Raises:
            MissingExtraError: If the extra `record` is not installed.
            RecordingError: If the folder cannot be made, or holds a recording.
        """
        require_pyarrow()
        self.folder = Path(folder)
        taken = [
            name for name in (INFO.parts[0], "data", str(JOURNALS)) if (self.folder / name).exists()
        ]
        if taken:
            raise RecordingError(f"{folder} holds a recording already ({taken[0]}); choose another")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise RecordingError(f"{folder} cannot be made: {error}") from None
        self._task = task
        self._robot = robot
        self._config = config or WriterConfig()
        self._body: Body | None = None
        self._heading: Heading | None = None
        self._began = 0.0
        self._error: Exception | None = None
        self._closed = False
        self._queue: queue.Queue[_Look | Done | GateEvent | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._work, name="recording-writer", daemon=True)

    def begin(self, body: Body) -> None:
        """Takes down what kind of body it is; called once, before the first observation."""
        self._body = body

    def observed(
        self, observation: Observation, measured: Mapping[str, float] | None = None
    ) -> None:
        """Records an observation, whose depth must be whole millimetres.

        Args:
            observation: What the brain sees.
            measured: Other readings, such as speeds and joints, for `observation.state`; their
                names are those of the first observation.

        Raises:
            RecordingError: If it does not fit to those before it, or the disk is full.
        """
        self._check()
        ids = observation.instance
        if ids is not None and ids.size and not 0 <= ids.min() <= ids.max() <= 0xFFFF:
            raise RecordingError(
                f"instance ids go from {ids.min()} to {ids.max()}; a recording holds 0 to 65535"
            )
        if self._heading is None:
            self._heading = self._make_heading(observation, measured or {})
            self._began = time.monotonic()
            self._thread.start()
        self._compare(observation, self._heading)
        look = _Look(
            observation=observation,
            rgb=observation.rgb.copy(),
            instance=None if ids is None else ids.astype(np.uint16),
            seconds=time.monotonic() - self._began,
            measured=measured or {},
        )
        self._queue.put(look)

    def acted(self, asked: Command, sent: Command) -> None:
        """Records what a body was asked to do and what was really sent.

        Raises:
            RecordingError: If the disk is full.
        """
        self._check()
        if self._heading is not None:  # what came before the first picture led to it, no more
            self._queue.put(Done(asked=CommandEntry.of(asked), sent=CommandEntry.of(sent)))

    def happened(self, event: GateEvent) -> None:
        """Records what a safety gate did.

        Raises:
            RecordingError: If the disk is full.
        """
        self._check()
        if self._heading is not None:
            self._queue.put(event)

    def close(self) -> None:
        """Makes the recording whole; safe to call twice.

        Raises:
            RecordingError: If something could not be written; what was, can still be opened.
        """
        if self._closed:
            return
        self._closed = True
        if self._heading is not None:
            self._queue.put(None)
            self._thread.join()
        if self._error is not None:
            raise self._failure(self._error) from self._error

    # -- what the caller waits for ---------------------------------------------------------------

    def _check(self) -> None:
        if self._closed:
            raise RecordingError(f"the recording {self.folder} is closed")
        if self._error is not None:
            raise self._failure(self._error) from self._error

    def _failure(self, error: Exception) -> RecordingError:
        return RecordingError(
            f"{self.folder} cannot be written to: {error}; what is there can be opened"
        )

    def _make_heading(self, observation: Observation, measured: Mapping[str, float]) -> Heading:
        if self._body is None:
            raise RecordingError("nothing is known of the body yet; call begin() first")
        camera = observation.intrinsics
        observed = self._body.observation_features
        return Heading(
            version=VERSION,
            robot=self._robot,
            task=self._task,
            agent=observation.agent,
            camera=observation.camera,
            width=camera.width,
            height=camera.height,
            fx=camera.fx,
            fy=camera.fy,
            cx=camera.cx,
            cy=camera.cy,
            seconds_per_tick=float(observation.seconds_per_tick),
            body_seconds_per_tick=float(self._body.seconds_per_tick),
            radius=float(self._body.radius),
            observation_features={k: FeatureEntry.of(v) for k, v in observed.items()},
            action_features={k: FeatureEntry.of(v) for k, v in self._body.action_features.items()},
            states=tuple({**observation.proprioception, **measured}),
            instances="instance" in observed or observation.instance is not None,
        )

    def _compare(self, observation: Observation, heading: Heading) -> None:
        """Refuses an observation that the columns of the recording cannot hold exactly."""
        found = (
            observation.intrinsics,
            float(observation.seconds_per_tick),
            observation.agent,
            observation.camera,
        )
        known = (heading.intrinsics, heading.seconds_per_tick, heading.agent, heading.camera)
        for name, now, before in zip(
            ("camera model", "tick", "agent", "camera"), found, known, strict=True
        ):
            if now != before:
                raise RecordingError(
                    f"the {name} changed from {before} to {now}; begin another recording"
                )
        if observation.instance is not None and not heading.instances:
            raise RecordingError("instance ids began after the first picture; begin another")

    # -- the thread ------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            self._record()
        except Exception as error:  # told to whoever records, by the next call
            self._error = error
            while not self._closed or not self._queue.empty():
                self._drain()

    def _drain(self) -> None:
        """Takes what waits, so that nobody waits for a disk that is full."""
        with contextlib.suppress(queue.Empty):
            self._queue.get(timeout=0.1)

    def _record(self) -> None:
        assert self._heading is not None
        with (
            Segments.begin(self.folder, self._heading, self._config.file_bytes) as segments,
            (self.folder / EVENTS).open("a", encoding="utf-8") as events,
        ):
            synced = time.monotonic()
            while (item := self._next()) is not None:
                if isinstance(item, GateEvent):
                    entry = {"time": item.time, "row": item.row, "what": item.what}
                    events.write(json.dumps({"frame": segments.frames - 1, **entry}) + "\n")
                    events.flush()
                elif not isinstance(item, _Pause):
                    segments.append(
                        _packed(item, self._config.packing) if isinstance(item, _Look) else item
                    )
                if time.monotonic() - synced >= _SYNC_SECONDS:
                    segments.sync()
                    synced = time.monotonic()
            segments.complete()

    def _next(self) -> "_Look | Done | GateEvent | _Pause | None":
        try:
            return self._queue.get(timeout=_SYNC_SECONDS)
        except queue.Empty:
            return _Pause()


def _packed(look: _Look, level: int) -> Seen:
    observation = look.observation
    millimetres = np.rint(observation.depth * np.float32(1000.0))
    if millimetres.max(initial=0.0) > _FARTHEST_MM:
        raise RecordingError("depth goes beyond 65.535 m; record with RecordedBody")
    return Seen(
        tick=int(observation.tick),
        time=look.seconds,
        rgb=encode_png(look.rgb, level),
        depth=encode_png(millimetres.astype(np.uint16), level),
        instance=None if look.instance is None else encode_png(look.instance, level),
        T_world_camera=pose_bytes(observation.T_world_camera),
        T_world_body=pose_bytes(observation.T_world_body),
        labels={int(number): label for number, label in observation.labels.items()},
        proprioception={k: float(v) for k, v in observation.proprioception.items()},
        measured={k: float(v) for k, v in look.measured.items()},
    )
