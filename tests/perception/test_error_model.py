"""The default errors of the simulated detector: how often they come, and what they look like."""

from dataclasses import replace

import numpy as np
import pytest

from embodied_mem.errors import ConfigError
from embodied_mem.perception import EVEN_ERRORS, ErrorModel, Frame, InstanceSegmenter, Segmentation
from embodied_mem.perception.error_model import LARGE, SMALL
from embodied_mem.perception.false_masks import cut_masks, with_ghosts
from embodied_mem.perception.lookalikes import LOOKALIKES, any_label
from embodied_mem.testing import check_segmenter
from painted_world import PaintedBox, PaintedWorld

NONE = replace(EVEN_ERRORS, miss=0.0, miss_medium=0.0, miss_small=0.0, wrong_label=0.0, merge=0.0)
"""No errors at all."""


def frame_of(tick: int = 0) -> Frame:
    boxes = [
        PaintedBox((2.0, -1.4, 0.0), (2.3, -0.4, 1.4), (200, 40, 40), 3),
        PaintedBox((2.0, 0.2, 0.3), (2.2, 0.42, 0.55), (40, 200, 40), 9),
        PaintedBox((2.0, 1.0, 0.5), (2.05, 1.08, 0.58), (40, 40, 200), 4),
    ]
    world = PaintedWorld(boxes, {3: "sofa", 9: "mug", 4: "book"})
    return world.frame((0.0, 0.0, 1.2), (2.0, 0.0, 0.6), tick)


def segmented(errors: ErrorModel, ticks: int) -> list[Segmentation]:
    frame = frame_of()
    segmenter = InstanceSegmenter(errors, seed=3)
    return [
        segmenter.segment(replace(frame, observation=replace(frame.observation, tick=tick)))
        for tick in range(ticks)
    ]


def test_what_shows_small_is_missed_more() -> None:
    model = ErrorModel(miss=0.1, miss_medium=0.2, miss_small=0.3)
    picture = 100_000
    pixels = np.array([SMALL - 0.0001, SMALL + 0.0001, LARGE - 0.0001, LARGE + 0.0001]) * picture
    assert model.misses(pixels.astype(np.int64), picture).tolist() == [0.3, 0.2, 0.2, 0.1]
    exact = InstanceSegmenter().segment(frame_of())
    shown = np.bincount(exact.mask.ravel())[1:] / exact.mask.size
    sizes = dict(zip(exact.categories, shown, strict=True))
    assert sizes["book"] < SMALL < sizes["mug"] < LARGE < sizes["sofa"]
    frames = segmented(replace(NONE, miss=0.1, miss_medium=0.2, miss_small=0.3), 600)
    for name, chance in (("sofa", 0.1), ("mug", 0.2), ("book", 0.3)):
        missed = np.mean([name not in frame.categories for frame in frames])
        assert missed == pytest.approx(chance, abs=0.05)


def test_the_default_misses_small_things_twice_as_often_as_large_ones() -> None:
    default = ErrorModel()
    assert default.miss < default.miss_medium < default.miss_small
    # 1 - average recall: 0.323, 0.431 and 0.665.
    assert default.miss_small / default.miss == pytest.approx(0.665 / 0.323, rel=0.05)
    assert default.miss_medium / default.miss == pytest.approx(0.431 / 0.323, rel=0.05)


def test_without_errors_the_masks_are_exact() -> None:
    exact = InstanceSegmenter().segment(frame_of())
    (found,) = segmented(NONE, 1)
    np.testing.assert_array_equal(found.mask, exact.mask)
    assert found.categories == exact.categories


def test_cut_masks_cover_a_tenth_to_half_of_a_thing() -> None:
    exact = InstanceSegmenter().segment(frame_of())
    whole = np.bincount(exact.mask.ravel(), minlength=4)[1:]
    shares = []
    for found in segmented(replace(NONE, partial=1.0), 60):
        assert ((found.mask == exact.mask) | (found.mask == 0)).all()
        shares.append(np.bincount(found.mask.ravel(), minlength=4)[1:] / whole)
    large = np.array(shares)[:, list(exact.categories).index("sofa")]
    assert 0.05 < large.min() < 0.2 and 0.4 < large.max() < 0.6
    rng = np.random.default_rng(0)
    tiny = cut_masks(exact, np.ones(exact.mask.shape, bool), 1.0, 10**6, rng)
    np.testing.assert_array_equal(tiny.mask, exact.mask)


def test_ghosts_are_of_the_background_and_as_many_as_asked() -> None:
    exact = InstanceSegmenter().segment(frame_of())
    frames = segmented(replace(NONE, ghosts=1.5), 300)
    for found in frames:
        own = exact.mask > 0
        np.testing.assert_array_equal(found.mask[own], exact.mask[own])
        assert all((found.mask == k + 1).any() for k in range(len(found)))
    nothing = np.zeros(exact.mask.shape, dtype=bool)
    rng = np.random.default_rng(0)
    assert len(with_ghosts(exact, nothing, 3.0, 12, rng)) == len(exact)
    empty = Segmentation(
        mask=np.zeros_like(exact.mask), categories=(), confidence=np.zeros(0, np.float32)
    )
    counts = [len(with_ghosts(empty, ~nothing, 1.5, 12, rng)) for _ in range(400)]
    assert np.mean(counts) == pytest.approx(1.5, abs=0.25) and max(counts) >= 4


def test_wrong_names_are_those_of_lookalikes_or_any() -> None:
    alike = {name for group in LOOKALIKES if "sofa" in group for name in group} - {"sofa"}
    for share in (0.0, 1.0):
        model = replace(NONE, wrong_label=1.0, lookalike=share)
        names = {frame.categories[0] for frame in segmented(model, 80)}
        assert "sofa" not in names
        assert names <= alike if share else len(names - alike) > 20
    rng = np.random.default_rng(0)
    assert all(any_label("mug", rng) != "mug" for _ in range(200))


def test_the_default_is_a_segmenter_as_any_other() -> None:
    check_segmenter(lambda: InstanceSegmenter(ErrorModel(ghosts=3.0, partial=0.5), seed=1))


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"ghosts is -1.*0 to 20"):
        ErrorModel(ghosts=-1.0)
    with pytest.raises(ConfigError, match=r"partial is 2.*0 to 1"):
        ErrorModel(partial=2.0)
