"""`EmbodiedMem/ContextEdit-v0` as an environment, and as a working memory with an editor."""

import pickle
from functools import partial
from typing import Any

import gymnasium as gym
import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env

from embodied_mem.errors import ConfigError
from embodied_mem.memory.working import WorkingMemory
from embodied_mem.memory.working.line_features import LINE_CONTEXT, LINE_FEATURES
from embodied_mem.memory.working.policy_editor import PolicyEditor
from embodied_mem_envs.context_edit.env import ContextEditEnv
from embodied_mem_envs.context_edit.rules import RULES
from embodied_mem_envs.context_edit.tale import HEAD
from embodied_mem_envs.context_edit.telling import tell

ID = "embodied_mem_envs:EmbodiedMem/ContextEdit-v0"
SMALL: dict[str, Any] = {"subgoals": 3, "cap": 400, "fewest": 3, "most": 5}


def play(env: ContextEditEnv, seed: int) -> tuple[list[Any], dict[str, Any]]:
    """Takes away the oldest note until the tale ends; returns what was seen, and the last info."""
    observation, info = env.reset(seed=seed)
    seen, ended = [observation], False
    while not ended:
        observation, reward, ended, _, info = env.step(int(info["action_mask"].argmax()))
        seen += [observation, reward]
    return seen, info


@pytest.mark.filterwarnings("ignore:Your observation lines has an unconventional shape")
def test_gymnasium_and_stable_baselines_accept_it() -> None:
    check_env(gym.make(ID, render_mode="ansi", **SMALL).unwrapped)
    checker = pytest.importorskip("stable_baselines3.common.env_checker")
    checker.check_env(ContextEditEnv(**SMALL))


def test_the_page_tells_the_sizes() -> None:
    page = ContextEditEnv.__doc__ or ""
    assert f"(E, {len(LINE_FEATURES)})" in page and f"({len(LINE_CONTEXT)},)" in page


def as_bytes(seen: list[Any]) -> list[bytes]:
    return [
        b"".join(each[name].tobytes() for name in ("lines", "context"))
        if isinstance(each, dict)
        else str(each).encode()
        for each in seen
    ]


def test_the_seed_decides_and_it_can_be_pickled_anywhere() -> None:
    env = ContextEditEnv(**SMALL)
    one, other = as_bytes(play(env, 4)[0]), as_bytes(play(env, 4)[0])
    assert one == other != as_bytes(play(env, 5)[0])
    env.reset(seed=4)
    env.step(int(env.action_masks().argmax()))
    copy = pickle.loads(pickle.dumps(env))
    for _ in range(3):
        action = int(env.action_masks().argmax())
        assert as_bytes([env.step(action)[0]]) == as_bytes([copy.step(action)[0]])


def test_many_run_beside_each_other() -> None:
    envs = gym.vector.AsyncVectorEnv([partial(ContextEditEnv, **SMALL) for _ in range(2)])
    try:
        seen, infos = envs.reset(seed=[4, 5])
        alone = ContextEditEnv(**SMALL)
        for row, seed in enumerate((4, 5)):
            expected, _ = alone.reset(seed=seed)
            np.testing.assert_array_equal(seen["lines"][row], expected["lines"])
        envs.step(infos["action_mask"].argmax(axis=1))
    finally:
        envs.close()


@pytest.mark.parametrize("seed", range(3))
def test_what_is_rendered_is_what_a_working_memory_renders(seed: int) -> None:
    env = ContextEditEnv(render_mode="ansi", **SMALL)
    _, info = env.reset(seed=seed)
    before = env.render()
    assert before is not None and before.splitlines()[2] in before
    env.step(int(info["action_mask"].argmax()))
    assert before.splitlines()[2] not in (env.render() or "")
    play(env, seed)
    memory = WorkingMemory(SMALL["cap"], head=HEAD, editor=PolicyEditor(RULES["oldest_first"]))
    for _ in tell(env.tale, memory):
        pass
    assert env.render() == memory.text


def test_an_action_that_is_no_note_breaks_the_cap() -> None:
    env = ContextEditEnv(**SMALL)
    for action in (0, env.action_space.n - 1):
        _, info = env.reset(seed=1)
        assert not info["action_mask"][action]
        _, reward, ended, _, info = env.step(action)
        assert (reward, ended, info["is_success"]) == (-0.1, True, False)
        with pytest.raises(gym.error.ResetNeeded):
            env.step(action)


def test_an_episode_is_paid_where_all_was_answered() -> None:
    env = ContextEditEnv(**SMALL)
    ends = [play(env, seed) for seed in range(30)]
    for seen, info in ends:
        assert seen[-1] == float(info["is_success"]) == float(info["answered"] == 1)
        assert info["tokens"] <= SMALL["cap"] and not any(seen[2:-2:2])
        for observation in seen[0], *seen[1::2][:3]:
            assert env.observation_space.contains(observation)
    assert 0 < np.mean([info["is_success"] for _, info in ends]) < 1


def test_wrong_arguments_are_named() -> None:
    for wrong, named in (
        ({"caps": 1}, "argument"),
        ({"cap": 1}, "cap is 1"),
        ({"weights": (2.0, -1.0, 0.0, 0.0, 0.0)}, "weights are"),
    ):
        with pytest.raises(ConfigError, match=named):
            ContextEditEnv(**wrong)
    with pytest.raises(ConfigError, match="render mode"):
        ContextEditEnv(render_mode="human")
    env = ContextEditEnv(**SMALL)
    with pytest.raises(gym.error.ResetNeeded):
        env.step(0)
    with pytest.raises(ConfigError, match="reset option"):
        env.reset(options={"tale": 1})
    env.reset(seed=0)
    with pytest.raises(gym.error.InvalidAction):
        env.step(10_000)
