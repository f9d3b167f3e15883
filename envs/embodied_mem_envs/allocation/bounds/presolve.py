"""Which candidates are worth holding until when, before anything is solved."""

from dataclasses import dataclass
from typing import final

import numpy as np

from embodied_mem.types import AnyArray, BoolArray, Int64Array
from embodied_mem_envs.allocation.bounds.wanted import Wanted
from embodied_mem_envs.allocation.episode import Episode


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Facts:
    """What an episode and what is wanted of it fix from the start; T candidates, W keys."""

    shown: BoolArray
    """(T, W) whether a candidate shows a key."""
    end: Int64Array
    """(T,) first candidate at which nothing is lost if an earlier one is let go for it; T if none:
    it shows all that the earlier one is still wanted for, and takes no more bytes."""
    sighting: BoolArray
    """(T, W) whether a candidate can know the first sighting of a key: a merge hands that on only
    within a place, so it stays in the place of the first."""

    def alive(self) -> BoolArray:
        """(T, T) whether a candidate [., i] can be worth holding after another, [t, .]."""
        times = np.arange(len(self.end))[:, None]
        alive: BoolArray = (np.arange(len(self.end)) <= times) & (times < self.end)
        return alive


def facts_of(episode: Episode, wanted: Wanted) -> Facts:
    """Returns the facts that `solve` starts from."""
    arrivals, keys = wanted.coarse.shape
    shown = np.zeros((arrivals, keys + 1), bool)
    np.put_along_axis(shown, episode.keys.astype(np.intp), True, axis=1)
    shown = shown[:, :-1]
    home = episode.place[np.minimum(episode.first_seen, arrivals - 1)]
    return Facts(
        shown=shown,
        end=_superseded_by(episode, wanted, shown),
        sighting=shown & (episode.place[:, None] == home),
    )


def _superseded_by(episode: Episode, wanted: Wanted, shown: BoolArray) -> Int64Array:
    """Returns the first candidate for which each earlier one can be let go."""
    weight = wanted.coarse + wanted.fine
    np.add.at(weight, (wanted.joint_time[:, None], wanted.joint_keys), _per_key(wanted))
    later = _from_then_on(weight > 0)
    missing = shown.astype(np.float32) @ (later & ~shown).T.astype(np.float32)
    knowing = shown.astype(np.float32) @ _from_then_on(wanted.first > 0).T.astype(np.float32)
    size = episode.bytes if wanted.fine.any() else episode.bytes[:, :1]
    smaller = (size[None, :] <= size[:, None]).all(axis=2)
    replaces = np.triu((missing == 0) & (knowing == 0) & smaller, 1)
    arrivals = len(shown)
    return np.where(replaces.any(axis=1), replaces.argmax(axis=1), arrivals).astype(np.int64)


def _per_key(wanted: Wanted) -> AnyArray:
    return np.where(wanted.joint_keys >= 0, wanted.joint[:, None], 0.0)


def _from_then_on(wanted: BoolArray) -> BoolArray:
    """Returns (T, W) whether something is true after a candidate or after a later one."""
    later: BoolArray = np.maximum.accumulate(wanted[::-1], axis=0)[::-1]
    return later
