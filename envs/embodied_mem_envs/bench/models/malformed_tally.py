"""Counts what became of what was asked for."""

from dataclasses import dataclass
from typing import final


@final
@dataclass(kw_only=True, slots=True)
class Tally:
    """What became of calls."""

    asked: int = 0
    right: int = 0
    """Carried out as they were meant."""
    wrong: int = 0
    """Carried out otherwise than they were meant."""
    refused: int = 0
    failed: int = 0
    """Carried out as they were meant, which the memory could not answer; not among the right."""
    first: int = 0
    """Right at once, without another call of the model."""
    calls: int = 0
    """Of the model."""

    def add(self, right: bool, *, refused: bool, calls: int, failed: bool = False) -> None:
        """Counts one."""
        self.asked += 1
        self.right += right
        self.refused += refused
        self.failed += failed
        self.wrong += not (right or refused or failed)
        self.first += right and calls == 1
        self.calls += calls

    @property
    def executed(self) -> float:
        """Share that was carried out as it was meant."""
        return self.right / self.asked
