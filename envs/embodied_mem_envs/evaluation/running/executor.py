"""Where jobs are carried out: the seam behind which other machines can be."""

from collections.abc import Callable, Generator, Iterable
from dataclasses import dataclass
from typing import Protocol, final

from embodied_mem_envs.evaluation.running.job import SECONDS, run_job
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord, Job


@dataclass(frozen=True, kw_only=True, slots=True)
class JobLimits:
    """What every job is held to."""

    seconds: float = SECONDS
    """Wall time of an episode."""
    keep: bool = False
    """Leave all files of an episode; else only its pictures stay."""


class Executor(Protocol):
    """Carries out jobs, in whatever order and wherever it likes."""

    def run(self, jobs: Iterable[Job]) -> Generator[EpisodeRecord, None, None]:
        """Yields one record for each job, as they are finished.

        A job that takes the process down with it yields a record with `error`. Closing the
        iterator ends what is running.

        Raises:
            EvaluationError: If a suite itself failed, which is no agent's fault.
        """


@final
class SerialExecutor:
    """Carries out one job after the other in this process; needs its main thread."""

    def __init__(
        self,
        limits: JobLimits | None = None,
        *,
        carry_out: Callable[..., EpisodeRecord] = run_job,
    ) -> None:
        """Makes it; `carry_out` has the signature of `run_job`."""
        self._limits = limits or JobLimits()
        self._carry_out = carry_out

    def run(self, jobs: Iterable[Job]) -> Generator[EpisodeRecord, None, None]:
        """See `Executor.run`."""
        for job in jobs:
            yield self._carry_out(job, seconds=self._limits.seconds, keep=self._limits.keep)
