"""In the world that is shipped, the bounds are in order and the best policy does what it says."""

import numpy as np
import pytest

from bounds_in_core import accuracy_in_core
from embodied_mem.allocation.rules import RULES
from embodied_mem.errors import ConfigError
from embodied_mem_envs.allocation.bounds.causal import CausalOptimum
from embodied_mem_envs.allocation.bounds.clairvoyant import clairvoyant
from embodied_mem_envs.allocation.bounds.hindsight import hindsight
from embodied_mem_envs.allocation.bounds.oracle import Oracle
from embodied_mem_envs.allocation.bounds.tiny import TinyConfig, tiny_episode, tiny_streams
from embodied_mem_envs.allocation.generate import make_episode
from embodied_mem_envs.allocation.questions import KINDS, Questions
from exhaustive_tiny import questions_after


def drawn(config, count, seed=0):
    rng = np.random.default_rng(seed)
    streams = tiny_streams(rng, config)
    return [make_episode(streams, config.episodes(), rng) for _ in range(count)]


@pytest.fixture(scope="module")
def shipped():
    config = TinyConfig()
    return CausalOptimum(config), drawn(config, 1600, seed=1)


def test_its_policy_reaches_it_in_the_core(shipped):
    optimum, episodes = shipped
    accuracy, invalid = accuracy_in_core(episodes, Oracle(optimum.plans(episodes)))
    assert invalid == 0
    error = accuracy.std() / np.sqrt(len(accuracy))
    assert error < 0.006
    assert abs(accuracy.mean() - optimum.value) < 3 * error


def test_its_policy_does_not_look_ahead(shipped):
    optimum, episodes = shipped
    episodes = episodes[:200]
    kept = optimum.kept(episodes)
    sorts = np.stack([episode.place for episode in episodes])
    asked = np.array(
        [[e.place[e.first_seen[key]] for key in e.query_keys[:8, 0]] for e in episodes]
    )
    kinds = np.array([episode.query_kind[:2] for episode in episodes])
    half = np.concatenate([sorts[:, :3], asked[:, :2], kinds], axis=1)
    seen = {}
    for past, held in zip(map(bytes, half.astype(np.int8)), kept[:, :3, :3], strict=True):
        assert np.array_equal(seen.setdefault(past, held), held)
    assert len(seen) < len(episodes)


def test_no_fixed_rule_does_better_and_the_best_is_five_points_behind(shipped):
    optimum, episodes = shipped
    means = {}
    for name, make in RULES.items():
        accuracy, _ = accuracy_in_core(episodes[:400], make())
        means[name] = accuracy.mean()
    best = max(means, key=lambda name: means[name])
    assert means[best] < optimum.value - 0.05, best


def test_the_bounds_are_in_order(shipped):
    optimum, episodes = shipped
    episodes = episodes[:80]
    one = np.array([clairvoyant(episode).value for episode in episodes])
    two = np.array([hindsight(episode, relaxed=False).value for episode in episodes])
    three, _ = accuracy_in_core(episodes, Oracle(optimum.plans(episodes)))
    assert one.mean() > two.mean() > three.mean()
    assert (one >= three - 2e-4).all()


def test_episodes_are_asked_what_the_world_says():
    for episode in drawn(TinyConfig(), 5):
        things = episode.keys[:, 0]
        asked = questions_after(TinyConfig(), tuple(episode.place))
        order = list(dict.fromkeys(int(sort) for sort in episode.place))
        for index, kind in enumerate(TinyConfig().kinds):
            real = Questions.of(episode).subjects(KINDS.index(kind))
            assert asked[index][:, order] == pytest.approx(real)
        assert (things >= 0).all()


def test_an_episode_is_drawn_alone_as_from_a_stream():
    config = TinyConfig()
    rng = np.random.default_rng(0)
    episodes = [tiny_episode(rng, config) for _ in range(50)]
    sorts = np.concatenate([episode.place for episode in episodes])
    assert np.bincount(sorts, minlength=len(config.sorts)).min() > 0.5 * 400 / len(config.sorts)
    for episode in episodes:
        assert episode.keys.shape[0] == config.arrivals
        assert episode.budget == episode.slots * episode.bytes[0, 1]
        assert (
            episode.mix[:, [KINDS.index(kind) for kind in config.kinds]].sum(axis=1) > 0.99
        ).all()


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"kinds": ("recent", "pair")}, "tiny world"),
        ({"kinds": ("recent", "recent")}, "two different"),
        ({"sorts": ((0,), (), (1,))}, "shows"),
        ({"sorts": ((0, 0), (1,), (2,))}, "shows"),
        ({"slots": 6}, "fewer slots"),
        ({"arrivals": 3}, "4 arrivals"),
    ],
)
def test_worlds_that_make_no_sense_are_refused(wrong, message):
    with pytest.raises(ConfigError, match=message):
        TinyConfig(**wrong)
