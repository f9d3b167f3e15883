"""Our environments in RLlib."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import gymnasium as gym

from embodied_mem_envs import ENVIRONMENTS
from embodied_mem_envs.scale.extra import require_ray_extra


def register_with_rllib() -> tuple[str, ...]:
    """Makes every environment of `ENVIRONMENTS` known to RLlib under its own id.

    `env_config` of RLlib then holds the arguments of the environment:
    `PPOConfig().environment("EmbodiedMem/TMaze-v0", env_config={"length": 3})`. Workers on other
    machines need this package installed and nothing else.

    Returns:
        The ids.

    Raises:
        MissingExtraError: If Ray or what RLlib imports is missing.
    """
    require_ray_extra(rllib=True)
    from ray.tune.registry import register_env

    for name in ENVIRONMENTS:
        register_env(name, partial(_make, name))
    return tuple(ENVIRONMENTS)


def _make(name: str, config: Mapping[str, Any]) -> "gym.Env[Any, Any]":
    # In another process, that this module was imported has registered it with Gymnasium.
    return gym.make(name, **config)
