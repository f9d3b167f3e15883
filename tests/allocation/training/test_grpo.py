"""GRPO: its advantages, what it learns, and that it goes on exactly."""

import dataclasses

import numpy as np
import pytest
import torch

from allocation_episodes import at_random, small_episodes
from embodied_mem.allocation.training.grpo import Grpo, GrpoConfig, group_advantages
from embodied_mem.allocation.training.playing import evaluate
from embodied_mem.allocation.training.rollout import roll_out
from resuming import assert_resumes_exactly, bytes_of

SMALL = GrpoConfig(updates=6, groups=8, rollouts=6, rows=16, batch=256, hidden=16)


@pytest.fixture(scope="module")
def episodes():
    return small_episodes()


def test_advantages_compare_attempts_at_the_same_episode_only():
    outcomes = np.array([0.9, 0.8, 0.7, 0.1, 0.2, 0.3])
    found = group_advantages(outcomes, 3)
    np.testing.assert_allclose(found, np.array([1, 0, -1, -1, 0, 1]) * 1.5**0.5, atol=1e-4)
    assert (group_advantages(np.full(4, 0.3), 2) == 0).all()


def test_a_rollout_keeps_the_decisions_that_count(episodes):
    trainer = Grpo(SMALL, episodes, 0)
    queue = np.repeat(np.arange(4), 5)
    decisions, scores = roll_out(trainer.network, trainer.core, 16, queue, trainer.chance)
    np.testing.assert_array_equal(np.bincount(decisions.episode), scores.steps)
    assert decisions.mask.gather(1, decisions.actions[:, None]).all()
    scores_of, _ = trainer.network(decisions.slots, decisions.context)
    masked = scores_of.masked_fill(~decisions.mask, -torch.inf)
    expected = torch.log_softmax(masked, 1).gather(1, decisions.actions[:, None])[:, 0]
    torch.testing.assert_close(decisions.log_probability, expected, atol=1e-5, rtol=0)


def test_it_learns_to_answer_more(episodes):
    config = GrpoConfig(updates=8, groups=24, rollouts=8, rows=96, batch=512, hidden=16)
    trainer = Grpo(config, episodes, 1)
    test = small_episodes(9, 128)
    while trainer.done < trainer.updates:
        logs = trainer.update()
    assert logs["validity"] == 0
    chance = evaluate(at_random, test).accuracy.mean()
    assert evaluate(trainer.trained(), test).accuracy.mean() > chance + 0.1


@pytest.mark.parametrize("kl", [0.0, 0.1])
def test_going_on_from_a_checkpoint_changes_no_bit(episodes, tmp_path, kl):
    config = dataclasses.replace(SMALL, kl=kl)
    assert_resumes_exactly(lambda seed: Grpo(config, episodes, seed), tmp_path / "checkpoint")


def test_the_seed_decides(episodes):
    runs = []
    for seed in (4, 4, 5):
        trainer = Grpo(SMALL, episodes, seed)
        trainer.update()
        runs.append(bytes_of(trainer.snapshot()))
    assert runs[0] == runs[1] != runs[2]


def test_the_divergence_from_the_start_holds_the_policy_back(episodes):
    moved = []
    for kl in (0.0, 20.0):
        trainer = Grpo(dataclasses.replace(SMALL, kl=kl), episodes, 3)
        start = trainer.network.score.weight.detach().clone()
        for _ in range(3):
            trainer.update()
        moved.append(float((trainer.network.score.weight.detach() - start).abs().mean()))
    assert moved[1] < moved[0]
