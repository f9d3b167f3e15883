"""Small sets of episodes for tests of trainers."""

import numpy as np

from embodied_mem.allocation.inputs import CONTEXT_FEATURES, SLOT_FEATURES
from embodied_mem.allocation.training.episodes import EpisodeSet
from embodied_mem_envs.allocation.core import AllocationCore
from embodied_mem_envs.allocation.generate import EpisodeConfig, make_episode
from embodied_mem_envs.allocation.questions import KINDS
from embodied_mem_envs.allocation.synthetic import synthetic_streams
from embodied_mem_envs.allocation.table import EpisodeTable


def small_episodes(seed=0, count=64, *, task_label=False, **config):
    """Draws episodes of 12 candidates and 3 slots, unless the config says otherwise."""
    rng = np.random.default_rng(seed)
    streams = synthetic_streams(rng)
    chosen = EpisodeConfig(**{"arrivals": 12, "slots": 3, "after": 6, **config})
    table = EpisodeTable([make_episode(streams, chosen, rng) for _ in range(count)])
    labels = tuple(f"task_{kind}" for kind in KINDS) if task_label else ()
    return EpisodeSet(
        make_core=lambda rows: AllocationCore(table, rows, task_label=task_label),
        count=count,
        slot_features=SLOT_FEATURES,
        context_features=CONTEXT_FEATURES + labels,
        tasks=len(labels),
        about={"streams": "synthetic", "seed": seed},
    )


def take_all_in(slots, context, mask, rng=None):
    """Takes what fits into free room, and refuses the rest."""
    last = slots.shape[1] - 1
    return np.where(mask[:, last, 0], 4 * last, 4 * last + 3)


def at_random(slots, context, mask, rng):
    """Takes any valid action."""
    flat = mask.reshape(len(mask), -1)
    return np.where(flat, rng.random(flat.shape), -1.0).argmax(axis=1)
