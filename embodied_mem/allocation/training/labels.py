"""What one who knew all questions would do now, from what it would hold in the end."""

from dataclasses import dataclass
from typing import Final, Protocol, cast, final

import numpy as np

from embodied_mem.allocation.head import DROP, LOWER, MERGE, OVER
from embodied_mem.allocation.inputs import SLOT_FEATURES
from embodied_mem.allocation.training.episodes import Core
from embodied_mem.types import AnyArray, BoolArray, Float32Array, Int64Array

_LEVEL: Final = SLOT_FEATURES.index("level")


class OpenCore(Core, Protocol):
    """A core that shows which candidates are held."""

    @property
    def held_candidates(self) -> AnyArray:
        """(B, K) candidate that each slot shows; meaningless for an empty slot."""
        ...

    @property
    def levels(self) -> AnyArray:
        """(B, K) level of each record; 0 for an empty slot."""
        ...

    @property
    def arrival(self) -> AnyArray:
        """(B,) candidate that waits."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Lifetimes:
    """How long each candidate of each of P episodes is worth holding; (P, T) each."""

    until: Int64Array
    """Last candidate after which it is held; -1 if it is never taken in."""
    fine_until: Int64Array
    """Last candidate after which it is held in full; -1 if never."""

    def of(self, episodes: AnyArray) -> "Lifetimes":
        """Returns those of some episodes, in that order."""
        return Lifetimes(until=self.until[episodes], fine_until=self.fine_until[episodes])


def good_actions(
    lifetimes: Lifetimes,
    now: AnyArray,
    held: AnyArray,
    mask: BoolArray,
    candidate_is_fine: BoolArray,
) -> BoolArray:
    """Returns (B, E, 4) the valid actions that agree with the lifetimes; at least one a row.

    A candidate with no lifetime is refused; one that is not worth its full size is lowered first.
    It goes over a record whose time is over, or into free room; where it does not fit, room is
    made by lowering and dropping what has had its time. In a memory that the lifetimes never lead
    to there may be no such record: then what has the least time left goes, or is refused.

    Args:
        lifetimes: Of the episode of each row, (B, T).
        now: (B,) candidate that waits.
        held: (B, K) candidate that each slot shows; -1 for an empty one.
        mask: (B, E, 4) what is valid.
        candidate_is_fine: (B,) whether it would be taken in in full.
    """
    rows = np.arange(len(now))
    there = held >= 0
    until = np.where(there, lifetimes.until[rows[:, None], held], np.iinfo(np.int64).max)
    spent = there & (until < now[:, None])
    too_fine = there & ~spent & (lifetimes.fine_until[rows[:, None], held] < now[:, None])
    own = lifetimes.until[rows, now]
    wanted = own >= now
    lowered = wanted & candidate_is_fine & (lifetimes.fine_until[rows, now] < now)
    good = np.zeros_like(mask)
    good[:, -1, LOWER] = lowered & mask[:, -1, LOWER]
    taken = wanted & ~good[:, -1, LOWER]
    over = mask[:, :-1, (OVER, MERGE)] & (spent & taken[:, None])[:, :, None]
    good[:, :-1, OVER], good[:, :-1, MERGE] = over[:, :, 0], over[:, :, 1]
    good[:, -1, OVER] = mask[:, -1, OVER] & taken
    short = taken & ~np.any(good, axis=(1, 2))
    good[:, :-1, LOWER] = mask[:, :-1, LOWER] & too_fine & short[:, None]
    good[:, :-1, DROP] = mask[:, :-1, DROP] & spent & short[:, None]
    lost = short & ~np.any(good, axis=(1, 2))
    _least_time_left(good, until, own, mask, lost)
    good[:, -1, DROP] |= ~np.any(good, axis=(1, 2))
    return good


def _least_time_left(
    good: BoolArray, until: AnyArray, own: AnyArray, mask: BoolArray, lost: BoolArray
) -> None:
    """Lets the record with the least time left make room, where the candidate has more."""
    rows = np.arange(len(until))
    first = until.argmin(axis=1)
    goes = lost & (until[rows, first] < own)
    over = mask[rows, first, OVER]
    good[rows, first, OVER] |= goes & over
    good[rows, first, DROP] |= goes & ~over & mask[rows, first, DROP]


@final
class LifetimeTeacher:
    """Says which actions agree with the lifetimes of the candidates; see `good_actions`.

    Args:
        lifetimes: Of all episodes that are played, by their numbers.
    """

    def __init__(self, lifetimes: Lifetimes) -> None:
        self.lifetimes = lifetimes

    def __call__(
        self, core: Core, episodes: Int64Array, slots: Float32Array, mask: BoolArray
    ) -> Float32Array:
        """Returns (B, E, 4): 0 for what agrees, -inf for what does not; see `Teacher`."""
        shown = cast(OpenCore, core)
        good = good_actions(
            self.lifetimes.of(episodes),
            np.minimum(shown.arrival, self.lifetimes.until.shape[1] - 1),
            np.where(shown.levels > 0, shown.held_candidates, -1),
            mask,
            slots[:, -1, _LEVEL] >= 1.0,
        )
        return np.where(good, np.float32(0.0), np.float32(-np.inf))
