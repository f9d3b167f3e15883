"""Telling when something happened on another machine, by this machine's monotonic clock."""

from math import isfinite
from typing import final


@final
class _Channel:
    """What is known of the stamps of one sensor."""

    __slots__ = ("arrived", "delay", "odd_since", "stamp")

    def __init__(self) -> None:
        self.stamp = -float("inf")
        self.arrived = -float("inf")
        self.odd_since: float | None = None
        self.delay = 0.0


@final
class StampClock:
    """Maps the stamps of one robot to this machine's monotonic clock.

    The offset between the clocks is the least difference of arrival and stamp that was seen, for a
    message can be late but never early (Cristian, "Probabilistic clock synchronization", 1989). It
    may rise by `drift`, so that a slower clock is followed, while a link that becomes slow is
    seen as old data, which it is, and not as another clock.

    A sensor whose stamps run backwards, or are of the future, is odd. That is a fault; after
    `settle` seconds in which every sensor was odd in the same way, the robot's clock was set, and
    is followed. One sensor that stays odd alone has a clock of its own, and stays a fault.
    """

    def __init__(self, *, jump: float = 0.1, settle: float = 1.0, drift: float = 1e-3) -> None:
        """Begins without any knowledge.

        Args:
            jump: Smaller differences are taken for jitter, s.
            settle: How long a new offset must last before it is believed, s.
            drift: How much faster one clock may run than the other (computers' quartzes: 1e-4).
        """
        self._jump, self._settle, self._drift = jump, settle, drift
        self._channels: dict[str, _Channel] = {}
        self._offset = 0.0
        self._begun = self._latest = float("nan")

    @property
    def offset(self) -> float | None:
        """This machine's monotonic time minus the robot's, s; None before the first stamp."""
        return None if self._begun != self._begun else self._offset

    def arrived(self, channel: str, stamp: float, now: float) -> float:
        """Takes note of a message and tells when it was stamped.

        Args:
            channel: Which sensor it is of; stamps of one never run backwards.
            stamp: On the robot's clock, s.
            now: When it arrived, on the monotonic clock, s.

        Returns:
            When it was stamped, on the monotonic clock, s; never after `now`.
        """
        delay = now - stamp
        if not isfinite(delay):
            return -float("inf")
        known = self._channels.setdefault(channel, _Channel())
        if self.offset is None:
            self._offset, self._begun, self._latest = delay, now, now
        self._offset += self._drift * max(0.0, now - self._latest)
        self._latest = max(now, self._latest)
        self._judge(known, stamp, delay, now)
        known.stamp, known.arrived = stamp, now
        if known.odd_since is None:
            self._offset = min(self._offset, delay)
            return min(now, stamp + self._offset)
        self._follow(now)
        return min(now, stamp + known.delay)

    def fault(self, now: float) -> str:
        """Tells what is wrong with the robot's clock; empty where nothing is.

        Args:
            now: On the monotonic clock, s.
        """
        for name, known in self._channels.items():
            if known.odd_since is not None and now - known.arrived <= self._settle:
                seconds = self._offset - known.delay
                return f"the clock of {name} jumped by {seconds:+.2f} s"
        return ""

    def robot_time(self, now: float) -> float | None:
        """Returns what the robot's clock shows, s; None before the first stamp."""
        return None if self.offset is None else now - self._offset

    def _judge(self, known: _Channel, stamp: float, delay: float, now: float) -> None:
        """Decides whether a sensor's stamps are odd."""
        early = delay < self._offset - self._jump
        if early and now - self._begun <= self._settle and known.odd_since is None:
            return  # the first messages may have waited for us
        back = stamp < known.stamp - self._jump
        if known.odd_since is None:
            if early or back:
                known.odd_since, known.delay = now, delay
        elif abs(delay - self._offset) <= self._jump:
            known.odd_since = None
        elif back or delay < known.delay - self._jump:
            known.odd_since, known.delay = now, delay
        else:
            known.delay = min(known.delay, delay)

    def _follow(self, now: float) -> None:
        """Believes a new offset once all sensors agree on it for long enough."""
        alive = [one for one in self._channels.values() if now - one.arrived <= self._settle]
        times = [one.odd_since for one in alive if one.odd_since is not None]
        delays = [one.delay for one in alive]
        agreed = len(times) == len(alive) and max(delays) - min(delays) <= 2.0 * self._jump
        if agreed and now - max(times) >= self._settle:
            self._offset = min(delays)
            for one in self._channels.values():
                one.odd_since = None
