"""Files of a trained policy: `NAME.safetensors` and `NAME.json`; nothing is unpickled.

Stable-Baselines3's own archives hold pickles, which run whatever their author put into them when
they are read: never load one from outside. These files hold numbers and settings alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import gymnasium as gym
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

from embodied_mem.allocation.weights import read_weights, write_weights
from embodied_mem.errors import ConfigError
from embodied_mem.models.sat.weights import arrays_of, take_arrays
from embodied_mem.models.training.policy import PolicyConfig, TrainedPolicy, make_algorithm

KIND: Final = "policy"


def save_policy(path: Path, trained: TrainedPolicy, about: Mapping[str, Any]) -> None:
    """Writes a policy.

    Args:
        path: A folder, or a stem, as in `allocation.weights.weight_files`.
        trained: The policy.
        about: What else is to be known of it, such as the name of its environment.
    """
    header = {
        "config": asdict(trained.config),
        "curve": trained.curve,
        "cpu_s": trained.cpu_s,
        "about": dict(about),
    }
    write_weights(path, KIND, arrays_of(trained.model.policy), header)


def load_policy(
    path: Path, make: Callable[[], gym.Env[Any, Any]]
) -> tuple[OnPolicyAlgorithm, PolicyConfig]:
    """Reads what `save_policy` wrote, to act or to be trained further.

    Args:
        path: As there.
        make: Makes an environment that observes and acts as the one that it was trained in.

    Raises:
        ConfigError: If a file is missing or damaged, or the weights do not fit the environment.
    """
    arrays, header = read_weights(path, KIND, {"config": dict, "about": dict})
    try:
        config = PolicyConfig(**header["config"])
    except TypeError as error:
        raise ConfigError(f"{path} is of another version: {error}; train it anew") from error
    model = make_algorithm(make, config)
    try:
        take_arrays(model.policy, arrays)
    except ConfigError as error:
        raise ConfigError(f"{path} is of another environment: {error}") from error
    return model, config
