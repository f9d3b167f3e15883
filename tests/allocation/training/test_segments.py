"""Segments of trajectories: where they begin, what they count, and which are learned from."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem.allocation.training.grpo import group_advantages
from embodied_mem.allocation.training.segments import (
    group_statistics,
    sample_segments,
    segment_advantages,
    segments_of,
)


def test_a_rollout_counts_once_however_often_it_was_cut():
    rewards = np.array([1.0, 1.0, 1.0, 1.0, 0.0])
    rollout, group = np.array([5, 5, 5, 5, 9]), np.zeros(5, np.int64)
    mean, deviation = group_statistics(rewards, rollout, group)
    np.testing.assert_array_equal(mean, 0.5)  # over segments it would be 0.8
    np.testing.assert_array_equal(deviation, 0.5)
    advantages = segment_advantages(rewards, rollout, group)
    np.testing.assert_allclose(advantages, [1, 1, 1, 1, -1], atol=1e-5)


@given(st.lists(st.tuples(st.integers(0, 11), st.booleans()), min_size=1, max_size=80))
def test_advantages_are_those_of_whole_attempts_whatever_the_cuts(steps):
    rollout = np.array([*range(12), *(which for which, _ in steps)])
    begins = np.array([False] * 12 + [cut for _, cut in steps])
    segment = segments_of(rollout, begins)
    _, first = np.unique(segment, return_index=True)
    rewards = np.random.default_rng(0).choice([1.0, 0.0, -0.1], size=12)
    found = segment_advantages(rewards[rollout[first]], rollout[first], rollout[first] // 4)
    expected = group_advantages(rewards, 4)[rollout[first]]
    np.testing.assert_allclose(found, expected, atol=1e-9)


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=60))
def test_a_segment_is_a_run_of_decisions_up_to_an_edit(steps):
    rollout = np.array([which for which, _ in steps])
    begins = np.array([cut for _, cut in steps])
    segment = segments_of(rollout, begins)
    assert sorted(set(segment)) == list(range(segment.max() + 1))
    for which in set(rollout):
        mine = segment[rollout == which]
        np.testing.assert_array_equal(np.diff(mine), begins[rollout == which][1:])
    for number in set(segment):
        assert len(set(rollout[segment == number])) == 1


def test_segments_are_drawn_from_all_rollouts_alike():
    lengths = [40, 3, 1, 0, 20, 20]
    rollout = np.repeat(np.arange(6), lengths)
    group = rollout // 3
    counts = np.zeros(6)
    for seed in range(50):
        drawn = sample_segments(rollout, group, 9, np.random.default_rng(seed))
        assert (np.diff(drawn) > 0).all()
        counts += np.bincount(rollout[drawn], minlength=6)
    np.testing.assert_array_equal(counts[:4] / 50, [5, 3, 1, 0])
    assert (counts[4:] / 50 >= 4).all() and counts[4:].sum() / 50 == 9
    one = sample_segments(rollout, group, 9, np.random.default_rng(3))
    np.testing.assert_array_equal(one, sample_segments(rollout, group, 9, np.random.default_rng(3)))
