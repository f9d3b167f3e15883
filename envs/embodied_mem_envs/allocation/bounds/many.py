"""Bounds of many episodes."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
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
    """(N,) what the plan for it reaches."""
    u2: Float64Array
    """(N,) hindsight, by linear relaxation."""


def bounds_of(episodes: Sequence[Episode], *, jobs: int = 1) -> BoundTable:
    """Returns U1 and U2 of episodes, in their order; the same for any number of jobs.

    Args:
        episodes: The episodes.
        jobs: Processes.
    """
    rows = np.array(list(_each(episodes, jobs)), np.float64).reshape(-1, 3)
    return BoundTable(u1=rows[:, 0], u1_reached=rows[:, 1], u2=rows[:, 2])


def _each(episodes: Sequence[Episode], jobs: int) -> Iterator[tuple[float, float, float]]:
    if jobs == 1:
        yield from map(_bounds, episodes)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(_bounds, episodes, chunksize=_TOGETHER)


def _bounds(episode: Episode) -> tuple[float, float, float]:
    one = clairvoyant(episode, nodes=_NODES)
    return one.value, one.reached, hindsight(episode).value
