"""Lets policies act in the core, and says what came of it, for the tests of the bounds."""

import numpy as np

from embodied_mem_envs.allocation.core import AllocationCore
from embodied_mem_envs.allocation.table import EpisodeTable


def accuracy_in_core(episodes, policy, seed=0):
    """Returns (N,) accuracy in each episode, and how many operations were not valid."""
    rows = np.arange(len(episodes))
    core = AllocationCore(EpisodeTable(episodes), len(rows))
    core.begin(rows, rows)
    rng = np.random.default_rng(seed)
    right, asked, invalid = np.zeros(len(rows)), np.zeros(len(rows)), 0
    while (core.arrival < core.table.arrivals).any():
        result = core.step(policy(*core.observe(), rng))
        right += result.outcomes
        asked += result.asked
        invalid += int((result.validity < 0).sum())
    return right / asked, invalid
