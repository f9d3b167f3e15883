"""LeRobotDataset v3.0 as a recording for `embodied-mem ingest`, ours or anybody's with depth."""

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, final

import numpy as np

from embodied_mem.errors import RecordingError
from embodied_mem.recordings.images import decode_picture
from embodied_mem.recordings.layout import FrameEntry, FrameError, RawFrame
from embodied_mem.recordings.lerobot.dataset import Dataset, opened
from embodied_mem.recordings.lerobot.information import FeatureInformation, Information
from embodied_mem.recordings.poses import rigid
from embodied_mem.types import AnyArray, Float64Array, Intrinsics

NAME = "lerobot"
POSE = "pose.camera"
"""Key of the camera's pose in the world: 16 numbers, the rows of a 4x4 matrix."""


@final
class LeRobotLayout:
    """A folder with `meta/info.json`; all its episodes, one after the other, share one world."""

    def __init__(self, folder: Path, intrinsics: Intrinsics | None = None) -> None:
        """Finds pictures and poses among the features.

        Args:
            folder: The dataset.
            intrinsics: The camera; else as recorded by us.

        Raises:
            RecordingError: If it has no colour, depth or camera pose, if its pictures are videos,
                if nothing tells the camera's focal length, or if it cannot be read.
            MissingExtraError: If the extra `record` is not installed.
        """
        information = opened(folder)
        self._colour, self._depth = _pictures(folder, information)
        ours = information.embodied_mem
        known = ours.heading.intrinsics if intrinsics is None and ours else intrinsics
        if known is None:
            raise RecordingError(
                f"{folder} does not say what camera it is of; open it with its intrinsics"
            )
        self._intrinsics = known
        self._seconds = ours.heading.seconds_per_tick if ours else 1.0 / information.fps
        columns = [self._colour, self._depth, POSE]
        self._dataset = Dataset(folder, columns)
        ticks = self._dataset.column("tick") if "tick" in information.features else []
        self._entries = _entries(len(self._dataset), ticks)

    @property
    def format(self) -> str:
        """The name of the format."""
        return NAME

    @property
    def intrinsics(self) -> Intrinsics:
        """The camera, whose depth is registered to colour."""
        return self._intrinsics

    @property
    def seconds_per_tick(self) -> float:
        """As recorded, or one over the frames a second."""
        return self._seconds

    @property
    def upright(self) -> bool:
        """True: a robot's world has z up."""
        return True

    @property
    def entries(self) -> Sequence[FrameEntry]:
        """One entry a row."""
        return self._entries

    def load(self, entry: FrameEntry) -> RawFrame:
        """Loads one frame.

        Raises:
            FrameError: If it cannot be used; the message is the reason.
        """
        try:
            row = self._dataset.row(int(entry.name))
        except RecordingError as error:
            raise FrameError(f"row group cannot be read: {error}") from None
        colour = self._picture(row[self._colour], "colour")
        depth = self._picture(row[self._depth], "depth")
        if colour.dtype != np.uint8 or colour.ndim != 3 or colour.shape[2] != 3:
            raise FrameError("colour image is not 8-bit colour")
        if depth.dtype != np.uint16 or depth.ndim != 2:
            raise FrameError("depth image is not 16-bit grey")
        if not depth.any():
            raise FrameError("depth image holds no valid depth")
        pose = _matrix(row[POSE])
        return RawFrame(
            rgb=np.ascontiguousarray(colour[..., ::-1]),
            depth=depth.astype(np.float32) / np.float32(1000.0),
            T_recording_camera=rigid(pose[:3, :3], pose[:3, 3]),
        )

    def _picture(self, cell: Any, what: str) -> AnyArray:
        data = cell.get("bytes") if isinstance(cell, Mapping) else None
        if not isinstance(data, bytes):
            raise FrameError(f"{what} image is missing")
        picture = decode_picture(data, what)
        height, width = picture.shape[:2]
        camera = self._intrinsics
        if (width, height) != (camera.width, camera.height):
            raise FrameError(
                f"{what} image is {width}x{height}, expected {camera.width}x{camera.height}"
            )
        return picture


def _pictures(folder: Path, information: Information) -> tuple[str, str]:
    """Returns the keys of colour and depth; tells of all that is missing at once."""
    features = information.features
    seen = {k: f for k, f in features.items() if k.startswith("observation.")}
    colour = [k for k, f in seen.items() if _is_picture(f) and not _is_depth(k, f)]
    depth = [k for k, f in seen.items() if _is_picture(f) and _is_depth(k, f)]
    lacks = []
    if not colour:
        lacks.append("colour pictures (observation.images.<camera>)")
    if not depth:
        lacks.append("depth pictures (observation.images.<camera>_depth, info.is_depth_map)")
    if POSE not in features:
        lacks.append(f"camera poses ({POSE}, 16 numbers)")
    if lacks:
        raise RecordingError(f"{folder} cannot be remembered: it lacks {', '.join(lacks)}")
    paired = next((c for c in colour if f"{c}_depth" in depth), colour[0])
    own = f"{paired}_depth" if f"{paired}_depth" in depth else depth[0]
    videos = [key for key in (paired, own) if features[key].dtype == "video"]
    if videos:
        raise RecordingError(
            f"{folder} keeps {', '.join(videos)} as video, for which embodied_mem has no decoder "
            "(LeRobot uses PyAV): convert it to a dataset with pictures of dtype image"
        )
    return paired, own


def _is_picture(feature: FeatureInformation) -> bool:
    return feature.dtype in ("image", "video")


def _is_depth(key: str, feature: FeatureInformation) -> bool:
    return feature.depth or key.endswith("depth")


def _entries(count: int, ticks: Sequence[Any]) -> tuple[FrameEntry, ...]:
    """Returns the entries; ticks that do not strictly rise are replaced by positions."""
    whole = len(ticks) == count and all(isinstance(tick, int) for tick in ticks)
    rising = whole and all(a < b for a, b in itertools.pairwise(ticks))
    numbers = ticks if rising else range(count)
    return tuple(
        FrameEntry(name=str(index), tick=int(tick), colour=None, depth=None, pose=None)
        for index, tick in enumerate(numbers)
    )


def _matrix(values: Any) -> Float64Array:
    try:
        return np.array(values, np.float64).reshape(4, 4)
    except (TypeError, ValueError):
        raise FrameError("pose is not a 4x4 matrix") from None
