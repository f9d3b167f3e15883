import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError
from embodied_mem.perception.detection.boxes import Boxes
from embodied_mem.perception.detection.suppression import Suppression, overlaps, suppressed


def boxes_of(*found: tuple[tuple[float, float, float, float], str, float]) -> Boxes:
    return Boxes(
        corners=np.array([corners for corners, _, _ in found], np.float32).reshape(-1, 4),
        words=tuple(word for _, word, _ in found),
        scores=np.array([score for _, _, score in found], np.float32),
    )


def test_overlap_is_intersection_over_union() -> None:
    first = np.array([[0, 0, 10, 10], [0, 0, 0, 0]], np.float32)
    second = np.array([[0, 0, 10, 10], [5, 0, 15, 10], [20, 20, 30, 30]], np.float32)
    np.testing.assert_allclose(overlaps(first, second), [[1, 1 / 3, 0], [0, 0, 0]], atol=1e-6)


def test_the_surer_of_two_boxes_of_one_thing_stays() -> None:
    left = suppressed(
        boxes_of(
            ((0, 0, 10, 10), "bed", 0.4),
            ((1, 0, 10, 10), "bed", 0.9),
            ((50, 0, 60, 10), "bed", 0.5),
        )
    )
    assert left.scores.tolist() == pytest.approx([0.9, 0.5])
    assert left.corners[:, 0].tolist() == [1, 50]


def test_words_on_one_box_compete_but_things_in_things_do_not() -> None:
    left = suppressed(
        boxes_of(
            ((0, 0, 100, 100), "sofa", 0.6),
            ((0, 0, 99, 100), "bed", 0.5),
            ((0, 0, 100, 60), "armchair", 0.4),  # overlap 0.6: another thing may fill it
            ((10, 10, 40, 40), "cushion", 0.3),
        )
    )
    assert left.words == ("sofa", "armchair", "cushion")


def test_slivers_and_what_is_no_number_are_dropped_and_the_surest_kept() -> None:
    config = Suppression(most=2)
    left = suppressed(
        boxes_of(
            ((0, 0, 1, 50), "broom", 0.99),
            ((0, 0, 10, 10), "mug", float("nan")),
            ((20, 0, 30, 10), "mug", 0.1),
            ((40, 0, 50, 10), "mug", 0.2),
            ((60, 0, 70, 10), "mug", 0.3),
        ),
        config,
    )
    assert left.scores.tolist() == pytest.approx([0.3, 0.2])
    assert len(suppressed(boxes_of())) == 0


numbers = st.integers(0, 12)
found_boxes = st.lists(
    st.tuples(
        st.tuples(numbers, numbers, numbers, numbers).map(
            lambda c: (float(c[0]), float(c[1]), float(c[0] + c[2]), float(c[1] + c[3]))
        ),
        st.sampled_from(("bed", "mug")),
        st.integers(0, 4).map(lambda k: k / 4),
    ),
    max_size=14,
)


@settings(max_examples=150, deadline=None)
@given(found_boxes)
def test_what_is_left_does_not_clash_and_what_is_gone_did(
    found: list[tuple[tuple[float, float, float, float], str, float]],
) -> None:
    config = Suppression()
    before, left = boxes_of(*found), suppressed(boxes_of(*found), config)
    rows = map(tuple, left.corners.tolist())
    kept = set(zip(rows, left.words, left.scores, strict=True))
    assert list(left.scores) == sorted(left.scores, reverse=True)

    def clash(one: Boxes, other: Boxes) -> np.ndarray:
        same = np.array(one.words)[:, None] == np.array(other.words)[None, :]
        limit = np.where(same, config.same_word, config.any_word)
        return overlaps(one.corners, other.corners) >= limit

    if len(left):
        assert not np.triu(clash(left, left), 1).any()
    for k in range(len(before)):
        one = before[k : k + 1]
        if (tuple(one.corners[0].tolist()), one.words[0], one.scores[0]) in kept:
            continue
        small = min(one.corners[0, 2:] - one.corners[0, :2]) < config.min_side
        assert small or (clash(one, left)[0] & (left.scores >= one.scores[0])).any()


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match="same_word"):
        Suppression(same_word=0.0)
    with pytest.raises(ConfigError, match="most"):
        Suppression(most=0)
