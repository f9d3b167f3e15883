"""How the gateway's clock lies to this machine's, from round trips."""

from collections import deque
from typing import final

import numpy as np

_DRIFT = 200e-6
"""How far apart two quartz clocks may run: 100 ppm each (RFC 5905, section 4: PHI is 15 ppm for a
disciplined clock; free-running crystals are specified to 100 ppm and better)."""


@final
class RemoteClock:
    """The offset of the gateway's clock, known to half the shortest round trip.

    The reply was written between the sending of its request and its arrival; the middle of the
    two is wrong by half of the round trip at most (Mills, RFC 5905, section 8). A sample takes the
    place of the one before when it is bounded closer than that has become by drift, or contradicts
    it.

    >>> clock = RemoteClock()
    >>> clock.round_trip(sent=100.0, received=100.01, remote=5.0)
    >>> round(clock.here(5.0), 6), round(clock.bound, 6)
    (100.005, 0.005)
    """

    def __init__(self, *, kept: int = 2000) -> None:
        self._offset = 0.0
        self._bound = float("inf")
        self._since = 0.0
        self._trips: deque[float] = deque(maxlen=kept)

    def round_trip(self, *, sent: float, received: float, remote: float) -> None:
        """Takes one request with its reply.

        Args:
            sent: When the request left, on this machine's monotonic clock, s.
            received: When its reply came, on the same clock, s.
            remote: The gateway's clock in the reply, s.
        """
        trip = received - sent
        self._trips.append(trip)
        offset, bound = 0.5 * (sent + received) - remote, 0.5 * trip
        grown = self._bound + _DRIFT * (received - self._since)
        if bound <= grown or abs(offset - self._offset) > bound + grown:
            self._offset, self._bound, self._since = offset, bound, received

    def here(self, remote: float) -> float:
        """Returns a time of the gateway's clock on this machine's monotonic clock, s."""
        return remote + self._offset

    def there(self, local: float) -> float:
        """Returns a time of this machine's monotonic clock on the gateway's, s."""
        return local - self._offset

    @property
    def bound(self) -> float:
        """How far off the offset may have been when it was measured, s; infinite before that."""
        return self._bound

    @property
    def trips(self) -> int:
        """How many of the newest round trips are kept."""
        return len(self._trips)

    def percentile(self, share: float) -> float:
        """Returns a percentile of the newest round trips, s; NaN before the first.

        Args:
            share: Which one, such as 50 or 99.
        """
        trips = list(self._trips)
        return float(np.percentile(trips, share)) if trips else float("nan")
