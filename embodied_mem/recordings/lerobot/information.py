"""`meta/info.json` as it is read: checked, for it may come from anywhere."""

import json
from pathlib import Path
from typing import Any

import msgspec

from embodied_mem.errors import RecordingError
from embodied_mem.recordings.lerobot.entries import VERSION, Heading
from embodied_mem.recordings.lerobot.paths import INFO

_LARGEST = 16 << 20


class FeatureInformation(msgspec.Struct, frozen=True, kw_only=True):
    """One column, as LeRobot describes it."""

    dtype: str
    shape: tuple[int, ...]
    names: Any = None
    info: Any = None

    @property
    def depth(self) -> bool:
        """Whether it says that it is a depth map."""
        notes = self.info if isinstance(self.info, dict) else {}
        return bool(notes.get("is_depth_map") or notes.get("video.is_depth_map"))


class OurInformation(msgspec.Struct, frozen=True, kw_only=True):
    """What only recordings of ours hold."""

    complete: bool
    heading: Heading
    file_bytes: int = 256 << 20


class Information(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of `info.json` that are looked at."""

    codebase_version: str
    fps: float
    features: dict[str, FeatureInformation]
    embodied_mem: OurInformation | None = None


def has_information(folder: Path) -> bool:
    """Tells whether a folder looks like a LeRobotDataset."""
    return (folder / INFO).is_file()


def read_information(folder: Path) -> Information:
    """Reads `meta/info.json`.

    Raises:
        RecordingError: If it is missing, too large, not understood, or of another version.
    """
    path = folder / INFO
    try:
        if path.stat().st_size > _LARGEST:
            raise RecordingError(f"{path} is larger than {_LARGEST} bytes; it is no info.json")
        # Not msgspec's own reader: it would turn a NaN that somebody wrote into an error.
        content = json.loads(path.read_text(encoding="utf-8"))
        information = msgspec.convert(content, Information, str_keys=True, strict=True)
    except OSError:
        raise RecordingError(f"{path} is missing; expected a LeRobotDataset v3.0") from None
    except (ValueError, RecursionError, msgspec.ValidationError) as error:
        raise RecordingError(f"{path} is not understood: {error}") from None
    if not information.codebase_version.startswith("v3."):
        raise RecordingError(
            f"{path} is of version {information.codebase_version}; expected v3.0: LeRobot converts "
            "older ones"
        )
    if not 0.0 < information.fps < 1e6:
        raise RecordingError(f"{path} says {information.fps} frames a second; expected more than 0")
    ours = information.embodied_mem
    if ours is not None:
        _check(path, ours.heading)
    return information


def _check(path: Path, heading: Heading) -> None:
    if heading.version != VERSION:
        raise RecordingError(f"{path} is of version {heading.version}; expected {VERSION}")
    positive = (
        heading.fx,
        heading.fy,
        heading.seconds_per_tick,
        heading.body_seconds_per_tick,
        heading.radius,
    )
    sizes = (heading.width, heading.height)
    if not all(0.0 < value < 1e6 for value in positive) or not all(1 <= n <= 8192 for n in sizes):
        raise RecordingError(f"{path} describes no camera or body that could be: {heading}")
