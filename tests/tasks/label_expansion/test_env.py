"""`EmbodiedMem/LabelExpansion-v0` keeps every promise that Gymnasium and SB3 check."""

import pickle
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from embodied_mem.errors import ConfigError
from embodied_mem_envs.tasks.label_expansion.env import LabelExpansionEnv

ID = "embodied_mem_envs:EmbodiedMem/LabelExpansion-v0"
SMALL: dict[str, Any] = {
    "groups": 2, "categories": 2, "houses": 3, "held_out": 1, "rooms": 3, "steps": 30,
    "slots": 6, "checkpoints": 3,
}  # fmt: skip


def make(**extra: Any) -> LabelExpansionEnv:
    env = gym.make(ID, **{**SMALL, **extra}).unwrapped
    assert isinstance(env, LabelExpansionEnv)
    return env


def rollout(env: LabelExpansionEnv, seed: int) -> tuple[list[Any], float]:
    rng = np.random.default_rng(0)
    seen, total, ended = [env.reset(options={"episode_seed": seed})[0]], 0.0, False
    while not ended:
        observation, reward, ended, _, info = env.step(int(rng.integers(7)))
        seen.append(observation)
        total += reward
    assert total == pytest.approx(info["progress"]) and 0.0 < total <= 1.0
    return seen, total


def test_gymnasium_accepts_the_environment() -> None:
    check_env(make(render_mode="rgb_array"), skip_render_check=False)


def test_stable_baselines_accepts_the_environment() -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    checker.check_env(make())


def test_the_same_seed_gives_the_same_episode() -> None:
    one, other = rollout(make(), 5), rollout(make(), 5)
    assert one[1] == other[1]
    for a, b in zip(one[0], other[0], strict=True):
        assert all(np.array_equal(a[key], b[key]) for key in a)


def test_what_is_kept_shows_in_its_slot_with_its_label() -> None:
    env = make(depth=3)
    observation, _ = env.reset(options={"episode_seed": 5})
    candidate = observation["candidate"]
    observation, *_ = env.step(3)
    slots = observation["slots"].reshape(6, -1)
    np.testing.assert_array_equal(slots[2], candidate)
    assert not slots[[0, 1, 3, 4, 5]].any()
    shown = env.game.stream[0]
    levels = candidate[20:-2].reshape(3, -1)
    may_be = [leaf[:1] == shown.label for leaf in env.game.material.tree.leaves]
    assert levels[0][: len(may_be)].tolist() == may_be
    assert not levels[1:].any() and candidate[-2:].tolist() == pytest.approx([1.0, 1 / 3])


def test_things_go_by_unseen_on_the_simulated_clock() -> None:
    env = make(clock="simulated", latency=2.5)
    env.reset(options={"episode_seed": 5})
    steps, ended = [], False
    while not ended:
        *_, ended, _, _ = env.step(1)
        steps.append(env.game.step)
    assert steps == [4, 8, 12, 16, 20, 24, 28, 30] and len(env.game.trials) == 3


def test_it_can_be_pickled_in_the_middle_of_an_episode() -> None:
    env = make()
    env.reset(options={"episode_seed": 5})
    env.step(1)
    again = pickle.loads(pickle.dumps(env))
    for action in (2, 0, 1):
        a, b = env.step(action), again.step(action)
        assert all(np.array_equal(a[0][key], b[0][key]) for key in a[0]) and a[1] == b[1]


def test_it_runs_in_other_processes() -> None:
    envs = gym.make_vec(ID, num_envs=2, vectorization_mode="async", **SMALL)
    try:
        observation, _ = envs.reset(seed=[1, 2])
        alone = make()
        np.testing.assert_array_equal(
            alone.reset(seed=1)[0]["candidate"], observation["candidate"][0]
        )
        assert envs.step(np.array([1, 2]))[1].shape == (2,)
    finally:
        envs.close()


def test_render_shows_what_is_held() -> None:
    env = make(render_mode="rgb_array")
    env.reset(options={"episode_seed": 5})
    empty = env.render()
    assert empty is not None and empty.shape == (128, 640, 3)
    env.step(4)
    picture = env.render()
    assert picture is not None and picture[64:, 192:256].std() > 3 and picture[64:, :192].std() == 0


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ConfigError, match="did you mean 'slots'"):
        make(slot=3)
    with pytest.raises(ConfigError, match="render mode"):
        LabelExpansionEnv(render_mode="ansi")
    env = make()
    with pytest.raises(gym.error.ResetNeeded):
        env.step(0)
    with pytest.raises(ConfigError, match="episode_seed"):
        env.reset(options={"episode_sed": 1})
    rollout(env, 5)
    with pytest.raises(gym.error.ResetNeeded):
        env.step(0)
    with pytest.raises(gym.error.InvalidAction):
        env.step(7)
