from dataclasses import replace

import numpy as np
import pytest

from embodied_mem.errors import ConfigError, ObservationError
from embodied_mem.perception import (
    EVEN_ERRORS,
    UNKNOWN_CATEGORY,
    ErrorModel,
    Frame,
    InstanceSegmenter,
    make_frame,
)
from embodied_mem.perception.lookalikes import LOOKALIKES, wrong_label
from painted_world import PaintedBox, PaintedWorld

EYE, AHEAD = (0.0, 0.0, 1.2), (2.0, 0.0, 0.6)
NAMES = ("sofa", "mug", "book", "lamp")


def row_of_boxes(apart: float = 0.5, ids: tuple[int, ...] = (3, 9, 4, 12)) -> PaintedWorld:
    boxes = [
        PaintedBox((2.0, y, 0.3), (2.3, y + 0.3, 0.8), (200, 40, 40), instance)
        for instance, y in zip(ids, np.arange(len(ids)) * apart - 0.8, strict=True)
    ]
    return PaintedWorld(boxes, dict(zip(ids, NAMES, strict=True)))


def evenly(miss: float, wrong_label: float, merge: float) -> ErrorModel:
    """Errors that do not depend on the size, and no false masks."""
    return replace(
        EVEN_ERRORS,
        miss=miss,
        miss_medium=miss,
        miss_small=miss,
        wrong_label=wrong_label,
        merge=merge,
    )


def frame_of(world: PaintedWorld, tick: int = 0) -> Frame:
    return world.frame(EYE, AHEAD, tick)


def test_masks_are_the_simulators_and_background_is_zero() -> None:
    frame = frame_of(row_of_boxes())
    result = InstanceSegmenter().segment(frame)
    assert sorted(result.categories) == sorted(NAMES)
    instance = frame.observation.instance
    assert instance is not None
    for k, name in enumerate(result.categories):
        owner = {"sofa": 3, "mug": 9, "book": 4, "lamp": 12}[name]
        np.testing.assert_array_equal(result.mask == k + 1, instance == owner)
    assert (result.mask[instance == 0] == 0).all()
    assert result.confidence.tolist() == [1.0] * 4


def test_an_object_20_pixels_wide_in_a_640_picture_survives_the_stride() -> None:
    world = row_of_boxes()
    observation = world.observe(EYE, AHEAD)
    full = {name: np.repeat(np.repeat(getattr(observation, name), 4, 0), 4, 1) for name in
            ("rgb", "depth", "instance")}  # fmt: skip
    full["instance"][:] = 0
    full["instance"][200:220, 300:320] = 9
    full["instance"][300:306, 300:306] = 4
    k = observation.intrinsics
    big = replace(
        k, width=640, height=480, fx=k.fx * 4, fy=k.fy * 4, cx=k.cx * 4 + 1.5, cy=k.cy * 4 + 1.5
    )
    result = InstanceSegmenter().segment(
        make_frame(replace(observation, intrinsics=big, **full), 4)
    )
    assert result.categories == ("mug",)


def test_pixels_without_depth_do_not_count() -> None:
    observation = row_of_boxes().observe(EYE, AHEAD)
    depth = observation.depth.copy()
    depth[observation.instance == 9] = 0.0
    result = InstanceSegmenter().segment(make_frame(replace(observation, depth=depth), 1))
    assert "mug" not in result.categories
    assert len(result) == 3


def test_ids_may_be_huge_or_without_a_name() -> None:
    world = row_of_boxes(ids=(3, 2_000_000_000, 70_000, 12))
    world.labels.pop(12)
    result = InstanceSegmenter().segment(frame_of(world))
    assert sorted(result.categories) == sorted(("sofa", "mug", "book", UNKNOWN_CATEGORY))


def test_without_ids_the_error_names_the_other_segmenter() -> None:
    observation = replace(row_of_boxes().observe(EYE, AHEAD), instance=None)
    with pytest.raises(ObservationError, match="geometric"):
        InstanceSegmenter().segment(make_frame(observation, 1))


def test_errors_come_as_often_as_asked() -> None:
    frame = frame_of(row_of_boxes())
    ticks = 800
    model = evenly(miss=0.1, wrong_label=0.2, merge=0.0)
    segmenter = InstanceSegmenter(model, seed=5)
    found = wrong = 0
    right_scores, wrong_scores = [], []
    for tick in range(ticks):
        observation = replace(frame.observation, tick=tick)
        result = segmenter.segment(replace(frame, observation=observation))
        found += len(result)
        for name, score in zip(result.categories, result.confidence, strict=True):
            wrong += name not in NAMES
            (wrong_scores if name not in NAMES else right_scores).append(float(score))
    assert found / (4 * ticks) == pytest.approx(0.9, abs=0.02)
    # Only `sofa`, `mug` and `book` have look-alikes outside this scene; `lamp` turns into these.
    assert wrong / found == pytest.approx(0.75 * 0.2, abs=0.03)
    assert np.mean(wrong_scores) < np.mean(right_scores) - 0.1
    assert max(wrong_scores) > min(right_scores)


def test_merges_join_only_neighbours() -> None:
    always = InstanceSegmenter(evenly(miss=0.0, wrong_label=0.0, merge=1.0))
    apart = always.segment(frame_of(row_of_boxes(apart=0.5)))
    assert len(apart) == 4
    together = frame_of(row_of_boxes(apart=0.3))
    merged = always.segment(together)
    assert len(merged) < 4
    assert together.observation.instance is not None
    np.testing.assert_array_equal(merged.mask > 0, together.observation.instance > 0)


def test_errors_depend_on_seed_and_tick_alone() -> None:
    model = ErrorModel(miss=0.3, wrong_label=0.3, merge=0.3)
    world = row_of_boxes(apart=0.3)
    frames = [frame_of(world, tick) for tick in range(12)]

    def run(seed: int, order: list[int]) -> dict[int, tuple[tuple[str, ...], bytes]]:
        segmenter = InstanceSegmenter(model, seed=seed)
        results = {tick: segmenter.segment(frames[tick]) for tick in order}
        return {tick: (r.categories, r.mask.tobytes()) for tick, r in results.items()}

    ticks = list(range(12))
    assert run(1, ticks) == run(1, ticks[::-1])
    assert run(1, ticks) != run(2, ticks)


def test_chances_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match=r"merge is 1\.5"):
        ErrorModel(merge=1.5)


def test_a_wrong_label_is_never_the_right_one() -> None:
    rng = np.random.default_rng(0)
    for name in sorted({name for group in LOOKALIKES for name in group}):
        assert all(wrong_label(name, ("mug",), rng) != name for _ in range(5))
    assert wrong_label("trombone", ("trombone", "mug"), rng) == "mug"
    assert wrong_label("trombone", ("trombone",), rng) == UNKNOWN_CATEGORY
