"""Counts what a model is asked, and what that takes."""

import threading
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from embodied_mem.errors import ModelError
from embodied_mem.models.client import Completion, Message, ModelClient


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What a client was asked so far, and what it took."""

    calls: int = 0
    """Answers that came."""
    failures: int = 0
    """Calls that ended in an error."""
    prompt_tokens: int = 0
    """Read for the answers."""
    completion_tokens: int = 0
    """Written in them."""
    seconds: float = 0.0
    """How long the answers took, summed, s; calls that failed are not in it."""
    p50_seconds: float = 0.0
    """Half of the answers took no longer, s."""
    p95_seconds: float = 0.0
    """Of a hundred answers, 95 took no longer, s."""


@final
class Metered:
    """Passes calls on to a client and counts them; several threads may use one."""

    def __init__(self, client: ModelClient) -> None:
        self.client = client
        self._counting = threading.Lock()
        self._failures = self._read = self._written = 0
        self._latencies = array("d")

    @property
    def name(self) -> str:
        """The client's own."""
        return self.client.name

    def complete(
        self,
        messages: Sequence[Message],
        *,
        schema: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> Completion:
        """Returns what the client answers.

        Raises:
            ModelError: If there is no answer; it is counted and passed on.
        """
        try:
            completion = self.client.complete(messages, schema=schema, timeout=timeout)
        except ModelError:
            with self._counting:
                self._failures += 1
            raise
        with self._counting:
            self._read += completion.prompt_tokens
            self._written += completion.completion_tokens
            self._latencies.append(completion.seconds)
        return completion

    @property
    def calls(self) -> int:
        """How many answers came."""
        return len(self._latencies)

    @property
    def failures(self) -> int:
        """How many calls ended in an error."""
        return self._failures

    @property
    def prompt_tokens(self) -> int:
        """How much was read for the answers."""
        return self._read

    @property
    def completion_tokens(self) -> int:
        """How much was written in them."""
        return self._written

    @property
    def seconds(self) -> float:
        """How long the answers took, s."""
        return self.usage().seconds

    def usage(self) -> Usage:
        """Returns what was counted until now."""
        with self._counting:
            taken = np.array(self._latencies)
            half, most = np.quantile(taken, (0.5, 0.95)) if len(taken) else (0.0, 0.0)
            return Usage(
                calls=len(taken),
                failures=self._failures,
                prompt_tokens=self._read,
                completion_tokens=self._written,
                seconds=float(taken.sum()),
                p50_seconds=float(half),
                p95_seconds=float(most),
            )
