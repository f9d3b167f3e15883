"""`EmbodiedMem/Manipulate-v0` keeps every promise that Gymnasium and Stable-Baselines3 check."""

import pickle
from collections.abc import Iterator
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from embodied_mem.errors import ConfigError
from embodied_mem_envs.manipulate import SENTENCE, ManipulateEnv
from embodied_mem_envs.tabletop.tasks import FAMILIES, LEVELS, make_episode

pytest.importorskip("pybullet")
ID = "embodied_mem_envs:EmbodiedMem/Manipulate-v0"


@pytest.fixture
def env() -> Iterator[ManipulateEnv]:
    made = gym.make(ID, family="stack", render_mode="rgb_array").unwrapped
    assert isinstance(made, ManipulateEnv)
    yield made
    made.close()


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return all(np.array_equal(one[key], other[key]) for key in one)


def test_gymnasium_accepts_the_environment(env: ManipulateEnv) -> None:
    check_env(env, skip_render_check=False)


def test_stable_baselines_accepts_the_environment() -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    env = gym.make(ID, family="stack", instruction="codes", control="joint_delta").unwrapped
    checker.check_env(env)
    codes = env.reset(seed=3)[0]["instruction"]
    text = bytes(codes[codes > 0]).decode("ascii")
    assert text == env.episode.instruction  # type: ignore[attr-defined]
    env.close()


def test_the_same_seed_gives_the_same_episode(env: ManipulateEnv) -> None:
    actions = np.random.default_rng(0).uniform(-1, 1, (6, 5)).astype(np.float32)
    runs = []
    for _ in range(2):
        steps = [env.reset(seed=3)[0]]
        steps += [env.step(action)[0] for action in actions]
        runs.append(steps)
    assert all(same(one, other) for one, other in zip(*runs, strict=True))
    assert not same(env.reset(seed=4)[0], runs[0][0])


def test_the_hand_goes_where_it_is_told(env: ManipulateEnv) -> None:
    before = env.reset(seed=3)[0]["proprioception"]
    for _ in range(5):
        after, *_, info = env.step(np.array([1, 0.5, -1, 1, -0.5], np.float32))
    assert not info["unreachable"]
    moved = after["proprioception"][10:13] - before[10:13]
    np.testing.assert_allclose(moved, [0.1, 0.05, -0.1], atol=0.012)
    turn = np.arctan2(after["proprioception"][14], after["proprioception"][13])
    assert turn == pytest.approx(0.75, abs=0.05)
    assert after["proprioception"][7] == pytest.approx(0.02, abs=0.01)


def test_joints_go_where_they_are_told() -> None:
    env = gym.make(ID, family="stack", control="joint_delta")
    before = env.reset(seed=3)[0]["proprioception"]
    action = np.zeros(8, np.float32)
    action[0], action[7] = 1.0, 1.0
    for _ in range(5):
        after = env.step(action)[0]["proprioception"]
    np.testing.assert_allclose(after[:7] - before[:7], [0.4, 0, 0, 0, 0, 0, 0], atol=0.03)
    env.close()


def test_reward_is_progress_and_ends_with_success(env: ManipulateEnv) -> None:
    env.reset(seed=3)
    body, upper, lower = env._running(), env.episode.roles["upper"], env.episode.roles["lower"]
    wait = np.array([0, 0, 0, 0, 1], np.float32)
    _, idle, *_ = env.step(wait)
    assert idle == pytest.approx(-0.001, abs=1e-4)
    x, y, _ = body.truth().things[lower].position
    body.place_object(upper, (x + 0.06, y, 0.04))  # near, but not on it
    _, nearer, ended, _, info = env.step(wait)
    assert 0.3 < nearer < 0.8 and not ended and upper in info["missing"]
    body.place_object(upper, (x, y, 0.0405))
    _, reward, ended, cut, info = env.step(wait)
    while not ended:  # it settles
        _, more, ended, cut, info = env.step(wait)
        reward += more
    assert info["success"] and not cut and info["missing"] == "" and info["progress"] == 1.0
    assert idle + nearer + reward == pytest.approx(2.0, abs=0.02)
    assert set(info["reward_terms"]) == {"progress", "success", "time"}


