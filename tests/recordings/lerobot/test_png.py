import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from embodied_mem.errors import RecordingError
from embodied_mem.recordings.images import decode_picture
from embodied_mem.recordings.lerobot.png import encode_png
from embodied_mem.types import AnyArray

sides = st.integers(1, 24)


@given(sides.flatmap(lambda h: sides.flatmap(lambda w: arrays(np.uint8, (h, w, 3)))))
def test_colour_comes_back_bit_by_bit(picture: AnyArray) -> None:
    np.testing.assert_array_equal(decode_picture(encode_png(picture), "a")[..., ::-1], picture)


@given(
    sides.flatmap(lambda h: sides.flatmap(lambda w: arrays(np.uint16, (h, w)))), st.integers(0, 9)
)
def test_depth_comes_back_bit_by_bit(picture: AnyArray, level: int) -> None:
    decoded = decode_picture(encode_png(picture, level), "a")
    assert decoded.dtype == np.uint16
    np.testing.assert_array_equal(decoded, picture)


def test_parts_of_larger_arrays_are_taken_as_they_look() -> None:
    whole = np.random.default_rng(1).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    part = whole[3:17:2, ::-1]
    np.testing.assert_array_equal(decode_picture(encode_png(part), "a")[..., ::-1], part)


def test_what_is_smooth_becomes_small() -> None:
    ramp = np.add.outer(np.arange(240), np.arange(320)).astype(np.uint16)
    assert len(encode_png(ramp)) < 0.05 * ramp.nbytes
    _, by_opencv = cv2.imencode(".png", ramp)
    assert len(encode_png(ramp)) < 3 * len(by_opencv)


@pytest.mark.parametrize("picture", [np.zeros((4, 4, 3), np.uint16), np.zeros((4, 4), np.float32)])
def test_other_pictures_are_refused(picture: AnyArray) -> None:
    with pytest.raises(RecordingError, match="expected uint8"):
        encode_png(picture)
