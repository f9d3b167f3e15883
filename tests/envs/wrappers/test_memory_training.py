"""Agents of Stable-Baselines3 train on an environment with a memory, whatever they are."""

from typing import Any

import numpy as np
import pytest

from embodied_mem_envs.t_maze import TMazeEnv
from embodied_mem_envs.wrappers import Memory

sb3 = pytest.importorskip("stable_baselines3")


@pytest.mark.parametrize(
    ("algorithm", "settings", "memory"),
    [
        ("PPO", {"n_steps": 32, "batch_size": 32}, {}),
        ("PPO", {"n_steps": 32, "batch_size": 32}, {"actions": "multi", "refuse": False}),
        ("DQN", {"learning_starts": 16, "buffer_size": 100}, {}),
        ("DQN", {"learning_starts": 16, "buffer_size": 100}, {"choose": "push"}),
        ("DQN", {"learning_starts": 16, "buffer_size": 100}, {"allocator": "reservoir"}),
    ],
)
def test_an_agent_trains_and_acts(
    algorithm: str, settings: dict[str, Any], memory: dict[str, Any]
) -> None:
    env = Memory(TMazeEnv(), 2, **memory)
    net = {"net_arch": [8]}
    model = getattr(sb3, algorithm)(
        "MultiInputPolicy", env, policy_kwargs=net, seed=0, device="cpu", **settings
    )
    before = [weights.detach().clone() for weights in model.policy.parameters()]
    model.learn(64)
    after = list(model.policy.parameters())
    assert any(not np.allclose(a, b.detach()) for a, b in zip(before, after, strict=True))
    observation = env.reset(seed=1)[0]
    action, _ = model.predict(observation, deterministic=True)
    assert env.action_space.contains(action)
    env.step(action)
