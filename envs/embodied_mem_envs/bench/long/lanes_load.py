"""Two ways to let queries and ingest at one store, and the load that is put on them."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final, Protocol, final

import numpy as np

from embodied_mem.memory import MemoryStore, Retriever
from embodied_mem.memory.lanes import Lanes
from embodied_mem_envs.bench.long.lanes_memory import Query

_AHEAD: Final = 4
"""Jobs of the ingest that wait, so that it is never idle."""


class Sharing(Protocol):
    """How a query and an ingest share a store."""

    def asking(self) -> AbstractContextManager[Any]:
        """Lets a query in."""

    def take(self, job: Callable[[], object]) -> Future[object] | None:
        """Does a job of the ingest, or has it done; then it is done with the future."""

    def close(self) -> None:
        """Ends it."""


@final
class OneLock:
    """The naive way: a lock around every query and around every job of the ingest."""

    def __init__(self, store: MemoryStore) -> None:
        self._lock = threading.Lock()

    def asking(self) -> AbstractContextManager[Any]:
        """Takes the lock."""
        return self._lock

    def take(self, job: Callable[[], object]) -> Future[object] | None:
        """Does the job at once."""
        with self._lock:
            job()
        return None

    def close(self) -> None:
        """Nothing is open."""


@final
class TwoLanes:
    """`Lanes` as they are by default."""

    def __init__(self, store: MemoryStore) -> None:
        self._lanes = Lanes(store)

    def asking(self) -> AbstractContextManager[Any]:
        """Takes the query lane."""
        return self._lanes.query()

    def take(self, job: Callable[[], object]) -> Future[object] | None:
        """Gives the job to the ingest lane."""
        return self._lanes.ingest(job)

    def close(self) -> None:
        """Ends the lanes."""
        self._lanes.close()


@dataclass(frozen=True, kw_only=True)
class Arm:
    """What was measured while ingest ran flat out, or while it did not."""

    rate: float
    """Jobs of the ingest a second."""
    waits: list[float]
    """Milliseconds from when a query came to when it was answered."""


@dataclass(frozen=True, kw_only=True)
class Asking:
    """Queries that come whether or not those before are answered: a Poisson stream.

    One thread answers them in their order, so a query that waits for another counts that too.
    """

    queries: Sequence[Query]
    rate: float
    """Queries a second."""
    seed: int

    def run(self, ask: Callable[[Query], object], seconds: float) -> list[float]:
        """Returns the milliseconds that each took, from when it came."""
        rng = np.random.default_rng(self.seed)
        waits: list[float] = []
        started = time.perf_counter()
        comes = rng.exponential(1 / self.rate)
        while comes < seconds:
            early = started + comes - time.perf_counter()
            if early > 0:
                time.sleep(early)
            ask(self.queries[int(rng.integers(len(self.queries)))])
            waits.append(1e3 * (time.perf_counter() - started - comes))
            comes += rng.exponential(1 / self.rate)
        return waits


def saturate(
    store: MemoryStore,
    sharing: Sharing,
    jobs: Iterator[Callable[[], object]],
    asking: Asking | None,
    seconds: float,
) -> Arm:
    """Runs ingest flat out for a while, and queries beside it where there are any."""
    retriever = Retriever(store)

    def ask(query: Query) -> None:
        with sharing.asking():
            query.ask(retriever)

    jobs = chain([next(jobs)], jobs)  # what it has to set up is not ingest
    with ThreadPoolExecutor(1) as pool:
        asked: Future[list[float]] | None = None
        if asking is not None:
            asking.queries[0].ask(retriever)
            asked = pool.submit(asking.run, ask, seconds)
        done, waiting, started = 0, deque[Future[object]](), time.perf_counter()
        while time.perf_counter() - started < seconds:
            future = sharing.take(next(jobs))
            done += 1
            if future is not None:
                waiting.append(future)
                if len(waiting) > _AHEAD:
                    waiting.popleft().result()
        rate = (done - len(waiting)) / (time.perf_counter() - started)
    sharing.close()
    return Arm(rate=rate, waits=[] if asked is None else asked.result())


def alone(store: MemoryStore, asking: Asking, seconds: float) -> list[float]:
    """Returns the milliseconds that queries take where nothing else is done."""
    retriever = Retriever(store)
    asking.queries[0].ask(retriever)
    return asking.run(lambda query: query.ask(retriever), seconds)
