"""Pictures as ROS carries them: every encoding, every padding, and nothing that is malformed."""

import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ObservationError
from embodied_mem.robots.ros import images
from embodied_mem.robots.ros.images import RawPicture

ENCODINGS = {"rgb8": 3, "bgr8": 3, "rgba8": 4, "bgra8": 4, "mono8": 1, "16UC1": 2, "32FC1": 4}
LITTLE = st.integers(1, 9)


def raw(encoding: str, pixels: np.ndarray, *, pad: int = 0, bigendian: bool = False) -> RawPicture:
    """Packs pixels as a driver would, with rows padded by `pad` bytes of rubbish."""
    rows = np.ascontiguousarray(pixels).view(np.uint8).reshape(len(pixels), -1)
    padded = np.hstack([rows, np.full((len(rows), pad), 0xEE, np.uint8)])
    return RawPicture(
        encoding=encoding,
        height=pixels.shape[0],
        width=pixels.shape[1],
        step=padded.shape[1],
        bigendian=bigendian,
        data=padded.tobytes(),
    )


@settings(deadline=None)
@given(seed=st.integers(0, 99), height=LITTLE, width=LITTLE, pad=st.integers(0, 7))
def test_every_colour_encoding_gives_the_same_picture(seed, height, width, pad):
    rgb = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    alpha = np.full((height, width, 1), 9, np.uint8)
    bgr = rgb[..., ::-1]
    for encoding, pixels in (
        ("rgb8", rgb),
        ("bgr8", bgr),
        ("rgba8", np.dstack([rgb, alpha])),
        ("bgra8", np.dstack([bgr, alpha])),
    ):
        seen = images.colour(raw(encoding, pixels, pad=pad))
        assert np.array_equal(seen, rgb)
        assert seen.dtype == np.uint8
        assert seen.flags.c_contiguous
        assert seen.flags.writeable
    grey = images.colour(raw("mono8", rgb[..., 0], pad=pad))
    assert np.array_equal(grey, np.repeat(rgb[..., :1], 3, axis=2))


@settings(deadline=None)
@given(
    seed=st.integers(0, 99),
    height=LITTLE,
    width=LITTLE,
    pad=st.integers(0, 7),
    bigendian=st.booleans(),
)
def test_depth_in_millimetres_and_metres_is_the_same(seed, height, width, pad, bigendian):
    order = ">" if bigendian else "<"
    millimetres = np.random.default_rng(seed).integers(0, 9000, (height, width))
    whole = images.depth(
        raw("16UC1", millimetres.astype(f"{order}u2"), pad=pad, bigendian=bigendian)
    )
    exact = images.depth(
        raw("32FC1", (millimetres * 0.001).astype(f"{order}f4"), pad=pad, bigendian=bigendian)
    )
    assert whole.dtype == exact.dtype == np.float32
    np.testing.assert_allclose(whole, millimetres * 0.001, atol=1e-6)
    np.testing.assert_allclose(exact, whole, atol=1e-6)


def test_what_was_not_measured_is_zero():
    metres = np.array([[np.nan, np.inf, -np.inf, -1.0, 0.0, 1.5]], np.float32)
    assert images.depth(raw("32FC1", metres)).tolist() == [[0.0, 0.0, 0.0, 0.0, 0.0, 1.5]]


def test_instance_ids_keep_their_values():
    ids = np.array([[0, 1, 65535]], np.uint16)
    assert images.instance(raw("16UC1", ids)).tolist() == ids.tolist()
    assert images.instance(raw("16UC1", ids.astype(">u2"), bigendian=True)).tolist() == ids.tolist()
    with pytest.raises(ObservationError):
        images.instance(raw("32FC1", ids.astype(np.float32)))


@settings(max_examples=300, deadline=None)
@given(
    encoding=st.sampled_from([*ENCODINGS, "", "yuv422", "rgb8\0", "x" * 99]),
    height=st.integers(-1, 5) | st.sampled_from([2**31, 2**32 - 1]),
    width=st.integers(-1, 5) | st.sampled_from([2**31, 2**32 - 1]),
    step=st.integers(0, 30) | st.sampled_from([2**32 - 1]),
    data=st.binary(max_size=80),
    bigendian=st.booleans(),
)
def test_a_picture_is_whole_or_refused(encoding, height, width, step, data, bigendian):
    picture = RawPicture(
        encoding=encoding, height=height, width=width, step=step, bigendian=bigendian, data=data
    )
    for decode, channels in ((images.colour, 3), (images.depth, None), (images.instance, None)):
        try:
            seen = decode(picture)
        except ObservationError:
            continue
        assert seen.shape[:2] == (height, width)
        assert len(data) == step * height >= height * width
        if channels is None:
            assert np.isfinite(seen).all() and (seen >= 0).all()


