"""`EmbodiedMem/PatchWalk-v0` shows a picture patch by patch, and pays for what was kept of it."""

import pickle
from pathlib import Path
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from embodied_mem.errors import ConfigError
from embodied_mem.types import Float32Array, Int64Array
from embodied_mem_envs.patch_walk.env import PatchWalkEnv
from embodied_mem_envs.patch_walk.grid import make_places, patches_of
from embodied_mem_envs.patch_walk.rules import RULES, keep_by
from embodied_mem_envs.patch_walk.walks import PatchWalks, draw_patch_walks

ID = "embodied_mem_envs:EmbodiedMem/PatchWalk-v0"
SMALL: dict[str, Any] = {"capacity": 6, "steps": 20, "asked": 8}


def play(env: gym.Env[Any, Any], choices: list[int], **reset: Any) -> list[Any]:
    """Plays an episode; returns all that came back."""
    return [env.reset(**reset), *(env.step(choice) for choice in choices)]


def test_gymnasium_accepts_the_environment() -> None:
    check_env(gym.make(ID, render_mode="rgb_array", **SMALL).unwrapped)


@pytest.mark.filterwarnings("ignore:.*image.*:UserWarning")
def test_stable_baselines_accepts_the_environment() -> None:
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    checker.check_env(PatchWalkEnv(**SMALL))


def test_memory_holds_what_the_agent_put_there() -> None:
    env = PatchWalkEnv(**SMALL)
    first, _ = env.reset(seed=4)
    assert (first["memory_time"] == -1).all() and not first["memory_patch"].any()
    second, reward, *_ = env.step(2)
    np.testing.assert_array_equal(second["memory_patch"][2], first["patch"])
    np.testing.assert_array_equal(second["memory_position"][2], first["position"])
    assert second["memory_time"].tolist() == [-1, -1, 0, -1, -1, -1] and reward == 0
    assert np.abs(second["position"] - first["position"]).sum() == 1
    refused, *_ = env.step(6)
    assert refused["memory_time"].tolist() == [-1, -1, 0, -1, -1, -1]
    row, column = second["position"].astype(int)
    assert second["place"] == make_places(16)[row * 10 + column]
    over, *_ = env.step(2)
    np.testing.assert_array_equal(over["memory_patch"][2], refused["patch"])


def test_the_end_pays_the_share_of_asked_pixels() -> None:
    env = PatchWalkEnv(capacity=6, steps=20, asked=40)
    seen = play(env, [tick % 6 for tick in range(20)], seed=7)
    *_, (last, reward, terminated, truncated, info) = seen
    walks = env._walks
    assert walks is not None and terminated and not truncated
    assert [each[1] for each in seen[1:-1]] == [0.0] * 19
    mask = np.zeros((88, 88), bool)
    held = set()
    for tick in info["kept"]:
        row, column = divmod(int(walks.walk[0, tick]), 10)
        mask[8 * row : 8 * row + 16, 8 * column : 8 * column + 16] = True
        held.add(int(walks.walk[0, tick]))
    shares = [
        mask[8 * row : 8 * row + 16, 8 * column : 8 * column + 16].mean()
        for row, column in (divmod(int(cell), 10) for cell in walks.asked[0])
    ]
    assert reward == info["pixels"] == pytest.approx(np.mean(shares)) and reward > 0
    assert info["patches"] == np.mean([int(cell) in held for cell in walks.asked[0]])
    assert sorted(info["kept"]) == list(range(14, 20))
    start = patches_of(walks.pictures)[0, walks.start[0]]
    np.testing.assert_array_equal(last["patch"], start)
    with pytest.raises(gym.error.ResetNeeded):
        env.step(0)


def test_a_reader_is_scored_by_what_it_draws() -> None:
    def draw(walks: PatchWalks, kept: Int64Array) -> Float32Array:
        true = patches_of(walks.pictures)[0, walks.asked] / 255
        wrong: Float32Array = np.where(true > 0.5, true - 0.1, true + 0.1).astype(np.float32)
        assert kept.shape == (1, 6)
        return wrong

    *_, (_, reward, _, _, info) = play(PatchWalkEnv(**SMALL, reader=draw), [0] * 20, seed=1)
    assert info["mse"] == pytest.approx(0.01, rel=1e-4) and reward == pytest.approx(20, abs=1e-3)


def test_the_environment_keeps_as_the_rules_do() -> None:
    env = PatchWalkEnv(capacity=32)
    *_, (_, _, _, _, info) = play(env, [tick % 32 for tick in range(256)], seed=12)
    walks = draw_patch_walks(1, gym.utils.seeding.np_random(12)[0])
    kept = keep_by(RULES["fifo"], walks, 32, np.random.default_rng(0))
    assert sorted(info["kept"]) == sorted(kept[0].tolist())


def test_seeds_repeat_episodes_and_pickles_go_on() -> None:
    one, other = PatchWalkEnv(**SMALL), PatchWalkEnv(**SMALL)
    for seed in (3, None, 3):
        for mine, theirs in zip(
            play(one, [1] * 20, seed=seed), play(other, [1] * 20, seed=seed), strict=True
        ):
            np.testing.assert_array_equal(mine[0]["patch"], theirs[0]["patch"])
    one.reset(seed=5)
    one.step(1)
    again = pickle.loads(pickle.dumps(one))
    for _ in range(19):
        mine, theirs = one.step(2), again.step(2)
        np.testing.assert_array_equal(mine[0]["memory_patch"], theirs[0]["memory_patch"])
    assert mine[1] == theirs[1] and mine[2]


def test_it_runs_in_processes_side_by_side() -> None:
    envs = gym.vector.AsyncVectorEnv([lambda: PatchWalkEnv(**SMALL)] * 2)
    try:
        observation, _ = envs.reset(seed=[1, 2])
        assert observation["memory_patch"].shape == (2, 6, 16, 16, 3)
        alone, _ = PatchWalkEnv(**SMALL).reset(seed=2)
        np.testing.assert_array_equal(observation["patch"][1], alone["patch"])
    finally:
        envs.close()


def test_render_shows_the_picture_and_what_is_kept() -> None:
    env = PatchWalkEnv(**SMALL, render_mode="rgb_array")
    env.reset(seed=1)
    before = env.render()
    env.step(0)
    after = env.render()
    assert before is not None and after is not None and before.shape == (352, 736, 3)
    assert (before[:, 384:] == 96).all()
    assert (after[:, 384:] != 96).any(axis=2).mean() == pytest.approx(256 / 88**2, abs=2e-3)


def test_wrong_arguments_are_named(tmp_path: Path) -> None:
    for name in ("capacity", "steps", "asked"):
        with pytest.raises(ConfigError, match=f"{name} is 0"):
            PatchWalkEnv(**{name: 0})
    with pytest.raises(ConfigError, match="places is 101"):
        PatchWalkEnv(places=101)
    with pytest.raises(ConfigError, match="render mode"):
        PatchWalkEnv(render_mode="ascii")
    env = PatchWalkEnv(**SMALL)
    with pytest.raises(gym.error.ResetNeeded):
        env.step(0)
    with pytest.raises(gym.error.ResetNeeded):
        PatchWalkEnv(**SMALL, render_mode="rgb_array").render()
    with pytest.raises(ConfigError, match="reset option"):
        env.reset(options={"cell": 2})
    env.reset(seed=0)
    with pytest.raises(gym.error.InvalidAction):
        env.step(7)
