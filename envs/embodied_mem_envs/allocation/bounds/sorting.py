"""The case in which the best that can be held is found by sorting."""

import numpy as np

from embodied_mem_envs.allocation.bounds.bound import Bound
from embodied_mem_envs.allocation.bounds.wanted import Wanted
from embodied_mem_envs.allocation.episode import COARSE, FINE, Episode


def solve_by_sorting(episode: Episode, wanted: Wanted) -> Bound | None:
    """Returns the best that can be held, or None where sorting does not find it.

    If everything is asked at the end, no wanted key is shown twice, and any K candidates fit, each
    candidate is worth what it shows, and the K that are worth most are best. That they arrive one
    by one is no restriction: what is held at the end can be held from its arrival on.
    """
    weights = wanted.coarse + wanted.fine
    if wanted.first.any() or len(wanted.joint) or weights[:-1].any():
        return None
    there = episode.keys >= 0
    rows, keys = np.nonzero(there)[0], episode.keys[there].astype(np.intp)
    shown_by = np.bincount(keys, minlength=weights.shape[1])
    level = FINE if wanted.fine.any() else COARSE
    size = np.sort(episode.bytes[:, level - COARSE].astype(np.float64))
    if (shown_by[weights[-1] > 0] > 1).any() or size[-episode.slots :].sum() > episode.budget:
        return None
    worth = np.bincount(rows, weights[-1, keys], minlength=len(episode.keys))
    best = np.argsort(-worth, kind="stable")[: episode.slots]
    best = best[worth[best] > 0]
    kept = np.zeros((len(worth),) * 2, np.int8)
    for candidate in best:
        kept[candidate:, candidate] = level
    value = float(worth[best].sum())
    merged = np.full(len(worth), -1, np.intp)
    return Bound(value=value, reached=value, kept=kept, merged=merged)
