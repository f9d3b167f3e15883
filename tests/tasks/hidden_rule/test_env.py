"""`EmbodiedMem/HiddenRule-v0` keeps every promise that Gymnasium and Stable-Baselines3 check."""

import pickle
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from embodied_mem.errors import ConfigError
from embodied_mem_envs.tasks.hidden_rule.env import HiddenRuleEnv
from embodied_mem_envs.tasks.hidden_rule.moves import JOINTS, Layout

ID = "embodied_mem_envs:EmbodiedMem/HiddenRule-v0"
SMALL: dict[str, Any] = {"rooms": 5, "steps": 30, "rules": 3}


def make(**extra: Any) -> HiddenRuleEnv:
    env = gym.make(ID, **{**SMALL, **extra}).unwrapped
    assert isinstance(env, HiddenRuleEnv)
    return env


def rollout(env: HiddenRuleEnv, seed: int, steps: int = 40) -> list[Any]:
    rng = np.random.default_rng(0)
    result: list[Any] = [env.reset(seed=seed)[0]]
    for _ in range(steps):
        action = int(rng.choice(np.flatnonzero(env.action_masks())))
        observation, reward, ended, *_ = env.step(action)
        result += [observation, reward]
        if ended:
            break
    return result


def actions_of_truth(env: HiddenRuleEnv) -> list[int]:
    """Returns the actions that tell the rule that is asked for."""
    game, layout = env.game, Layout(rooms=env.game.config.rooms)
    truth = game.asked
    assert truth is not None
    names = [literal.text for literal in layout.literals(game.grammar)]
    literals = [layout.first_literal + names.index(each.text) for each in truth.condition.literals]
    effect = layout.first_effect + layout.effects(game.grammar).index(truth.effect)
    return [layout.calls + JOINTS.index(truth.condition.joint), *literals, effect]


def test_gymnasium_accepts_the_environment() -> None:
    check_env(make(render_mode="rgb_array"), skip_render_check=False)


def test_stable_baselines_accepts_the_environment() -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    checker.check_env(make())


def test_the_same_seed_gives_the_same_episode() -> None:
    one, other = rollout(make(), 3), rollout(make(), 3)
    assert len(one) == len(other)
    for a, b in zip(one, other, strict=True):
        if isinstance(a, dict):
            assert all(np.array_equal(a[key], b[key]) for key in a)
        else:
            assert a == b
    assert not np.array_equal(one[0]["map"], rollout(make(), 4)[0]["map"])


@pytest.mark.parametrize("rooms", [5, 6, 8])
def test_telling_the_truth_is_paid_in_full(rooms: int) -> None:
    env = make(rooms=rooms, rules=7)
    for seed in range(3):
        env.reset(seed=seed)
        env.step(env.game.config.rooms + 5 + 3)  # submit
        total, ended, info = 0.0, False, {}
        while not ended:
            for action in actions_of_truth(env):
                assert env.action_masks()[action]
                _, reward, ended, _, info = env.step(action)
                total += reward
        assert total == pytest.approx(1.0) and info["is_success"]
        assert info["truth"] == [rule.text for rule in env.game.rules]


def test_masks_are_what_is_possible() -> None:
    env = make()
    env.reset(seed=1)
    layout = Layout(rooms=5)
    for _ in range(29):
        mask = env.action_masks()
        assert not mask[layout.calls :].any() and mask[layout.calls - 1]
        refused = int(np.flatnonzero(~mask)[0])
        observation, *_ = env.step(refused)
        assert observation["state"][5 + 3] == 1.0  # failed
    env.step(5 + 5)  # rest
    assert np.flatnonzero(env.action_masks()).tolist() == [layout.calls + i for i in range(3)]


def test_a_field_that_is_not_possible_leaves_the_rule_untold() -> None:
    env = make(steps=1)
    env.reset(seed=2)
    env.step(5 + 5)
    rewards = [env.step(0)[1] for _ in range(2)]
    assert rewards == [0.0, 0.0]
    *_, ended, _, info = env.step(0)
    assert ended and info["progress"] == 0.0 and env.game.values()["malformed_rules"] == 3.0
    with pytest.raises(gym.error.ResetNeeded):
        env.step(0)


def test_thinking_costs_steps_on_the_simulated_clock() -> None:
    env = make(clock="simulated", latency=2.5)
    env.reset(seed=1)
    steps = []
    while env.game.exploring:
        env.step(5 + 5)
        steps.append(env.game.world.step)
    assert steps == [4, 8, 12, 16, 20, 24, 28, 30]


def test_it_can_be_pickled_in_the_middle_of_an_episode() -> None:
    env = make()
    env.reset(seed=5)
    for _ in range(30):
        env.step(5 + 5)
    again = pickle.loads(pickle.dumps(env))
    for action in actions_of_truth(env):
        a, b = env.step(action), again.step(action)
        assert all(np.array_equal(a[0][key], b[0][key]) for key in a[0]) and a[1:3] == b[1:3]


def test_it_runs_in_other_processes() -> None:
    envs = gym.make_vec(ID, num_envs=2, vectorization_mode="async", **SMALL)
    try:
        observation, _ = envs.reset(seed=[1, 2])
        alone = make()
        np.testing.assert_array_equal(alone.reset(seed=1)[0]["map"], observation["map"][0])
        _, reward, *_ = envs.step(np.array([10, 10]))
        assert reward.shape == (2,)
    finally:
        envs.close()


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ConfigError, match="rooms is 40"):
        make(rooms=40).reset(seed=0)
    with pytest.raises(ConfigError, match="render mode"):
        HiddenRuleEnv(render_mode="ansi")
    with pytest.raises(ConfigError, match="clock"):
        HiddenRuleEnv(clock="sundial")  # type: ignore[arg-type]
    env = make()
    with pytest.raises(gym.error.ResetNeeded):
        env.step(0)
    with pytest.raises(ConfigError, match="episode_seed"):
        env.reset(options={"episode_sed": 1})
    env.reset(options={"episode_seed": 1})
    with pytest.raises(gym.error.InvalidAction):
        env.step(10_000)
