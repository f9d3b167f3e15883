"""A limit on the wall time of one episode, which no agent can outlive or swallow."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from embodied_mem.errors import EvaluationError


class TimeIsUp(BaseException):
    """The episode's time is up; no `Exception`, so that an agent's own handlers let it pass."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises `TimeIsUp` inside the block once its wall time is up.

    Raises:
        EvaluationError: If it is not entered in the main thread, where alone signals arrive.
    """
    if threading.current_thread() is not threading.main_thread():
        raise EvaluationError("episodes are limited by a signal: run them in the main thread")

    def ring(_signal: int, _frame: FrameType | None) -> None:
        raise TimeIsUp

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0.0)
        signal.signal(signal.SIGALRM, before)
