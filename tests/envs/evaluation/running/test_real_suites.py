"""A real task with the product as agent, here and in other processes."""

from pathlib import Path

import pytest

from embodied_mem_envs.evaluation.metrics import definition_of
from embodied_mem_envs.evaluation.records.file import without_times
from embodied_mem_envs.evaluation.running.evaluation import EvaluationPlan, run_evaluation
from embodied_mem_envs.evaluation.running.executor import SerialExecutor
from embodied_mem_envs.evaluation.running.processes import ProcessExecutor


def test_other_processes_give_the_same_episode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = EvaluationPlan(
        suite="question_answering",
        agents=("ours", "random"),
        options={"episodes": 1, "first_seed": 13, "width": 96},
    )
    here = run_evaluation(planned, tmp_path / "here", SerialExecutor())
    monkeypatch.setenv("PYTHONHASHSEED", "77")
    there = run_evaluation(planned, tmp_path / "there", ProcessExecutor(2))
    assert [without_times(record) for record in here.records] == [
        without_times(record) for record in there.records
    ]
    for record in here.records:
        assert record.error == ""
        assert {"answer_accuracy", "answer_spl", "memory_bytes", "model_calls"} <= set(
            record.values
        )
        assert [name for name in record.values if definition_of(name) is None] == []
        for name in record.pictures:
            own = Path("episodes") / record.agent / str(record.seed) / name
            assert (tmp_path / "here" / own).read_bytes() == (tmp_path / "there" / own).read_bytes()
    assert here.records[0].pictures
