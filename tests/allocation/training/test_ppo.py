"""PPO through Stable-Baselines3: what it learns, and that it goes on exactly."""

import numpy as np
import pytest

from allocation_episodes import at_random, small_episodes
from embodied_mem.allocation.training.playing import evaluate
from embodied_mem.allocation.training.ppo import Ppo, PpoConfig
from embodied_mem.allocation.training.vec_env import CoreVecEnv
from resuming import assert_resumes_exactly

SMALL = PpoConfig(updates=6, rows=16, steps=16, batch=128, hidden=16)


@pytest.fixture(scope="module")
def episodes():
    return small_episodes()


def test_the_environment_is_what_stable_baselines_expects(episodes):
    environment = CoreVecEnv(episodes, 4, 0, show_mask=True)
    seen = environment.reset()
    assert environment.observation_space.contains({k: v[0] for k, v in seen.items()})
    masks = np.stack(environment.env_method("action_masks"))
    assert masks.shape == (4, 16) and masks.dtype == bool
    np.testing.assert_array_equal(masks, seen["mask"] > 0)
    assert environment.has_attr("action_masks")
    assert environment.env_is_wrapped(object) == [False] * 4
    assert len(environment.env_method("action_masks", indices=[1, 2])) == 2
    kept = {name: value.copy() for name, value in seen.items()}
    after, rewards, dones, infos = environment.step(masks.argmax(axis=1))
    for name, value in kept.items():
        np.testing.assert_array_equal(seen[name], value)  # not a view of what came after
    assert rewards.dtype == np.float32 and not dones.any() and infos == [{}] * 4
    assert any((after[name] != kept[name]).any() for name in kept)


def test_the_terms_of_ended_episodes_are_told(episodes):
    environment = CoreVecEnv(episodes, 8, 0, reward_scale=0.5)
    environment.reset()
    assert environment.drain() == {}
    rewards = np.zeros(8)
    for _ in range(12):
        _, reward, dones, _ = environment.step(np.full(8, 15))
        rewards += reward
    assert dones.all()
    told = environment.drain()
    assert told["steps"] == 12 and told["accuracy"] == 0
    assert told["compression"] + told["validity"] == pytest.approx(rewards.mean() / 0.5)


def test_it_learns_to_answer_more(episodes):
    trainer = Ppo(PpoConfig(updates=8, rows=64, steps=24, batch=384, hidden=16), episodes, 1)
    test = small_episodes(9, 128)
    while trainer.done < trainer.updates:
        logs = trainer.update()
    assert logs["validity"] == 0
    chance = evaluate(at_random, test).accuracy.mean()
    assert evaluate(trainer.trained(), test).accuracy.mean() > chance + 0.1


def test_without_a_mask_the_validity_term_teaches(episodes):
    config = PpoConfig(updates=6, rows=64, steps=16, batch=256, hidden=16, masked=False)
    trainer = Ppo(config, episodes, 1)
    logs = [trainer.update() for _ in range(6)]
    assert logs[-1]["validity"] > logs[0]["validity"] + 0.05


def test_going_on_from_a_checkpoint_changes_no_bit(episodes, tmp_path):
    assert_resumes_exactly(lambda seed: Ppo(SMALL, episodes, seed), tmp_path / "checkpoint")
