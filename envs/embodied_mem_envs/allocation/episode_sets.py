"""Episodes as what trainers and evaluations take."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from embodied_mem.allocation.inputs import CONTEXT_FEATURES, SLOT_FEATURES
from embodied_mem.allocation.training.episodes import Core, EpisodeSet
from embodied_mem.types import Float32Array
from embodied_mem_envs.allocation.core import AllocationCore
from embodied_mem_envs.allocation.episode import Episode
from embodied_mem_envs.allocation.generate import EpisodeConfig, generator_hash, make_episode
from embodied_mem_envs.allocation.potential import FrozenValue
from embodied_mem_envs.allocation.questions import KINDS
from embodied_mem_envs.allocation.streams import Streams
from embodied_mem_envs.allocation.table import EpisodeTable


def draw_episodes(streams: Streams, config: EpisodeConfig, count: int, seed: int) -> list[Episode]:
    """Draws episodes; the same for the same seed.

    Raises:
        ConfigError: If no stream is long enough.
    """
    rng = np.random.default_rng(seed)
    return [make_episode(streams, config, rng) for _ in range(count)]


def as_set(
    episodes: Sequence[Episode],
    *,
    expected: bool = False,
    task_label: bool = False,
    beta: float = 0.05,
    slots_told: bool = True,
    **about: Any,
) -> EpisodeSet:
    """Makes a set of episodes.

    Args:
        episodes: Numbered in this order.
        expected: Reward the outcomes in the mean over what could be asked.
        task_label: Tell which kind is asked most.
        beta: Weight of the compression term in the reward.
        slots_told: Tell which share of the slots is in use.
        **about: What the episodes are, for whoever reads the result.
    """
    table = EpisodeTable(episodes, expected=expected)

    def make_core(rows: int) -> AllocationCore:
        return AllocationCore(table, rows, beta=beta, task_label=task_label, slots_told=slots_told)

    value = FrozenValue(table) if expected else None

    def frozen_value(core: Core) -> Float32Array:
        assert isinstance(core, AllocationCore)
        assert value is not None
        return value(core)

    labels = tuple(f"task_{kind}" for kind in KINDS) if task_label else ()
    return EpisodeSet(
        make_core=make_core,
        count=len(table),
        slot_features=SLOT_FEATURES,
        context_features=CONTEXT_FEATURES + labels,
        tasks=len(labels),
        about={"count": len(table), "expected": expected, "beta": beta, **about},
        frozen_value=frozen_value if expected else None,
    )


def draw_set(
    streams: Streams,
    config: EpisodeConfig,
    count: int,
    seed: int,
    *,
    expected: bool = False,
    task_label: bool = False,
    beta: float = 0.05,
    slots_told: bool = True,
) -> EpisodeSet:
    """Draws episodes and makes a set of them; arguments as of the two functions above."""
    return as_set(
        draw_episodes(streams, config, count, seed),
        expected=expected,
        task_label=task_label,
        beta=beta,
        slots_told=slots_told,
        seed=seed,
        hash=generator_hash(streams, config),
    )
