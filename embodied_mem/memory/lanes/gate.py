"""Whose turn it is: one at a time, queries first, and nobody for ever last."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import final


class Lane(IntEnum):
    """What a thread wants its turn for, the more urgent first."""

    QUERY = 0
    WRITE = 1


class _Waiter:
    """A thread in the queue; who hands the turn over opens its door."""

    __slots__ = ("door", "since")

    def __init__(self) -> None:
        self.door = threading.Lock()
        self.door.acquire()
        self.since = time.monotonic()


@final
class Gate:
    """A lock with lanes: first come first served within one, the more urgent lane before others.

    A turn is handed over directly: a thread that gives it back and wants it again at once stands
    behind those that wait, which a plain lock does not promise. One that has waited for
    `patience` seconds goes before a more urgent lane, so that no stream of queries keeps writing
    away for ever. A thread that has the turn may take it again.

    Args:
        patience: Seconds.

    >>> gate = Gate(patience=1.0)
    >>> with gate.turn(Lane.QUERY), gate.turn(Lane.WRITE):
    ...     gate.wanted(Lane.QUERY)
    False
    """

    def __init__(self, patience: float) -> None:
        self.patience = patience
        self._mutex = threading.Lock()
        self._waiting: dict[Lane, deque[_Waiter]] = {lane: deque() for lane in Lane}
        self._taken = False
        self._owner: int | None = None
        self._depth = 0

    @contextmanager
    def turn(self, lane: Lane) -> Iterator[None]:
        """Waits for the turn, and gives it back at the end of the block."""
        self._take(lane)
        try:
            yield
        finally:
            self._give_back()

    def wanted(self, lane: Lane) -> bool:
        """Tells whether anybody waits in a lane."""
        return bool(self._waiting[lane])

    def _take(self, lane: Lane) -> None:
        me = threading.get_ident()
        if self._owner == me:
            self._depth += 1
            return
        with self._mutex:
            waiter = _Waiter() if self._taken else None
            self._taken = True
            if waiter is not None:
                self._waiting[lane].append(waiter)
        if waiter is not None:
            self._wait(waiter, self._waiting[lane])
        self._owner, self._depth = me, 1

    def _wait(self, waiter: _Waiter, queue: deque[_Waiter]) -> None:
        try:
            waiter.door.acquire()
        except BaseException:  # a signal: whoever gives up must not be handed the turn
            with self._mutex:
                waits = waiter in queue
                if waits:
                    queue.remove(waiter)
            if not waits:
                self._hand_over()
            raise

    def _give_back(self) -> None:
        self._depth -= 1
        if not self._depth:
            self._owner = None
            self._hand_over()

    def _hand_over(self) -> None:
        with self._mutex:
            following = self._next()
            self._taken = following is not None
        if following is not None:
            following.door.release()

    def _next(self) -> _Waiter | None:
        """Takes out who comes next."""
        queues = [queue for queue in self._waiting.values() if queue]
        if not queues:
            return None
        late = time.monotonic() - self.patience
        longest = min(queues, key=lambda queue: queue[0].since)
        return (longest if longest[0].since < late else queues[0]).popleft()
