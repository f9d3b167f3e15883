"""The emergency stop of the robot itself: it latches, and stamps decide what counts."""

from typing import final


@final
class StopLatch:
    """Latched by any stop, let go by a reset that is newer than every stop.

    Stops and resets are ordered by the time at which they were sent, so that it does not matter in
    which order somebody who comes late hears of them.
    """

    def __init__(self) -> None:
        self._stop = self._reset = -float("inf")

    @property
    def latched(self) -> bool:
        """Whether the robot must not move."""
        return self._stop > -float("inf") and self._stop >= self._reset

    def stop(self, sent: float) -> None:
        """Takes a stop that was sent at a time, s."""
        self._stop = max(self._stop, sent)

    def reset(self, sent: float) -> None:
        """Takes a reset that was sent at a time, s; nothing where a stop is not older."""
        self._reset = max(self._reset, sent)
