"""Pictures from disk, decoded only when they are whole."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np

from embodied_mem.recordings.layout import FrameError
from embodied_mem.types import AnyArray, Float32Array, Intrinsics, UInt8Array

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8\xff"
_MAX_SIDE = 8192


def read_colour(path: Path | None, intrinsics: Intrinsics) -> UInt8Array:
    """Reads an (H, W, 3) RGB picture of the camera's size.

    Raises:
        FrameError: If it is missing, damaged, not in colour, or of another size.
    """
    image = _read(path, "colour", intrinsics)
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in (3, 4):
        raise FrameError("colour image is not 8-bit colour")
    return np.ascontiguousarray(image[..., 2::-1])


def read_depth(
    path: Path | None, intrinsics: Intrinsics, units_per_metre: float, invalid: tuple[int, ...]
) -> Float32Array:
    """Reads an (H, W) 16-bit depth picture as metres, 0 where invalid.

    Args:
        path: The file.
        intrinsics: The camera, for the expected size.
        units_per_metre: 1000 for millimetres.
        invalid: Values besides 0 that mean no measurement.

    Raises:
        FrameError: If it is missing, damaged, not 16-bit, of another size, or holds no depth.
    """
    image = _read(path, "depth", intrinsics)
    if image.dtype != np.uint16 or image.ndim != 2:
        raise FrameError("depth image is not 16-bit grey")
    depth = image.astype(np.float32) / np.float32(units_per_metre)
    for value in invalid:
        depth[image == value] = 0.0
    if not depth.any():
        raise FrameError("depth image holds no valid depth")
    return depth


def image_size(path: Path) -> tuple[int, int] | None:
    """Returns width and height of a picture that can be decoded, else None."""
    try:
        image = decode_picture(path.read_bytes(), "an")
    except (OSError, FrameError):
        return None
    return image.shape[1], image.shape[0]


def _read(path: Path | None, what: str, intrinsics: Intrinsics) -> AnyArray:
    if path is None:
        raise FrameError(f"{what} image is missing")
    try:
        data = path.read_bytes()
    except OSError:
        raise FrameError(f"{what} image is missing") from None
    image = decode_picture(data, what)
    height, width = image.shape[:2]
    if (width, height) != (intrinsics.width, intrinsics.height):
        raise FrameError(
            f"{what} image is {width}x{height}, expected {intrinsics.width}x{intrinsics.height}"
        )
    return image


def decode_picture(data: bytes, what: str) -> AnyArray:
    """Decodes a whole PNG or JPEG file; OpenCV alone would fill what is cut off with grey."""
    if data.startswith(_PNG):
        whole = _png_is_whole(data)
    else:
        whole = data.startswith(_JPEG) and b"\xff\xd9" in data[-64:]
    if not whole:
        raise FrameError(f"{what} image cannot be read")
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        image = None
    if image is None:
        raise FrameError(f"{what} image cannot be read")
    return np.asarray(image)


def _png_is_whole(data: bytes) -> bool:
    """Walks the chunks of a PNG and checks their sums and the size of the picture."""
    at = len(_PNG)
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        end = at + 8 + length
        kind, body = data[at + 4 : at + 8], data[at + 8 : end]
        if end + 4 > len(data) or struct.unpack_from(">I", data, end)[0] != zlib.crc32(kind + body):
            return False
        if kind == b"IHDR" and (length != 13 or max(struct.unpack_from(">II", body)) > _MAX_SIDE):
            return False
        if kind == b"IEND":
            return True
        at = end + 4
    return False
