"""One job: an episode in a clean folder, within a limit of time."""

import shutil
import traceback
from collections import deque
from pathlib import Path
from typing import final

import msgspec

from embodied_mem.errors import EmbodiedMemError, EvaluationError
from embodied_mem_envs.evaluation.records.digest import settings_digest
from embodied_mem_envs.evaluation.running.limit import TimeIsUp, time_limit
from embodied_mem_envs.evaluation.suites.registry import load_suite
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord, Job

SECONDS = 600.0
"""Wall time of an episode, unless it is said otherwise."""


def run_job(job: Job, *, seconds: float = SECONDS, keep: bool = False) -> EpisodeRecord:
    """Runs one job in this process; must be called in the main thread.

    Args:
        job: Its folder is emptied first.
        seconds: Wall time after which the episode is given up and counts as failed.
        keep: Leave all files of the episode there; else only its pictures stay.

    Raises:
        EvaluationError: If the suite itself failed, which is no agent's fault.
    """
    folder = Path(job.folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    suite = load_suite(job.suite)
    try:
        with time_limit(seconds):
            record = suite.run(job, folder)
    except TimeIsUp:
        record = failed_record(
            job, suite.version, f"not done within {seconds:g} s of wall time", seconds
        )
    except EmbodiedMemError as error:
        raise EvaluationError(f"{_named(job)}: {type(error).__name__}: {error}") from error
    except Exception as error:
        last = traceback.format_exc(limit=-4)
        raise EvaluationError(f"{_named(job)}: the suite broke:\n{last}") from error
    if not keep:
        _keep_pictures(folder, record)
    return record


def failed_record(job: Job, version: int, error: str, seconds: float = 0.0) -> EpisodeRecord:
    """Returns the record of an episode of which nothing is known but that it failed."""
    return EpisodeRecord(
        suite=job.suite,
        version=version,
        agent=job.agent,
        seed=job.seed,
        settings=settings_digest(job.suite, version, job.options),
        values={},
        error=error,
        wall_s=seconds,
    )


@final
class SecondChances:
    """Puts a job back whose worker died; the second time it has failed.

    Args:
        jobs: Those to come, from the left.
    """

    def __init__(self, jobs: deque[Job]) -> None:
        self._jobs = jobs
        self._died: set[tuple[str, int]] = set()

    def after(self, job: Job, death: str) -> EpisodeRecord | None:
        """Returns the record of the failure; None where the job is tried once more."""
        key = (job.agent, job.seed)
        if key in self._died:
            return failed_record(job, load_suite(job.suite).version, f"twice: {death}")
        self._died.add(key)
        self._jobs.appendleft(job)
        return None


def overdue_record(job: Job, limit: float, grace: float) -> EpisodeRecord:
    """Returns the record of an episode that was ended from outside, `grace` after its limit, s."""
    words = f"not done within {limit:g} s of wall time, and did not stop by itself"
    return failed_record(job, load_suite(job.suite).version, words, limit + grace)


def pack_job(job: Job) -> bytes:
    """Returns a job as JSON."""
    return msgspec.json.encode(job)


def _named(job: Job) -> str:
    return f"{job.suite}, {job.agent}, seed {job.seed}"


def _keep_pictures(folder: Path, record: EpisodeRecord) -> None:
    kept = {folder / name for name in record.pictures}
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir() and not path.is_symlink():
            if not any(path.iterdir()):
                path.rmdir()
        elif path not in kept:
            path.unlink()
    if not any(folder.iterdir()):
        folder.rmdir()
