"""Microsoft's 7-Scenes: frame-NNNNNN.color, .depth and .pose files from a Kinect."""

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from embodied_mem.errors import RecordingError
from embodied_mem.recordings.images import image_size, read_colour, read_depth
from embodied_mem.recordings.layout import FrameEntry, RawFrame
from embodied_mem.recordings.poses import read_matrix
from embodied_mem.recordings.registration import KINECT, register_colour
from embodied_mem.types import Intrinsics

NAME = "seven-scenes"
_FILE = re.compile(r"frame-(\d{1,12})\.(?:(color)\.(?:png|jpe?g)|(depth)\.png|(pose)\.txt)")
_INTRINSICS_FILE = "camera-intrinsics.txt"
_SIZE_SAMPLES = 9


class SevenScenes:
    """A folder of 7-Scenes frames; frame numbers may have gaps and are the ticks, at 30 Hz.

    The published poses and intrinsics are those of the depth camera. Where its intrinsics are the
    Kinect's, colour is moved onto the depth image, so that each pixel has its own colour.
    """

    def __init__(self, folder: Path, intrinsics: Intrinsics | None = None) -> None:
        """Lists the frames of a folder.

        Args:
            folder: Where the files lie.
            intrinsics: The camera; else `camera-intrinsics.txt` in the folder, else the Kinect's.

        Raises:
            RecordingError: If the folder has no frames or its intrinsics file is not understood.
        """
        files = _frame_files(folder)
        if not files:
            raise RecordingError(
                f"{folder} holds no 7-Scenes frames; expected files such as frame-000000.color.png,"
                " frame-000000.depth.png and frame-000000.pose.txt (choose one sequence, seq-01)"
            )
        self._entries = tuple(
            FrameEntry(
                name=f"frame-{number:06d}",
                tick=number,
                colour=parts.get("color"),
                depth=parts.get("depth"),
                pose=parts.get("pose"),
            )
            for number, parts in sorted(files.items())
        )
        self._intrinsics = intrinsics or _intrinsics_of(folder, self._entries)
        self._register = _is_kinect_depth(self._intrinsics)

    @property
    def format(self) -> str:
        """The name of the format."""
        return NAME

    @property
    def intrinsics(self) -> Intrinsics:
        """The depth camera."""
        return self._intrinsics

    @property
    def seconds_per_tick(self) -> float:
        """The Kinect takes 30 frames a second."""
        return 1.0 / 30.0

    @property
    def upright(self) -> bool:
        """False: the world is the first camera of the original reconstruction."""
        return False

    @property
    def entries(self) -> Sequence[FrameEntry]:
        """All frames, ordered by number."""
        return self._entries

    def load(self, entry: FrameEntry) -> RawFrame:
        """Loads one frame.

        Raises:
            FrameError: If it cannot be used; the message is the reason.
        """
        pose = read_matrix(entry.pose if isinstance(entry.pose, Path) else None)
        depth = read_depth(entry.depth, self._intrinsics, 1000.0, invalid=(65535,))
        rgb = read_colour(entry.colour, self._intrinsics)
        if self._register:
            rgb = register_colour(rgb, depth, self._intrinsics, KINECT)
        return RawFrame(rgb=rgb, depth=depth, T_recording_camera=pose)


def has_frames(folder: Path) -> bool:
    """Tells whether a folder holds files of 7-Scenes frames."""
    return any(_FILE.fullmatch(path.name) for path in folder.iterdir())


def _frame_files(folder: Path) -> dict[int, dict[str, Path]]:
    files: dict[int, dict[str, Path]] = {}
    for path in sorted(folder.iterdir()):
        match = _FILE.fullmatch(path.name)
        if match:
            part = match[2] or match[3] or match[4]
            files.setdefault(int(match[1]), {})[part] = path
    return files


def _intrinsics_of(folder: Path, entries: Sequence[FrameEntry]) -> Intrinsics:
    path = folder / _INTRINSICS_FILE
    if not path.exists():
        return Intrinsics(width=640, height=480, fx=585.0, fy=585.0, cx=320.0, cy=240.0)
    fx, fy, cx, cy = read_intrinsics(path)
    width, height = _usual_size(entries)
    return Intrinsics(width=width, height=height, fx=fx, fy=fy, cx=cx, cy=cy)


def read_intrinsics(path: Path) -> tuple[float, float, float, float]:
    """Reads fx, fy, cx, cy from a file with a 3x3 camera matrix, or with those four numbers.

    Raises:
        RecordingError: If the file holds neither.
    """
    try:
        values = [float(word) for word in path.read_text(encoding="ascii").split()]
    except (OSError, ValueError):
        values = []
    if len(values) == 9:
        values = [values[0], values[4], values[2], values[5]]
    if len(values) != 4 or not all(0.0 < value < 1e5 for value in values):
        raise RecordingError(
            f"{path} is not a camera: expected a 3x3 matrix or fx fy cx cy, all positive pixels"
        )
    fx, fy, cx, cy = values
    return fx, fy, cx, cy


def _usual_size(entries: Sequence[FrameEntry]) -> tuple[int, int]:
    """Returns the most frequent size of a few depth images: a single odd one decides nothing."""
    step = max(1, len(entries) // _SIZE_SAMPLES)
    sizes = Counter(
        size
        for entry in entries[::step]
        if entry.depth is not None and (size := image_size(entry.depth)) is not None
    )
    return max(sizes, key=lambda size: (sizes[size], size)) if sizes else (640, 480)


def _is_kinect_depth(camera: Intrinsics) -> bool:
    return (camera.width, camera.height) == (640, 480) and abs(camera.fx - 585.0) < 12.0
