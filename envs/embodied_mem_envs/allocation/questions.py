"""What is asked of a memory, and with what probability: drawn from in episodes, summed in bounds.

Every kind of question is a distribution over subjects that depends on what was seen so far. A
subject is a key (a thing at a place where it was), two keys of one candidate (`pair`), or the
instances of a group in a room (`count`).
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, final

import numpy as np

from embodied_mem.allocation.inputs import GROUPS, QUESTION_KINDS, ROOMS
from embodied_mem.types import AnyArray, BoolArray, Float64Array, Int64Array
from embodied_mem_envs.allocation.episode import COARSE, FINE, Episode

KINDS: Final = QUESTION_KINDS
MOST_KEYS: Final = 8
"""Keys that a question can be about."""
_WINDOW: Final = 6
"""The newest and the first candidates are this fraction of all."""


def level_of(kind: int) -> int:
    """Returns the level at which a question's keys must be held."""
    return FINE if KINDS[kind] == "looks" else COARSE


def demand_table() -> Float64Array:
    """Returns (ROOMS, GROUPS) how much is asked of a thing, by its room and its group.

    Each room has its own order of the groups, and the r-th is asked r^-2 as often as the first;
    what must be learned is which. Drawn once and for all.
    """
    rng = np.random.default_rng(20261123)
    ranks = rng.permuted(np.tile(np.arange(1, GROUPS + 1), (ROOMS, 1)), axis=1)
    return ranks.astype(np.float64) ** -2.0


