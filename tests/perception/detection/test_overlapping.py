from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from embodied_mem.errors import ConfigError
from embodied_mem.perception import Frame, make_frame
from embodied_mem.perception.detection.overlapping import Overlapping, resolved
from painted_world import PaintedWorld


def frame_with(depth: np.ndarray) -> Frame:
    frame = make_frame(PaintedWorld().observe((0.0, 0.0, 1.2), (2.0, 0.0, 0.6)), 1)
    points = np.zeros((*depth.shape, 3), np.float32)
    return replace(frame, depth=depth.astype(np.float32), points=points, valid=depth > 0.0)


def block(shape: tuple[int, int], top: int, left: int, bottom: int, right: int) -> np.ndarray:
    mask = np.zeros(shape, dtype=bool)
    mask[top:bottom, left:right] = True
    return mask


def test_a_pixel_goes_to_the_thing_at_its_depth_whatever_the_scores() -> None:
    depth = np.full((10, 20), 3.0)
    depth[:, :12] = 1.0  # a chair before a table
    near, far = block((10, 20), 0, 0, 10, 15), block((10, 20), 0, 5, 10, 20)
    for scores in ((0.9, 0.3), (0.3, 0.9)):
        picture, kept = resolved(
            frame_with(depth), np.stack([near, far]), np.array(scores, np.float32)
        )
        assert kept.tolist() == [0, 1]
        # Columns 12 to 14 are claimed by both, and lie at the table's depth.
        assert (picture[:, :12] == 1).all() and (picture[:, 12:] == 2).all()


def test_what_lies_in_a_thing_is_seen_before_it() -> None:
    depth = np.full((20, 20), 2.0)
    shelf, book = block((20, 20), 0, 0, 20, 20), block((20, 20), 5, 5, 10, 10)
    picture, kept = resolved(
        frame_with(depth), np.stack([shelf, book]), np.array([0.9, 0.3], np.float32)
    )
    assert kept.tolist() == [0, 1]
    np.testing.assert_array_equal(picture == 2, book)


def test_of_two_masks_side_by_side_the_surer_takes_what_both_claim() -> None:
    depth = np.full((10, 30), 2.0)
    left, right = block((10, 30), 0, 0, 10, 18), block((10, 30), 0, 12, 10, 30)
    picture, _ = resolved(
        frame_with(depth), np.stack([left, right]), np.array([0.4, 0.8], np.float32)
    )
    assert (picture[:, 12:] == 2).all() and (picture[:, :12] == 1).all()


def test_two_masks_of_one_thing_are_one() -> None:
    depth = np.full((10, 20), 2.0)
    masks = np.stack([block((10, 20), 0, 0, 10, 19), block((10, 20), 0, 0, 10, 20)])
    picture, kept = resolved(frame_with(depth), masks, np.array([0.4, 0.8], np.float32))
    assert kept.tolist() == [1]
    assert (picture == 1).all()


def test_what_is_left_too_small_gives_its_pixels_back() -> None:
    depth = np.full((10, 20), 2.0)
    wide = block((10, 20), 0, 0, 10, 20)
    # The second one keeps 10 pixels, fewer than 12: the third covers the rest of it.
    masks = np.stack([wide, block((10, 20), 0, 0, 10, 4), block((10, 20), 0, 1, 10, 6)])
    scores = np.array([0.3, 0.5, 0.9], np.float32)
    picture, kept = resolved(frame_with(depth), masks, scores)
    assert kept.tolist() == [0, 2]
    assert (picture[:, 0] == 1).all() and (picture[:, 1:6] == 2).all()


def test_pixels_without_depth_are_painted_but_do_not_count() -> None:
    depth = np.zeros((10, 20))
    mask = block((10, 20), 0, 0, 10, 10)[None]
    picture, kept = resolved(frame_with(depth), mask, np.ones(1, np.float32))
    assert not kept.size and not picture.any()
    depth[:3, :5] = 1.0
    picture, kept = resolved(frame_with(depth), mask, np.ones(1, np.float32))
    assert kept.tolist() == [0]
    np.testing.assert_array_equal(picture == 1, mask[0])


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 5).flatmap(lambda n: arrays(bool, (n, 6, 7))),
    arrays(np.float32, (6, 7), elements=st.sampled_from((0.0, 1.0, 1.1, 2.5))),
    st.integers(0, 2**32 - 1),
)
def test_every_pixel_is_of_a_mask_that_claims_it(
    masks: np.ndarray, depth: np.ndarray, seed: int
) -> None:
    scores = np.random.default_rng(seed).random(len(masks)).astype(np.float32)
    config = Overlapping(min_pixels=3)
    picture, kept = resolved(frame_with(depth), masks, scores, config)
    assert picture.dtype == np.int32
    assert sorted(set(picture.ravel().tolist()) - {0}) == list(range(1, len(kept) + 1))
    for number, index in enumerate(kept, 1):
        assert (masks[index] | (picture != number)).all()
        assert np.count_nonzero((picture == number) & (depth > 0)) >= config.min_pixels
    claimed = masks[kept].any(axis=0) if len(kept) else np.zeros((6, 7), dtype=bool)
    np.testing.assert_array_equal(picture > 0, claimed)


def test_settings_out_of_range_are_refused() -> None:
    for wrong in ({"same": 0.0}, {"within": 1.5}, {"min_pixels": 0}):
        with pytest.raises(ConfigError):
            Overlapping(**wrong)
