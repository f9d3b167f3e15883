"""What is wanted by chance is what is wanted by draws, in the mean."""

import dataclasses

import numpy as np
import pytest

from embodied_mem.errors import ConfigError
from embodied_mem_envs.allocation.bounds.wanted import wanted_by_chance, wanted_by_draws
from embodied_mem_envs.allocation.generate import EpisodeConfig, make_episode
from embodied_mem_envs.allocation.questions import KINDS
from embodied_mem_envs.allocation.synthetic import synthetic_streams


def drawn_again_and_again(count, seed=0, **config):
    """Episodes of the same candidates, with other questions."""
    rng = np.random.default_rng(seed)
    streams = synthetic_streams(rng, streams=1, items=12, things=24, places=3, moved=0.4)
    chosen = EpisodeConfig(arrivals=12, slots=3, after=6, distractors=0.0, shift=0.0, **config)
    return [make_episode(streams, chosen, rng) for _ in range(count)]


def joint_table(wanted, keys):
    """(T, W, W) for holding two keys at once; one alone stands on the diagonal."""
    table = np.zeros((len(wanted.coarse), keys, keys))
    low, high = wanted.joint_keys[:, :2].min(axis=1), wanted.joint_keys[:, :2].max(axis=1)
    np.add.at(table, (wanted.joint_time, low, high), wanted.joint)
    return table


@pytest.mark.parametrize("kind", KINDS)
def test_chance_is_the_mean_of_draws(kind):
    episodes = drawn_again_and_again(600, kinds=(kind,))
    expected = wanted_by_chance(episodes[0])
    draws = [wanted_by_draws(episode) for episode in episodes]
    keys = len(episodes[0].first_seen)
    for part in ("coarse", "fine", "first"):
        mean = np.mean([getattr(draw, part) for draw in draws], axis=0)
        assert np.abs(mean - getattr(expected, part)).max() < 0.012, part
        assert (mean[getattr(expected, part) == 0] == 0).all(), part
    mean = np.mean([joint_table(draw, keys) for draw in draws], axis=0)
    assert np.abs(mean - joint_table(expected, keys)).max() < 0.012


def test_shares_sum_to_one():
    for episode in drawn_again_and_again(20, seed=3):
        assert wanted_by_draws(episode).total == pytest.approx(1.0)
        assert wanted_by_chance(episode).total == pytest.approx(1.0, abs=1e-6)


def test_questions_about_nothing_do_not_count():
    (episode,) = drawn_again_and_again(1)
    keys = episode.query_keys.copy()
    keys[::2] = -1
    half = wanted_by_draws(dataclasses.replace(episode, query_keys=keys))
    assert half.total == pytest.approx(1.0)
    nothing = wanted_by_draws(dataclasses.replace(episode, query_keys=np.full_like(keys, -1)))
    assert nothing.total == 0.0


def test_trifles_are_the_smallest_shares_and_not_lost():
    (episode,) = drawn_again_and_again(1, seed=5)
    wanted = wanted_by_chance(episode)
    larger, trifles = wanted.without_trifles(0.01)
    assert 0 < trifles <= 0.01
    assert larger.total + trifles == pytest.approx(wanted.total)
    left_out = wanted.coarse[(larger.coarse == 0) & (wanted.coarse > 0)]
    assert left_out.max() <= larger.coarse[larger.coarse > 0].min()
    everything, nothing = wanted.without_trifles(0.0)
    assert everything.total == wanted.total
    assert nothing == 0.0
    assert wanted.without_trifles(2.0)[0].total == 0.0


def test_a_question_with_two_special_needs_is_refused():
    (episode,) = drawn_again_and_again(1, kinds=("since",))
    fine = np.full_like(episode.query_level, 2)
    with pytest.raises(ConfigError, match="two special"):
        wanted_by_draws(dataclasses.replace(episode, query_level=fine))


def test_thinned_shares_are_the_same_in_the_mean():
    (episode,) = drawn_again_and_again(1, seed=6)
    wanted = wanted_by_chance(episode)
    thinned = [wanted.thinned(4, offset) for offset in range(4)]
    keys = len(episode.first_seen)
    for part in ("coarse", "fine", "first"):
        mean = np.mean([getattr(each, part) for each in thinned], axis=0)
        assert mean == pytest.approx(getattr(wanted, part)), part
    mean = np.mean([joint_table(each, keys) for each in thinned], axis=0)
    assert mean == pytest.approx(joint_table(wanted, keys))
    assert (thinned[1].coarse[[0, 2, 3, 4]] == 0).all()
