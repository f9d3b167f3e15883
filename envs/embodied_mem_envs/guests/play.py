"""Trains and plays agents of guests; needs the extra `train`."""

from dataclasses import dataclass, replace
from functools import partial
from importlib import import_module

import gymnasium as gym
import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.models.training.policy import (
    PolicyConfig,
    PolicyMemory,
    TrainedPolicy,
    evaluate_policy,
)
from embodied_mem_envs.guests.table import GUESTS, Guest, guest_named

_STEPS, _SLOTS = 200_000, 8


@dataclass(frozen=True, kw_only=True, slots=True)
class Played:
    """What an agent reached."""

    scores: tuple[float, ...]
    """One an episode, as the guest is scored."""
    returns: tuple[float, ...]
    """One an episode."""

    @property
    def mean_score(self) -> float:
        """Over the episodes."""
        return float(np.mean(self.scores))

    @property
    def mean_return(self) -> float:
        """Over the episodes."""
        return float(np.mean(self.returns))


def task(name: str, *, steps: int | None, slots: int | None, rule: str | None) -> Guest:
    """Returns a guest, or any environment of Gymnasium as one.

    Args:
        name: Of a guest, or the id of an environment.
        steps: Of the training; the guest's where it is None.
        slots: Of the memory, likewise.
        rule: That fills the memory, likewise.

    Raises:
        ConfigError: If there is neither a guest nor an environment of this name.
    """
    if name in GUESTS or not _is_id(name):
        guest = guest_named(name)
    else:
        _known(name)
        guest = Guest(make=partial(gym.make, name), slots=_SLOTS, rule="fifo", steps=_STEPS)
    return replace(
        guest,
        steps=guest.steps if steps is None else steps,
        slots=guest.slots if slots is None else slots,
        rule=rule or guest.rule,
    )


def policy_config(guest: Guest, memory: PolicyMemory, seed: int) -> PolicyConfig:
    """Returns the settings of an agent; only `memory` and `seed` tell the agents apart."""
    place = guest.place if memory == "sat" else None
    return PolicyConfig(memory=memory, seed=seed, steps=guest.steps, place=place)


def play(guest: Guest, trained: TrainedPolicy, seeds: range) -> Played:
    """Plays one episode a seed."""
    episodes = evaluate_policy(trained.model, guest.maker(trained.config.memory), seeds)
    returns = tuple(each for each, _ in episodes)
    if guest.score == "return":
        return Played(scores=returns, returns=returns)
    return Played(scores=tuple(float(bool(won)) for _, won in episodes), returns=returns)


def _known(name: str) -> None:
    module, _, registered = name.rpartition(":")
    try:
        if module:
            import_module(module)
        gym.spec(registered)
    except (gym.error.Error, ImportError) as error:
        raise ConfigError(f"Gymnasium cannot make {name!r}: {error}") from error


def _is_id(name: str) -> bool:
    return ":" in name or name in gym.registry
