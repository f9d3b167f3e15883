"""Doing something at fixed times, whatever each round costs."""

import threading
import time
from collections.abc import Callable


def at_rate(
    hertz: float, work: Callable[[float], None], stop: threading.Event, *, late: float
) -> None:
    """Calls something at absolute deadlines until it is told to stop.

    A round that takes too long shortens the pause after it. Whoever is further behind than `late`
    (a stopped process, a suspended machine) does not hurry through what it missed.

    Args:
        hertz: Rounds a second.
        work: What is done; gets the time at which it was due, s.
        stop: Ends it.
        late: Rounds older than this are left out, s.
    """
    period = 1.0 / hertz
    due = time.monotonic()
    while not stop.is_set():
        work(due)
        due += period
        now = time.monotonic()
        if now - due > late:
            due = now
        elif now < due:
            stop.wait(due - now)
