"""Snapshots of Stable-Baselines3's algorithms; theirs are pickled and leave the chance out."""

import numpy as np
import torch
from stable_baselines3.common.base_class import BaseAlgorithm

from embodied_mem.allocation.training.snapshot import (
    Snapshot,
    get_chance,
    get_module,
    get_optimizer,
    put_chance,
    put_module,
    put_optimizer,
)
from embodied_mem.allocation.training.vec_env import CoreVecEnv


def put_algorithm(snapshot: Snapshot, model: BaseAlgorithm, environment: CoreVecEnv) -> None:
    """Adds the weights, the optimiser, the counters, the environment and all chance.

    Stable-Baselines3 draws from the global generators of NumPy and torch.
    """
    put_module(snapshot, "policy", model.policy)
    put_optimizer(snapshot, "optimizer", model.policy.optimizer)
    snapshot.put("environment", environment.state())
    put_chance(snapshot, "episodes", environment.rng)
    kind, words, *rest = np.random.get_state(legacy=True)  # noqa: NPY002
    snapshot.arrays["numpy"] = np.asarray(words)
    snapshot.values["numpy"] = [kind, *rest]
    snapshot.arrays["torch"] = torch.get_rng_state().numpy().copy()
    snapshot.values |= {"timesteps": model.num_timesteps, "gradient_steps": model._n_updates}
    starts = model._last_episode_starts
    snapshot.arrays["starts"] = np.asarray(starts)


def get_algorithm(snapshot: Snapshot, model: BaseAlgorithm, environment: CoreVecEnv) -> None:
    """Sets all that `put_algorithm` added, of an algorithm made alike."""
    get_module(snapshot, "policy", model.policy)
    get_optimizer(snapshot, "optimizer", model.policy.optimizer)
    get_chance(snapshot, "episodes", environment.rng)
    model._last_obs = environment.restore(snapshot.get("environment"))
    model._last_episode_starts = snapshot.arrays["starts"]
    model.num_timesteps = snapshot.values["timesteps"]
    model._n_updates = snapshot.values["gradient_steps"]
    kind, *rest = snapshot.values["numpy"]
    np.random.set_state((kind, snapshot.arrays["numpy"], *rest))  # noqa: NPY002
    torch.set_rng_state(torch.from_numpy(snapshot.arrays["torch"]))
