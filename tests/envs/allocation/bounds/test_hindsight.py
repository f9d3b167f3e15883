"""U2 is what one can expect who knows all but the draws."""

import numpy as np
import pytest

from bounds_in_core import accuracy_in_core
from embodied_mem_envs.allocation.bounds.clairvoyant import clairvoyant
from embodied_mem_envs.allocation.bounds.hindsight import hindsight
from embodied_mem_envs.allocation.bounds.many import bounds_of
from embodied_mem_envs.allocation.bounds.oracle import Oracle, plan_for
from embodied_mem_envs.allocation.generate import EpisodeConfig, make_episode
from embodied_mem_envs.allocation.synthetic import synthetic_streams


def drawn_again_and_again(count, kinds, seed=0):
    """Episodes of the same candidates and mix, with other questions; `kinds` is one kind."""
    rng = np.random.default_rng(seed)
    streams = synthetic_streams(rng, streams=1, items=16, things=40, places=4)
    config = EpisodeConfig(
        arrivals=16, slots=3, after=8, distractors=0.0, shift=0.0, kinds=(kinds,)
    )
    return [make_episode(streams, config, rng) for _ in range(count)]


def drawn(count, seed=0, **config):
    rng = np.random.default_rng(seed)
    streams = synthetic_streams(rng, streams=2, items=120)
    return [make_episode(streams, EpisodeConfig(**config), rng) for _ in range(count)]


@pytest.mark.parametrize("kind", ["at_time", "looks", "pair", "count", "since"])
def test_its_plan_reaches_it_in_the_mean_over_draws(kind):
    episodes = drawn_again_and_again(400, kind)
    bound = hindsight(episodes[0], relaxed=False)
    assert bound.exact
    plan = plan_for(episodes[0], bound)
    accuracy, invalid = accuracy_in_core(episodes, Oracle([plan] * len(episodes)))
    assert invalid == 0
    error = accuracy.std() / np.sqrt(len(accuracy))
    assert abs(accuracy.mean() - bound.value) < 4 * error + 1e-3


def test_it_lies_below_the_clairvoyant_in_the_mean():
    episodes = drawn_again_and_again(60, "demand", seed=2)
    one = np.mean([clairvoyant(episode).value for episode in episodes])
    assert hindsight(episodes[0], relaxed=False).value < one


def test_the_relaxation_is_no_lower_and_little_higher():
    gaps = []
    for episode in drawn(6, seed=1, arrivals=14, slots=3):
        relaxed = hindsight(episode).value
        gaps.append(relaxed - hindsight(episode, relaxed=False).value)
    assert min(gaps) > -2e-4
    assert np.mean(gaps) < 0.02


def test_bounds_come_in_the_order_of_the_episodes_from_any_number_of_processes():
    episodes = drawn(10, seed=3, arrivals=10, slots=2)
    one, two = bounds_of(episodes), bounds_of(episodes, jobs=2)
    for name in ("u1", "u1_reached", "u2"):
        assert np.array_equal(getattr(one, name), getattr(two, name)), name
    assert one.u1[3] == clairvoyant(episodes[3], nodes=50).value
    assert one.u2[3] == hindsight(episodes[3]).value
    assert len(bounds_of([]).u1) == 0


def test_counting_some_of_the_times_bounds_the_mean():
    for episode in drawn(3, seed=4, arrivals=24, slots=3):
        for bound in (clairvoyant, hindsight):
            thinned = [bound(episode, relaxed=True, every=4, offset=k).value for k in range(4)]
            assert np.mean(thinned) >= bound(episode, relaxed=True).value - 1e-3
    table = bounds_of(drawn(4, seed=4, arrivals=12, slots=3), every=4)
    assert np.isnan(table.u1_reached).all()
    assert (table.u2 > 0).all()
