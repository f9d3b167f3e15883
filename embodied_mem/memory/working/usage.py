"""When something was noted, about what, and what of it was used since."""

from collections import Counter
from dataclasses import dataclass
from typing import final

from embodied_mem.memory.working.lines import Line


@dataclass(frozen=True, kw_only=True, slots=True)
class Cited:
    """How a note was used."""

    times: int
    last: int
    """How many notes there were when it was used last."""


@final
class Usage:
    """What an editor may know of notes besides their text. Time is counted in notes."""

    def __init__(self) -> None:
        self.clock = 0
        """Notes so far."""
        self.kinds: Counter[str] = Counter()
        """Citations of notes of each kind."""
        self.subjects: Counter[str] = Counter()
        """Citations of notes about each subject."""
        self._cited: dict[str, Cited] = {}
        self._newest: dict[tuple[str, str], int] = {}

    def noted(self, line: Line) -> int:
        """Takes in a note; returns the time of the one before it about the same, 0 for none."""
        self.clock += 1
        before = self._newest.get((line.kind, line.about), 0)
        if line.about:
            self._newest[line.kind, line.about] = self.clock
        return before

    def take_back(self, line: Line, before: int) -> None:
        """Undoes `noted`, which returned `before`."""
        self.clock -= 1
        if line.about:
            self._newest[line.kind, line.about] = before

    def cite(self, line: Line) -> None:
        """Takes in that a line was used."""
        self._cited[line.id] = Cited(times=self.cited(line).times + 1, last=self.clock)
        self.kinds[line.kind] += 1
        if line.about:
            self.subjects[line.about] += 1

    def cited(self, line: Line) -> Cited:
        """Tells how a line was used so far."""
        return self._cited.get(line.id, Cited(times=0, last=0))

    def superseded(self, line: Line) -> bool:
        """Tells whether there is a newer note of the same kind about the same subject."""
        return self._newest.get((line.kind, line.about), 0) > line.time
