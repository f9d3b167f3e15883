"""Full memories of many episodes at once, and the dance that comes to each."""

from collections.abc import Mapping
from typing import Final, final

import numpy as np

from embodied_mem.types import AnyArray, BoolArray, Int64Array


@final
class Memories:
    """B memories of K dances. They start with the first K, so that each dance after is a decision.

    Args:
        rooms: (E, D) where the dances of each episode are danced.
        capacity: K, less than D.
        rows: B.

    Attributes:
        kept: (B, K) numbers of the dances held; a dance that takes a slot is the newest.
        kept_room: (B, K) where they were danced.
        room: (B,) where the new one is danced; of an episode that is over, the last one.
        number: (B,) of the new dance; D in an episode that is over.
        held: (B, R) dances held of each room.
        seen: (B, R) dances of each room so far, the new one included.
    """

    def __init__(self, rooms: Int64Array, capacity: int, rows: int) -> None:
        self._rooms: Final = rooms
        count = int(rooms.max(initial=0)) + 1
        self.episode: Int64Array = np.zeros(rows, np.int64)
        self.kept: Int64Array = np.zeros((rows, capacity), np.int64)
        self.kept_room: Int64Array = np.zeros((rows, capacity), np.int64)
        self.room: Int64Array = np.zeros(rows, np.int64)
        self.number: Int64Array = np.zeros(rows, np.int64)
        self.held: Int64Array = np.zeros((rows, count), np.int64)
        self.seen: Int64Array = np.zeros((rows, count), np.int64)

    def begin(self, rows: AnyArray, episodes: AnyArray) -> None:
        """Starts the episodes of these numbers in these rows."""
        capacity = self.kept.shape[1]
        self.episode[rows] = episodes
        self.kept[rows] = np.arange(capacity)
        self.kept_room[rows] = self._rooms[episodes, :capacity]
        self.held[rows] = _per_room(self._rooms[episodes, :capacity], self.held.shape[1])
        self.seen[rows] = self.held[rows]
        self.number[rows] = capacity
        self._arrive(np.asarray(rows))

    def put(self, slot: AnyArray) -> BoolArray:
        """Writes each new dance over a slot, or, with K, does not; the next one comes.

        Args:
            slot: (B,)

        Returns:
            (B,) whether that was the last dance of the episode.
        """
        taken = np.flatnonzero(slot < self.kept.shape[1])
        at = slot[taken]
        self.held[taken, self.kept_room[taken, at]] -= 1
        self.held[taken, self.room[taken]] += 1
        self.kept[taken, at] = self.number[taken]
        self.kept_room[taken, at] = self.room[taken]
        self.number += 1
        done: BoolArray = self.number >= self._rooms.shape[1]
        self._arrive(np.flatnonzero(~done))
        return done

    def _arrive(self, rows: AnyArray) -> None:
        self.room[rows] = self._rooms[self.episode[rows], self.number[rows]]
        self.seen[rows, self.room[rows]] += 1

    def state(self) -> dict[str, AnyArray]:
        """Returns all that changes."""
        return {name: getattr(self, name).copy() for name in _STATE}

    def restore(self, state: Mapping[str, AnyArray]) -> None:
        """Goes on from what `state` returned."""
        for name in _STATE:
            setattr(self, name, state[name].copy())


_STATE: Final = ("episode", "kept", "kept_room", "room", "number", "held", "seen")


def _per_room(rooms: Int64Array, count: int) -> Int64Array:
    """Returns (B, R) how often each room is in (B, K)."""
    at = np.arange(len(rooms))[:, None] * count + rooms
    return np.bincount(at.ravel(), minlength=len(rooms) * count).reshape(-1, count)
