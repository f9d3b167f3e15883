"""Episodes as environments keep every promise that Gymnasium and Stable-Baselines3 check."""

import pickle
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from embodied_mem.errors import ConfigError
from embodied_mem_envs.tasks.levels import EpisodeEnv
from embodied_mem_envs.tasks.levels.low import SUBMIT
from task_environments import GOALS, QUESTIONS, SMALL, make

KINDS: list[tuple[str, dict[str, Any]]] = [
    (QUESTIONS, {}),
    (QUESTIONS, {"mode": "episodic", "questions": 2}),
    (QUESTIONS, {"level": "memory"}),
    (GOALS, {"subtasks": 2}),
    (GOALS, {"level": "memory", "subtasks": 1}),
]
CONTINUOUS = [(QUESTIONS, {"continuous": True}), (GOALS, {"continuous": True, "subtasks": 1})]


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return one.keys() == other.keys() and all(np.array_equal(one[key], other[key]) for key in one)


def sensible(env: EpisodeEnv, rng: np.random.Generator) -> int:
    """Draws an action that the mask allows, walking rather than replying."""
    allowed = np.flatnonzero(env.action_masks())
    level_low = env.action_masks()[:SUBMIT].any() and "rgb" in env.observation_space.spaces
    return int(rng.choice(allowed[:3] if level_low else allowed))


# Gymnasium's check resets ten times, the other one twice: it gets the kinds that are slow to begin.
@pytest.mark.parametrize(("name", "extra"), [KINDS[1], KINDS[4], CONTINUOUS[1]])
def test_gymnasium_accepts_the_environments(name: str, extra: dict[str, Any]) -> None:
    env = make(name, {**extra, "render_mode": "rgb_array"})
    check_env(env, skip_render_check=False)
    env.close()


@pytest.mark.parametrize(("name", "extra"), [KINDS[0], KINDS[2], KINDS[3], CONTINUOUS[0]])
def test_stable_baselines_accepts_the_environments(name: str, extra: dict[str, Any]) -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    env = make(name, extra)
    checker.check_env(env)
    env.close()


@pytest.mark.parametrize(("name", "extra"), KINDS)
def test_the_same_seed_gives_the_same_episode(name: str, extra: dict[str, Any]) -> None:
    runs = []
    for _ in range(2):
        env, rng = make(name, extra), np.random.default_rng(0)
        steps = [env.reset(seed=3)[0]]
        for _ in range(6):
            observation, reward, ended, *_ = env.step(sensible(env, rng))
            steps.append({**observation, "reward": np.array(reward)})
            if ended:
                break
        runs.append(steps)
        env.close()
    assert len(runs[0]) == len(runs[1])
    assert all(same(one, other) for one, other in zip(*runs, strict=True))


@pytest.mark.parametrize(("name", "extra"), KINDS[1:4])
def test_they_can_be_pickled_in_the_middle_of_an_episode(name: str, extra: dict[str, Any]) -> None:
    env, rng = make(name, extra), np.random.default_rng(1)
    env.reset(seed=5)
    env.step(sensible(env, rng))
    again = pickle.loads(pickle.dumps(env))
    assert np.array_equal(env.action_masks(), again.action_masks())
    action = sensible(env, rng)
    assert same(env.step(action)[0], again.step(action)[0])
    env.close()
    again.close()


@pytest.mark.parametrize(("name", "extra"), [KINDS[2], KINDS[3]])
def test_they_run_in_other_processes(name: str, extra: dict[str, Any]) -> None:
    envs = gym.make_vec(name, num_envs=2, vectorization_mode="async", **{**SMALL, **extra})
    try:
        first, _ = envs.reset(seed=[1, 2])
        alone = make(name, extra)
        expected, _ = alone.reset(seed=2)
        assert same({key: value[1] for key, value in first.items()}, expected)
        envs.step(np.array([1, 1]))
        alone.close()
    finally:
        envs.close()


@pytest.mark.parametrize(("name", "extra"), [KINDS[2]])
def test_a_masked_policy_learns_from_them(name: str, extra: dict[str, Any]) -> None:
    contrib = pytest.importorskip("sb3_contrib")
    env = make(name, extra)
    model = contrib.MaskablePPO("MultiInputPolicy", env, n_steps=8, batch_size=8, n_epochs=1)
    model.learn(8)
    env.close()


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ConfigError, match="level"):
        make(QUESTIONS, {"level": "midle"})
    with pytest.raises(ConfigError, match="continuous"):
        make(QUESTIONS, {"level": "memory", "continuous": True})
    with pytest.raises(ConfigError, match="did you mean 'house'"):
        make(GOALS, {"simulator": "hous"})
    env = make(QUESTIONS, {})
    with pytest.raises(gym.error.ResetNeeded):
        env.step(0)
    with pytest.raises(ConfigError, match="episode_seed"):
        env.reset(options={"episode_sed": 1})
    env.reset(seed=0)
    with pytest.raises(gym.error.InvalidAction):
        env.step(99)
    env.close()


def test_a_house_in_a_worker_process_gives_the_same_episode() -> None:
    here = make(GOALS, {"subtasks": 1})
    there = make(GOALS, {"subtasks": 1, "simulator_options": {"worker": True}})
    assert same(here.reset(seed=1)[0], there.reset(seed=1)[0])
    for action in (0, 1, 0, 4, SUBMIT):
        one, other = here.step(action), there.step(action)
        assert same(one[0], other[0]) and one[1:3] == other[1:3]
    assert one[2] and one[4]["values"] == other[4]["values"]
    here.close()
    there.close()