def test_data_that_is_no_bytes_is_refused():
    for data in (None, [1, 2, 3], "text", 5):
        with pytest.raises(ObservationError):
            images.colour(
                RawPicture(encoding="mono8", height=1, width=3, step=3, bigendian=False, data=data)
            )


def encoded(kind: str, pixels: np.ndarray) -> bytes:
    done, buffer = cv2.imencode(kind, pixels)
    assert done
    return buffer.tobytes()


SMOOTH = np.dstack(
    [np.add.outer(np.arange(48), np.arange(64)).astype(np.uint8) * k for k in (1, 2, 0)]
)


def test_compressed_colour_is_rgb():
    png = images.compressed_colour(encoded(".png", SMOOTH[..., ::-1]), width=64, height=48)
    assert np.array_equal(png, SMOOTH)
    jpeg = images.compressed_colour(encoded(".jpg", SMOOTH[..., ::-1]), width=64, height=48)
    assert jpeg.shape == SMOOTH.shape
    plain = np.full((48, 64, 3), (200, 30, 90), np.uint8)
    jpeg = images.compressed_colour(encoded(".jpg", plain[..., ::-1]), width=64, height=48)
    assert np.abs(jpeg.astype(int) - plain).max() <= 4


@pytest.mark.parametrize("kind", [".png", ".jpg"])
def test_no_part_of_a_compressed_picture_is_taken_for_the_whole(kind):
    whole = encoded(kind, SMOOTH)
    for end in range(0, len(whole) - 1, 7):
        with pytest.raises(ObservationError):
            images.compressed_colour(whole[:end], width=64, height=48)


def test_a_small_message_cannot_ask_for_a_huge_picture():
    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    bomb += struct.pack(">I", zlib.crc32(chunk)) + encoded(".png", SMOOTH)[33:]
    with pytest.raises(ObservationError, match="60000"):
        images.compressed_colour(bomb, width=64, height=48)


@settings(max_examples=200, deadline=None)
@given(
    place=st.integers(0, 10_000), value=st.integers(0, 255), kind=st.sampled_from([".png", ".jpg"])
)
def test_a_damaged_byte_never_raises_anything_else(place, value, kind):
    damaged = bytearray(encoded(kind, SMOOTH))
    damaged[place % len(damaged)] = value
    try:
        seen = images.compressed_colour(bytes(damaged), width=64, height=48)
    except ObservationError:
        return
    assert seen.shape == SMOOTH.shape
    if kind == ".png":
        assert np.array_equal(seen[..., ::-1], SMOOTH)  # every chunk has a checksum


@settings(deadline=None)
@given(data=st.binary(max_size=200), kind=st.text(max_size=40))
def test_noise_is_no_compressed_depth(data, kind):
    with pytest.raises(ObservationError):
        images.compressed_depth(kind, data, width=8, height=4)
    with pytest.raises(ObservationError):
        images.compressed_depth("16UC1; compressedDepth png", data, width=8, height=4)


def test_compressed_depth_in_both_encodings():
    metres = np.linspace(0.0, 8.0, 64 * 48).reshape(48, 64)
    millimetres = np.round(1000 * metres).astype(np.uint16)
    data = bytes(12) + encoded(".png", millimetres)
    for kind in ("16UC1; compressedDepth", "16UC1; compressedDepth png"):
        seen = images.compressed_depth(kind, data, width=64, height=48)
        np.testing.assert_allclose(seen, millimetres * 0.001, atol=1e-6)
    # codec.cpp of compressed_depth_image_transport: inverse depth, quantised.
    quantum, farthest = 100.0, 10.0
    a = quantum * (quantum + 1.0)
    b = 1.0 - a / farthest
    inverse = np.where(metres > 0.2, np.round(a / np.maximum(metres, 0.2) - b), 0).astype(np.uint16)
    data = struct.pack("<iff", 0, a, b) + encoded(".png", inverse)
    seen = images.compressed_depth("32FC1; compressedDepth", data, width=64, height=48)
    assert (seen[metres <= 0.2] == 0.0).all()
    far = metres > 0.2
    np.testing.assert_allclose(seen[far], metres[far], rtol=2e-3)


def test_compressed_depth_with_bad_parameters_is_refused():
    png = encoded(".png", np.ones((4, 8), np.uint16))
    for a, b in ((np.nan, 1.0), (np.inf, 0.0), (0.0, 0.0), (-1.0, 2.0)):
        with pytest.raises(ObservationError):
            images.compressed_depth(
                "32FC1; compressedDepth", struct.pack("<iff", 0, a, b) + png, width=8, height=4
            )
    with pytest.raises(ObservationError, match="rvl"):
        images.compressed_depth("16UC1; compressedDepth rvl", bytes(12) + png, width=8, height=4)
    colour = encoded(".png", np.ones((4, 8, 3), np.uint8))
    with pytest.raises(ObservationError, match="uint8"):
        images.compressed_depth("16UC1; compressedDepth", bytes(12) + colour, width=8, height=4)
