"""Posed RGB-D recordings on disk, read as streams of observations."""

from pathlib import Path

from embodied_mem.errors import RecordingError as RecordingError
from embodied_mem.errors import unknown_name
from embodied_mem.recordings import seven_scenes, tum
from embodied_mem.recordings.layout import Layout
from embodied_mem.recordings.lerobot import layout as lerobot
from embodied_mem.recordings.lerobot.information import has_information
from embodied_mem.recordings.reader import Reader as Reader
from embodied_mem.recordings.reader import RecordingReader as RecordingReader
from embodied_mem.types import Intrinsics

__all__ = ["FORMATS", "Reader", "RecordingError", "RecordingReader", "open_recording"]

FORMATS: tuple[str, ...] = (seven_scenes.NAME, tum.NAME, lerobot.NAME)
"""The formats that can be read."""


def open_recording(
    path: Path | str, format: str | None = None, intrinsics: Intrinsics | None = None
) -> Reader:
    """Opens a recording for streaming.

    Args:
        path: Its folder.
        format: One of `FORMATS`; found from the files where None.
        intrinsics: The camera, where that of the recording or of its format is wrong.

    Returns:
        A reader; each pass over it streams the whole recording.

    Raises:
        RecordingError: If the folder is missing, of no known format, or without a usable frame.
        MissingExtraError: If the format needs an extra that is not installed.
        ConfigError: If the format has an unknown name.
    """
    folder = Path(path)
    if not folder.is_dir():
        raise RecordingError(f"{folder} is not a folder; give the folder of a recording")
    if format is None:
        format = detect_format(folder)
    layout: Layout
    if format == seven_scenes.NAME:
        layout = seven_scenes.SevenScenes(folder, intrinsics)
    elif format == tum.NAME:
        layout = tum.Tum(folder, intrinsics)
    elif format == lerobot.NAME:
        layout = lerobot.LeRobotLayout(folder, intrinsics)
    else:
        raise unknown_name("recording format", format, FORMATS)
    return RecordingReader(folder, layout)


def detect_format(folder: Path) -> str:
    """Returns the format of a recording by the files in its folder.

    Raises:
        RecordingError: If it looks like none.
    """
    if has_information(folder):
        return lerobot.NAME
    if tum.has_index(folder):
        return tum.NAME
    if seven_scenes.has_frames(folder):
        return seven_scenes.NAME
    inner = sorted(p.name for p in folder.iterdir() if p.is_dir())[:5]
    hint = f"; it has the folders {', '.join(inner)}: is it one of these?" if inner else ""
    raise RecordingError(
        f"{folder} is no known recording: expected frame-NNNNNN.pose.txt and such (seven-scenes), "
        f"rgb.txt, depth.txt and groundtruth.txt (tum) or meta/info.json (lerobot){hint}"
    )
