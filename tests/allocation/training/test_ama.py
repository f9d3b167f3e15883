"""AMA: a bandit over rules, told the task."""

import numpy as np
import pytest

from allocation_episodes import small_episodes, take_all_in
from embodied_mem.allocation.ama import AmaPolicy
from embodied_mem.allocation.rules import RULES
from embodied_mem.allocation.training.ama import Ama, AmaConfig
from embodied_mem.allocation.training.playing import evaluate
from embodied_mem.errors import ConfigError
from resuming import assert_resumes_exactly

FOUR = {name: RULES[name]() for name in ("fifo", "lifo", "lvfo", "mvfo")}
SMALL = AmaConfig(updates=4, episodes=64)


@pytest.fixture(scope="module")
def episodes():
    return small_episodes(count=256, task_label=True, concentration=0.02, shift=0.0)


def test_it_finds_the_best_rule_of_each_task(episodes):
    config = AmaConfig(updates=12, episodes=256, learning_rate=5e-3)
    trainer = Ama(config, episodes, 1, FOUR)
    while trainer.done < trainer.updates:
        trainer.update()
    core = episodes.make_core(episodes.count)
    core.begin(np.arange(episodes.count), np.arange(episodes.count))
    task = core.observe()[1][:, -episodes.tasks :].argmax(axis=1)
    by_rule = np.array([evaluate(rule, episodes).accuracy for rule in FOUR.values()])
    by_task = np.array([by_rule[:, task == each].mean(axis=1) for each in range(episodes.tasks)])
    found = evaluate(trainer.trained(), episodes).accuracy.mean()
    bound = by_rule[by_task.argmax(axis=1)[task], np.arange(len(task))].mean()
    assert by_rule.mean(axis=1).max() < found <= bound + 1e-9
    assert bound - found < 0.02


def test_it_never_looks_at_the_memory(episodes):
    trainer = Ama(SMALL, episodes, 1, FOUR)
    policy = trainer.trained()
    labels = np.eye(episodes.tasks, dtype=np.float32)
    assert policy.values(labels).shape == (episodes.tasks, 4)
    sizes = {name: value.shape for name, value in policy.parameters.items()}
    assert sizes["first.weight"] == (64, episodes.tasks) and sizes["last.weight"] == (4, 64)


def test_saving_and_loading_keeps_what_it_does(episodes, tmp_path):
    trainer = Ama(SMALL, episodes, 1, FOUR)
    trainer.update()
    policy = trainer.trained()
    policy.save(tmp_path / "ama", {"seed": 1})
    back = AmaPolicy.load(tmp_path / "ama", {**RULES_BY_NAME})
    assert back.about == {"seed": 1} and [*back.rules] == [*FOUR]
    few = np.arange(40)
    np.testing.assert_array_equal(
        evaluate(policy, episodes, few).accuracy, evaluate(back, episodes, few).accuracy
    )
    with pytest.raises(ConfigError, match="not given: \\['mvfo'\\]"):
        AmaPolicy.load(tmp_path / "ama", {name: FOUR[name] for name in ("fifo", "lifo", "lvfo")})


RULES_BY_NAME = {**FOUR, "another": take_all_in}


def test_wrong_weights_are_named(episodes):
    weights = Ama(SMALL, episodes, 1, FOUR).trained().parameters
    with pytest.raises(ConfigError, match="weights of AMA"):
        AmaPolicy(weights, {"fifo": FOUR["fifo"]})
    with pytest.raises(ConfigError, match="weights of AMA"):
        AmaPolicy({**weights, "last.bias": np.full(4, np.inf, np.float32)}, FOUR)


def test_without_a_label_it_cannot_be_trained():
    with pytest.raises(ConfigError, match="told the task"):
        Ama(SMALL, small_episodes(count=2), 0, FOUR)


def test_going_on_from_a_checkpoint_changes_no_bit(episodes, tmp_path):
    assert_resumes_exactly(lambda seed: Ama(SMALL, episodes, seed, FOUR), tmp_path / "checkpoint")
