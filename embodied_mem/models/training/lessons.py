"""What a reader is taught with: memories, questions to them, and the answers."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from torch import Tensor

from embodied_mem.models.sat.batch import EpisodicBatch


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Lesson:
    """Some memories with queries to each, and what would be right."""

    memories: EpisodicBatch
    """Of B memories with Q queries each."""
    answers: Tensor
    """(B, Q) int64, numbers of the classes."""


class Source(Protocol):
    """Gives lessons without end, in stages from easy to hard."""

    @property
    def stages(self) -> int:
        """How many there are; the last is what the reader is for."""
        ...

    def draw(self, rng: np.random.Generator, stage: int, episodes: int) -> Lesson:
        """Returns a lesson of so many memories; it depends on the arguments alone.

        Args:
            rng: Where all chance comes from.
            stage: From 0, the easiest, to `stages - 1`.
            episodes: B.
        """
        ...
