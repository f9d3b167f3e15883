"""Emergency stops and their resets as latched topics: what to tell the gate, in which order."""

from typing import final

from embodied_mem.robots.driver import RobotEvents


@final
class EstopTopics:
    """Tells stops and resets at once, and sorts out those that were latched before we joined.

    Who joins late gets the last message of every publisher, of both topics in any order. A stop
    that came with the joining and was ended by a later reset must not stay, so the reset is told
    again after it. From then on every stop counts, whatever its stamp says: the clock of who
    stops may be wrong.
    """

    def __init__(self, events: RobotEvents, *, joined: float, joining: float = 1.0) -> None:
        """Begins.

        Args:
            events: Whom to tell.
            joined: When the topics were opened, on the monotonic clock, s.
            joining: For how long messages may be old ones, s.
        """
        self._events = events
        self._old_until = joined + joining
        self._reset = -float("inf")

    def stop(self, wanted: bool, stamp: float, now: float, *, source: str = "e_stop") -> None:
        """Takes a message of `e_stop`; False takes nothing back, only a reset does.

        Args:
            wanted: What it says.
            stamp: When it was sent, by its sender's clock, s.
            now: When it came, on the monotonic clock, s.
            source: Who sent it, in words.
        """
        if not wanted:
            return
        self._events.estop(f"emergency stop from {source}", stamp)
        if now <= self._old_until and self._reset > stamp:
            self._events.reset(self._reset)

    def reset(self, wanted: bool, stamp: float) -> None:
        """Takes a message of `e_stop_reset`; arguments as in `stop`."""
        if wanted:
            self._reset = max(stamp, self._reset)
            self._events.reset(stamp)
