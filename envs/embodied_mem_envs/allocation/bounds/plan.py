"""Turns what is to be held when into the operations that do it."""

from dataclasses import dataclass
from typing import Final, final

import numpy as np
from numpy.typing import NDArray

from embodied_mem.allocation.head import DROP, LOWER, MERGE, MOST_WAITING, OVER, action_of
from embodied_mem.types import BoolArray, Float64Array, Int64Array
from embodied_mem_envs.allocation.bounds.wanted import Wanted
from embodied_mem_envs.allocation.episode import COARSE, FINE, Episode

_EMPTY: Final = -1


@final
@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Plan:
    """Operations for an episode, and what the memory holds when they are carried out."""

    actions: NDArray[np.int64]
    """(S,) valid actions, as `head.action_of` numbers them; a candidate can take several."""
    held: NDArray[np.int8]
    """(T, T) level at which candidate i is really held after candidate t, [t, i]."""
    knows: BoolArray
    """(T, W) whether a record that is held after a candidate knows a key's first sighting."""

    def worth(self, episode: Episode, wanted: Wanted) -> float:
        """Returns the share of what is wanted that the memory has."""
        shows = _shows(episode).astype(np.float32)
        holds, in_full = ((self.held >= level) @ shows > 0 for level in (COARSE, FINE))
        joint = holds[wanted.joint_time[:, None], wanted.joint_keys] | (wanted.joint_keys < 0)
        return float(
            (wanted.coarse * holds).sum()
            + (wanted.fine * in_full).sum()
            + (wanted.first * self.knows).sum()
            + (wanted.joint * joint.all(axis=1)).sum()
        )


def held_until(kept: NDArray[np.int8], level: int = COARSE) -> Int64Array:
    """Returns (T,) the last candidate after which each is to be held at a level; -1 if never."""
    held = kept >= level
    last = len(held) - 1 - held[::-1].argmax(axis=0)
    return np.where(held.any(axis=0), last, -1).astype(np.int64)


def plan_of(episode: Episode, kept: NDArray[np.int8], merged: NDArray[np.intp]) -> Plan:
    """Returns the operations that hold what is to be held.

    A record that is no longer wanted stays until its room is. If then more operations were needed
    than a candidate may wait for, room is made earlier; one that fits in spite of that is refused.

    Args:
        episode: The episode.
        kept: (T, T) level at which candidate i is to be held after candidate t, as in `Bound`.
        merged: (T,) candidate into whose record each is to be merged, as in `Bound`.
    """
    plans = []
    for tidy in (False, True):
        planner = _Planner(episode, kept, merged)
        for now in range(len(kept)):
            planner.decide(now, tidy=tidy)
        plans.append(planner)
        if not planner.refused:
            break
    best = min(plans, key=lambda plan: plan.refused)
    return Plan(actions=np.array(best.actions), held=best.held, knows=best.knows)


def _shows(episode: Episode) -> BoolArray:
    """(T, W) whether a candidate shows a key."""
    shows = np.zeros((len(episode.keys), len(episode.first_seen) + 1), bool)
    np.put_along_axis(shows, episode.keys.astype(np.intp), True, axis=1)
    return shows[:, :-1]


@final
class _Planner:
    """A memory of K slots that follows what is to be kept."""

    def __init__(self, episode: Episode, kept: NDArray[np.int8], merged: NDArray[np.intp]) -> None:
        self.actions: list[int] = []
        self.refused = 0
        """Candidates that were to be held, but there were too few operations."""
        self.held = np.zeros(kept.shape, np.int8)
        self._episode = episode
        self._merged = merged
        self._shows = _shows(episode)
        self.knows = np.zeros_like(self._shows)
        self._size: Float64Array = episode.bytes.astype(np.float64)
        self._until = held_until(kept)
        self._fine_until = held_until(kept, FINE)
        self._record = np.full(episode.slots, _EMPTY)
        self._level = np.full(episode.slots, COARSE)
        self._known = np.zeros((episode.slots, self._shows.shape[1]), bool)

    def decide(self, now: int, *, tidy: bool) -> None:
        """Takes a candidate in or refuses it, and notes what is held then."""
        if self._until[now] >= now:
            self._take_in(now)
        else:
            if tidy:
                for _, slot, operation in self._savings(now)[:MOST_WAITING]:
                    self._make_room(slot, operation)
            self._act(len(self._record), DROP)
        there = self._record != _EMPTY
        self.held[now, self._record[there]] = self._level[there]
        self.knows[now] = self._known[there].any(axis=0)

    def _take_in(self, now: int) -> None:
        level = FINE if self._fine_until[now] >= now else COARSE
        size = self._size[now, level - COARSE]
        slot, operation = self._target(now, size)
        free = self._episode.budget - self._used().sum()
        if slot < len(self._record):
            free += self._used()[slot]
        room = []
        for saving, other, how in self._savings(now):
            if size > free and other != slot:
                room.append((other, how))
                free += saving
        if size > free or len(room) + (level == COARSE) > MOST_WAITING:
            self.refused += 1
            self._act(len(self._record), DROP)
            return
        for other, how in room:
            self._make_room(other, how)
        if level == COARSE:
            self._act(len(self._record), LOWER)
        self._act(slot, operation)
        if slot == len(self._record):
            slot = int((self._record == _EMPTY).argmax())
        knew = self._known[slot] & (operation == MERGE)
        self._record[slot], self._level[slot] = now, level
        self._known[slot] = self._shows[now] & (knew | (self._episode.first_seen == now))

    def _target(self, now: int, size: float) -> tuple[int, int]:
        """Returns the entry and the operation that take a candidate in.

        It is merged if it is to be, or if what is known of first sightings can be handed on; else
        written over what takes most, if there is no free room for it.
        """
        if self._merged[now] != _EMPTY and self._merged[now] in self._record:
            return int((self._record == self._merged[now]).argmax()), MERGE
        spent = np.flatnonzero((self._record != _EMPTY) & (self._until[self._record] < now))
        place = self._episode.place
        handed = (self._known[spent] & self._shows[now]).sum(axis=1)
        handed *= place[self._record[spent]] == place[now]
        if handed.any():
            return int(spent[handed.argmax()]), MERGE
        used = self._used()
        full = (self._record != _EMPTY).all()
        if len(spent) and (full or used.sum() + size > self._episode.budget):
            return int(spent[used[spent].argmax()]), OVER
        return len(self._record), OVER

    def _used(self) -> Float64Array:
        """(K,) bytes in use."""
        used = self._size[self._record, self._level - COARSE]
        return np.where(self._record != _EMPTY, used, 0.0)

    def _savings(self, now: int) -> list[tuple[float, int, int]]:
        """Returns what can be given up: bytes, slot and operation, most bytes first."""
        savings = []
        for slot in np.flatnonzero(self._record != _EMPTY):
            record, used = self._record[slot], self._used()[slot]
            if self._until[record] < now:
                savings.append((float(used), int(slot), DROP))
            elif self._fine_until[record] < now and self._level[slot] == FINE:
                savings.append((float(used - self._size[record, 0]), int(slot), LOWER))
        return sorted(savings, reverse=True)

    def _make_room(self, slot: int, operation: int) -> None:
        self._act(slot, operation)
        if operation == LOWER:
            self._level[slot] = COARSE
        else:
            self._record[slot] = _EMPTY
            self._known[slot] = False

    def _act(self, entry: int, operation: int) -> None:
        self.actions.append(int(action_of(entry, operation)))
