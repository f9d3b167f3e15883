"""U3 is what the best policy reaches that knows only the past."""

import numpy as np
import pytest

from embodied_mem.errors import ConfigError
from embodied_mem_envs.allocation.bounds.belief import Belief
from embodied_mem_envs.allocation.bounds.causal import CausalOptimum, causal_optimum
from embodied_mem_envs.allocation.bounds.past import Past
from embodied_mem_envs.allocation.bounds.tiny import (
    TINY_KINDS,
    TinyConfig,
    tiny_streams,
)
from embodied_mem_envs.allocation.generate import make_episode
from exhaustive_tiny import best_causal, questions_after

SMALL = TinyConfig(sorts=((0, 1), (1, 2), (3,)), arrivals=4, slots=1, after=2)


def drawn(config, count, seed=0):
    rng = np.random.default_rng(seed)
    streams = tiny_streams(rng, config)
    return [make_episode(streams, config.episodes(), rng) for _ in range(count)]


@pytest.mark.parametrize(
    "kinds",
    [("recent", "oldest"), ("oldest", "at_time"), ("recent", "looks"), ("demand", "at_time")],
)
@pytest.mark.parametrize("slots", [1, 2])
def test_it_is_the_best_over_every_past(kinds, slots):
    config = TinyConfig(
        sorts=SMALL.sorts, arrivals=4, slots=slots, after=2, kinds=kinds, concentration=0.7
    )
    best, pasts = best_causal(config)
    assert pasts > 500
    assert causal_optimum(config) == pytest.approx(best, abs=1e-7)


@pytest.mark.parametrize("arrivals", [7, 24])
@pytest.mark.parametrize("kind", TINY_KINDS)
def test_rows_of_the_past_say_what_is_asked(kind, arrivals):
    rng = np.random.default_rng(0)
    other = "looks" if kind == "recent" else "recent"
    config = TinyConfig(sorts=((0, 1), (2,), (1, 3, 4)), arrivals=arrivals, kinds=(kind, other))
    past = Past(config)
    for _ in range(20):
        sorts = rng.integers(3, size=arrivals)
        expected = questions_after(config, tuple(sorts))[0]
        rows = np.zeros((1, past.width), np.int64)
        for time, sort in enumerate(sorts):
            rows = past.arrive(past.age(rows), np.array([sort]), time)
            chances = past.chances(rows, kind)[0].reshape(2, config.things)
            assert chances[int(kind == "looks")] == pytest.approx(expected[time])
            assert chances[int(kind != "looks")].sum() == 0
            assert past.newest(rows)[0] == sort


def test_the_posterior_is_that_of_counted_kinds_where_questions_tell_them_apart():
    belief = Belief(np.array([0.0, 0.5, 1.0]), 0.3, 8)
    counts = np.array([[0, 0], [3, 0], [2, 5], [0, 8]])
    expected = (counts[:, 1] + 0.3) / (counts.sum(axis=1) + 0.6)
    assert belief.mean(counts) == pytest.approx(expected, rel=1e-9)
    assert belief.number(np.array([1.0, 0.5, 0.0])).tolist() == [1, 2, 0]


def test_more_is_known_where_kinds_are_told_apart_and_more_slots_do_not_hurt():
    vague = TinyConfig(arrivals=6, after=3, concentration=5.0)
    clear = TinyConfig(arrivals=6, after=3, concentration=0.1)
    assert causal_optimum(clear) > causal_optimum(vague)
    roomy = TinyConfig(arrivals=6, after=3, slots=3, concentration=5.0)
    assert causal_optimum(roomy) > causal_optimum(vague)


def test_worlds_with_too_many_pasts_are_refused():
    with pytest.raises(ConfigError, match="too many"):
        CausalOptimum(TinyConfig(kinds=("recent", "at_time"), sorts=tuple((n,) for n in range(40))))
