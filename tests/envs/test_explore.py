"""`EmbodiedMem/Explore-v0` keeps every promise that Gymnasium and Stable-Baselines3 check."""

import pickle
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from embodied_mem.errors import ConfigError
from embodied_mem_envs import ENVIRONMENTS
from embodied_mem_envs.explore import ExploreEnv

ID = "embodied_mem_envs:EmbodiedMem/Explore-v0"
SMALL: dict[str, Any] = {"rooms": 3, "width": 48, "height": 40}


def make(**extra: Any) -> gym.Env[Any, Any]:
    return gym.make(ID, **{**SMALL, **extra})


def rollout(env: gym.Env[Any, Any], seed: int, steps: int = 30) -> list[Any]:
    rng = np.random.default_rng(0)
    result: list[Any] = [env.reset(seed=seed)[0]]
    for _ in range(steps):
        observation, reward, *_ = env.step(int(rng.choice([0, 0, 1, 2, 4])))
        result += [observation, reward]
    return result


@pytest.mark.parametrize("extra", [{"continuous": True}, {"noise": True, "floors": 2}])
def test_gymnasium_accepts_the_environment(extra: dict[str, Any]) -> None:
    env = make(**extra, render_mode="rgb_array")
    check_env(env.unwrapped, skip_render_check=False)
    env.close()


@pytest.mark.parametrize("extra", [{}, {"continuous": True}])
def test_stable_baselines_accepts_the_environment(extra: dict[str, Any]) -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    checker.check_env(make(**extra).unwrapped)


def test_the_same_seed_gives_the_same_episode() -> None:
    first, second = rollout(make(noise=True), 3), rollout(make(noise=True), 3)
    for a, b in zip(first, second, strict=True):
        if isinstance(a, dict):
            assert all(np.array_equal(a[key], b[key]) for key in a)
        else:
            assert a == b
    other = rollout(make(noise=True), 4)
    assert not np.array_equal(first[0]["rgb"], other[0]["rgb"])


def test_images_are_what_the_house_shows() -> None:
    env = make()
    observation, info = env.reset(seed=1)
    depth = observation["depth"].reshape(40, 48)
    instance = observation["instance"].reshape(40, 48)
    assert depth[depth > 0].min() > 0.3 and depth.max() <= 10.0
    known = set(env.unwrapped.house.instance_to_object)  # type: ignore[attr-defined]
    assert set(np.unique(instance).tolist()) - {0} <= known
    assert len(info["truth"]["rooms"]) == 3
    np.testing.assert_allclose(observation["pose"], [0, 0, 1, 0, -0.26], atol=1e-6)


def test_reward_is_newly_seen_floor_and_objects() -> None:
    env = make(object_reward=2.0)
    _, info = env.reset(seed=6)
    floor, objects, total = info["floor_share"], info["objects_seen"], 0.0
    for _ in range(11):
        _, reward, _, _, info = env.step(1)
        assert reward >= 0.0
        assert reward >= 2.0 * (info["objects_seen"] - objects) - 1e-9
        total += float(reward) - 2.0 * (info["objects_seen"] - objects)
        assert info["floor_share"] >= floor
        floor, objects = info["floor_share"], info["objects_seen"]
    assert total > 1.0
    rewards = [env.step(1)[1] for _ in range(12)]
    assert sum(rewards) < 0.3  # a second look around shows next to nothing new


def test_driving_moves_the_pose_and_walls_are_felt() -> None:
    env = make()
    env.reset(seed=2)
    observation, *_ = env.step(0)
    np.testing.assert_allclose(observation["pose"][:2], [0.25, 0.0], atol=1e-6)
    felt = [env.step(0)[0]["collided"][0] for _ in range(40)]
    assert felt[-1] == 1.0
    tilted = [env.step(3)[0]["pose"][4] for _ in range(8)]
    assert tilted[-1] == pytest.approx(np.pi / 3, abs=1e-5)


def test_continuous_actions_scale_to_the_limits_of_the_body() -> None:
    env = make(continuous=True)
    env.reset(seed=2)
    observation, *_ = env.step(np.array([1.0, 0.0, 0.0], np.float32))
    np.testing.assert_allclose(observation["pose"][:2], [0.125, 0.0], atol=1e-6)
    observation, *_ = env.step(np.array([0.0, 0.5, 0.0], np.float32))
    yaw = np.arctan2(observation["pose"][3], observation["pose"][2])
    assert yaw == pytest.approx(np.pi / 8, abs=1e-5)


