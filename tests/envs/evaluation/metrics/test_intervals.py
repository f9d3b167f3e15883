import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import EvaluationError
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval, paired_interval

VALUES = st.lists(st.floats(-100.0, 100.0), min_size=2, max_size=12)


@settings(max_examples=40, deadline=None)
@given(VALUES, st.randoms())
def test_the_interval_holds_what_it_may_and_forgets_the_order(values, chance) -> None:
    found = mean_interval(values, resamples=300)
    assert min(values) - 1e-9 <= found.lo <= found.hi <= max(values) + 1e-9
    assert found.mean == pytest.approx(float(np.mean(values)), abs=1e-9)
    shuffled = [*values]
    chance.shuffle(shuffled)
    assert mean_interval(shuffled, resamples=300) == found


def test_it_is_near_the_interval_of_students_t_where_that_holds() -> None:
    values = np.random.default_rng(5).normal(3.0, 2.0, 400)
    found = mean_interval(list(values))
    half = 1.966 * values.std(ddof=1) / math.sqrt(400)
    assert found.lo == pytest.approx(values.mean() - half, abs=0.03)
    assert found.hi == pytest.approx(values.mean() + half, abs=0.03)


def test_it_covers_the_true_mean_of_skewed_values_about_as_often_as_it_says() -> None:
    """30 exponential values, 300 times; plain percentiles would cover some 92 %."""
    rng = np.random.default_rng(11)
    held = []
    for _ in range(300):
        found = mean_interval(list(rng.exponential(1.0, 30)), resamples=500)
        held.append(found.lo <= 1.0 <= found.hi)
    assert 0.90 <= np.mean(held) <= 0.985


def test_one_episode_has_no_interval_and_equal_ones_do_not_vary() -> None:
    one = mean_interval([0.4])
    assert (one.mean, one.episodes) == (0.4, 1)
    assert math.isnan(one.lo)
    assert math.isnan(one.hi)
    same = mean_interval([0.1] * 7)
    assert (same.lo, same.mean, same.hi) == (0.1, 0.1, 0.1)


def test_pairs_take_out_what_makes_episodes_hard() -> None:
    rng = np.random.default_rng(2)
    hard = rng.uniform(0.0, 10.0, 50)
    own, other = list(hard + 0.5 + rng.normal(0.0, 0.1, 50)), list(hard)
    paired = paired_interval(own, other)
    assert paired.lo > 0.45
    assert paired.hi < 0.55
    alone = mean_interval(own)
    assert alone.hi - alone.lo > 10 * (paired.hi - paired.lo)


def test_the_same_seed_gives_the_same_interval() -> None:
    values = [0.0, 1.0, 1.0, 0.0, 1.0, 0.25]
    assert mean_interval(values) == mean_interval(values)
    assert mean_interval(values, seed=1, resamples=100) != mean_interval(values, resamples=100)


def test_what_has_no_interval_is_refused() -> None:
    for call in (
        lambda: mean_interval([]),
        lambda: mean_interval([1.0, math.nan]),
        lambda: mean_interval([1.0, 2.0], level=1.0),
        lambda: mean_interval([1.0, 2.0], resamples=5),
        lambda: paired_interval([1.0], [1.0, 2.0]),
    ):
        with pytest.raises(EvaluationError):
            call()
