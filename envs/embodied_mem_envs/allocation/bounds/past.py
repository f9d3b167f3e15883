"""What of a tiny world's past matters for what will be asked, as rows of small numbers.

A row has, as far as the kinds of questions need it, the first sorts that arrived, the newest, and
how many there were of each. Two pasts with the same row have the same future.
"""

from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from embodied_mem.allocation.inputs import GROUPS
from embodied_mem.types import AnyArray, BoolArray, Float64Array
from embodied_mem_envs.allocation.bounds.tiny import TinyConfig
from embodied_mem_envs.allocation.episode import FINE
from embodied_mem_envs.allocation.questions import KINDS, Questions, demand_table, level_of

Rows = NDArray[np.int64]
_UNKNOWN: Final = 0
"""Of a candidate that has not arrived; sorts count from 1 in rows."""


def window_of(arrivals: int) -> int:
    """Returns how many candidates are the newest, and the oldest, for those who ask."""
    each = np.arange(arrivals)
    never = np.full(arrivals, arrivals)
    questions = Questions(
        keys=each[:, None],
        place=each,
        first_seen=each,
        superseded=never,
        moved=never,
        key_room=each * 0,
        key_group=each * 0,
    )
    return int(np.count_nonzero(questions.subjects(KINDS.index("recent"))[-1]))


@final
class Past:
    """Rows of a tiny world, and the probabilities of questions that follow from them.

    A question is a thing, and its level: there are twice as many as things, in full come last.

    Args:
        config: The world.
    """

    def __init__(self, config: TinyConfig) -> None:
        self._shows = np.zeros((len(config.sorts), config.things), bool)
        for sort, things in enumerate(config.sorts):
            self._shows[sort, list(things)] = True
        window = window_of(config.arrivals)
        kinds = config.kinds
        first = window if "oldest" in kinds else 0
        newest = window if "recent" in kinds else 1
        counted = len(config.sorts) if {"at_time", "looks", "demand"} & set(kinds) else 0
        self._first = slice(0, first)
        self._newest = slice(first, first + newest)
        self._counts = slice(first + newest, first + newest + counted)
        self._most = config.arrivals if "at_time" in kinds else 1
        self.width = first + newest + counted
        """C."""

    def arrive(self, rows: Rows, sort: AnyArray, time: int) -> Rows:
        """Returns the rows (N, C) after candidates of some sorts (N,) have arrived."""
        after = rows.copy()
        first, newest, counts = (after[:, at] for at in (self._first, self._newest, self._counts))
        if time < first.shape[1]:
            first[:, time] = sort + 1
        newest[:, 1:] = newest[:, :-1].copy()
        newest[:, 0] = sort + 1
        if counts.shape[1]:
            every = np.arange(len(rows))
            counts[every, sort] = np.minimum(counts[every, sort] + 1, self._most)
        return after

    def age(self, rows: Rows) -> Rows:
        """Returns the rows without what the next candidate makes useless."""
        after = rows.copy()
        after[:, self._newest.stop - 1] = _UNKNOWN
        return after

    def newest(self, rows: Rows) -> Rows:
        """Returns (N,) the sort of the newest candidate."""
        return rows[:, self._newest.start] - 1

    def chances(self, rows: Rows, kind: str) -> Float64Array:
        """Returns (N, 2 * things) probability of each question, if one of a kind is asked."""
        weights = getattr(self, f"_{kind}")(rows)
        weights = weights / weights.sum(axis=1, keepdims=True)
        none = np.zeros_like(weights)
        fine = level_of(KINDS.index(kind)) == FINE
        return np.concatenate([none, weights] if fine else [weights, none], axis=1)

    def covered(self, sorts: BoolArray) -> BoolArray:
        """Returns (N, 2 * things) what is answered by records, in full, of some sorts (N, S)."""
        return np.tile(sorts @ self._shows, 2)

    # -- one method a kind, as `Questions` has them ------------------------------------------------

    def _by_candidate(self, count: AnyArray) -> Float64Array:
        """Weights (N, things) of what candidates show of which there are (N, S) of each sort."""
        weights: Float64Array = count @ (self._shows / self._shows.sum(axis=1, keepdims=True))
        return weights

    def _in(self, window: Rows) -> AnyArray:
        """(N, S) how often each sort comes in a window."""
        count: AnyArray = (window[:, :, None] - 1 == np.arange(len(self._shows))).sum(axis=1)
        return count

    def _recent(self, rows: Rows) -> Float64Array:
        return self._by_candidate(self._in(rows[:, self._newest]))

    def _oldest(self, rows: Rows) -> Float64Array:
        return self._by_candidate(self._in(rows[:, self._first]))

    def _at_time(self, rows: Rows) -> Float64Array:
        return self._by_candidate(rows[:, self._counts])

    def _looks(self, rows: Rows) -> Float64Array:
        return ((rows[:, self._counts] > 0) @ self._shows).astype(np.float64)

    def _demand(self, rows: Rows) -> Float64Array:
        wanted = demand_table()[0, np.arange(self._shows.shape[1]) % GROUPS]
        weights: Float64Array = self._looks(rows) * wanted
        return weights