def test_an_episode_ends_after_500_steps_or_as_many_as_are_asked_for() -> None:
    spec = make().spec
    assert spec is not None and spec.max_episode_steps == 500
    env = make(max_episode_steps=30)
    env.reset(seed=0)
    for step in range(1, 31):
        _, _, terminated, truncated, _ = env.step(1)
        assert not terminated
        assert truncated == (step == 30)


def test_an_episode_ends_when_the_floor_was_seen() -> None:
    env = make().unwrapped
    assert isinstance(env, ExploreEnv)
    env.reset(seed=0)
    body, discovery = env._running()
    for floor in discovery.floors:
        floor.seen[:] = floor.reachable
    assert env.step(1)[2]
    assert body.tick == 1


def test_a_house_can_be_chosen() -> None:
    env = make()
    _, info = env.reset(seed=1, options={"house_seed": 77})
    assert info["house_seed"] == 77
    _, info = make(house_seed=78).reset(seed=1)
    assert info["house_seed"] == 78
    seeds = {env.reset(seed=seed)[1]["house_seed"] for seed in range(4)}
    assert len(seeds) == 4
    with pytest.raises(ConfigError, match="house_seed"):
        env.reset(options={"house_sed": 1})


def test_it_can_be_pickled_in_the_middle_of_an_episode() -> None:
    env = make(noise=True).unwrapped
    env.reset(seed=5)
    env.step(0)
    again = pickle.loads(pickle.dumps(env))
    for _ in range(3):
        a, b = env.step(1)[0], again.step(1)[0]
        assert all(np.array_equal(a[key], b[key]) for key in a)


def test_it_runs_in_other_processes() -> None:
    envs = gym.make_vec(ID, num_envs=2, vectorization_mode="async", **SMALL)
    try:
        observation, _ = envs.reset(seed=[1, 2])
        assert observation["rgb"].shape == (2, 40, 48, 3)
        observation, reward, *_ = envs.step(np.array([0, 1]))
        alone = make()
        alone.reset(seed=1)
        np.testing.assert_array_equal(alone.step(0)[0]["rgb"], observation["rgb"][0])
        assert reward.shape == (2,)
    finally:
        envs.close()


def test_render_shows_camera_and_plan() -> None:
    env = make(render_mode="rgb_array")
    env.reset(seed=1)
    picture = env.render()
    assert isinstance(picture, np.ndarray)
    assert picture.dtype == np.uint8 and picture.shape[0] == 384 and picture.shape[1] > 600
    assert picture.std() > 20


def test_wrong_arguments_are_named() -> None:
    with pytest.raises(ConfigError, match="did you mean 'house'"):
        ExploreEnv(simulator="hous")
    with pytest.raises(ConfigError, match="rooms"):
        ExploreEnv(rooms=40)
    with pytest.raises(gym.error.ResetNeeded):
        ExploreEnv(**SMALL).step(0)
    env = ExploreEnv(**SMALL)
    env.reset(seed=0)
    with pytest.raises(gym.error.InvalidAction):
        env.step(9)


def test_every_environment_documents_itself_as_gymnasium_does() -> None:
    headings = (
        "Description", "Action Space", "Observation Space", "Rewards", "Starting State",
        "Episode End", "Arguments", "Version History",
    )  # fmt: skip
    for name in ENVIRONMENTS:
        text = type(gym.make(name).unwrapped).__doc__ or ""
        positions = [text.find(f"## {heading}") for heading in headings]
        assert -1 not in positions and positions == sorted(positions), name


def test_two_floors_show_their_height() -> None:
    env = make(floors=2, rooms=5).unwrapped
    assert isinstance(env, ExploreEnv)
    observation, info = env.reset(seed=0)
    assert observation["height"].tolist() == [0.0]
    assert info["truth"]["levels"] == [0.0, 2.8]
    assert "height" not in make().reset(seed=0)[0]
    body, discovery = env._running()
    stairs = body.house.stairs
    assert stairs is not None
    body.place(*stairs.end(0), float(np.arctan2(stairs.up[1], stairs.up[0])))
    heights = [float(env.step(0)[0]["height"][0]) for _ in range(21)]
    assert heights == sorted(heights)
    assert heights[-1] == pytest.approx(2.8, abs=1e-5)
    assert env.observation_space.contains(env.step(1)[0])
    assert discovery.floors[1].seen.any()
    pickle.loads(pickle.dumps(env.observation_space))


def test_floors_out_of_range_are_refused() -> None:
    with pytest.raises(ConfigError, match="floors"):
        make(floors=3)