def test_history_is_what_was_seen_before(env: ManipulateEnv) -> None:
    options = {"family": "fetch", "level": 3, "task_seed": 0}
    observation, info = env.reset(seed=1, options=options)
    looks = info["history"]
    assert env.episode == make_episode("fetch", 3, 0)
    assert observation["instruction"] == env.episode.instruction
    assert len(looks) > 6 and {look["visit"] for look in looks} == {0, 1}
    ticks = [look["tick"] for look in looks]
    assert ticks == sorted(ticks) and len(set(ticks)) == len(ticks)
    opened = np.abs(looks[1]["front_rgb"].astype(int) - looks[0]["front_rgb"]).sum(axis=2) > 60
    assert opened.sum() > 300  # a drawer stands open in the second look
    info = env.reset(seed=1, options={**options, "history": False})[1]
    assert info["history"] == ()
    again = env.reset(seed=1, options={**options, "repeat": True})[0]
    assert again["instruction"] != observation["instruction"]


def test_an_answer_ends_a_count() -> None:
    env = gym.make(ID, family="count", level=1)
    for offset, success in ((0, True), (1, False)):
        env.reset(seed=5, options={"task_seed": 2, "history": False})
        right = env.unwrapped.episode.answer  # type: ignore[attr-defined]
        action = np.array([0, 0, 0, 0, 1, -1], np.float32)
        assert not env.step(action)[2]
        action[5] = (right + offset) / 9
        _, _, ended, _, info = env.step(action)
        assert ended and info["success"] is success
    env.close()


@pytest.mark.parametrize("latency, ticks", [(0.0, 10), (0.031, 17), (0.05, 20)])
def test_a_simulated_clock_charges_thinking(latency: float, ticks: int) -> None:
    env = ManipulateEnv(family="stack", clock="simulated", latency=latency)
    env.reset(seed=1, options={"history": False})
    before = env._running().tick
    env.step(np.zeros(5, np.float32))
    assert env._running().tick - before == ticks
    env.close()


def test_families_and_levels_are_drawn() -> None:
    env = ManipulateEnv(family="random", level=None)
    drawn = set()
    for seed in range(60):
        env.np_random = np.random.default_rng(seed)
        episode = env._draw({})
        drawn.add((episode.family, episode.level))
    assert {family for family, _ in drawn} == set(FAMILIES)
    assert {level for _, level in drawn} == set(LEVELS)
    assert env.action_space.shape == (6,)


def test_every_instruction_fits_the_observation_space(env: ManipulateEnv) -> None:
    space = env.observation_space["instruction"]  # type: ignore[index]
    for family in FAMILIES:
        for seed in range(20):
            for level in LEVELS:
                text = make_episode(family, level, seed, repeat=bool(seed % 2)).instruction
                assert len(text) <= SENTENCE and space.contains(text)


def test_it_can_be_pickled_before_the_first_reset() -> None:
    env = gym.make(ID, family="swap", level=2)
    again = pickle.loads(pickle.dumps(env))
    assert same(env.reset(seed=5)[0], again.reset(seed=5)[0])
    env.close()
    again.close()


def test_it_runs_in_other_processes() -> None:
    envs = gym.make_vec(
        ID, num_envs=2, vectorization_mode="async",
        vector_kwargs={"shared_memory": False}, family="stack",
    )  # fmt: skip
    try:
        observation, _ = envs.reset(seed=[1, 2])
        assert observation["front_rgb"].shape == (2, 240, 320, 3)
        envs.step(np.zeros((2, 5), np.float32))
        alone = gym.make(ID, family="stack")
        own = alone.reset(seed=2)[0]
        assert observation["instruction"][1] == own["instruction"]
        np.testing.assert_array_equal(observation["front_rgb"][1], own["front_rgb"])
        alone.close()
    finally:
        envs.close()


def test_render_shows_both_cameras(env: ManipulateEnv) -> None:
    env.reset(seed=1)
    picture = env.render()
    assert picture is not None and picture.shape == (240, 640, 3) and picture.std() > 20


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ConfigError, match="did you mean 'stack'"):
        ManipulateEnv(family="stak")
    with pytest.raises(ConfigError, match="level is 4"):
        ManipulateEnv(level=4)
    with pytest.raises(gym.error.ResetNeeded):
        ManipulateEnv().step(np.zeros(5, np.float32))
    with pytest.raises(ConfigError, match="task_seed"):
        ManipulateEnv().reset(options={"task_sed": 1})
    with pytest.raises(ConfigError, match="count"):
        ManipulateEnv().reset(options={"family": "count"})
