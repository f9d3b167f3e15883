"""Trains a policy with one of four memories by Stable-Baselines3's PPO, all alike else."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, final

import gymnasium as gym
import numpy as np
import torch
from sb3_contrib import RecurrentPPO
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm
from stable_baselines3.common.vec_env import DummyVecEnv

from embodied_mem.errors import ConfigError, unknown_name
from embodied_mem.models.sat.config import SATConfig
from embodied_mem.models.training.policy_extractor import SATExtractor

PolicyMemory = Literal["none", "stack", "recurrent", "sat"]
POLICY_MEMORIES: Final = ("none", "stack", "recurrent", "sat")
_SPACED: Final = 1000


@dataclass(frozen=True, kw_only=True, slots=True)
class PolicyConfig:
    """Settings of PPO and of the networks; the same for every memory."""

    memory: PolicyMemory = "sat"
    """`none` and `stack` see the slots of the `Memory` as one list of numbers (one slot: only what
    there is now), `recurrent` has an LSTM, `sat` reads the slots with the transformer."""
    seed: int = 0
    """Of the weights, the episodes and everything that is drawn."""
    steps: int = 200_000
    """Steps of the environments in all; rounded up to whole updates."""
    environments: int = 32
    """Environments beside each other."""
    horizon: int = 64
    """Steps of each of them between two updates."""
    minibatches: int = 4
    """Gradient steps an epoch."""
    epochs: int = 4
    """Passes over the data of an update."""
    learning_rate: float = 1e-3
    """Of Adam, at first; falls linearly to 5 %."""
    entropy: float = 0.02
    """Weight of the entropy, at first; falls linearly to 0."""
    discount: float = 0.95
    """Gamma."""
    smoothing: float = 0.95
    """Lambda of generalised advantage estimation."""
    hidden: int = 64
    """Units of each layer, of the LSTM and of the transformer."""
    place: str | None = None
    """Entry of the observation that says where the agent is; for `sat`."""

    @property
    def updates(self) -> int:
        """Updates in all."""
        return -(-self.steps // (self.environments * self.horizon))

    def __post_init__(self) -> None:
        """Checks the values.

        Raises:
            ConfigError: If one is out of its range or names something unknown.
        """
        if self.memory not in POLICY_MEMORIES:
            raise unknown_name("memory of a policy", self.memory, POLICY_MEMORIES)
        for name in ("steps", "environments", "horizon", "minibatches", "epochs", "hidden"):
            if getattr(self, name) < 1:
                raise ConfigError(f"{name} is {getattr(self, name)}; expected at least 1")


@dataclass(frozen=True, kw_only=True, slots=True)
class TrainedPolicy:
    """A policy, and what its training took."""

    model: OnPolicyAlgorithm
    config: PolicyConfig
    curve: tuple[tuple[int, float], ...]
    """Steps so far, and the mean return of the episodes that ended since the point before."""
    cpu_s: float
    """CPU time of the training."""


def train_policy(
    make: Callable[[], gym.Env[Any, Any]],
    config: PolicyConfig,
    advance: Callable[[], None] = lambda: None,
) -> TrainedPolicy:
    """Trains a policy; the same settings give the same weights on the same machine.

    Args:
        make: Makes an environment with a `Memory`.
        config: The settings.
        advance: Is called after each update.
    """
    torch.set_num_threads(1)
    began = time.process_time()
    model = make_algorithm(make, config)
    watch = _Watch(config, advance)
    model.learn(config.steps, callback=watch)
    cpu_s = time.process_time() - began
    return TrainedPolicy(model=model, config=config, curve=tuple(watch.curve), cpu_s=cpu_s)


def evaluate_policy(
    model: OnPolicyAlgorithm, make: Callable[[], gym.Env[Any, Any]], seeds: range
) -> list[tuple[float, bool | None]]:
    """Plays one episode a seed; actions are drawn, as in training.

    Args:
        model: The policy.
        make: Makes an environment with a `Memory`.
        seeds: Of the episodes, which are played beside each other; the first is that of the
            drawn actions, too.

    Returns:
        Of each episode its return, and whether it was a success where `info` says so.
    """
    torch.manual_seed(seeds.start)
    envs = [make() for _ in seeds]
    seen = [env.reset(seed=seed)[0] for env, seed in zip(envs, seeds, strict=True)]
    returns, success = np.zeros(len(envs)), [None] * len(envs)
    running, state, first = np.ones(len(envs), bool), None, np.ones(len(envs), bool)
    while running.any():
        stacked = {name: np.stack([each[name] for each in seen]) for name in seen[0]}
        actions, state = model.predict(stacked, state=state, episode_start=first)
        first = np.zeros(len(envs), bool)
        for i in np.flatnonzero(running):
            seen[i], reward, terminated, truncated, info = envs[i].step(actions[i])
            returns[i] += float(reward)
            if terminated or truncated:
                running[i], success[i] = False, info.get("is_success")
    return list(zip(returns.tolist(), success, strict=True))


def make_algorithm(
    make: Callable[[], gym.Env[Any, Any]], config: PolicyConfig
) -> OnPolicyAlgorithm:
    """Makes PPO, or RecurrentPPO, with a policy that has learned nothing yet."""
    hidden, rate = config.hidden, config.learning_rate
    layers: dict[str, Any] = {"net_arch": [hidden, hidden]}
    if config.memory == "sat":
        sat = SATConfig(width=hidden, layers=1, heads=4, hidden=hidden, read="flat")
        layers = {
            "net_arch": [hidden],
            "features_extractor_class": SATExtractor,
            "features_extractor_kwargs": {"sat": sat, "place": config.place},
        }
    if config.memory == "recurrent":
        layers |= {"net_arch": [hidden], "lstm_hidden_size": hidden, "shared_lstm": True}
        layers |= {"enable_critic_lstm": False}
    recurrent = config.memory == "recurrent"
    algorithm: Any = RecurrentPPO if recurrent else PPO
    model: OnPolicyAlgorithm = algorithm(
        "MultiInputLstmPolicy" if recurrent else "MultiInputPolicy",
        DummyVecEnv([make] * config.environments),
        n_steps=config.horizon,
        batch_size=config.environments * config.horizon // config.minibatches,
        n_epochs=config.epochs,
        learning_rate=lambda left: rate * (0.05 + 0.95 * left),
        ent_coef=config.entropy,
        gamma=config.discount,
        gae_lambda=config.smoothing,
        policy_kwargs=layers,
        device="cpu",
        # Its environments get this seed and the next ones: those of two runs are not to overlap.
        seed=config.seed * _SPACED,
    )
    return model


# -- inside ------------------------------------------------------------------------------------


@final
class _Watch(BaseCallback):
    """Lowers the weight of the entropy to 0 over the training, and notes how it goes."""

    model: PPO

    def __init__(self, config: PolicyConfig, advance: Callable[[], None]) -> None:
        super().__init__()
        self._entropy, self._advance = config.entropy, advance
        self._running, self._ended = np.zeros(config.environments), list[float]()
        self.curve: list[tuple[int, float]] = []

    def _on_step(self) -> bool:
        self._running += self.locals["rewards"]
        ended = self.locals["dones"]
        self._ended += self._running[ended].tolist()
        self._running[ended] = 0.0
        return True

    def _on_rollout_end(self) -> None:
        self.model.ent_coef = self._entropy * self.model._current_progress_remaining
        if self._ended:
            self.curve.append((self.num_timesteps, float(np.mean(self._ended))))
            self._ended = []
        self._advance()
