"""Streams a recording as observations; what cannot be used is skipped and counted."""

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import numpy as np

from embodied_mem.errors import RecordingError
from embodied_mem.perception.frame import Frame, default_stride, make_frame
from embodied_mem.recordings.alignment import estimate_alignment
from embodied_mem.recordings.layout import FrameError, Layout, RawFrame
from embodied_mem.types import Float64Array, Intrinsics, Observation

_PROBES = 10
"""Frames, spread over the recording, that tell which way is up."""


class Reader(Protocol):
    """A recording as a stream of observations, with the count of what was left out."""

    format: str
    intrinsics: Intrinsics
    seconds_per_tick: float
    T_world_recording: Float64Array
    """(4, 4) one fixed motion to a world with z up and the floor at 0."""
    frames_read: int
    """Observations given so far in the newest pass."""

    @property
    def frames_skipped(self) -> int:
        """Frames left out so far in the newest pass."""

    @property
    def skipped(self) -> Mapping[str, int]:
        """How many frames were left out for each reason."""

    def __len__(self) -> int:
        """How many frames there are, bad ones too."""

    def __iter__(self) -> Iterator[Observation]:
        """Starts a pass over the recording."""


class RecordingReader:
    """Reads any `Layout`; holds one frame at a time. Implements `Reader`."""

    def __init__(self, folder: Path, layout: Layout) -> None:
        """Looks at a few frames to find which way is up.

        Args:
            folder: The recording, for messages.
            layout: What is in it.

        Raises:
            RecordingError: If not one frame can be used.
        """
        self.format = layout.format
        self.intrinsics = layout.intrinsics
        self.seconds_per_tick = layout.seconds_per_tick
        self.frames_read = 0
        self._folder = folder
        self._layout = layout
        self._skipped: Counter[str] = Counter()
        self.T_world_recording = estimate_alignment(self._probe(), layout.upright)

    @property
    def frames_skipped(self) -> int:
        """Frames left out so far in the newest pass."""
        return self._skipped.total()

    @property
    def skipped(self) -> Mapping[str, int]:
        """How many frames were left out for each reason, in the newest pass."""
        return MappingProxyType(self._skipped)

    def __len__(self) -> int:
        return len(self._layout.entries)

    def __iter__(self) -> Iterator[Observation]:
        self.frames_read = 0
        self._skipped = Counter()
        for entry in self._layout.entries:
            try:
                raw = self._layout.load(entry)
            except FrameError as error:
                self._skipped[str(error)] += 1
                continue
            self.frames_read += 1
            yield self._observation(raw, entry.tick, self.T_world_recording)

    def _observation(
        self, raw: RawFrame, tick: int, T_world_recording: Float64Array
    ) -> Observation:
        T_world_camera = T_world_recording @ raw.T_recording_camera
        return Observation(
            rgb=raw.rgb,
            depth=raw.depth,
            intrinsics=self.intrinsics,
            T_world_camera=T_world_camera,
            T_world_body=ground_pose(T_world_camera),
            tick=tick,
            seconds_per_tick=self.seconds_per_tick,
            agent="recording",
        )

    def _probe(self) -> list[Frame]:
        """Returns frames from all over the recording, at the stride of perception."""
        entries = self._layout.entries
        spread = np.linspace(0, len(entries) - 1, _PROBES).round().astype(int)
        frames: list[Frame] = []
        reasons: Counter[str] = Counter()
        stride = default_stride(self.intrinsics.width)
        wanted = dict.fromkeys(spread.tolist())
        for index in [*wanted, *(k for k in range(len(entries)) if k not in wanted)]:
            if len(frames) == len(wanted) or (frames and index not in wanted):
                break
            try:
                raw = self._layout.load(entries[index])
            except FrameError as error:
                reasons[str(error)] += 1
                continue
            seen = self._observation(raw, entries[index].tick, np.eye(4))
            frames.append(make_frame(seen, stride))
        if not frames:
            listed = "; ".join(f"{count} x {reason}" for reason, count in reasons.most_common(5))
            raise RecordingError(
                f"{self._folder} holds no frame that can be used, of {len(entries)} in the "
                f"{self.format} format: {listed}"
            )
        return frames


def ground_pose(T_world_camera: Float64Array) -> Float64Array:
    """Returns the pose of a body on the floor below a camera, turned as the camera looks.

    A camera that looks straight down or up has its heading from the top of its picture.
    """
    ahead = T_world_camera[:3, 2]
    if np.hypot(ahead[0], ahead[1]) < 0.1:
        ahead = -T_world_camera[:3, 1] * (1.0 if ahead[2] < 0 else -1.0)
    yaw = np.arctan2(ahead[1], ahead[0])
    pose = np.eye(4)
    pose[:2, :2] = [[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]]
    pose[:2, 3] = T_world_camera[:2, 3]
    return pose
