"""Workers that are really killed, hang, and are left behind."""

import threading
from pathlib import Path

import psutil
import pytest

from embodied_mem.errors import ConfigError
from embodied_mem_envs.evaluation.running.evaluation import EvaluationPlan, run_evaluation
from embodied_mem_envs.evaluation.running.executor import JobLimits, SerialExecutor
from embodied_mem_envs.evaluation.running.processes import ProcessExecutor
from embodied_mem_envs.evaluation.suites.suite import Job

SUITE = "number_suite:SUITE"
WORKER = "embodied_mem_envs.evaluation.running.worker"


def workers() -> list[psutil.Process]:
    return [
        process
        for process in psutil.Process().children(recursive=True)
        if WORKER in " ".join(process.cmdline())
    ]


def job(agent: str, seed: int, folder: Path, **options: object) -> Job:
    settled = {"numbers": 12, "pause": 0.0, "words": "", "loud": False, **options}
    return Job(suite=SUITE, agent=agent, seed=seed, folder=str(folder), options=settled)


def test_a_worker_that_dies_costs_only_its_job_which_is_tried_once_more(tmp_path: Path) -> None:
    planned = EvaluationPlan(suite=SUITE, agents=("all", "dying"), options={"episodes": 6})
    found = run_evaluation(planned, tmp_path / "out", ProcessExecutor(2))
    errors = {(r.agent, r.seed): r.error for r in found.records if r.error}
    # Every fifth dies again, other even ones live the second time.
    assert set(errors) == {("dying", 0), ("dying", 5)}
    assert errors["dying", 0] == "twice: the worker ended by SIGKILL"
    assert len(found.records) == 12
    assert workers() == []


def test_an_episode_has_its_time(tmp_path: Path) -> None:
    jobs = [job("hanging", 1, tmp_path / "1"), job("all", 1, tmp_path / "2")]
    executors = (
        ProcessExecutor(1, JobLimits(seconds=1.0)),
        SerialExecutor(JobLimits(seconds=1.0)),
    )
    for executor in executors:
        records = {record.agent: record for record in executor.run(jobs)}
        assert records["hanging"].error == "not done within 1 s of wall time"
        assert records["all"].error == ""


def test_a_worker_that_does_not_stop_by_itself_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("embodied_mem_envs.evaluation.running.processes.GRACE", 0.5)
    run = ProcessExecutor(1, JobLimits(seconds=1.0)).run([job("hanging", 1, tmp_path / "1")])
    # A process that is stopped cannot notice that its time is up, as one in native code.
    stopper = threading.Timer(0.8, lambda: [w.suspend() for w in workers()])
    stopper.start()
    (record,) = run
    stopper.join()
    assert "did not stop by itself" in record.error
    assert workers() == []


def test_leaving_early_ends_the_workers(tmp_path: Path) -> None:
    jobs = [job("all", seed, tmp_path / str(seed), pause=0.1) for seed in range(50)]
    run = ProcessExecutor(2).run(jobs)
    next(run)
    assert len(workers()) == 2
    run.close()
    assert workers() == []


def test_there_is_at_least_one_worker() -> None:
    with pytest.raises(ConfigError, match="0 workers"):
        ProcessExecutor(0)
