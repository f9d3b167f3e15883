"""What a seeker needs of a memory: what it believes, and what it would answer."""

from dataclasses import dataclass
from typing import Protocol

from embodied_mem.brain.seeking.enough import Enough
from embodied_mem.brain.seeking.legs import Surroundings
from embodied_mem.brain.seeking.search import Known
from embodied_mem.brain.seeking.target import Target
from embodied_mem.types import Float64Array


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Candidate:
    """One place where what is sought may be."""

    id: str
    """Of the belief, to tell it from others."""
    low: Float64Array
    """(3,) lower corner of its box, m."""
    high: Float64Array
    """(3,) upper corner, m."""
    likelihood: float
    """How likely it is there and is what is meant, from 0 to 1."""
    colour: str
    """A basic colour term; what a picture is compared by."""
    fresh: bool
    """Whether it was seen there since things may last have moved."""
    floor: int | None = None
    """Index of the floor that it stands on; None where only one is known of."""


class SeekingMemory(Surroundings, Protocol):
    """A memory that a `Seeker` draws on; whatever the body sees goes through it."""

    @property
    def checks(self) -> bool:
        """Whether it notices that a thing is no longer where it was."""

    def known(self) -> Known:
        """Returns what stands on this floor, as far as it is believed."""

    def candidates(self, target: Target) -> list[Candidate]:
        """Returns the places that fit a description, in no order."""

    def in_view(self, candidate: Candidate) -> bool:
        """Tells whether the last picture showed a candidate at its place."""

    def enough(self, target: Target, text: str) -> Enough:
        """Tells whether what would be answered now is sure, and if not, where to look first."""
