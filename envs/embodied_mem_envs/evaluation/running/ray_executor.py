"""Carries out jobs on the machines of a cluster; needs the extra `ray`."""

import time
from collections import deque
from collections.abc import Generator, Iterable, Iterator
from typing import Any, Final, final

import msgspec

from embodied_mem.errors import ClusterError, EvaluationError
from embodied_mem_envs.evaluation.running.executor import JobLimits
from embodied_mem_envs.evaluation.running.job import (
    SecondChances,
    overdue_record,
    pack_job,
    run_job,
)
from embodied_mem_envs.evaluation.running.processes import GRACE, JOBS_A_WORKER
from embodied_mem_envs.evaluation.running.worker import Outcome
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord, Job
from embodied_mem_envs.scale.cluster import Cluster

_AHEAD: Final = 2
"""Jobs handed out for each CPU: one that runs, and one that waits for it."""
_LOOK: Final = 5.0
"""Seconds after which machines that came or went are noticed at the latest."""


@final
class RayExecutor:
    """Spreads jobs over a cluster; the records are those of `SerialExecutor`.

    A worker that dies costs only its job, which is tried once more and then recorded as an error.
    Folders of jobs have to lie on storage that all machines share, under the same path.

    Args:
        cluster: Joined as long as this runs.
        limits: What every job is held to.
    """

    def __init__(self, cluster: Cluster, limits: JobLimits | None = None) -> None:
        self._cluster, self._limits = cluster, limits or JobLimits()

    def run(self, jobs: Iterable[Job]) -> Generator[EpisodeRecord, None, None]:
        """See `Executor.run`."""
        run = _Run(deque(jobs), self._cluster, self._limits)
        try:
            yield from run.records()
        finally:
            run.close()


@final
class _Running:
    """One job at a worker: a stream that says first that it has begun, and then what it came to."""

    def __init__(self, job: Job, stream: Any) -> None:
        self.job, self.stream = job, stream
        self.begun: float | None = None


@final
class _Run:
    """One row of jobs."""

    def __init__(self, jobs: deque[Job], cluster: Cluster, limits: JobLimits) -> None:
        self._jobs, self._cluster, self._limits = jobs, cluster, limits
        self._running: dict[Any, _Running] = {}
        self._chances = SecondChances(self._jobs)

    def records(self) -> Iterator[EpisodeRecord]:
        while self._jobs or self._running:
            self._hand_out()
            for stream in self._cluster.ready([*self._running], self._patience()):
                record = self._take(self._running[stream])
                if record is not None:
                    yield record
            yield from self._overdue()

    def close(self) -> None:
        for stream in self._running:
            self._cluster.end(stream)
        self._running.clear()

    def _hand_out(self) -> None:
        room = max(1, _AHEAD * self._cluster.cpus) - len(self._running)
        for _ in range(min(room, len(self._jobs))):
            job = self._jobs.popleft()
            stream = self._cluster.stream(
                _carry_out,
                pack_job(job),
                self._limits.seconds,
                self._limits.keep,
                calls_a_worker=JOBS_A_WORKER,
            )
            self._running[stream] = _Running(job, stream)

    def _patience(self) -> float:
        """Returns the seconds until the next job is overdue, or machines are looked at again."""
        begun = [each.begun for each in self._running.values() if each.begun is not None]
        last = min(begun, default=time.monotonic()) + self._limits.seconds + GRACE
        return min(_LOOK, max(0.0, last - time.monotonic()) + 0.01)

    def _take(self, running: _Running) -> EpisodeRecord | None:
        try:
            data = self._cluster.next_of(running.stream)
        except ClusterError as death:
            del self._running[running.stream]
            return self._chances.after(running.job, str(death))
        if running.begun is None:
            running.begun = time.monotonic()
            return None
        del self._running[running.stream]
        outcome = msgspec.json.decode(data, type=Outcome)
        if outcome.record is None:
            raise EvaluationError(outcome.broken)
        return outcome.record

    def _overdue(self) -> Iterator[EpisodeRecord]:
        """Ends jobs that did not give up by themselves, as in native code."""
        limit = self._limits.seconds
        for running in [*self._running.values()]:
            if running.begun is not None and time.monotonic() > running.begun + limit + GRACE:
                self._cluster.end(running.stream)
                del self._running[running.stream]
                yield overdue_record(running.job, limit, GRACE)


def _carry_out(job: bytes, seconds: float, keep: bool) -> Iterator[bytes]:
    """Runs one job in the main thread of a worker; yields once it has begun, and an `Outcome`."""
    yield b""
    try:
        record = run_job(msgspec.json.decode(job, type=Job), seconds=seconds, keep=keep)
        outcome = Outcome(record=record)
    except EvaluationError as error:
        outcome = Outcome(broken=str(error))
    yield msgspec.json.encode(outcome)