@final
@dataclass(eq=False)
class Questions:
    """The distributions over subjects in one episode; arrays over T candidates and W keys.

    Args:
        keys: (T, M) keys of each candidate; -1 where there are fewer.
        place: (T,) place of each candidate.
        first_seen: (W,); this and the next two as in `Episode`.
        superseded: (W,).
        moved: (W,).
        key_room: (W,).
        key_group: (W,).
    """

    keys: AnyArray
    place: AnyArray
    first_seen: AnyArray
    superseded: AnyArray
    moved: AnyArray
    key_room: AnyArray
    key_group: AnyArray

    @classmethod
    def of(cls, episode: Episode) -> "Questions":
        """Returns those of an episode that has been made."""
        names = ("keys", "place", "first_seen", "superseded", "moved", "key_room", "key_group")
        return cls(*(getattr(episode, name) for name in names))

    @cached_property
    def shown(self) -> BoolArray:
        """(T, W) whether a candidate shows a key."""
        shown = np.zeros((len(self.keys), len(self.first_seen) + 1), bool)
        np.put_along_axis(shown, self.keys.astype(np.intp), True, axis=1)
        return shown[:, :-1]

    @cached_property
    def last_shown(self) -> Int64Array:
        """(T, W) last candidate until then that shows a key; -1 if none."""
        times = np.arange(len(self.keys))[:, None]
        last: Int64Array = np.maximum.accumulate(np.where(self.shown, times, -1), axis=0)
        return last

    @cached_property
    def current(self) -> BoolArray:
        """(T, W) whether a key was seen, and its thing nowhere else since."""
        times = np.arange(len(self.keys))[:, None]
        current: BoolArray = (self.first_seen <= times) & (times < self.superseded)
        return current

    @cached_property
    def seen_in(self) -> Int64Array:
        """(T, W) place in which a key was last seen; -1 if not seen yet."""
        return np.where(self.last_shown >= 0, self.place[self.last_shown], -1)

    def subjects(self, kind: int) -> Float64Array:
        """Returns (T, W) how likely a question, asked after a candidate, is about each key.

        Of `count`, the share of the outcome that hangs on the key. Not for `pair`. Rows sum to 1,
        or are 0 where nothing was seen yet.
        """
        weights: Float64Array = getattr(self, f"_{KINDS[kind]}")()
        anything = self.current.astype(np.float64)
        weights = np.where(weights.sum(axis=1, keepdims=True) > 0, weights, anything)
        total = weights.sum(axis=1, keepdims=True)
        return np.asarray(weights / np.where(total > 0, total, 1), np.float64)

    @cached_property
    def pairs(self) -> Float64Array:
        """(T, T) probability that `pair`, asked after a candidate, is about another's first two.

        Rows are 0 where no candidate so far shows two keys.
        """
        weights = np.tril(np.broadcast_to(self.keys[:, 1] >= 0, (len(self.keys),) * 2))
        total = weights.sum(axis=1, keepdims=True)
        return np.asarray(weights / np.maximum(total, 1), np.float64)

    def instances(self, time: int, room: int, group: int) -> Int64Array:
        """Returns the keys that a `count` is about, at most `MOST_KEYS`, first seen first."""
        alike = (self.key_room == room) & (self.key_group == group)
        return np.flatnonzero(self.current[time] & alike)[:MOST_KEYS]

    @cached_property
    def counted(self) -> Float64Array:
        """(T, ROOMS * GROUPS) how many instances there are now of a group in a room."""
        cell = self.key_room.astype(np.intp) * GROUPS + self.key_group
        return self.current @ np.eye(ROOMS * GROUPS)[cell]

    # -- one method a kind ------------------------------------------------------------------------

    def _by_candidate(self, among: BoolArray) -> Float64Array:
        """Returns (T, W) weights of a key of a candidate drawn from a set for each time, (T, T)."""
        shares = self.shown / np.maximum(self.shown.sum(axis=1, keepdims=True), 1)
        weights: Float64Array = among.astype(np.float64) @ shares
        return weights

    @property
    def _window(self) -> int:
        return max(2, len(self.keys) // _WINDOW)

    def _recent(self) -> Float64Array:
        times = np.arange(len(self.keys))
        ago = times[:, None] - times
        return self._by_candidate((ago >= 0) & (ago < self._window))

    def _oldest(self) -> Float64Array:
        times = np.arange(len(self.keys))
        return self._by_candidate((times <= times[:, None]) & (times < self._window))

    def _rare_place(self) -> Float64Array:
        entered = np.diff(self.place, prepend=-1) != 0
        visits = np.cumsum(np.eye(int(self.place.max()) + 1)[self.place] * entered[:, None], axis=0)
        least = np.where(visits > 0, visits, np.inf).min(axis=1, keepdims=True)
        rare = np.concatenate([visits == least, np.zeros((len(visits), 1), bool)], axis=1)
        lies = np.take_along_axis(rare, self.seen_in, axis=1)
        return np.asarray(self.current & lies, np.float64)

    def _moved(self) -> Float64Array:
        known = self.moved <= np.arange(len(self.keys))[:, None]
        return (self.current & known).astype(np.float64)

    def _count(self) -> Float64Array:
        cell = self.key_room.astype(np.intp) * GROUPS + self.key_group
        several = self.counted >= 2
        chance = several / np.maximum(several.sum(axis=1, keepdims=True), 1)
        weights = (
            self.current * (chance / np.maximum(np.minimum(self.counted, MOST_KEYS), 1))[:, cell]
        )
        crowded = np.flatnonzero((self.counted > MOST_KEYS).any(axis=0))
        for each in crowded:  # rare: of more instances than fit, the first are asked about
            alike = self.current & (cell == each)
            weights[alike & (np.cumsum(alike, axis=1) > MOST_KEYS)] = 0.0
        return np.asarray(weights, np.float64)

    def _at_time(self) -> Float64Array:
        return self._by_candidate(np.tril(np.ones((len(self.keys),) * 2, bool)))

    def _demand(self) -> Float64Array:
        return self.current * demand_table()[self.key_room, self.key_group]

    def _looks(self) -> Float64Array:
        return self.current.astype(np.float64)

    def _since(self) -> Float64Array:
        return self.current.astype(np.float64)
