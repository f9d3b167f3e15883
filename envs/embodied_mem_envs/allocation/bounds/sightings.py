"""The part of the program that is about first sightings: who knows them, and by which merge."""

from dataclasses import dataclass
from typing import final

import numpy as np
from numpy.typing import NDArray

from embodied_mem.types import AnyArray, BoolArray, Int64Array
from embodied_mem_envs.allocation.bounds.model import ABSENT, Model, Solution
from embodied_mem_envs.allocation.bounds.presolve import Facts
from embodied_mem_envs.allocation.bounds.wanted import Wanted
from embodied_mem_envs.allocation.episode import Episode

_Pairs = NDArray[np.intp]


def checkpoints(episode: Episode, wanted: Wanted, facts: Facts) -> BoolArray:
    """Returns (T, W) when it matters whether a key's first sighting is known.

    That is when it is asked for, and before each candidate that could take the knowledge over: in
    between, the held candidates that could have it only become fewer.
    """
    asked = wanted.first > 0
    takes_over = np.zeros_like(asked)
    takes_over[:-1] = facts.sighting[1:]
    later = np.maximum.accumulate(asked[::-1], axis=0)[::-1]
    begun = episode.first_seen <= np.arange(len(asked))[:, None]
    matters: BoolArray = (asked | takes_over) & later & begun
    return matters


def know(
    model: Model, wanted: Wanted, facts: Facts, hold: Int64Array, matters: BoolArray
) -> Int64Array:
    """Says that what is known was known before, and lies in a record that is held.

    That alone is a relaxation: it lets records hand on what they know without a merge.

    Args:
        model: What to add it to.
        wanted: What is asked for.
        facts: What can know.
        hold: (T, T) variable of holding candidate [., i] after [t, .].
        matters: (T, W) as `checkpoints` returns it.

    Returns:
        (T, W) variable of knowing a key's first sighting after a candidate.
    """
    key, time = np.nonzero(matters.T)
    known = model.add(wanted.first[time, key])
    same = np.flatnonzero(key[1:] == key[:-1])
    model.at_most(known[same + 1], known[same])
    model.at_most_sum(known, hold[time], facts.alive()[time] & facts.sighting.T[key])
    table = np.full(matters.shape, ABSENT)
    table[time, key] = known
    return table


@final
@dataclass(frozen=True, slots=True)
class Merges:
    """Candidates that may be merged into what an earlier one showed."""

    into: _Pairs
    """(n,) the earlier one."""
    arrival: _Pairs
    """(n,)"""
    variables: Int64Array
    """(n,) of the model."""

    def chosen(self, solution: Solution, arrivals: int) -> NDArray[np.intp]:
        """Returns (T,) into which candidate's record each is merged; -1 for none."""
        merged = np.full(arrivals, -1, np.intp)
        chosen = solution.chosen(self.variables)
        merged[self.arrival[chosen]] = self.into[chosen]
        return merged


def hand_on(
    model: Model,
    wanted: Wanted,
    facts: Facts,
    hold: Int64Array,
    known: Int64Array,
) -> Merges:
    """Says that knowledge is handed on only by merges, one at each arrival, and makes it exact.

    A merge ends the record that it is into. A record knows a key's first sighting if it shows it
    first, or was merged into one that knows it; the memory knows it if such a record is held.

    Args:
        model: What to add it to.
        wanted: What is asked for.
        facts: What can know.
        hold: (T, T) variable of holding candidate [., i] after [t, .].
        known: (T, W) variable of knowing a key's first sighting after a candidate.
    """
    last = _last_asked(wanted)
    possible = facts.sighting & (np.arange(len(hold))[:, None] <= last)
    shared = possible.astype(np.float32) @ possible.T.astype(np.float32) > 0
    into, arrival = np.nonzero(np.triu(shared, 1))
    merges = Merges(into, arrival, model.add(np.zeros(len(into)), integer=True))
    _limit_merges(model, merges, hold)

    # Whether a record knows each key from its beginning on; that of the first sighting does.
    owner, key = np.nonzero(possible)
    knows = np.full(possible.shape, ABSENT)
    knows[owner, key] = model.add(np.zeros(len(owner)))
    first = possible.argmax(axis=0)
    later = owner != first[key]
    model.at_most(knows[owner, key], hold[owner, owner])
    _hand_over(model, merges, knows, owner[later], key[later])

    time, key = np.nonzero(wanted.first)
    row, owner = np.nonzero(possible.T[key] & (np.arange(len(hold)) <= time[:, None]))
    has = model.add(np.zeros(len(row)))
    model.at_most(has, knows[owner, key[row]])
    model.at_most(has, hold[time[row], owner])
    every = np.arange(len(time))
    model.limit(np.zeros(len(time)), (every, known[time, key], 1.0), (row, has, -1.0))
    return merges


def _last_asked(wanted: Wanted) -> AnyArray:
    """(W,) when each key's first sighting is asked for last; -1 if never."""
    asked = wanted.first > 0
    return np.where(asked.any(axis=0), len(asked) - 1 - asked[::-1].argmax(axis=0), -1)


def _limit_merges(model: Model, merges: Merges, hold: Int64Array) -> None:
    """One merge an arrival, of what is taken in, into what was held and is not any more."""
    into, arrival = merges.into, merges.arrival
    arrivals, row = np.unique(arrival, return_inverse=True)
    every = np.arange(len(arrivals))
    model.limit(
        np.zeros(len(arrivals)),
        (row.ravel(), merges.variables, 1.0),
        (every, hold[arrivals, arrivals], -1.0),
    )
    model.at_most(merges.variables, hold[arrival - 1, into])
    stays = np.flatnonzero(hold[arrival, into] != ABSENT)
    rows = np.arange(len(stays))
    model.limit(
        np.ones(len(stays)),
        (rows, merges.variables[stays], 1.0),
        (rows, hold[arrival[stays], into[stays]], 1.0),
    )


def _hand_over(model: Model, merges: Merges, knows: Int64Array, taker: _Pairs, key: _Pairs) -> None:
    """A later record knows a key if it was merged into one that does."""
    row, merge = np.nonzero(merges.arrival == taker[:, None])
    able = knows[merges.into[merge], key[row]] != ABSENT
    row, merge = row[able], merge[able]
    handed = model.add(np.zeros(len(row)))
    model.at_most(handed, merges.variables[merge])
    model.at_most(handed, knows[merges.into[merge], key[row]])
    every = np.arange(len(taker))
    model.limit(np.zeros(len(taker)), (every, knows[taker, key], 1.0), (row, handed, -1.0))
