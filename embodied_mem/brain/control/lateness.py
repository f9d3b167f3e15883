"""Ticks at a fixed rate, and how late they were, in constant memory."""

import time
from math import log10
from typing import final

import numpy as np

from embodied_mem.errors import ConfigError
from embodied_mem.types import Int64Array

_PER_DECADE = 20
_DECADES = 7
_BINS = _PER_DECADE * _DECADES
_TICKS, _LATE, _LONGEST, _FIRST_BIN = 0, 1, 2, 3
LATENESS_CELLS = _FIRST_BIN + _BINS
"""Length of the array that holds the statistics."""


@final
class Lateness:
    """How long after their deadlines ticks began: counts, shares and quantiles.

    Quantiles come from a histogram with 20 bins a decade between 1 us and 10 s; they are upper
    edges of bins and so at most 12 % too high.
    """

    def __init__(self, period: float, cells: Int64Array | None = None) -> None:
        """Starts at zero, or goes on from earlier statistics.

        Args:
            period: Time between two deadlines, s; a tick later than that counts as late.
            cells: (LATENESS_CELLS,) the `cells` of other statistics.
        """
        self.period = period
        self.cells = np.zeros(LATENESS_CELLS, np.int64) if cells is None else cells
        """(LATENESS_CELLS,) all that is known, for handing on."""
        self._limit = round(1e9 * period)

    def add(self, nanoseconds: int, skipped: int = 0) -> None:
        """Counts one tick.

        Args:
            nanoseconds: How long after its deadline it began.
            skipped: Ticks before it whose time had passed altogether; they count as late.
        """
        cells = self.cells
        late = max(0, nanoseconds)
        cells[_TICKS] += 1 + skipped
        cells[_LATE] += (late > self._limit) + skipped
        if late > cells[_LONGEST]:
            cells[_LONGEST] = late
        cells[_FIRST_BIN + _bin(late)] += 1 + skipped

    @property
    def ticks(self) -> int:
        """Ticks so far, skipped ones included."""
        return int(self.cells[_TICKS])

    @property
    def late(self) -> int:
        """Ticks that began more than one period after their deadline, or never."""
        return int(self.cells[_LATE])

    @property
    def share(self) -> float:
        """Share of late ticks, from 0 to 1."""
        return self.late / self.ticks if self.ticks else 0.0

    @property
    def longest(self) -> float:
        """The longest delay, s."""
        return 1e-9 * int(self.cells[_LONGEST])

    def quantile(self, share: float) -> float:
        """Returns the delay that a share of the ticks does not exceed, s.

        >>> lateness = Lateness(0.005)
        >>> for delay in (100_000, 200_000, 9_000_000):
        ...     lateness.add(delay)
        >>> lateness.late, round(1e3 * lateness.longest), round(1e3 * lateness.quantile(0.5), 1)
        (1, 9, 0.2)
        """
        counts = np.cumsum(self.cells[_FIRST_BIN:])
        index = int(np.searchsorted(counts, share * counts[-1]))
        return float(min(1e-6 * 10.0 ** ((index + 1) / _PER_DECADE), self.longest))


def _bin(nanoseconds: int) -> int:
    if nanoseconds < 1000:
        return 0
    return min(_BINS - 1, int(_PER_DECADE * log10(1e-3 * nanoseconds)))


@final
class Pacer:
    """Waits for absolute deadlines, so that delays do not add up."""

    def __init__(self, rate: float, lateness: Lateness | None = None) -> None:
        if not rate > 0.0:
            raise ConfigError(f"the rate is {rate}; it must be positive")
        self.lateness = lateness or Lateness(1.0 / rate)
        self._period = round(1e9 / rate)
        self._deadline = time.monotonic_ns() + self._period

    def wait(self) -> None:
        """Sleeps until the next deadline; returns at once where that has passed.

        After a long interruption the deadlines that were missed are skipped, not made up for.
        """
        ahead = self._deadline - time.monotonic_ns()
        if ahead > 0:
            time.sleep(1e-9 * ahead)
        late = time.monotonic_ns() - self._deadline
        skipped = max(0, late // self._period - 1)
        self.lateness.add(late, skipped)
        self._deadline += (1 + skipped) * self._period
