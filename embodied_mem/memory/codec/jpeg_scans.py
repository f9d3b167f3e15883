"""Where the scans of a JPEG begin and end, and what it was quantised with (ITU-T T.81, annex B)."""

import re
from dataclasses import dataclass
from typing import Final

from embodied_mem.errors import StoreError

START: Final = b"\xff\xd8"
END: Final = b"\xff\xd9"
_START_OF_SCAN: Final = 0xDA
_QUANTISATION: Final = 0xDB
_HUFFMAN: Final = 0xC4
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_PROGRESSIVE: Final = 0xC2
_METADATA: Final = frozenset(range(0xE1, 0xEE)) | {0xEF, 0xFE}
"""Application segments other than JFIF's and Adobe's, which say how colours are coded."""
_EXIF: Final = 0xE1
# Inside a scan FF is followed by 00 (it is data), a restart number or more FF (it is filling).
_NEXT_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_LUMA_TABLE_SUM: Final = 3688
"""Sum of the 64 entries of T.81's luminance table K.1, which libjpeg calls quality 50."""


@dataclass(frozen=True, kw_only=True, slots=True)
class JpegParts:
    """A JPEG cut at the borders of its scans.

    The header, then the scans, then `END` are the whole picture without its metadata.
    """

    header: bytes
    """Everything before the tables of the first scan, without EXIF and comments."""
    scans: tuple[bytes, ...]
    """Each with the tables that stand right before it."""
    progressive: bool
    oriented: bool
    """Whether there is EXIF, which may turn the picture."""
    sampling: int | None
    """OpenCV's code of the chroma subsampling; None for grey pictures and unusual ones."""
    quality: int | None
    """Of libjpeg's scale, 1 to 100, nearest to the luminance table; None if there is none."""


def parse_jpeg(data: bytes) -> JpegParts:
    """Cuts a JPEG at its scans.

    Raises:
        StoreError: If it is no JPEG, or its segments do not follow each other to its end.
    """
    if not data.startswith(START):
        raise StoreError("the picture is not a JPEG: it does not start with FF D8")
    header: list[bytes] = [START]
    scans: list[bytes] = []
    tables: list[bytes] = []
    progressive, oriented = False, False
    sampling: int | None = None
    quality: int | None = None
    at = 2
    while data[at : at + 2] != END:
        code, after = _segment(data, at)
        segment = data[at:after]
        at = after
        if code == _START_OF_SCAN:
            found = _NEXT_MARKER.search(data, after)
            if found is None:
                raise StoreError("the JPEG is damaged: a scan is cut off before its end")
            at = found.start()
            scans.append(b"".join(tables) + segment + data[after:at])
            tables = []
        elif code in _METADATA:
            oriented |= code == _EXIF
        else:
            # Only tables may follow the frame; those of the first scan belong to it already.
            (tables if scans or code == _HUFFMAN else header).append(segment)
        if code in _FRAMES:
            progressive, sampling = code == _PROGRESSIVE, _sampling(segment)
        if code == _QUANTISATION and quality is None:
            quality = _quality(segment)
    if not scans:
        raise StoreError("the JPEG is damaged: it holds no scan")
    return JpegParts(
        header=b"".join(header),
        scans=tuple(scans),
        progressive=progressive,
        oriented=oriented,
        sampling=sampling,
        quality=quality,
    )


def _segment(data: bytes, at: int) -> tuple[int, int]:
    """Returns the code of the marker at an offset and where its segment ends."""
    length = int.from_bytes(data[at + 2 : at + 4], "big")
    if at + 4 > len(data) or data[at] != 0xFF or length < 2 or at + 2 + length > len(data):
        raise StoreError(f"the JPEG is damaged: no whole segment at byte {at} of {len(data)}")
    return data[at + 1], at + 2 + length


def _sampling(frame: bytes) -> int | None:
    """Reads the sampling factors of a three-component frame header; chroma has to be 1x1."""
    factors = frame[11::3]
    if len(factors) != 3 or factors[1:] != b"\x11\x11":
        return None
    return factors[0] << 16 | 0x1111


def _quality(segment: bytes) -> int | None:
    """Returns the quality whose scaled luminance table has the sum of the first table."""
    if len(segment) < 69 or segment[4] != 0:  # 16-bit entries, or not the luminance table
        return None
    scale = 100 * sum(segment[5:69]) / _LUMA_TABLE_SUM
    quality = (200 - scale) / 2 if scale <= 100 else 5000 / scale
    return min(max(round(quality), 1), 100)
