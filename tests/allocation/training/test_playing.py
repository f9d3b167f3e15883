"""Playing queues of episodes."""

import numpy as np
import pytest

from allocation_episodes import at_random, small_episodes, take_all_in
from embodied_mem.allocation.training.playing import evaluate, play


@pytest.fixture(scope="module")
def episodes():
    return small_episodes()


def one_by_one(episodes, policy, number):
    """The accuracy of one episode, played alone."""
    core = episodes.make_core(1)
    core.begin(np.array([0]), np.array([number]))
    right = asked = 0.0
    done = False
    while not done:
        step = core.step(policy(*core.observe()))
        right, asked, done = right + step.outcomes[0], asked + step.asked[0], step.done[0]
    return right / asked


@pytest.mark.parametrize("batch", [1, 7, 64])
def test_each_episode_of_the_queue_counts_once(episodes, batch):
    numbers = np.array([5, 5, 60, 2, 41, 0, 63, 8, 9, 9, 9])
    scores = evaluate(take_all_in, episodes, numbers, batch=batch)
    expected = [one_by_one(episodes, take_all_in, number) for number in numbers]
    np.testing.assert_allclose(scores.accuracy, expected)
    assert (scores.steps == 12).all()


def test_the_sums_do_not_depend_on_the_batch(episodes):
    everything = evaluate(take_all_in, episodes)
    assert len(everything.accuracy) == episodes.count
    few = evaluate(take_all_in, episodes, batch=5)
    np.testing.assert_allclose(everything.accuracy, few.accuracy)
    np.testing.assert_allclose(everything.compression, few.compression)


def test_rows_for_which_nothing_is_left_are_told_so(episodes):
    seen = []

    def act(slots, context, mask, playing):
        seen.append(playing.copy())
        return at_random(slots, context, mask, rng)

    rng = np.random.default_rng(0)
    queue = np.arange(10)
    scores = play(episodes.make_core(4), 4, queue, act)
    counted = np.bincount(np.concatenate(seen)[np.concatenate(seen) >= 0], minlength=10)
    np.testing.assert_array_equal(counted, scores.steps)
    assert (seen[-1] == -1).any()
