"""Two workers, one of which is killed in the middle: the bytes are those of one process."""

import json

import pytest

from allocation_episodes import small_episodes
from dying_work import DyingRollouts, DyingTrain, begun
from embodied_mem.allocation.training.grpo import Grpo, GrpoConfig
from embodied_mem.allocation.training.rollouts import SerialRollouts
from embodied_mem.allocation.training.snapshot import Snapshot
from embodied_mem.cli import main
from embodied_mem.cli.population import best_of, members_of, train_population
from embodied_mem.errors import ConfigError
from embodied_mem_envs.evaluation.records.file import without_times
from embodied_mem_envs.evaluation.running.evaluation import EvaluationPlan, run_evaluation
from embodied_mem_envs.evaluation.running.executor import JobLimits
from embodied_mem_envs.evaluation.running.processes import ProcessExecutor
from embodied_mem_envs.evaluation.running.ray_executor import RayExecutor
from embodied_mem_envs.evaluation.suites.suite import Job
from embodied_mem_envs.scale.cluster import joined
from embodied_mem_envs.scale.ray_rollouts import RayRollouts
from resuming import bytes_of

SUITE = "number_suite:SUITE"
SMALL = GrpoConfig(updates=2, groups=6, rollouts=4, rows=8, batch=256, hidden=16, shards=3)
TINY = {"algo": "ama", "updates": 3, "arrivals": 8, "slots": 3, "pool": 16}


def trained(rollouts):
    trainer = Grpo(SMALL, small_episodes(count=16), 3, rollouts=rollouts)
    logged = [trainer.update() for _ in range(2)]
    return bytes_of(trainer.snapshot()), logged


def test_rollouts_lose_a_worker_in_the_middle_and_not_a_bit(cluster, tmp_path):
    found = trained(DyingRollouts(RayRollouts(cluster), tmp_path, step=7))
    assert found == trained(SerialRollouts())
    # The killed shard was played again, and nothing else was.
    shards = {f"{update}.{index}" for update in (1, 2) for index in range(3)}
    assert begun(tmp_path) == {name: 1 + (name == "1.1") for name in shards}


def test_a_member_that_is_killed_goes_on_from_its_checkpoint(cluster, tmp_path):
    ends = {}
    for name, ray, dies in (("here", None, -1), ("there", "auto", 1)):
        (tmp_path / f"{name}-marks").mkdir()
        training = DyingTrain(
            out=tmp_path / name,
            marks=str(tmp_path / f"{name}-marks"),
            dies=dies,
            evaluated=8,
            evaluate_every=1,
            tensorboard=False,
            **TINY,
        )
        members = train_population("test", members_of(training, 2, (), {}), ray)
        assert [member.seed for member in members] == [0, 1]
        assert all(member.finished and not member.error for member in members)
        files = [member.folder / "best.safetensors" for member in members]
        checkpoints = [Snapshot.read(m.folder / "checkpoint.safetensors") for m in members]
        ends[name] = (
            [path.read_bytes() for path in files],
            [bytes_of(checkpoint) for checkpoint in checkpoints],
            [member.metrics["held_out"] for member in members],
            best_of(members).seed,
        )
    assert ends["here"] == ends["there"]
    assert begun(tmp_path / "here-marks") == {"seed-0": 1, "seed-1": 1}
    assert begun(tmp_path / "there-marks") == {"seed-0": 1, "seed-1": 2}


def test_an_evaluation_has_the_records_of_other_processes(cluster, tmp_path):
    planned = EvaluationPlan(suite=SUITE, agents=("breaking", "dying"), options={"episodes": 6})
    there = run_evaluation(planned, tmp_path / "there" / "out", RayExecutor(cluster))
    here = run_evaluation(planned, tmp_path / "here" / "out", ProcessExecutor(2))
    for record, other in zip(there.records, here.records, strict=True):
        if record.error.startswith("twice"):
            assert (record.agent, record.seed % 5) == ("dying", 0)
            assert other.error == "twice: the worker ended by SIGKILL"
            assert "twice: its worker died" in record.error
        else:
            assert without_times(record) == without_times(other)
    assert sum(record.error.startswith("twice") for record in there.records) == 2


def test_a_job_that_hangs_is_given_up(cluster, tmp_path, monkeypatch):
    settled = {"numbers": 12, "pause": 0.0, "words": "", "loud": False}
    jobs = [
        Job(suite=SUITE, agent=agent, seed=1, folder=str(tmp_path / agent), options=settled)
        for agent in ("hanging", "all")
    ]
    records = {r.agent: r for r in RayExecutor(cluster, JobLimits(seconds=0.5)).run(jobs)}
    assert records["hanging"].error == "not done within 0.5 s of wall time"
    assert records["all"].error == ""
    # As in native code: its own time never comes, so that it has to be ended from outside.
    monkeypatch.setattr("embodied_mem_envs.evaluation.running.ray_executor.GRACE", -9.0)
    (record,) = RayExecutor(cluster, JobLimits(seconds=9.5)).run(jobs[:1])
    assert "did not stop by itself" in record.error


def test_the_commands_take_the_cluster_that_runs(cluster, tmp_path, capsys):
    flags = [f"--{name}={value}" for name, value in TINY.items()]
    common = ["train", *flags, "--evaluated=8", "--no-tensorboard", "--shards=2"]
    assert main([*common, "--out", str(tmp_path / "there"), "--ray", "auto"]) == 0
    assert main([*common, "--out", str(tmp_path / "here")]) == 0
    here, there = (tmp_path / name / "best.safetensors" for name in ("here", "there"))
    assert here.read_bytes() == there.read_bytes()
    out = tmp_path / "evaluation"
    evaluate = ["eval", SUITE, "--agent", "all", "--episodes", "2", "--out", str(out)]
    assert main([*evaluate, "--ray", "auto"]) == 0
    records = (out / "episodes.jsonl").read_text(encoding="utf-8").splitlines()
    assert {json.loads(line)["seed"] for line in records} == {0, 1}
    capsys.readouterr()
    with pytest.raises(ConfigError, match="connected to Ray already"), joined("local"):
        pass
