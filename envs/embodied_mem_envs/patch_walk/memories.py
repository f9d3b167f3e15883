"""Memories of a few patches, each with a newcomer that has to find a slot."""

from typing import final

import numpy as np

from embodied_mem.types import BoolArray, Int64Array


@final
class PatchMemories:
    """B memories of K slots at the same tick of their walks.

    Args:
        rows: B.
        capacity: K.
    """

    def __init__(self, rows: int, capacity: int) -> None:
        self.capacity = capacity
        self.tick = -1
        """Of the newcomer."""
        self.kept: Int64Array = np.full((rows, capacity), -1, np.int64)
        """(B, K) tick of each patch; -1 in an empty slot."""
        self.cells: Int64Array = np.zeros((rows, capacity), np.int64)
        """(B, K) where it was; 0 in an empty slot."""
        self.new: Int64Array = np.zeros(rows, np.int64)
        """(B,) where the newcomer is."""

    @property
    def held(self) -> BoolArray:
        """(B, K) which slots hold something."""
        return self.kept >= 0

    @property
    def free(self) -> Int64Array:
        """(B,) the first empty slot, or where there is none, the oldest."""
        slots: Int64Array = self.kept.argmin(axis=1)
        return slots

    @property
    def cells_with_new(self) -> Int64Array:
        """(B, K + 1) cells of the slots, and of the newcomer."""
        return np.concatenate([self.cells, self.new[:, None]], axis=1)

    def arrive(self, cells: Int64Array) -> None:
        """Brings the next newcomers, (B,) cells."""
        self.tick += 1
        self.new = cells

    def put(self, slots: Int64Array) -> None:
        """Writes each newcomer over (B,) a slot; K refuses it."""
        rows = np.flatnonzero(slots < self.capacity)
        self.kept[rows, slots[rows]] = self.tick
        self.cells[rows, slots[rows]] = self.new[rows]
