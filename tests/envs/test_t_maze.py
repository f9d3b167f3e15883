"""`EmbodiedMem/TMaze-v0` shows the sign once, and pays for having kept it."""

import pickle
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from embodied_mem.errors import ConfigError
from embodied_mem_envs.t_maze import TMazeEnv

ID = "embodied_mem_envs:EmbodiedMem/TMaze-v0"


def walk(env: gym.Env[Any, Any], turn: int, **reset: Any) -> tuple[list[int], list[float]]:
    """Walks to the junction, turns, and returns what was seen and earned."""
    seen, rewards, ended = [int(env.reset(**reset)[0])], [], False
    while not ended:
        observation, reward, ended, *_ = env.step(turn)
        seen.append(int(observation))
        rewards.append(float(reward))
    return seen, rewards


def test_gymnasium_accepts_the_environment() -> None:
    check_env(gym.make(ID, render_mode="rgb_array").unwrapped)
    check_env(TMazeEnv(random_length=True), skip_render_check=True)


def test_stable_baselines_accepts_the_environment() -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    checker.check_env(TMazeEnv())


@pytest.mark.parametrize("sign", [2, 3])
@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_the_turn_that_the_sign_showed_is_paid(sign: int, turn: int) -> None:
    seen, rewards = walk(gym.make(ID), turn, options={"sign": sign})
    end = 2 if turn < 2 else 3
    assert seen == [sign, 0, 0, 0, 1, end]
    assert rewards == [0.0, 0.0, 0.0, 0.0, 1.0 if end == sign else -1.0]


def test_signs_are_drawn_evenly_and_by_the_seed() -> None:
    env = gym.make(ID)
    signs = [int(env.reset(seed=seed)[0]) for seed in range(200)]
    assert 70 < signs.count(2) < 130 and set(signs) == {2, 3}
    assert signs == [int(env.reset(seed=seed)[0]) for seed in range(200)]


def test_lengths_are_drawn_where_asked() -> None:
    env = gym.make(ID, length=6, random_length=True)
    lengths = {len(walk(env, 0, seed=seed)[1]) for seed in range(60)}
    assert lengths == {2, 3, 4, 5, 6}


def test_it_can_be_pickled_in_the_middle_of_an_episode() -> None:
    env = TMazeEnv()
    env.reset(seed=1)
    env.step(0)
    again = pickle.loads(pickle.dumps(env))
    assert [env.step(0)[:3] for _ in range(4)] == [again.step(0)[:3] for _ in range(4)]


def test_render_shows_sign_agent_and_ends() -> None:
    env = TMazeEnv(length=4, render_mode="rgb_array")
    env.reset(options={"sign": 3})
    picture = env.render()
    assert isinstance(picture, np.ndarray) and picture.shape == (96, 128, 3)
    assert picture[33, 1].tolist() == picture[95, 127].tolist()
    assert not picture[48, 16].any() and picture[48, 48].all()


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ConfigError, match="length is 1"):
        TMazeEnv(length=1)
    with pytest.raises(ConfigError, match="render mode"):
        TMazeEnv(render_mode="ascii")
    env = TMazeEnv()
    with pytest.raises(gym.error.ResetNeeded):
        env.step(0)
    with pytest.raises(ConfigError, match="reset option"):
        env.reset(options={"goal": 2})
    with pytest.raises(ConfigError, match="sign is 4"):
        env.reset(options={"sign": 4})
    env.reset(seed=0)
    with pytest.raises(gym.error.InvalidAction):
        env.step(4)
