"""Shards: the same bits wherever and in whatever order they are played."""

import dataclasses

import numpy as np
import pytest

from allocation_episodes import small_episodes
from embodied_mem.allocation.rules import RULES
from embodied_mem.allocation.training.ama import Ama, AmaConfig
from embodied_mem.allocation.training.grpo import Grpo, GrpoConfig
from embodied_mem.allocation.training.imitation import Imitation, ImitationConfig
from embodied_mem.allocation.training.rollout import RolloutPart, roll_out_part
from embodied_mem.allocation.training.rollouts import SerialRollouts, cut, shard_seed
from embodied_mem.errors import ConfigError
from resuming import assert_resumes_exactly, bytes_of

SMALL = GrpoConfig(updates=4, groups=6, rollouts=4, rows=8, batch=256, hidden=16, shards=3)
RULE_NAMES = ("fifo_coarse", "lifo_coarse")


@pytest.fixture(scope="module")
def episodes():
    return small_episodes(count=16, task_label=True)


class Backwards:
    """Plays the last shard first and every shard twice, as after a worker was lost."""

    def each(self, work, shards):
        done = {}
        for index in reversed(range(len(shards))):
            for _ in range(2):
                shard = shards[index]
                done[index] = work(shard.fixed, shard.policy, shard.part)
        return [done[index] for index in range(len(shards))]


def grpo(episodes, seed, rollouts=None, **changed):
    return Grpo(dataclasses.replace(SMALL, **changed), episodes, seed, rollouts=rollouts)


def ama(episodes, seed, rollouts=None, shards=3):
    rules = {name: RULES[name]() for name in RULE_NAMES}
    return Ama(AmaConfig(updates=4, episodes=32, shards=shards), episodes, seed, rules, rollouts)


def teacher(core, episodes, slots, mask):
    """Likes what the first four inputs of an entry are high for; only that it is a rule matters."""
    return np.where(mask, slots[:, :, :4], np.float32(-np.inf))


def imitation(episodes, seed, rollouts=None):
    config = ImitationConfig(updates=4, episodes=16, batch=128, hidden=16, shards=3)
    return Imitation(config, episodes, seed, teacher, rollouts)


@pytest.mark.parametrize("make", [grpo, ama, imitation])
def test_neither_order_nor_repetition_of_shards_changes_a_bit(episodes, make):
    ends = []
    for rollouts in (SerialRollouts(), Backwards()):
        trainer = make(episodes, 3, rollouts)
        logged = [trainer.update() for _ in range(2)]
        ends.append((bytes_of(trainer.snapshot()), logged))
    assert ends[0] == ends[1]


@pytest.mark.parametrize("make", [grpo, ama, imitation])
def test_shards_are_gone_on_with_exactly(episodes, make, tmp_path):
    assert_resumes_exactly(lambda seed: make(episodes, seed), tmp_path / "checkpoint", each=1)


def test_the_number_of_shards_decides_what_is_drawn(episodes):
    ends = []
    for shards in (2, 3):
        trainer = grpo(episodes, 0, shards=shards)
        trainer.update()
        ends.append(bytes_of(trainer.snapshot()))
    assert ends[0] != ends[1]


def test_a_queue_in_shards_is_all_of_it_and_every_decision_counts(episodes):
    queue = np.repeat(np.arange(5), 3)
    parts = cut(queue, 4)
    np.testing.assert_array_equal(np.concatenate(parts), queue)
    weights = grpo(episodes, 1).network.weights()
    for part in parts:
        (*_, episode), scores = roll_out_part(
            episodes, weights, RolloutPart(queue=part, rows=8, seed=5)
        )
        np.testing.assert_array_equal(np.bincount(episode), scores.steps)
    with pytest.raises(ConfigError, match="16 shards of 15 episodes"):
        cut(queue, 16)


def test_no_two_shards_share_their_chance():
    seeds = {shard_seed(s, u, i) for s in range(8) for u in range(20) for i in range(8)}
    assert len(seeds) == 8 * 20 * 8 and max(seeds) < 2**63
