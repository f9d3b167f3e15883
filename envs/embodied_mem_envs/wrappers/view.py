"""What decides about a slot, and what it sees."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from embodied_mem.types import AnyArray, BoolArray, Float32Array, Int64Array


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MemoryView:
    """K slots, oldest first with the empty ones in front, and the candidate as entry K.

    The arrays are views of the memory as it is; not to be written to.
    """

    content: AnyArray
    """(K + 1, D) flattened observations; 0 in an empty slot."""
    age: Int64Array
    """(K + 1,) steps since each was made; 0 for the newest and in an empty slot."""
    reward: Float32Array
    """(K + 1,) reward that came with each."""
    held: BoolArray
    """(K + 1,) whether there is one; always true of the candidate."""
    arrivals: int
    """Candidates of this episode so far, this one included."""

    @property
    def slots(self) -> int:
        """K, which is also the answer that refuses the candidate."""
        return len(self.held) - 1

    @property
    def has_room(self) -> bool:
        """Whether a slot is empty; the empty ones come first."""
        return not self.held[0]


class SlotPolicy(Protocol):
    """Decides which slot a candidate takes."""

    def __call__(self, view: MemoryView, rng: np.random.Generator, /) -> int:
        """Returns the slot to write over, or `view.slots` to refuse the candidate.

        Args:
            view: The memory and the candidate.
            rng: Source of chance, seeded by the environment's reset.
        """
        ...
