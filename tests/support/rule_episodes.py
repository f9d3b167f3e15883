"""Small tables of episodes, and what a policy makes of them."""

from collections.abc import Iterator

import numpy as np

from embodied_mem.allocation.policy import Policy
from embodied_mem_envs.allocation.core import AllocationCore, StepResult
from embodied_mem_envs.allocation.episode import Episode
from embodied_mem_envs.allocation.generate import EpisodeConfig, make_episode
from embodied_mem_envs.allocation.synthetic import synthetic_streams
from embodied_mem_envs.allocation.table import EpisodeTable


def episodes(count: int, config: EpisodeConfig, seed: int = 0) -> list[Episode]:
    rng = np.random.default_rng(seed)
    streams = synthetic_streams(rng, streams=4, items=max(120, config.arrivals))
    return [make_episode(streams, config, rng) for _ in range(count)]


def begun(drawn: list[Episode]) -> AllocationCore:
    core = AllocationCore(EpisodeTable(drawn), len(drawn))
    core.begin(np.arange(len(drawn)), np.arange(len(drawn)))
    return core


def steps(core: AllocationCore, policy: Policy, seed: int = 0) -> Iterator[StepResult]:
    """Lets a policy act until all episodes have ended."""
    rng = np.random.default_rng(seed)
    while (core.arrival < core.table.arrivals).any():
        slots, context, mask = core.observe()
        yield core.step(policy(slots, context, mask, rng))


def contents(core: AllocationCore) -> np.ndarray:
    """Returns (B, K) which candidate each slot holds, -1 for none."""
    return np.where(core.levels > 0, core.held_candidates, -1)
