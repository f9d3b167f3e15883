"""The slots of an episode: flattened observations, oldest first."""

from typing import final

import numpy as np
from numpy.typing import DTypeLike

from embodied_mem.types import AnyArray, Float32Array, Int64Array
from embodied_mem_envs.wrappers.view import MemoryView


@final
class EpisodicSlots:
    """K slots, and one more row behind them for the newest observation.

    Rows are in the order of arrival, the empty ones in front, so the newest row moves into the
    memory by closing the gap that the row that goes leaves.

    Attributes:
        content: (K + 1, D) flattened observations.
        made: (K + 1,) step at which each was made; -1 where there is none.
        reward: (K + 1,) reward that came with each.
        arrivals: Observations so far.
    """

    def __init__(self, slots: int, width: int, dtype: DTypeLike) -> None:
        self.content: AnyArray = np.zeros((slots + 1, width), dtype)
        self.made: Int64Array = np.full(slots + 1, -1, np.int64)
        self.reward: Float32Array = np.zeros(slots + 1, np.float32)
        self.arrivals = 0

    @property
    def slots(self) -> int:
        """K."""
        return len(self.made) - 1

    def clear(self) -> None:
        """Forgets everything."""
        self.content[:] = 0
        self.made[:] = -1
        self.reward[:] = 0.0
        self.arrivals = 0

    def arrive(self, content: AnyArray, reward: float) -> None:
        """Puts the newest observation, (D,), where it waits; one that still waited is gone."""
        self.content[-1] = content
        self.made[-1] = self.arrivals
        self.reward[-1] = reward
        self.arrivals += 1

    def settle(self, choice: int) -> None:
        """Writes the newest over slot `choice`, or, with K, does not.

        Nothing that is held goes while there is room.
        """
        if choice == self.slots:
            return
        gone = choice if self.made[0] >= 0 else 0
        for rows in (self.content, self.made, self.reward):
            rows[gone:-1] = rows[gone + 1 :]

    def ages(self) -> Int64Array:
        """Returns (K + 1,) steps since each was made; 0 where there is none."""
        return np.where(self.made >= 0, self.arrivals - 1 - self.made, 0)

    def view(self) -> MemoryView:
        """Shows the memory and the newest observation to who decides about it."""
        return MemoryView(
            content=self.content,
            age=self.ages(),
            reward=self.reward,
            held=self.made >= 0,
            arrivals=self.arrivals,
        )
