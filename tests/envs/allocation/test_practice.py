"""What an allocator is trained and evaluated on, by the algorithm's name."""

import json
from dataclasses import replace

import numpy as np
import pytest

from allocation_episodes import take_all_in
from embodied_mem.allocation.training.playing import evaluate
from embodied_mem.errors import ConfigError
from embodied_mem_envs.allocation.episode_sets import draw_set
from embodied_mem_envs.allocation.generate import EpisodeConfig, generator_hash
from embodied_mem_envs.allocation.practice import ALGORITHMS, PracticeConfig, prepare
from embodied_mem_envs.allocation.synthetic import synthetic_streams

SMALL = EpisodeConfig(arrivals=8, slots=3, after=4)


@pytest.fixture(scope="module")
def streams():
    return synthetic_streams(np.random.default_rng(0))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_algorithm_can_be_prepared(streams, algorithm):
    config = PracticeConfig(
        algorithm=algorithm, seed=5, episode=SMALL, pool=6, evaluated=4, updates=3, warm=2
    )
    practice = prepare(config, streams)
    warm = 2 if algorithm in ("ppo", "grpo", "dcpo") else 0
    assert (practice.trainer.done, practice.trainer.updates) == (0, 3 + warm)
    about = json.loads(json.dumps(practice.about))
    assert about["algorithm"] == algorithm and about["seed"] == 5
    assert about["episodes"]["hash"] == generator_hash(streams, SMALL)
    held_out = generator_hash(streams, replace(SMALL, held_out=True))
    assert about["generator"]["held_out_hash"] == held_out != about["episodes"]["hash"]
    assert bool(practice.held_out.tasks) == (algorithm == "ama")
    for episodes in (practice.validation, practice.held_out):
        scores = evaluate(practice.trainer.trained(), episodes)
        assert len(scores.accuracy) == 4


def test_the_seed_decides_what_is_trained_on_but_not_what_is_evaluated_on(streams):
    config = PracticeConfig(algorithm="grpo", episode=SMALL, pool=6, evaluated=4)
    one, other = (prepare(replace(config, seed=seed), streams) for seed in (0, 1))
    kept = [
        [
            episodes.make_core(4).table.columns["query_keys"]
            for episodes in (p.validation, p.held_out)
        ]
        for p in (one, other)
    ]
    for first, second in zip(*kept, strict=True):
        np.testing.assert_array_equal(first, second)
    assert one.about["episodes"] != other.about["episodes"]


def test_a_label_is_told_only_where_it_is_asked_for(streams):
    plain = draw_set(streams, SMALL, 4, 0)
    labelled = draw_set(streams, SMALL, 4, 0, task_label=True)
    assert labelled.context_features[: len(plain.context_features)] == plain.context_features
    assert labelled.tasks == len(labelled.context_features) - len(plain.context_features) == 10
    core = labelled.make_core(4)
    core.begin(np.arange(4), np.arange(4))
    assert (core.observe()[1][:, -10:].sum(axis=1) == 1).all()


def test_expected_rewards_have_the_mean_of_the_drawn_ones(streams):
    drawn, expected = (
        evaluate(take_all_in, draw_set(streams, SMALL, 800, 3, expected=flag, beta=0.0)).reward
        for flag in (False, True)
    )
    error = (drawn - expected).std() / len(drawn) ** 0.5
    assert abs(drawn.mean() - expected.mean()) < 4 * error
    assert expected.std() < drawn.std()


@pytest.mark.parametrize(
    "wrong", [{"algorithm": "pp"}, {"pool": 0}, {"updates": 0}, {"warm": -1}, {"evaluated": 0}]
)
def test_what_is_out_of_range_is_named(wrong):
    with pytest.raises(ConfigError, match="ppo" if "algorithm" in wrong else next(iter(wrong))):
        PracticeConfig(**{"algorithm": "ppo", **wrong})
