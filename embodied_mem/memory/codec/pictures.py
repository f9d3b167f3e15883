"""Pictures as layers of a progressive JPEG: every prefix decodes to the whole picture, coarser.

A layer is one scan or a few, cut out of the file as they are, so a picture loses its last layers
without being coded again. The layers one after the other are the JPEG itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import cv2
import numpy as np

from embodied_mem.errors import ConfigError, StoreError
from embodied_mem.memory.codec.jpeg_scans import END, START, JpegParts, parse_jpeg
from embodied_mem.types import UInt8Array

_MOST_LAYERS: Final = 7
_LIBJPEG_SCANS: Final = 10
# libjpeg's ten scans: 0 all averages; 1, 4 luminance, low and high frequencies; 2, 3 chroma; then
# one more bit each of 5 luminance, 6 averages, 7, 8 chroma, 9 luminance. Chroma costs 3 % of the
# bytes and keeps things apart by colour, so it is second; the cheap refinements (6 to 8) gain more
# per byte than 5 does, and none of them needs it.
_LAYER_SCANS: Final = ((0,), (2, 3), (1,), (4,), (6, 7, 8), (5,), (9,))
_DEFAULT_QUALITY: Final = 85
_FLAT: Final = 1.0
"""Least variance (squared grey levels) that errors are measured against: of a flat picture."""


@dataclass(frozen=True, slots=True)
class Layers:
    """A progressive encoding, coarse first."""

    layers: tuple[bytes, ...]
    """Any prefix, joined, decodes to the whole picture."""
    losses: tuple[float, ...]
    """Squared error of each prefix against the full decode over its variance; the last is 0."""


def progressive_picture(picture: UInt8Array, quality: int = 80) -> Layers:
    """Encodes an RGB picture in layers and measures them; see `encode_layers`."""
    return measure_layers(encode_layers(picture, quality))


def encode_layers(picture: UInt8Array, quality: int = 80) -> tuple[bytes, ...]:
    """Encodes an RGB picture in layers, which costs a third of measuring them too.

    Args:
        picture: (h, w, 3) RGB.
        quality: libjpeg's scale, 1 to 100.

    Raises:
        StoreError: If it is no (h, w, 3) uint8 picture, or too large for a JPEG.
        ConfigError: If the quality is out of its range.
    """
    if not 1 <= quality <= 100:
        raise ConfigError(f"the quality of a picture has to lie in 1 to 100, not at {quality}")
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != np.uint8 or not picture.size:
        raise StoreError(
            f"a picture has to be (height, width, 3) uint8 RGB, not {picture.shape} {picture.dtype}"
        )
    bgr = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), np.uint8)
    return tuple(_encode(bgr, quality, None))


def measure_layers(layers: Sequence[bytes]) -> Layers:
    """Measures every prefix of a picture's layers against the full decode.

    Raises:
        StoreError: If they are no picture.
    """
    full = _decode(join(layers))
    _, deviation = cv2.meanStdDev(full)
    # The norm sums over the three channels, and so does this: variance times pixels.
    scale = max(float(np.square(deviation).sum()), _FLAT) * full.shape[0] * full.shape[1]
    losses = [0.0]
    for count in range(len(layers) - 1, 0, -1):
        error = cv2.norm(_decode(join(layers[:count])), full, cv2.NORM_L2SQR) / scale
        losses.append(max(error, losses[-1]))  # a rounding can make a shorter prefix the better
    return Layers(tuple(layers), tuple(reversed(losses)))


def progressive_jpeg(jpeg: bytes) -> Layers:
    """Cuts a JPEG in layers and measures them; see `cut_jpeg`."""
    return measure_layers(cut_jpeg(jpeg))


def cut_jpeg(jpeg: bytes) -> tuple[bytes, ...]:
    """Cuts a JPEG in layers.

    A progressive one is only cut at its scans, so its pixels stay exactly the same; EXIF and
    comments are dropped. Any other, and one that EXIF may turn, is decoded and encoded again with
    its own quality and chroma subsampling, which changes its pixels little (62 dB for a view of a
    house at quality 85).

    Raises:
        StoreError: If it is damaged. Flipped bits inside a scan cannot be told from content.
    """
    parts = parse_jpeg(jpeg)
    if parts.progressive and not parts.oriented:
        return tuple(_grouped(parts.header, parts.scans))
    return tuple(_encode(_decode(jpeg), parts.quality or _DEFAULT_QUALITY, parts.sampling))


def join(layers: Sequence[bytes]) -> bytes:
    """Joins layers to a complete file.

    A JPEG whose last layers are missing gets its end marker; other payloads, such as PNG, pass as
    they are.
    """
    data = b"".join(layers)
    return data + END if data.startswith(START) and not data.endswith(END) else data


def decode_picture(layers: Sequence[bytes]) -> UInt8Array:
    """Decodes layers, or the first few of them, to an (h, w, 3) RGB picture.

    Raises:
        StoreError: If they are no picture, or a layer is cut off.
    """
    data = join(layers)
    if data.startswith(START):
        parse_jpeg(data)
    picture = cv2.cvtColor(_decode(data), cv2.COLOR_BGR2RGB)
    return np.asarray(picture, np.uint8)


def _decode(data: bytes) -> UInt8Array:
    """Returns BGR pixels."""
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if picture is None:
        raise StoreError(f"the picture of {len(data)} bytes is damaged: it cannot be decoded")
    return np.asarray(picture, np.uint8)


def _encode(bgr: UInt8Array, quality: int, sampling: int | None) -> list[bytes]:
    options = [cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_PROGRESSIVE, 1]
    if sampling is not None:
        options += [cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling]
    done, data = cv2.imencode(".jpg", bgr, options)
    if not done:
        raise StoreError(f"a picture of {bgr.shape[1]}x{bgr.shape[0]} is too large for a JPEG")
    return _reordered(parse_jpeg(data.tobytes()))


def _reordered(parts: JpegParts) -> list[bytes]:
    """Groups the scans as libjpeg writes them, each with its own tables, by gain per byte."""
    if len(parts.scans) != _LIBJPEG_SCANS:
        return _grouped(parts.header, parts.scans)
    layers = [b"".join(parts.scans[scan] for scan in group) for group in _LAYER_SCANS]
    return [parts.header + layers[0], *layers[1:-1], layers[-1] + END]


def _grouped(header: bytes, scans: Sequence[bytes]) -> list[bytes]:
    """Groups scans in their order: the first alone, the smallest of the others together."""
    later = list(scans[1:])
    while len(later) >= _MOST_LAYERS:
        pairs = [len(left) + len(right) for left, right in pairwise(later)]
        smallest = pairs.index(min(pairs))
        later[smallest : smallest + 2] = [later[smallest] + later[smallest + 1]]
    layers = [header + scans[0], *later]
    layers[-1] += END
    return layers
