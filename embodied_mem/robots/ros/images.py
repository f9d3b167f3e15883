"""Pictures as ROS messages carry them, raw or compressed, turned into arrays.

Nothing is guessed: a picture whose numbers do not fit together is refused as a whole. Encodings
are those of sensor_msgs/image_encodings.hpp, depth follows REP 118 (16UC1 in millimetres, 32FC1
in metres, 0 and NaN where nothing was measured).
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from embodied_mem.errors import MissingExtraError, ObservationError
from embodied_mem.types import AnyArray, Float32Array, IntArray, UInt8Array

_MOST_PIXELS = 1 << 26
_COLOURS: Mapping[str, tuple[int, tuple[int, int, int]]] = {
    "rgb8": (3, (0, 1, 2)),
    "bgr8": (3, (2, 1, 0)),
    "rgba8": (4, (0, 1, 2)),
    "bgra8": (4, (2, 1, 0)),
    "mono8": (1, (0, 0, 0)),
    "8UC1": (1, (0, 0, 0)),
    "8UC3": (3, (2, 1, 0)),
}
"""Channels of a pixel, and which of them are red, green and blue (8UC3 is OpenCV's BGR)."""
_PNG = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class RawPicture:
    """The fields of a sensor_msgs/Image."""

    encoding: str
    height: int
    width: int
    step: int
    """Bytes of a row, padding included."""
    bigendian: bool
    data: Any
    """Anything that holds the bytes."""


def colour(picture: RawPicture) -> UInt8Array:
    """Returns (H, W, 3) RGB.

    Raises:
        ObservationError: If the encoding is none of rgb8, bgr8, rgba8, bgra8, mono8, 8UC1 and
            8UC3, or sizes do not fit together.
    """
    if picture.encoding not in _COLOURS:
        raise ObservationError(
            f"a colour picture is {picture.encoding[:20]!r}; expected one of {', '.join(_COLOURS)}"
        )
    channels, order = _COLOURS[picture.encoding]
    pixels = _rows(picture, np.dtype(np.uint8), channels)
    # Always a copy: what DDS gave is read-only.
    return pixels[..., :3].copy() if order == (0, 1, 2) else np.take(pixels, order, axis=2)


def depth(picture: RawPicture) -> Float32Array:
    """Returns (H, W) metres, 0 where nothing was measured.

    Raises:
        ObservationError: If the encoding is neither 16UC1 (mono16) nor 32FC1, or sizes do not fit.
    """
    return _metres(_rows(picture, _depth_type(picture.encoding, picture.bigendian), 1)[..., 0])


def instance(picture: RawPicture) -> IntArray:
    """Returns (H, W) instance ids, 0 for background.

    Raises:
        ObservationError: If the encoding is not 16UC1 (mono16) or mono8, or sizes do not fit.
    """
    kinds = {"16UC1": "u2", "mono16": "u2", "mono8": "u1", "8UC1": "u1"}
    if picture.encoding not in kinds:
        raise ObservationError(f"instance ids are {picture.encoding[:20]!r}; expected 16UC1")
    kind = np.dtype(kinds[picture.encoding]).newbyteorder(">" if picture.bigendian else "<")
    return _rows(picture, kind, 1)[..., 0].astype(np.int32)


def compressed_colour(data: Any, *, width: int, height: int) -> UInt8Array:
    """Decodes a JPEG or PNG.

    Args:
        data: Its bytes.
        width: Expected width; nothing else is decoded, so that no small message fills the memory.
        height: Expected height.

    Returns:
        (H, W, 3) RGB.

    Raises:
        ObservationError: If it is damaged or of another size.
        MissingExtraError: If OpenCV is not installed.
    """
    cv2 = _opencv()
    raw = _bytes(data)
    _check_size(raw.tobytes(), width, height)
    decoded = _decode(cv2, raw, cv2.IMREAD_COLOR)
    if decoded.shape != (height, width, 3) or decoded.dtype != np.uint8:
        raise ObservationError(f"a compressed picture is {decoded.shape}; expected {height, width}")
    return np.take(decoded, (2, 1, 0), axis=2)


def compressed_depth(kind: str, data: Any, *, width: int, height: int) -> Float32Array:
    """Decodes a message of compressed_depth_image_transport: a header of 12 bytes and a PNG.

    Of 16UC1 the PNG holds millimetres. Of 32FC1 it holds a / depth - b as whole numbers, with a
    and b in the header (compressed_depth_image_transport/codec.cpp).

    Args:
        kind: The message's `format`, such as `16UC1; compressedDepth png`.
        data: Its bytes.
        width: Expected width.
        height: Expected height.

    Returns:
        (H, W) metres, 0 where nothing was measured.

    Raises:
        ObservationError: If it is damaged, of another size or of another kind.
        MissingExtraError: If OpenCV is not installed.
    """
    cv2 = _opencv()
    encoding, _, codec = kind.partition(";")
    if encoding not in ("16UC1", "32FC1") or codec.split() not in (
        ["compressedDepth"],
        ["compressedDepth", "png"],
    ):
        raise ObservationError(f"depth is compressed as {kind[:40]!r}; expected 16UC1 or 32FC1 png")
    raw = _bytes(data)
    if len(raw) < 12:
        raise ObservationError(f"compressed depth has {len(raw)} bytes; its header alone has 12")
    if not raw[12:20].tobytes() == _PNG:
        raise ObservationError("compressed depth is no PNG")
    _check_size(raw[12:].tobytes(), width, height)
    decoded = _decode(cv2, raw[12:], cv2.IMREAD_UNCHANGED)
    if decoded.shape != (height, width) or decoded.dtype != np.uint16:
        raise ObservationError(
            f"compressed depth is {decoded.dtype} {decoded.shape}; expected uint16 {height, width}"
        )
    if encoding == "16UC1":
        return _metres(decoded)
    a, b = struct.unpack("<ff", raw[4:12].tobytes())
    if not (np.isfinite([a, b]).all() and a > 0.0):
        raise ObservationError(f"compressed depth has the parameters {a} and {b}")
    with np.errstate(divide="ignore"):
        metres = np.float32(a) / (decoded.astype(np.float32) + np.float32(b))
    return _metres(np.where(decoded > 0, metres, np.float32(0.0)))


def _rows(picture: RawPicture, kind: np.dtype[Any], channels: int) -> AnyArray:
    """Returns (H, W, channels) pixels without padding, as a view."""
    height, width, step = picture.height, picture.width, picture.step
    wide = width * channels * kind.itemsize
    if not (height > 0 and width > 0 and height * width <= _MOST_PIXELS):
        raise ObservationError(f"a picture is {width} x {height} pixels")
    data = _bytes(picture.data)
    if not (wide <= step <= wide + 4096) or len(data) != step * height:
        raise ObservationError(
            f"a picture of {width} x {height} {picture.encoding} has rows of {step} bytes and "
            f"{len(data)} bytes; expected at least {wide} a row, and {step * height}"
        )
    rows = data.reshape(height, step)[:, :wide]
    return np.ascontiguousarray(rows).view(kind).reshape(height, width, channels)


def _bytes(data: Any) -> UInt8Array:
    try:
        flat = np.frombuffer(data, np.uint8)
    except (TypeError, ValueError) as error:
        raise ObservationError(f"a picture's data is {type(data).__name__}: {error}") from error
    return flat


def _depth_type(encoding: str, bigendian: bool) -> np.dtype[Any]:
    kinds = {"16UC1": "u2", "mono16": "u2", "32FC1": "f4"}
    if encoding not in kinds:
        raise ObservationError(f"a depth picture is {encoding[:20]!r}; expected 16UC1 or 32FC1")
    return np.dtype(kinds[encoding]).newbyteorder(">" if bigendian else "<")


def _metres(values: AnyArray) -> Float32Array:
    if values.dtype.kind == "u":
        return values.astype(np.float32) * np.float32(0.001)
    metres = values.astype(np.float32)
    metres[~((metres > 0.0) & (metres < np.inf))] = 0.0
    return metres


def _opencv() -> Any:
    try:
        import cv2
    except ImportError as error:
        raise MissingExtraError("compressed pictures (opencv-python-headless)", "ros2") from error
    return cv2


def _decode(cv2: Any, data: UInt8Array, how: int) -> AnyArray:
    try:
        decoded: AnyArray | None = cv2.imdecode(data, how | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error as error:
        raise ObservationError(f"a compressed picture is damaged: {error}") from error
    if decoded is None:
        raise ObservationError("a compressed picture is damaged, or neither JPEG nor PNG")
    return decoded


def _check_size(data: bytes, width: int, height: int) -> None:
    """Reads the size out of a PNG's or JPEG's header, and whether it is whole, before decoding.

    Decoders fill what is missing with grey, which would look like a wall.
    """
    found = _png_size(data) if data.startswith(_PNG) else _jpeg_size(data)
    if found != (width, height):
        raise ObservationError(f"a compressed picture is {found}; expected {(width, height)}")


def _png_size(data: bytes) -> tuple[int, int] | None:
    """Walks the chunks and their checksums (PNG specification, 5.3); None where one is wrong."""
    place, kind = len(_PNG), b""
    while place + 12 <= len(data) and kind != b"IEND":
        size = int.from_bytes(data[place : place + 4], "big")
        kind, end = data[place + 4 : place + 8], place + 8 + size
        if zlib.crc32(data[place + 4 : end]) != int.from_bytes(data[end : end + 4], "big"):
            return None
        place = end + 4
    if kind != b"IEND" or data[12:16] != b"IHDR":
        return None
    wide, high = struct.unpack(">II", data[16:24])
    return (wide, high)


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Walks the segments to the frame header (ITU-T T.81, B.2.2); None where the end is missing."""
    if data[:2] != b"\xff\xd8" or not data.rstrip(b"\0").endswith(b"\xff\xd9"):
        return None
    place = 2
    while place + 9 <= len(data) and data[place] == 0xFF:
        marker, size = data[place + 1], int.from_bytes(data[place + 2 : place + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            high, wide = struct.unpack(">HH", data[place + 5 : place + 9])
            return (wide, high)
        place += 2 + size
    return None
