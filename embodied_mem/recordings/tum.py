"""TUM RGB-D: rgb.txt, depth.txt and groundtruth.txt with timestamps, pictures in folders."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np

from embodied_mem.errors import RecordingError
from embodied_mem.recordings.images import read_colour, read_depth
from embodied_mem.recordings.layout import FrameEntry, FrameError, RawFrame
from embodied_mem.recordings.poses import from_quaternion
from embodied_mem.recordings.seven_scenes import read_intrinsics
from embodied_mem.types import Float64Array, Int64Array, Intrinsics

NAME = "tum"
MAX_APART = 0.02
"""Seconds by which the parts of one frame may differ."""
_RATE = 30.0
_INTRINSICS_FILE = "camera-intrinsics.txt"
_CAMERAS = {
    "1": (517.3, 516.5, 318.6, 255.3),
    "2": (520.9, 521.0, 325.1, 249.7),
    "3": (535.4, 539.2, 320.1, 247.6),
}
"""fx, fy, cx, cy of the benchmark's three Kinects, from its file formats page."""
_DEFAULT_CAMERA = (525.0, 525.0, 319.5, 239.5)


@dataclass(frozen=True, slots=True)
class _Listing:
    """The lines of one index file, in order of time."""

    times: Float64Array
    values: tuple[tuple[str, ...], ...]


class Tum:
    """A folder of the TUM RGB-D benchmark; ticks are 30ths of a second from the first picture.

    Depth is registered to colour as published. The lens distortion of the first two cameras, a few
    pixels at the border, is left in.
    """

    def __init__(self, folder: Path, intrinsics: Intrinsics | None = None) -> None:
        """Reads the index files and pairs their lines by time.

        Args:
            folder: Where the index files lie.
            intrinsics: The camera; else `camera-intrinsics.txt` in the folder, else that of the
                Kinect that the folder's name tells (freiburg1, fr2, ...), else the default one.

        Raises:
            RecordingError: If an index file is missing or lists nothing.
        """
        colour = _read_listing(folder / "rgb.txt", 1)
        depth = _read_listing(folder / "depth.txt", 1)
        poses = _read_listing(folder / "groundtruth.txt", 7)
        self._intrinsics = intrinsics or _intrinsics_of(folder)
        self._entries = _entries(folder, colour, depth, poses)

    @property
    def format(self) -> str:
        """The name of the format."""
        return NAME

    @property
    def intrinsics(self) -> Intrinsics:
        """The colour camera, which depth is registered to."""
        return self._intrinsics

    @property
    def seconds_per_tick(self) -> float:
        """A 30th of a second."""
        return 1.0 / _RATE

    @property
    def upright(self) -> bool:
        """True: the motion capture's z axis points up."""
        return True

    @property
    def entries(self) -> Sequence[FrameEntry]:
        """One entry for each colour image, ordered by time."""
        return self._entries

    def load(self, entry: FrameEntry) -> RawFrame:
        """Loads one frame.

        Raises:
            FrameError: If it cannot be used; the message is the reason.
        """
        if entry.depth is None:
            raise FrameError(f"no depth image within {MAX_APART} s")
        if not isinstance(entry.pose, tuple):
            raise FrameError(f"no pose within {MAX_APART} s")
        pose = from_quaternion(entry.pose)
        return RawFrame(
            rgb=read_colour(entry.colour, self._intrinsics),
            depth=read_depth(entry.depth, self._intrinsics, 5000.0, invalid=()),
            T_recording_camera=pose,
        )


def has_index(folder: Path) -> bool:
    """Tells whether a folder holds the benchmark's index files."""
    return all((folder / name).is_file() for name in ("rgb.txt", "depth.txt"))


def _read_listing(path: Path, width: int) -> _Listing:
    """Reads `timestamp value...` lines; lines that are not understood count as absent."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        raise RecordingError(
            f"{path} is missing; a TUM recording has rgb.txt, depth.txt and groundtruth.txt"
        ) from None
    rows: dict[float, tuple[str, ...]] = {}
    for line in lines:
        words = line.replace(",", " ").split()
        if len(words) >= width + 1 and not words[0].startswith("#"):
            time = _number(words[0])
            if time is not None and np.isfinite(time):
                rows.setdefault(time, tuple(words[1 : width + 1]))
    if not rows:
        raise RecordingError(
            f"{path} lists nothing; expected lines of a timestamp and {width} more"
        )
    times = sorted(rows)
    return _Listing(np.array(times), tuple(rows[time] for time in times))


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def _entries(
    folder: Path, colour: _Listing, depth: _Listing, poses: _Listing
) -> tuple[FrameEntry, ...]:
    with_depth = _one_to_one(colour.times, depth.times)
    entries: list[FrameEntry] = []
    for index, time in enumerate(colour.times):
        tick = round((time - colour.times[0]) * _RATE)
        partner = int(with_depth[index])
        at = float(depth.times[partner]) if partner >= 0 else float(time)
        entries.append(
            FrameEntry(
                name=f"{time:.6f}",
                tick=max(tick, entries[-1].tick + 1) if entries else 0,
                colour=_inside(folder, colour.values[index][0]),
                depth=_inside(folder, depth.values[partner][0]) if partner >= 0 else None,
                pose=_pose_at(poses, at),
            )
        )
    return tuple(entries)


def _one_to_one(times: Float64Array, others: Float64Array) -> Int64Array:
    """Pairs times with the nearest others, the closest pairs first; -1 for no partner."""
    after = np.searchsorted(others, times)
    candidates = np.stack([after - 1, after], axis=1).clip(0, len(others) - 1)
    apart = np.abs(others[candidates] - times[:, None])
    partner = np.full(len(times), -1)
    taken = np.zeros(len(others), dtype=bool)
    for flat in np.argsort(apart, axis=None, kind="stable"):
        index, side = divmod(int(flat), 2)
        other = candidates[index, side]
        if apart[index, side] > MAX_APART:
            break
        if partner[index] < 0 and not taken[other]:
            partner[index] = other
            taken[other] = True
    return partner


def _pose_at(poses: _Listing, time: float) -> tuple[float, ...] | None:
    after = int(np.searchsorted(poses.times, time))
    near = [k for k in (after - 1, after) if 0 <= k < len(poses.times)]
    index = min(near, key=lambda k: abs(poses.times[k] - time))
    if abs(poses.times[index] - time) > MAX_APART:
        return None
    numbers = [_number(word) for word in poses.values[index]]
    return tuple(np.nan if number is None else number for number in numbers)


def _inside(folder: Path, name: str) -> Path | None:
    """Returns the path of a listed file; None where the name leads out of the recording."""
    relative = PurePosixPath(name)
    if relative.is_absolute() or ".." in relative.parts or "\0" in name:
        return None
    return folder / relative


def _intrinsics_of(folder: Path) -> Intrinsics:
    path = folder / _INTRINSICS_FILE
    if path.exists():
        fx, fy, cx, cy = read_intrinsics(path)
    else:
        fx, fy, cx, cy = _camera_by_name(folder.resolve().name.lower())
    return Intrinsics(width=640, height=480, fx=fx, fy=fy, cx=cx, cy=cy)


def _camera_by_name(name: str) -> tuple[float, float, float, float]:
    for number, camera in _CAMERAS.items():
        if f"freiburg{number}" in name or f"fr{number}" in name:
            return camera
    return _DEFAULT_CAMERA
