import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.errors import EvaluationError
from embodied_mem_envs.evaluation.metrics import answer_spl, path_efficiency, soft_spl, spl, success

LENGTH = st.floats(0.0, 1e4)


# Worked by hand: success, shortest, taken, and S l / max(p, l).
@pytest.mark.parametrize(
    ("succeeded", "shortest", "taken", "expected"),
    [
        (1.0, 4.0, 5.0, 0.8),
        (1.0, 3.0, 3.0, 1.0),
        (1.0, 3.0, 2.5, 1.0),  # a body that is wider than a point may walk less than the reference
        (1.0, 1.0, 3.0, 0.3333333333333333),
        (0.0, 4.0, 4.0, 0.0),
        (1.0, 0.0, 0.0, 1.0),
        (0.0, 0.0, 0.0, 0.0),
        (1.0, 0.0, 2.0, 0.0),
        (1.0, 2.7, 7.2, 0.375),
    ],
)
def test_spl_is_as_worked_by_hand(
    succeeded: float, shortest: float, taken: float, expected: float
) -> None:
    assert spl(succeeded, shortest, taken) == pytest.approx(expected, abs=1e-9)
    assert answer_spl(succeeded, shortest, taken) == pytest.approx(expected, abs=1e-9)


def test_a_half_right_answer_counts_half() -> None:
    assert answer_spl(0.5, 2.0, 8.0) == pytest.approx(0.125, abs=1e-9)


# Worked by hand: shortest, left, taken, and max(0, 1 - d / l) l / max(p, l).
@pytest.mark.parametrize(
    ("shortest", "left", "taken", "expected"),
    [
        (4.0, 1.0, 6.0, 0.5),  # 3/4 of the way, 4/6 of the length
        (5.0, 0.0, 5.0, 1.0),
        (5.0, 5.0, 0.0, 0.0),
        (5.0, 9.0, 4.0, 0.0),
        (8.0, 2.0, 6.0, 0.75),
        (0.0, 0.0, 0.0, 1.0),
        (0.0, 1.0, 1.0, 0.0),
        (0.0, 0.0, 3.0, 0.0),
    ],
)
def test_soft_spl_is_as_worked_by_hand(
    shortest: float, left: float, taken: float, expected: float
) -> None:
    assert soft_spl(shortest, left, taken) == pytest.approx(expected, abs=1e-9)


def test_the_radius_itself_still_succeeds() -> None:
    assert success(1.0) == 1.0
    assert success(math.nextafter(1.0, 2.0)) == 0.0
    assert success(0.25, radius=0.25) == 1.0
    assert success(0.26, radius=0.25) == 0.0


@given(LENGTH, LENGTH, LENGTH)
def test_every_share_lies_between_nothing_and_success(
    shortest: float, taken: float, left: float
) -> None:
    assert 0.0 <= path_efficiency(shortest, taken) <= 1.0
    assert spl(0.0, shortest, taken) == 0.0
    assert spl(1.0, shortest, taken) == path_efficiency(shortest, taken)
    assert 0.0 <= soft_spl(shortest, left, taken) <= path_efficiency(shortest, taken)


@given(LENGTH, LENGTH, LENGTH)
def test_a_longer_way_is_never_better(shortest: float, taken: float, more: float) -> None:
    assert path_efficiency(shortest, taken + more) <= path_efficiency(shortest, taken)
    assert soft_spl(shortest, taken, taken) >= soft_spl(shortest, taken + more, taken)


@given(st.floats(1e-3, 1e4), LENGTH)
def test_the_unit_of_length_does_not_matter(shortest: float, taken: float) -> None:
    feet = path_efficiency(3.28084 * shortest, 3.28084 * taken)
    assert feet == pytest.approx(path_efficiency(shortest, taken), rel=1e-9)


@pytest.mark.parametrize("wrong", [-1.0, -1e-12, math.nan])
def test_what_is_no_length_is_refused(wrong: float) -> None:
    for call in (
        lambda: spl(1.0, wrong, 1.0),
        lambda: spl(1.0, 1.0, wrong),
        lambda: soft_spl(1.0, wrong, 1.0),
        lambda: success(wrong),
        lambda: answer_spl(wrong, 1.0, 1.0),
    ):
        with pytest.raises(EvaluationError):
            call()
    with pytest.raises(EvaluationError, match="share"):
        spl(1.1, 1.0, 1.0)
