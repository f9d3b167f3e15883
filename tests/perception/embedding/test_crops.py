import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.perception import Frame, Segmentation
from embodied_mem.perception.embedding.crops import instance_crops
from embodied_mem.types import Intrinsics, Observation

RED, GREEN, BLUE = (250, 0, 0), (0, 250, 0), (0, 0, 250)


def frame_of(rgb: np.ndarray, stride: int) -> Frame:
    height, width = rgb.shape[:2]
    depth = np.ones((height, width), np.float32)
    observation = Observation(
        rgb=rgb,
        depth=depth,
        intrinsics=Intrinsics.from_hfov(width, height, np.pi / 2),
        T_world_camera=np.eye(4),
        T_world_body=np.eye(4),
        tick=0,
        seconds_per_tick=1.0,
        agent="a",
    )
    small = depth[::stride, ::stride]
    return Frame(
        observation=observation,
        stride=stride,
        rgb=rgb[::stride, ::stride],
        depth=small,
        points=np.zeros((*small.shape, 3), np.float32),
        valid=small > 0,
    )


def segments(mask: np.ndarray) -> Segmentation:
    count = int(mask.max(initial=0))
    return Segmentation(
        mask=mask.astype(np.int32),
        categories=("thing",) * count,
        confidence=np.ones(count, np.float32),
    )


def test_each_square_shows_its_own_thing_on_grey_with_its_proportions() -> None:
    rgb = np.zeros((64, 80, 3), np.uint8)
    rgb[:, :] = GREEN
    rgb[8:16, 8:48] = RED
    rgb[32:64, 60:80] = BLUE
    mask = np.zeros((16, 20), int)
    mask[2:4, 2:12] = 1
    mask[8:16, 15:20] = 2
    crops, inside = instance_crops(frame_of(rgb, 4), segments(mask), 48)
    assert crops.shape == (2, 48, 48, 3)
    assert inside.shape == (2, 48, 48)
    assert (crops[0][24, 24] == RED).all()
    assert (crops[1][24, 24] == BLUE).all()
    for crop, part in zip(crops, inside, strict=True):
        assert not (crop == GREEN).all(axis=2).any()
        assert (crop[~part].reshape(-1, 3).mean(axis=0) < 150).all()
        assert (crop[0, 0] == 127).all()
    rows, columns = np.flatnonzero(inside[0].any(1)), np.flatnonzero(inside[0].any(0))
    assert columns.size / rows.size == pytest.approx(5.0, rel=0.15)  # 40 x 8 pixels
    assert 0.75 < columns.size / 48 < 0.9


def test_all_pixels_of_the_picture_count_not_only_those_of_the_stride() -> None:
    rgb = np.zeros((32, 32, 3), np.uint8)
    rgb[1::2, :] = 200  # what every fourth row does not show
    mask = np.ones((8, 8), int)
    crops, _ = instance_crops(frame_of(rgb, 4), segments(mask), 32)
    assert 80 < crops[0][12:20, 12:20].mean() < 120


def test_a_mask_without_a_pixel_gives_a_grey_square() -> None:
    nothing = Segmentation(
        mask=np.zeros((8, 8), np.int32),
        categories=("ghost",),
        confidence=np.ones(1, np.float32),
    )
    crops, inside = instance_crops(frame_of(np.zeros((8, 8, 3), np.uint8), 1), nothing, 32)
    assert (crops == 127).all()
    assert not inside.any()


@given(
    height=st.integers(1, 37),
    width=st.integers(1, 37),
    stride=st.integers(1, 5),
    seed=st.integers(0, 1000),
)
def test_any_mask_of_any_picture_can_be_cut_out(
    height: int, width: int, stride: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    rgb = rng.integers(0, 256, (height, width, 3), np.uint8)
    frame = frame_of(rgb, stride)
    mask = rng.integers(0, 4, frame.shape)
    found = segments(mask)
    crops, inside = instance_crops(frame, found, 32)
    assert crops.shape == (len(found), 32, 32, 3)
    shown = [bool((mask == index + 1).any()) for index in range(len(found))]
    assert inside.any(axis=(1, 2)).tolist() == shown
