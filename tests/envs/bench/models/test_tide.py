"""What errors cost, on frames small enough to count by hand."""

import numpy as np
import pytest

from embodied_mem.perception import Segmentation
from embodied_mem_envs.bench.models.tide import Tide, overlaps


def drawn(*things: tuple[str, int, int, float]) -> Segmentation:
    """Things as stretches of one row of pixels: name, start, end, score."""
    mask = np.zeros((1, 100), np.int32)
    for k, (_, start, end, _) in enumerate(things):
        mask[0, start:end] = k + 1
    return Segmentation(
        mask=mask,
        categories=tuple(name for name, *_ in things),
        confidence=np.array([score for *_, score in things], np.float32),
    )


TRUTH = drawn(("mug", 0, 10, 1.0), ("sofa", 20, 60, 1.0))


def judged(*things: tuple[str, int, int, float]) -> Tide:
    tide = Tide()
    tide.add(TRUTH, drawn(*things))
    return tide


def test_overlaps_are_intersections_over_unions() -> None:
    found = drawn(("mug", 5, 10, 1.0), ("sofa", 20, 80, 1.0))
    assert overlaps(found, TRUTH).tolist() == [[0.5, 0.0], [0.0, pytest.approx(40 / 60)]]


def test_all_right_is_100_points_and_nothing_costs_any() -> None:
    tide = judged(("mug", 0, 10, 0.9), ("sofa", 20, 60, 0.9))
    assert tide.average_precision() == pytest.approx(100.0)
    assert set(tide.costs().values()) == {0.0}


@pytest.mark.parametrize(
    ("things", "kind"),
    [
        ((("cup", 0, 10, 0.9),), "class"),
        ((("mug", 0, 3, 0.9),), "place"),
        ((("cup", 0, 3, 0.9),), "both"),
        ((("mug", 70, 80, 0.9),), "background"),
        ((("sofa", 0, 10, 0.9),), "class"),
    ],
)
def test_each_error_is_of_its_kind(things: tuple[tuple[str, int, int, float]], kind: str) -> None:
    (detection,) = judged(*things).detections
    assert detection.kind == kind


def test_a_wrong_name_explains_a_thing_and_a_miss_is_what_nothing_explains() -> None:
    tide = judged(("cup", 0, 10, 0.9))
    assert tide.missed() == {1}
    costs = tide.costs()
    assert tide.average_precision() == 0.0
    assert costs["class"] == pytest.approx(50.0)
    assert costs["background"] == 0.0


def test_false_finds_above_right_ones_cost_points() -> None:
    tide = judged(("mug", 0, 10, 0.5), ("mug", 70, 80, 0.9), ("sofa", 20, 60, 0.9))
    assert tide.average_precision() == pytest.approx(75.0)
    assert tide.costs()["background"] == pytest.approx(25.0)


def test_nothing_found_is_all_missed() -> None:
    tide = judged()
    assert tide.average_precision() == 0.0 and tide.missed() == {0, 1}
