"""The emergency stop: latched, above everything, and ended only by a reset that came after it."""

from math import isfinite
from typing import final


@final
class EstopLatch:
    """Whether an emergency stop holds.

    Stops and resets that carry a stamp are ordered by it, so that a reset which is delivered late
    (a latched topic tells every late joiner of old messages) cannot end a newer stop. What has no
    stamp happens here and now. A stop without a stamp cannot be compared with a stamped reset, and
    is ended by a reset without one only.
    """

    def __init__(self) -> None:
        self.reason = ""
        """Why; empty where no emergency stop holds. The first reason is kept."""
        self._newest = float("-inf")
        self._local = False

    @property
    def closed(self) -> bool:
        """Whether an emergency stop holds."""
        return bool(self.reason)

    def stop(self, reason: str, stamp: float | None) -> bool:
        """Latches, whatever the stamp says: an old stop is a stop.

        Args:
            reason: Why; an empty one is called `emergency stop`.
            stamp: When it was asked for, on the clock of the resets, s; None for here and now.

        Returns:
            Whether it did not hold before.
        """
        first = not self.reason
        self.reason = self.reason or reason or "emergency stop"
        if stamp is None or not isfinite(stamp):
            self._local = True
        else:
            self._newest = max(self._newest, stamp)
        return first

    def reset(self, stamp: float | None) -> bool:
        """Ends the stop where the reset came after every stop.

        Args:
            stamp: When it was asked for, on the clock of the stops, s; None for here and now.

        Returns:
            Whether no emergency stop holds any more.
        """
        if stamp is not None and (self._local or not stamp > self._newest):
            return not self.reason
        self.reason, self._local = "", False
        return True
