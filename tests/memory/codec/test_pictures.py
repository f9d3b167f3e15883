"""Pictures in layers: every prefix is a whole picture, the whole one is unchanged."""

import os
import subprocess
import sys

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError, StoreError
from embodied_mem.memory.codec.jpeg_scans import END, parse_jpeg
from embodied_mem.memory.codec.pictures import (
    Layers,
    decode_picture,
    join,
    progressive_jpeg,
    progressive_picture,
)
from embodied_mem.types import UInt8Array


def a_view(height: int = 120, width: int = 160, seed: int = 0) -> UInt8Array:
    """Coloured boxes on a shaded wall with some grain: edges, flat parts and texture."""
    rng = np.random.default_rng(seed)
    shade = np.linspace(90, 170, width)[None, :, None] + np.linspace(-30, 30, height)[:, None, None]
    picture = np.repeat(shade, 3, axis=2)
    for _ in range(8):
        top, left = rng.integers(height), rng.integers(width)
        size = rng.integers(4, 40, 2)
        picture[top : top + size[0], left : left + size[1]] = rng.integers(0, 256, 3)
    picture += rng.normal(0, 4, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def opencv_jpeg(picture: UInt8Array, *options: int) -> bytes:
    done, data = cv2.imencode(".jpg", picture[..., ::-1], list(options))
    assert done
    return data.tobytes()


def error_of(picture: UInt8Array, other: UInt8Array) -> float:
    full = other.astype(np.float64)
    error = np.square(picture.astype(np.float64) - full).mean()
    return float(error / max(full.var(axis=(0, 1)).mean(), 1 / 3))


def check_layers(coded: Layers, full: UInt8Array) -> None:
    assert len(coded.layers) == len(coded.losses)
    assert coded.losses[-1] == 0.0
    assert all(a >= b for a, b in zip(coded.losses, coded.losses[1:], strict=False))
    np.testing.assert_array_equal(decode_picture(coded.layers), full)
    for count in range(1, len(coded.layers)):
        prefix = decode_picture(coded.layers[:count])
        assert prefix.shape == full.shape
        assert error_of(prefix, full) <= coded.losses[count - 1] + 1e-9


def test_layers_are_a_progressive_jpeg_with_cheap_layers_first() -> None:
    picture = a_view()
    coded = progressive_picture(picture, quality=85)
    # The order of the scans differs from OpenCV's own file; the pixels do not.
    own = opencv_jpeg(picture, cv2.IMWRITE_JPEG_QUALITY, 85, cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    full = cv2.cvtColor(cv2.imdecode(np.frombuffer(own, np.uint8), 1), cv2.COLOR_BGR2RGB)
    check_layers(coded, np.asarray(full, np.uint8))
    assert sum(map(len, coded.layers)) == len(own)
    assert len(coded.layers) == 7
    assert len(coded.layers[0]) < 0.25 * len(own)
    gains = -np.diff(coded.losses) / [len(layer) for layer in coded.layers[1:]]
    assert gains[0] > 4 * gains[-1] > 0
    # What the losses say is the measured error, not a bound.
    middle = decode_picture(coded.layers[:2])
    assert error_of(middle, decode_picture(coded.layers)) == pytest.approx(coded.losses[1])


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(1, 70),
    width=st.integers(1, 70),
    quality=st.integers(1, 100),
    seed=st.integers(0, 9),
)
def test_any_size_and_quality(height: int, width: int, quality: int, seed: int) -> None:
    picture = a_view(height, width, seed)
    coded = progressive_picture(picture, quality)
    check_layers(coded, decode_picture([b"".join(coded.layers)]))


def test_a_flat_picture_has_small_losses() -> None:
    coded = progressive_picture(np.full((40, 56, 3), 77, np.uint8))
    assert max(coded.losses) <= 1.0
    assert np.abs(decode_picture(coded.layers[:1]).astype(int) - 77).max() <= 3


def test_a_progressive_jpeg_is_cut_without_recoding() -> None:
    jpeg = opencv_jpeg(a_view(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    coded = progressive_jpeg(jpeg)
    assert b"".join(coded.layers) == jpeg
    check_layers(coded, decode_picture([jpeg]))
    assert len(coded.layers) == 7


@pytest.mark.parametrize("quality", [40, 85, 97])
@pytest.mark.parametrize(
    "sampling", [cv2.IMWRITE_JPEG_SAMPLING_FACTOR_420, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444]
)
def test_a_baseline_jpeg_keeps_its_quality(quality: int, sampling: int) -> None:
    jpeg = opencv_jpeg(
        a_view(),
        *(cv2.IMWRITE_JPEG_QUALITY, quality, cv2.IMWRITE_JPEG_SAMPLING_FACTOR, sampling),
    )
    before, after = parse_jpeg(jpeg), progressive_jpeg(jpeg)
    parts = parse_jpeg(b"".join(after.layers))
    assert not before.progressive
    assert parts.progressive
    assert parts.sampling == before.sampling == sampling
    assert parts.quality == before.quality
    assert before.quality is not None
    assert abs(before.quality - quality) <= 1
    original = decode_picture([jpeg])
    assert error_of(decode_picture(after.layers), original) < 2e-3
    check_layers(after, decode_picture(after.layers))


def test_exif_turns_the_picture_once() -> None:
    """A camera's file that says "turn me" shows upright, in layers as well."""
    jpeg = opencv_jpeg(a_view(24, 40), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    body = b"Exif\0\0" + tiff
    turned = jpeg[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + jpeg[2:]
    assert parse_jpeg(turned).oriented
    coded = progressive_jpeg(turned)
    assert decode_picture(coded.layers).shape == (40, 24, 3)
    assert b"Exif" not in coded.layers[0]


def test_a_comment_is_dropped_and_a_grey_jpeg_passes() -> None:
    grey = a_view()[..., 0]
    _, data = cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_PROGRESSIVE, 1])
    jpeg = data.tobytes()
    commented = jpeg[:2] + b"\xff\xfe\x00\x09hello !" + jpeg[2:]
    coded = progressive_jpeg(commented)
    assert b"".join(coded.layers) == jpeg
    check_layers(coded, decode_picture([jpeg]))


def test_join_leaves_other_payloads_alone() -> None:
    _, png = cv2.imencode(".png", a_view(8, 8))
    assert join([png.tobytes()]) == png.tobytes()
    assert decode_picture([png.tobytes()]).shape == (8, 8, 3)
    assert join([]) == b""
    assert join([b"not", b" a picture"]) == b"not a picture"
    coded = progressive_picture(a_view())
    assert join(coded.layers) == b"".join(coded.layers)
    assert join(coded.layers[:2]) == b"".join(coded.layers[:2]) + END


def test_no_prefix_makes_libjpeg_warn() -> None:
    """Warnings go to the process's standard error, so another process decodes the prefixes."""
    program = """
import sys, cv2, numpy as np
from embodied_mem.memory.codec.pictures import decode_picture, progressive_picture
x, y = np.meshgrid(np.arange(200), np.arange(150))
picture = np.stack([x, y, (x * y) % 251], axis=2).astype(np.uint8)
coded = progressive_picture(picture)
for count in range(1, len(coded.layers) + 1):
    decode_picture(coded.layers[:count])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, env={**os.environ}
    )
    assert done.stderr == b""


def test_wrong_pictures_are_refused() -> None:
    with pytest.raises(StoreError, match="uint8 RGB"):
        progressive_picture(np.zeros((4, 4), np.uint8))
    with pytest.raises(StoreError, match="uint8 RGB"):
        progressive_picture(np.zeros((0, 4, 3), np.uint8))
    with pytest.raises(StoreError, match="too large"):
        progressive_picture(np.zeros((1, 70_000, 3), np.uint8))
    with pytest.raises(ConfigError, match="1 to 100"):
        progressive_picture(a_view(8, 8), quality=0)


def test_damaged_files_are_refused() -> None:
    jpeg = opencv_jpeg(a_view(), cv2.IMWRITE_JPEG_PROGRESSIVE, 1)
    for broken in (b"", b"\xff\xd8\xff\xd9", b"GIF89a", jpeg[:90], jpeg[: len(jpeg) // 2]):
        with pytest.raises(StoreError):
            progressive_jpeg(broken)
    with pytest.raises(StoreError, match="damaged"):
        decode_picture([])
    with pytest.raises(StoreError, match="damaged"):
        decode_picture([b"no picture at all"])
    layers = progressive_picture(a_view()).layers
    with pytest.raises(StoreError, match="damaged"):
        decode_picture([layers[0][:150]])


@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_mutated_headers_never_crash(data: st.DataObject) -> None:
    jpeg = bytearray(progressive_picture(a_view(16, 16)).layers[0] + END)
    for _ in range(data.draw(st.integers(1, 3))):
        jpeg[data.draw(st.integers(0, len(jpeg) - 1))] = data.draw(st.integers(0, 255))
    try:
        picture = decode_picture([bytes(jpeg[: data.draw(st.integers(0, len(jpeg)))])])
    except StoreError:
        return
    assert picture.dtype == np.uint8
