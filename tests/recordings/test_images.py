from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from embodied_mem.recordings.images import image_size, read_colour, read_depth
from embodied_mem.recordings.layout import FrameError
from embodied_mem.types import Intrinsics

CAMERA = Intrinsics(width=32, height=24, fx=30.0, fy=30.0, cx=15.5, cy=11.5)
RNG = np.random.default_rng(4)
DEPTH = RNG.integers(400, 4000, (24, 32)).astype(np.uint16)
COLOUR = RNG.integers(0, 256, (24, 32, 3), dtype=np.uint8)


def encoded(suffix: str, image: np.ndarray) -> bytes:
    return bytes(cv2.imencode(suffix, image)[1].tobytes())


def test_units_and_invalid_values(tmp_path: Path) -> None:
    path = tmp_path / "d.png"
    depth = DEPTH.copy()
    depth[0, :3] = 0, 65535, 1500
    path.write_bytes(encoded(".png", depth))
    read = read_depth(path, CAMERA, 1000.0, (65535,))
    assert read.dtype == np.float32
    np.testing.assert_allclose(read[0, :3], [0.0, 0.0, 1.5])
    np.testing.assert_allclose(read_depth(path, CAMERA, 5000.0, ())[0, 1:3], [13.107, 0.3])


def test_colour_is_rgb_and_jpeg_is_read(tmp_path: Path) -> None:
    path = tmp_path / "c.png"
    path.write_bytes(encoded(".png", COLOUR[..., ::-1]))
    np.testing.assert_array_equal(read_colour(path, CAMERA), COLOUR)
    smooth = np.full((24, 32, 3), (200, 40, 40), np.uint8)
    path.write_bytes(encoded(".jpg", smooth[..., ::-1]))
    np.testing.assert_allclose(read_colour(path, CAMERA), smooth, atol=6)


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_every_truncation_is_noticed(tmp_path: Path, suffix: str) -> None:
    data = encoded(suffix, COLOUR)
    path = tmp_path / "c"
    for end in range(0, len(data) - 2, 7):
        path.write_bytes(data[:end])
        with pytest.raises(FrameError, match="cannot be read"):
            read_colour(path, CAMERA)
        assert image_size(path) is None


@given(place=st.integers(0, 10_000), value=st.integers(1, 255))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_a_changed_byte_of_a_depth_image_never_gives_other_depth(
    tmp_path: Path, place: int, value: int
) -> None:
    data = bytearray(encoded(".png", DEPTH))
    data[place % len(data)] ^= value
    path = tmp_path / "d.png"
    path.write_bytes(bytes(data))
    try:
        read = read_depth(path, CAMERA, 1000.0, ())
    except FrameError:
        return
    np.testing.assert_allclose(read, DEPTH / 1000.0, atol=1e-3)


def test_a_picture_that_claims_to_be_huge_is_not_decoded(tmp_path: Path) -> None:
    import struct
    import zlib

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 16, 0, 0, 0, 0)
    chunks = b""
    for kind, body in ((b"IHDR", header), (b"IEND", b"")):
        sum_ = struct.pack(">I", zlib.crc32(kind + body))
        chunks += struct.pack(">I", len(body)) + kind + body + sum_
    path = tmp_path / "d.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    with pytest.raises(FrameError, match="cannot be read"):
        read_depth(path, CAMERA, 1000.0, ())
