"""What a safety gate did by itself, kept for people and tests."""

from collections import Counter, deque
from dataclasses import dataclass
from typing import final

_KEPT = 1024


@dataclass(frozen=True, kw_only=True, slots=True)
class GateEvent:
    """One thing that a gate did; told when it begins, not again at every tick."""

    time: float
    """On the clock of the ticks, s."""
    row: int
    """Row of the table in `robots.safety.gate` that it belongs to."""
    what: str
    """In words, with numbers."""

    def __str__(self) -> str:
        return f"{self.time:.3f} s, row {self.row}: {self.what}"


@final
class GateLog:
    """The newest events, and how often each row stepped in."""

    def __init__(self) -> None:
        self.events: deque[GateEvent] = deque(maxlen=_KEPT)
        """The newest 1024, oldest first."""
        self.counts: Counter[int] = Counter()
        """How many commands or ticks each row changed."""
        self._lasting: set[int] = set()

    def note(self, time: float, row: int, what: str) -> None:
        """Adds an event and counts its row."""
        self.counts[row] += 1
        self.events.append(GateEvent(time=time, row=row, what=what))

    def last(self, time: float, row: int, what: str) -> None:
        """Counts a row that steps in tick after tick; it becomes an event where it begins."""
        self.counts[row] += 1
        if row not in self._lasting:
            self._lasting.add(row)
            self.events.append(GateEvent(time=time, row=row, what=what))

    def end(self, row: int) -> None:
        """Notes that a row no longer steps in."""
        self._lasting.discard(row)
