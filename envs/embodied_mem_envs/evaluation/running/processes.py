"""Carries out jobs in processes of their own, each of which may die without harm to the others."""

import os
import select
import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from typing import final

from embodied_mem.errors import ConfigError, EvaluationError
from embodied_mem_envs.evaluation.running.executor import JobLimits
from embodied_mem_envs.evaluation.running.job import SecondChances, overdue_record
from embodied_mem_envs.evaluation.running.worker_process import WorkerProcess
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord, Job

JOBS_A_WORKER = 100
"""After so many a worker is replaced, so that what leaks does not add up."""
GRACE = 15.0
"""Seconds that a worker has to give up a job whose time is up by itself."""


def core_count() -> int:
    """Returns how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@final
class ProcessExecutor:
    """Spreads jobs over worker processes on this machine.

    A worker that dies (killed, out of memory, a fault in native code) costs only its job, which is
    tried once more and then recorded as an error. Workers run one thread each.
    """

    def __init__(self, workers: int | None = None, limits: JobLimits | None = None) -> None:
        """Makes it; nothing is started yet.

        Args:
            workers: How many processes; None for one a core.
            limits: What every job is held to.

        Raises:
            ConfigError: If there are no workers.
        """
        self.workers = core_count() if workers is None else workers
        if self.workers < 1:
            raise ConfigError(f"{self.workers} workers; expected 1 or more")
        self._limits = limits or JobLimits()

    def run(self, jobs: Iterable[Job]) -> Generator[EpisodeRecord, None, None]:
        """See `Executor.run`."""
        run = _Run(deque(jobs), self.workers, self._limits)
        try:
            yield from run.records()
        finally:
            run.close()


@final
class _Run:
    """One row of jobs."""

    def __init__(self, jobs: deque[Job], workers: int, limits: JobLimits) -> None:
        self._jobs, self._limits = jobs, limits
        self._most = workers
        self._workers: list[WorkerProcess] = []
        self._chances = SecondChances(self._jobs)

    def records(self) -> Iterator[EpisodeRecord]:
        while self._jobs or any(worker.job for worker in self._workers):
            self._hand_out()
            busy = {worker.output: worker for worker in self._workers if worker.job is not None}
            ready, _, _ = select.select(list(busy), [], [], self._patience())
            for output in ready:
                record = self._take(busy[output])
                if record is not None:
                    yield record
            yield from self._overdue()

    def close(self) -> None:
        for worker in self._workers:
            worker.close()
        self._workers.clear()

    def _hand_out(self) -> None:
        for worker in self._workers[:]:
            if worker.job is None and worker.done >= JOBS_A_WORKER:
                self._drop(worker)
        for worker in self._workers:
            if worker.job is None and self._jobs:
                worker.give(self._jobs.popleft())
        while self._jobs and len(self._workers) < self._most:
            worker = WorkerProcess(self._limits)
            self._workers.append(worker)
            worker.give(self._jobs.popleft())

    def _patience(self) -> float:
        """Returns the seconds until the next job is overdue."""
        last = min(worker.started for worker in self._workers if worker.job is not None)
        return max(0.0, last + self._limits.seconds + GRACE - time.monotonic()) + 0.01

    def _take(self, worker: WorkerProcess) -> EpisodeRecord | None:
        job = worker.job
        assert job is not None
        try:
            outcome = worker.read()
        except EOFError as death:
            self._drop(worker)
            return self._chances.after(job, str(death))
        if outcome is None:
            return None
        if outcome.record is None:
            raise EvaluationError(outcome.broken)
        return outcome.record

    def _overdue(self) -> Iterator[EpisodeRecord]:
        """Ends workers that did not give up by themselves, as in native code."""
        limit = self._limits.seconds
        for worker in self._workers[:]:
            job = worker.job
            if job is not None and time.monotonic() > worker.started + limit + GRACE:
                self._drop(worker)
                yield overdue_record(job, limit, GRACE)

    def _drop(self, worker: WorkerProcess) -> None:
        worker.close()
        self._workers.remove(worker)
