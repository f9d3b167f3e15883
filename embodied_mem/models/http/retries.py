"""When a request is made again, and after how long."""

import email.utils
import threading
import time
from typing import Final, final

import numpy as np

from embodied_mem.models.http.config import HttpConfig

_AGAIN: Final = (408, 409, 425, 429)


def may_pass(status: int) -> bool:
    """Whether a status tells of trouble that may pass: too busy, restarting, in conflict.

    >>> may_pass(429), may_pass(503), may_pass(404)
    (True, True, False)
    """
    return status in _AGAIN or status >= 500


def seconds_in(retry_after: str) -> float | None:
    """Returns how long a `Retry-After` header asks to wait, s; None where it says nothing.

    >>> seconds_in("2.5"), seconds_in(""), seconds_in("soon")
    (2.5, None, None)
    """
    try:
        seconds = float(retry_after)
    except ValueError:
        pass
    else:
        return seconds if seconds >= 0.0 else None  # neither a negative one nor NaN
    try:
        when = email.utils.parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, when.timestamp() - time.time())


@final
class Waits:
    """How long to wait before each try of one call.

    The ceiling doubles, and a random share of it is waited, so that clients which failed together
    do not come back together (full jitter: Brooker 2015, Exponential Backoff And Jitter). Several
    threads may use one.
    """

    def __init__(self, config: HttpConfig, rng: np.random.Generator) -> None:
        self._config, self._rng = config, rng
        self._drawing = threading.Lock()

    def before(self, retry: int, retry_after: str = "") -> float | None:
        """Returns the wait before a retry, counted from 1, s; None if it is to be given up.

        Args:
            retry: Which retry it is.
            retry_after: What the server asked for; its word is kept, and a little is added.
        """
        config = self._config
        if retry > config.retries:
            return None
        with self._drawing:
            share = float(self._rng.uniform())
        asked = seconds_in(retry_after)
        if asked is not None:
            return asked + share * config.first_wait if asked <= config.longest_wait else None
        return share * min(config.longest_wait, config.first_wait * 2.0**retry)
