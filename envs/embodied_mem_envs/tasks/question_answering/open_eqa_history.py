"""Histories of OpenEQA on disk, as its scripts extract them from ScanNet and from HM3D.

A folder holds, for each frame, `NNNNNN-rgb.png`, `NNNNNN-depth.png` and `NNNNNN.txt`, and
`intrinsic_depth.txt` beside. ScanNet's depth is in millimetres and its poses are of the camera as
OpenCV has it. HM3D's depth is 10 m over 65535, its poses are of the camera as OpenGL has it (x
right, y up, z back), and its pixels are square, though the file of intrinsics says otherwise: it
was written with a vertical field of view in proportion to the height, which Habitat's is not.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, final

import cv2
import numpy as np

from embodied_mem.errors import RecordingError
from embodied_mem.recordings.images import decode_picture, image_size, read_depth
from embodied_mem.recordings.layout import FrameEntry, FrameError, RawFrame
from embodied_mem.recordings.poses import read_matrix
from embodied_mem.recordings.reader import Reader, RecordingReader
from embodied_mem.types import Float32Array, Intrinsics, UInt8Array

_FILE: Final = re.compile(r"(\d{1,12})(?:-(rgb)\.(?:png|jpe?g)|-(depth)\.png|\.(txt))")
_OPENCV_FROM_OPENGL: Final = np.diag([1.0, -1.0, -1.0, 1.0])
_SCANNET_UNITS: Final = 1000.0
_HM3D_UNITS: Final = 6553.5


def open_history(folder: Path, *, width: int = 640, every: int = 1) -> Reader:
    """Opens a history for streaming.

    Args:
        folder: Such as `data/frames/hm3d-v0/000-hm3d-BFRyYbPCCPE`.
        width: Wider pictures are scaled down to this, pixels.
        every: Only every so-many-th frame is read.

    Raises:
        RecordingError: If it is no history with depth and poses, or no frame of it can be used.
    """
    return RecordingReader(folder, OpenEqaHistory(folder, width=width, every=every))


@final
class OpenEqaHistory:
    """The frames of a history; implements `embodied_mem.recordings.layout.Layout`."""

    def __init__(self, folder: Path, *, width: int = 640, every: int = 1) -> None:
        """Lists the frames of a folder.

        Raises:
            RecordingError: If frames or intrinsics are missing.
        """
        files: dict[int, dict[str, Path]] = {}
        for path in sorted(folder.iterdir()) if folder.is_dir() else ():
            match = _FILE.fullmatch(path.name)
            if match:
                part = match[2] or match[3] or match[4]
                files.setdefault(int(match[1]), {})[part] = path
        if not any("depth" in parts for parts in files.values()):
            raise RecordingError(
                f"{folder} is no history with depth; expected files such as 00000-rgb.png, "
                "00000-depth.png and 00000.txt (extract without --rgb-only)"
            )
        self._scannet = (folder / "extrinsic_depth.txt").exists()
        self._entries = tuple(
            FrameEntry(
                name=f"{number:06d}",
                tick=number,
                colour=parts.get("rgb"),
                depth=parts.get("depth"),
                pose=parts.get("txt"),
            )
            for number, parts in sorted(files.items())[:: max(1, every)]
        )
        self._stored = _camera(folder, self._entries, square=not self._scannet)
        self._camera = _scaled_down(self._stored, width)

    @property
    def format(self) -> str:
        """The name of the format."""
        return "open-eqa"

    @property
    def intrinsics(self) -> Intrinsics:
        """The depth camera, scaled down."""
        return self._camera

    @property
    def seconds_per_tick(self) -> float:
        """ScanNet's sensor takes 30 frames a second; HM3D's walks are made of steps."""
        return 1.0 / 30.0 if self._scannet else 1.0

    @property
    def upright(self) -> bool:
        """False: HM3D has y up, and which way ScanNet's floor lies differs a little."""
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
        units = _SCANNET_UNITS if self._scannet else _HM3D_UNITS
        full = () if self._scannet else (65535,)
        depth = read_depth(entry.depth, self._stored, units, invalid=full)
        return RawFrame(
            rgb=self._colour(entry.colour),
            depth=self._fitted(depth),
            T_recording_camera=pose if self._scannet else pose @ _OPENCV_FROM_OPENGL,
        )

    def _colour(self, path: Path | None) -> UInt8Array:
        """Reads a colour picture of any size: ScanNet's is larger than its depth."""
        if path is None:
            raise FrameError("colour image is missing")
        try:
            image = decode_picture(path.read_bytes(), "colour")
        except OSError:
            raise FrameError("colour image is missing") from None
        if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (3, 4):
            raise FrameError("colour image is not 8-bit colour")
        size = (self._camera.width, self._camera.height)
        fitted = cv2.resize(image[..., 2::-1], size, interpolation=cv2.INTER_AREA)
        return np.ascontiguousarray(fitted, np.uint8)

    def _fitted(self, depth: Float32Array) -> Float32Array:
        size = (self._camera.width, self._camera.height)
        return np.asarray(cv2.resize(depth, size, interpolation=cv2.INTER_NEAREST), np.float32)


def _camera(folder: Path, entries: Sequence[FrameEntry], square: bool) -> Intrinsics:
    path = folder / "intrinsic_depth.txt"
    try:
        matrix = np.loadtxt(path)
    except (OSError, ValueError) as error:
        raise RecordingError(f"{path} is not a camera: {error}") from error
    if matrix.shape not in ((3, 3), (4, 4)) or not matrix[0, 0] > 0.0 or not matrix[1, 1] > 0.0:
        raise RecordingError(f"{path} is not a camera: expected a 3x3 or 4x4 matrix")
    sizes = (image_size(entry.depth) for entry in entries if entry.depth is not None)
    width, height = next((size for size in sizes if size is not None), (0, 0))
    if width == 0:
        raise RecordingError(f"{folder} holds no depth picture that can be read")
    fx, fy = float(matrix[0, 0]), float(matrix[1, 1])
    return Intrinsics(
        width=width,
        height=height,
        fx=fx,
        fy=fx if square else fy,
        cx=float(matrix[0, 2]),
        cy=float(matrix[1, 2]),
    )


def _scaled_down(camera: Intrinsics, width: int) -> Intrinsics:
    """Returns the camera of pictures that are scaled down; pixel centres lie on whole numbers."""
    if camera.width <= width:
        return camera
    height = round(camera.height * width / camera.width)
    x, y = width / camera.width, height / camera.height
    return Intrinsics(
        width=width,
        height=height,
        fx=camera.fx * x,
        fy=camera.fy * y,
        cx=(camera.cx + 0.5) * x - 0.5,
        cy=(camera.cy + 0.5) * y - 0.5,
    )
