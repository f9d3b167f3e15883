"""Ticks of a fixed length on the wall clock."""

from typing import final


@final
class Pace:
    """Ends of ticks that follow each other without drift.

    >>> pace = Pace(0.1)
    >>> [round(pace.next(now), 2) for now in (5.0, 5.12, 5.2)]
    [5.1, 5.2, 5.3]
    >>> round(pace.next(9.0), 2)  # late by many ticks: none of them is caught up with
    9.1
    """

    def __init__(self, seconds: float) -> None:
        """Begins with no tick.

        Args:
            seconds: Length of a tick, s.
        """
        self._seconds = seconds
        self._end = float("-inf")

    def next(self, now: float) -> float:
        """Returns when the tick that begins now ends, on the clock of `now`, s."""
        end = self._end + self._seconds
        self._end = end if end > now else now + self._seconds
        return self._end
