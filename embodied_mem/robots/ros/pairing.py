"""Putting together what was taken at the same time: colour, depth, and perhaps instance ids."""

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

from embodied_mem.types import AnyArray


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Matched:
    """Pictures of one moment."""

    stamp: float
    """Of the depth picture, on the robot's clock, s."""
    pictures: Mapping[str, AnyArray]
    """By channel."""


@final
class Pairing:
    """Waits for one picture of every channel with nearly the same stamp."""

    def __init__(
        self,
        channels: Sequence[str] = ("color", "depth"),
        *,
        tolerance: float = 0.02,
        kept: int = 8,
    ) -> None:
        """Begins empty.

        Args:
            channels: What belongs to one moment; `depth` among them.
            tolerance: Stamps may differ by so much from that of the depth picture, s.
            kept: Pictures that are kept of each channel while they wait for others.
        """
        self._tolerance, self._kept = tolerance, kept
        self._waiting: dict[str, deque[tuple[float, AnyArray]]] = {
            name: deque() for name in channels
        }
        self._done = -float("inf")
        self.unpaired: Counter[str] = Counter()
        """How many pictures found no partner since the first that did, by channel: whoever joins
        in the middle of a moment sees the one without the other."""
        self._found = False

    def add(self, channel: str, stamp: float, picture: AnyArray) -> Matched | None:
        """Adds a picture.

        Args:
            channel: Which camera it is of.
            stamp: On the robot's clock, s.
            picture: What was seen.

        Returns:
            The pictures of one moment, if this was the last of them to come.
        """
        waiting = self._waiting[channel]
        if (waiting and stamp < waiting[-1][0] - 1.0) or stamp < self._done - 1.0:
            self.clear()  # the robot's clock was set back
        if stamp <= self._done:
            self._miss(channel)  # overtaken on the way by what was given out already
            return None
        waiting.append((stamp, picture))
        if len(waiting) > self._kept:
            waiting.popleft()
            self._miss(channel)
        if channel == "depth":
            return self._match(stamp)
        near = [time for time, _ in self._waiting["depth"] if abs(time - stamp) <= self._tolerance]
        return self._match(min(near, key=lambda time: abs(time - stamp))) if near else None

    def clear(self) -> None:
        """Forgets what waits."""
        for waiting in self._waiting.values():
            waiting.clear()
        self._done = -float("inf")

    def _match(self, stamp: float) -> Matched | None:
        found = {}
        for name, waiting in self._waiting.items():
            best = min(waiting, key=lambda one: abs(one[0] - stamp), default=None)
            if best is None or abs(best[0] - stamp) > self._tolerance:
                return None
            found[name] = best
        for name, waiting in self._waiting.items():
            while waiting and waiting[0][0] <= found[name][0]:
                if waiting.popleft() is not found[name]:
                    self._miss(name)
        self._done, self._found = stamp, True
        return Matched(stamp=stamp, pictures={name: one[1] for name, one in found.items()})

    def _miss(self, channel: str) -> None:
        self.unpaired[channel] += self._found
