"""Calls a server until it answers: again after trouble that may pass, and not too many at once."""

import threading
import time
from typing import Any, final

import numpy as np

from embodied_mem.errors import ModelTimeout
from embodied_mem.models.http.abilities import refuses_form
from embodied_mem.models.http.config import HttpConfig
from embodied_mem.models.http.connection import Connection, Late, Refused, Reply, Unreachable
from embodied_mem.models.http.failures import no_answer
from embodied_mem.models.http.retries import Waits, may_pass
from embodied_mem.models.http.wire import said_in


@final
class Caller:
    """Makes requests within a time, with retries; several threads may use one."""

    def __init__(self, config: HttpConfig, rng: np.random.Generator) -> None:
        self._config = config
        self._connection = Connection(config.base_url, config)
        self._slots = threading.BoundedSemaphore(config.concurrency)
        self._waits, self._drawing = Waits(config, rng), threading.Lock()
        self._met = False

    def close(self) -> None:
        """Closes the connections."""
        self._connection.close()

    def call(self, path: str, request: dict[str, Any] | None, end: float) -> Reply:
        """Returns the server's answer, whatever its status, once it is not trouble that may pass.

        Args:
            path: Behind the address.
            request: What is posted; None to get.
            end: When to give up, on the monotonic clock.

        Raises:
            ModelTimeout: If there is no answer in time.
            ModelError: If there is none at all.
        """
        tries = 0
        while True:
            tries += 1
            reply: Reply | None = None
            try:
                reply = self._once(path, request, end)
                self._met = True
                if not may_pass(reply.status) or refuses_form(reply.status, said_in(reply.body)):
                    return reply
            except Late as error:
                raise no_answer(error, tries, self._config) from None
            except Unreachable as error:
                # A server that never was there is not there; one that was may be starting anew.
                if (isinstance(error, Refused) and not self._met) or tries > self._config.retries:
                    raise no_answer(error, tries, self._config) from None
            with self._drawing:
                wait = self._waits.before(tries, reply.retry_after if reply else "")
            if reply is not None and (wait is None or time.monotonic() + wait >= end):
                return reply
            if wait is None or time.monotonic() + wait >= end:
                raise ModelTimeout(f"no answer from {self._config.base_url} in time, {tries} tries")
            time.sleep(wait)

    def _once(self, path: str, request: dict[str, Any] | None, end: float) -> Reply:
        left = end - time.monotonic()
        if left <= 0.0 or not self._slots.acquire(timeout=min(left, threading.TIMEOUT_MAX)):
            raise Late(f"{self._config.concurrency} other calls were under way all the time")
        try:
            return self._connection.send(path, request, max(0.001, end - time.monotonic()))
        finally:
            self._slots.release()
