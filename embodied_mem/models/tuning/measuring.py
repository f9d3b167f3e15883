"""Measures a model client at one setting: groups of calls, several groups at a time."""

import itertools
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import final

from embodied_mem.errors import ConfigError, ModelError, ModelTimeout
from embodied_mem.models.client import ModelClient
from embodied_mem.models.tuning.space import Setting
from embodied_mem.models.tuning.trial import Answered, Trial, summed
from embodied_mem.models.tuning.workload import SCHEMA, Workload

Clients = Callable[[Setting], ModelClient]
"""Makes a client that asks as a setting says: as many at a time, pictures and answers so large."""


@final
@dataclass(frozen=True, kw_only=True)
class MeasureConfig:
    """How long one setting is measured."""

    latency: float = 10.0
    """Calls that take longer are of no use, s."""
    calls: int = 16
    """The fewest calls; more where more are in flight, each twice."""
    seconds: float = 20.0
    """After so long no further group is begun."""
    patience: float = 3.0
    """A call is given up after so many times the bound: a server may be at it for longer."""

    def __post_init__(self) -> None:
        """Checks the settings.

        Raises:
            ConfigError: If one is not positive.
        """
        if min(self.latency, self.calls, self.seconds, self.patience) <= 0:
            raise ConfigError(
                f"latency is {self.latency} s, calls {self.calls}, seconds {self.seconds} and "
                f"patience {self.patience}; all must be positive"
            )


@final
class Measurer:
    """Measures settings, one after the other; no two calls of its life ask the same."""

    def __init__(
        self, clients: Clients, workload: Workload, config: MeasureConfig | None = None
    ) -> None:
        self.config = config or MeasureConfig()
        self._clients, self._workload = clients, workload
        self._number = itertools.count()

    def measure(self, setting: Setting) -> Trial:
        """Returns how a setting did; what a server refuses or breaks off counts as failed.

        A setting of which nothing at all was answered after two rounds is not asked further.
        """
        client = self._clients(setting)
        wanted = max(self.config.calls, 2 * setting.in_flight)
        groups = iter(range(-(-wanted // setting.batch)))
        answers: list[Answered] = []
        lock = threading.Lock()
        started = time.perf_counter()

        def more() -> bool:
            with lock:
                hopeless = len(answers) >= 2 * setting.in_flight and all(
                    answer.kind == "failed" for answer in answers
                )
                late = time.perf_counter() - started > self.config.seconds
                return not hopeless and (not late or not answers) and next(groups, None) is not None

        def call(number: int) -> None:
            answer = self._ask(client, number, setting)
            with lock:
                answers.append(answer)

        def work() -> None:
            while more():
                numbers = list(itertools.islice(self._number, setting.batch))
                list(calling.map(call, numbers))

        with (
            ThreadPoolExecutor(setting.in_flight) as calling,
            ThreadPoolExecutor(setting.concurrency) as working,
        ):
            for future in [working.submit(work) for _ in range(setting.concurrency)]:
                future.result()
        return summed(answers, time.perf_counter() - started)

    def alive(self) -> bool:
        """Returns whether the server answers one short call, be it of use or not."""
        setting = Setting(records=1, max_tokens=64)
        return self._ask(self._clients(setting), next(self._number), setting).kind != "failed"

    def _ask(self, client: ModelClient, number: int, setting: Setting) -> Answered:
        probe = self._workload.probe(number, setting)
        started = time.perf_counter()
        patience = self.config.patience * self.config.latency
        try:
            done = client.complete(probe.messages, schema=SCHEMA, timeout=patience)
        except ModelTimeout as error:
            return Answered(
                kind="late", seconds=time.perf_counter() - started, trouble=str(error)[:200]
            )
        except ModelError as error:
            return Answered(
                kind="failed", seconds=time.perf_counter() - started, trouble=str(error)[:200]
            )
        seconds = time.perf_counter() - started
        if seconds > self.config.latency:
            trouble = f"took {seconds:.1f} s; the bound is {self.config.latency:g} s"
            return Answered(kind="late", seconds=seconds, trouble=trouble)
        trouble = self._workload.trouble(probe, done.text)
        if trouble:
            return Answered(kind="wrong", seconds=seconds, trouble=trouble)
        tokens = done.prompt_tokens + done.completion_tokens
        return Answered(kind="useful", seconds=seconds, tokens=tokens)
