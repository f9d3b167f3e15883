import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.viz.placement import LabelPlacer, around_box, around_point

sizes = st.tuples(st.floats(5, 80), st.floats(5, 30))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 400), st.floats(0, 300), sizes), max_size=25))
def test_labels_that_need_not_be_placed_never_overlap_nor_leave_the_picture(
    points: list[tuple[float, float, tuple[float, float]]],
) -> None:
    placer = LabelPlacer((0, 0, 400, 300))
    placed = [
        place
        for x, y, size in points
        if (place := placer.place(around_point((x, y), size, (2, 12)))) is not None
    ]
    for index, (x0, y0, x1, y1) in enumerate(placed):
        assert min(x0, y0) >= -1e-5 and x1 <= 400 + 1e-5 and y1 <= 300 + 1e-5
        for a0, b0, a1, b1 in placed[:index]:
            assert min(x1, a1) - max(x0, a0) <= 1e-9 or min(y1, b1) - max(y0, b0) <= 1e-9


def test_a_label_that_must_be_placed_takes_the_least_covered_candidate() -> None:
    placer = LabelPlacer((0, 0, 100, 100))
    placer.block((0, 0, 100, 50))
    candidates = np.array([[0, 0, 20, 10], [0, 45, 20, 55], [0, 48, 20, 58]], dtype=float)
    assert placer.place(candidates) is None
    assert placer.place(candidates, must=True) == (0, 48, 20, 58)


def test_a_label_outside_the_picture_is_the_last_choice() -> None:
    placer = LabelPlacer((0, 0, 100, 100))
    placer.block((0, 0, 100, 100))
    candidates = np.array([[90, 0, 110, 10], [40, 0, 60, 10]], dtype=float)
    assert placer.place(candidates, must=True) == (40, 0, 60, 10)


@pytest.mark.parametrize("box", [(10, 10, 60, 60), (0, 0, 5, 5)])
def test_the_first_candidate_of_a_box_lies_on_its_upper_edge(
    box: tuple[float, float, float, float],
) -> None:
    first = around_box(box, (30, 12))[0]
    assert tuple(first) == (box[0], box[1] - 12, box[0] + 30, box[1])
