"""What is known of the things that records show: their groups, and since when they are there."""

from collections.abc import Sequence
from typing import Final, final

import numpy as np

from embodied_mem.allocation.groups import OTHER
from embodied_mem.allocation.shown import MOST_THINGS, Shown
from embodied_mem.types import AnyArray, BoolArray, Int64Array

NEVER: Final = np.iinfo(np.int64).min
SAME_PLACE: Final = 0.5
"""Metres within which a thing counts as being where it was."""
_LATER: Final = np.iinfo(np.int64).max


@final
class Things:
    """Things by code, in the order in which they were first heard of.

    A *key* is a thing where it is now (2 code + 1), or where it was before (2 code). The key -1
    stands for none.

    Attributes:
        group: (capacity,) group of each thing's category.
        since: (capacity,) tick from which it is where it is; `NEVER` if it never was moved.
        first: (capacity, 2) number of the first candidate that showed it, before and now.
        last: (capacity, 2) number of the last one; -1 if none did.
        times: (capacity, 2) how many candidates did.
    """

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}
        self.group: Int64Array = np.zeros(0, np.int64)
        self.since: Int64Array = np.zeros(0, np.int64)
        self.first: Int64Array = np.zeros((0, 2), np.int64)
        self.last: Int64Array = np.zeros((0, 2), np.int64)
        self.times: Int64Array = np.zeros((0, 2), np.int64)
        self._position: AnyArray = np.zeros((0, 3))
        self._placed: Int64Array = np.zeros(0, np.int64)

    def __len__(self) -> int:
        return len(self._codes)

    def code(self, name: str) -> int:
        """Returns a thing's code; makes one where it is new."""
        code = self._codes.setdefault(name, len(self._codes))
        if code >= len(self.group):
            more = max(64, len(self.group))
            self.group = np.pad(self.group, (0, more), constant_values=OTHER)
            self.since = np.pad(self.since, (0, more), constant_values=NEVER)
            self.first = np.pad(self.first, ((0, more), (0, 0)), constant_values=_LATER)
            self.last = np.pad(self.last, ((0, more), (0, 0)), constant_values=-1)
            self.times = np.pad(self.times, ((0, more), (0, 0)))
            self._position = np.pad(self._position, ((0, more), (0, 0)), constant_values=np.nan)
            self._placed = np.pad(self._placed, (0, more), constant_values=NEVER)
        return code

    def codes(self, names: Sequence[str]) -> Int64Array:
        """Returns (8,) codes of what a record shows; -1 where there are fewer."""
        codes = np.full(MOST_THINGS, -1)
        codes[: len(names)] = [self.code(name) for name in names]
        return codes

    def keys(self, codes: AnyArray, ticks: AnyArray) -> Int64Array:
        """Returns the keys of what records show.

        Args:
            codes: (..., 8) things.
            ticks: (...) when they were seen.
        """
        if not len(self):
            return np.full(codes.shape, -1)
        now = np.asarray(ticks)[..., None] >= self.since[codes]
        return np.where(codes < 0, -1, 2 * codes + now)

    @property
    def moved(self) -> BoolArray:
        """(capacity,) whether each is known to have been moved."""
        moved: BoolArray = self.since != NEVER
        return moved

    def note_fact(self, name: str, group: int, since: int | None) -> None:
        """Hears what a fact says of a thing, and since when, if it was ever otherwise."""
        code = self.code(name)
        self.group[code] = group
        if since is not None:
            self._move(code, since)

    def note_sight(self, shown: Shown, codes: Int64Array, tick: int, number: int) -> None:
        """Hears what a candidate shows.

        Args:
            shown: What it tells.
            codes: (8,) codes of what it shows.
            tick: When it was seen.
            number: Number of the candidate.
        """
        for name, code in zip(shown.things, codes.tolist(), strict=False):
            if name in shown.groups:
                self.group[code] = shown.groups[name]
            position = shown.positions.get(name)
            if position is not None and tick >= self._placed[code]:
                apart = float(np.linalg.norm(self._position[code] - position))
                if apart > SAME_PLACE:  # not where nothing was known before: that is NaN
                    self._move(code, tick)
                self._position[code], self._placed[code] = position, tick
        known = codes[codes >= 0]
        now = (tick >= self.since[known]).astype(np.intp)
        self.first[known, now] = np.minimum(self.first[known, now], number)
        self.last[known, now] = np.maximum(self.last[known, now], number)
        self.times[known, now] += 1

    def _move(self, code: int, since: int) -> None:
        """Makes what was now into before."""
        if since <= self.since[code]:
            return
        self.since[code] = since
        self.first[code] = self.first[code].min(), _LATER
        self.last[code] = self.last[code].max(), -1
        self.times[code] = self.times[code].sum(), 0
