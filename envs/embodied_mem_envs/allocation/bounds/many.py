"""Bounds of many episodes."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from typing import Final, final

import numpy as np

from embodied_mem.types import Float64Array
from embodied_mem_envs.allocation.bounds.clairvoyant import clairvoyant
from embodied_mem_envs.allocation.bounds.hindsight import hindsight
from embodied_mem_envs.allocation.episode import Episode

_NODES: Final = 50
"""Branch-and-bound nodes for U1 of an episode: most need one."""
_TOGETHER: Final = 8
"""Episodes that a process is given at a time."""


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class BoundTable:
    """Both bounds of N episodes."""

    u1: Float64Array
    """(N,) clairvoyant."""
    u1_reached: Float64Array
    """(N,) what the plan for it reaches; nan if it was relaxed."""
    u2: Float64Array
    """(N,) hindsight, by linear relaxation."""


def bounds_of(episodes: Sequence[Episode], *, jobs: int = 1, every: int = 1) -> BoundTable:
    """Returns U1 and U2 of episodes, in their order; the same for any number of jobs.

    Args:
        episodes: The episodes.
        jobs: Processes.
        every: Above 1, for long episodes: U1 is relaxed too, and of so many times that questions
            come at, one is counted, another for each episode. The means are bounds; those of
            single episodes need not be.
    """
    offsets = np.arange(len(episodes)) * every // max(len(episodes), 1)
    bounds = partial(_bounds, every=every)
    if jobs == 1:
        rows = list(map(bounds, episodes, offsets))
    else:
        with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
            rows = list(pool.map(bounds, episodes, offsets, chunksize=_TOGETHER))
    u1, reached, u2 = np.array(rows, np.float64).reshape(-1, 3).T
    return BoundTable(u1=u1, u1_reached=reached, u2=u2)


def _bounds(episode: Episode, offset: int, every: int) -> tuple[float, float, float]:
    if every == 1:
        one = clairvoyant(episode, nodes=_NODES)
    else:
        one = clairvoyant(episode, relaxed=True, every=every, offset=offset)
    return one.value, one.reached, hindsight(episode, every=every, offset=offset).value
