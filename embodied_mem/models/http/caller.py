"""Calls a server until it answers: again after trouble that may pass, and not too many at once."""

import threading
import time
from collections.abc import Collection
from typing import Any, final

import numpy as np

from embodied_mem.errors import ModelError, ModelTimeout
from embodied_mem.models.http.abilities import refuses_form
from embodied_mem.models.http.config import HttpConfig
from embodied_mem.models.http.connection import Connection, Late, Refused, Reply, Unreachable
from embodied_mem.models.http.failures import no_answer, refusal
from embodied_mem.models.http.retries import Waits, may_pass
from embodied_mem.models.http.wire import said_in


@final
class Caller:
    """Makes requests within a time, with retries; several threads may use one."""

    def __init__(self, config: HttpConfig, rng: np.random.Generator) -> None:
        self._config = config
        self._connection = Connection(config.base_url, config)
        self._slots = threading.BoundedSemaphore(config.concurrency)
        self._waits = Waits(config, rng)
        self._met = False

    def close(self) -> None:
        """Closes the connections."""
        self._connection.close()

    def call(
        self,
        path: str,
        request: dict[str, Any] | None,
        end: float,
        *,
        final: Collection[int] = (),
    ) -> Reply:
        """Returns the server's answer: whatever it is, but for trouble that may pass.

        Args:
            path: Behind the address.
            request: What is posted; None to get.
            end: When to give up, on the monotonic clock.
            final: Statuses that are taken for an answer, even if they tell of trouble.

        Raises:
            ConfigError: If the key cannot be sent.
            ModelTimeout: If there is no answer in time.
            ModelError: If there is none at all, or only trouble.
        """
        tries, before = 0, ""
        while True:
            tries += 1
            retry_after = ""
            try:
                reply = self._once(path, request, end)
            except Unreachable as error:
                trouble = no_answer(error, tries, self._config, before)
                # A server that never was there is not there; one that was may be starting anew.
                if isinstance(error, Refused) and not self._met:
                    raise trouble from None
            else:
                self._met = True
                if reply.status in final or not _is_trouble(reply):
                    return reply
                trouble, retry_after = refusal(reply, self._config, tries), reply.retry_after
                before = f"status {reply.status}, {said_in(reply.body)}"
            self._wait(tries, retry_after, end, trouble)

    def _once(self, path: str, request: dict[str, Any] | None, end: float) -> Reply:
        left = end - time.monotonic()
        if left <= 0.0 or not self._slots.acquire(timeout=min(left, threading.TIMEOUT_MAX)):
            raise Late(f"{self._config.concurrency} other calls were under way all the time")
        try:
            return self._connection.send(path, request, max(0.001, end - time.monotonic()))
        finally:
            self._slots.release()

    def _wait(self, tries: int, retry_after: str, end: float, trouble: ModelError) -> None:
        """Waits until the next try.

        Raises:
            ModelError: The trouble, if there is to be no further try.
        """
        wait = self._waits.before(tries, retry_after)
        if wait is None:
            raise trouble
        if time.monotonic() + wait >= end:
            late = isinstance(trouble, ModelTimeout)
            raise trouble if late else ModelTimeout(f"no time is left to try again: {trouble}")
        time.sleep(wait)


def _is_trouble(reply: Reply) -> bool:
    """Whether a reply tells of trouble that may pass; some servers fail at a field's value."""
    return may_pass(reply.status) and not refuses_form(reply.status, said_in(reply.body))
