"""Small task environments for tests."""

from typing import Any

import gymnasium as gym

from embodied_mem_envs.tasks.levels import EpisodeEnv

QUESTIONS = "embodied_mem_envs:EmbodiedMem/QuestionAnswering-v0"
GOALS = "embodied_mem_envs:EmbodiedMem/LifelongNav-v0"
SMALL: dict[str, Any] = {"rooms": 3, "width": 48, "height": 40}


def make(name: str, extra: dict[str, Any]) -> EpisodeEnv:
    """Makes a task environment with small houses and pictures."""
    env = gym.make(name, **{**SMALL, **extra}).unwrapped
    assert isinstance(env, EpisodeEnv)
    return env
