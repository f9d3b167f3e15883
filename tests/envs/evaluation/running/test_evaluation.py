import json
from pathlib import Path
from typing import Any

import pytest

from embodied_mem.errors import ConfigError, EvaluationError
from embodied_mem_envs.evaluation.records.about import ABOUT
from embodied_mem_envs.evaluation.records.file import RECORDS, without_times
from embodied_mem_envs.evaluation.running.evaluation import (
    Evaluated,
    EvaluationPlan,
    load_evaluation,
    merge_evaluations,
    run_evaluation,
)
from embodied_mem_envs.evaluation.running.executor import JobLimits, SerialExecutor
from embodied_mem_envs.evaluation.running.processes import ProcessExecutor

SUITE = "number_suite:SUITE"


def plan(*agents: str, **options: Any) -> EvaluationPlan:
    return EvaluationPlan(suite=SUITE, agents=agents or ("all", "last"), options=options)


def run(out: Path, planned: EvaluationPlan, **more: Any) -> Evaluated:
    return run_evaluation(planned, out, SerialExecutor(), **more)


def told(evaluated: Evaluated) -> list[Any]:
    return [without_times(record) for record in evaluated.records]


def test_any_number_of_workers_gives_the_same(tmp_path: Path) -> None:
    planned = plan("last", "all", "breaking", loud=True)
    here = run(tmp_path / "here", planned)
    there = run_evaluation(planned, tmp_path / "there", ProcessExecutor(3))
    assert told(here) == told(there)
    # In the order of the suite, whatever the order they were named in.
    assert [(r.agent, r.seed) for r in here.records] == [
        (agent, seed) for agent in ("all", "last", "breaking") for seed in range(6)
    ]
    assert here.about == there.about


def test_an_evaluation_is_gone_on_with_and_added_to(tmp_path: Path) -> None:
    out = tmp_path / "out"
    whole = run(tmp_path / "whole", plan("all", "last", episodes=5))
    run(out, plan("last", episodes=2))
    with pytest.raises(EvaluationError, match="--resume"):
        run(out, plan("last", episodes=5))
    seen: list[tuple[int, int]] = []
    new: list[tuple[str, int]] = []
    both = run(
        out,
        plan("all", "last", episodes=5),
        resume=True,
        on_plan=lambda total, done: seen.append((total, done)),
        on_record=lambda record: new.append((record.agent, record.seed)),
    )
    assert seen == [(10, 2)]
    assert len(new) == 8
    assert told(both) == told(whole)
    assert both.about == whole.about


def test_a_run_that_was_cut_off_in_a_line_goes_on(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = run(out, plan("all"))
    lines = (out / RECORDS).read_bytes()
    (out / RECORDS).write_bytes(lines[:-40])
    again = run(out, plan("all"), resume=True)
    assert told(again) == told(first)


def test_other_settings_are_another_evaluation(tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(out, plan("all", episodes=1))
    with pytest.raises(ConfigError, match="numbers was 12, is 20"):
        run(out, plan("all", episodes=2, numbers=20), resume=True)
    about = json.loads((out / ABOUT).read_text(encoding="utf-8"))
    assert about["options"]["numbers"] == 12
    assert "episodes" not in about["options"]
    about["version"] = 2
    (out / ABOUT).write_text(json.dumps(about), encoding="utf-8")
    with pytest.raises(ConfigError, match="version was 2, is 3"):
        run(out, plan("all", episodes=2), resume=True)


def test_records_of_other_settings_are_refused(tmp_path: Path) -> None:
    run(tmp_path / "a", plan("all", episodes=1))
    run(tmp_path / "b", plan("all", episodes=1, numbers=20))
    (tmp_path / "a" / RECORDS).write_bytes((tmp_path / "b" / RECORDS).read_bytes())
    with pytest.raises(ConfigError, match="settings"):
        run(tmp_path / "a", plan("all", episodes=2), resume=True)


def test_parts_of_several_machines_are_put_together(tmp_path: Path) -> None:
    whole = run(tmp_path / "whole", plan("all", "last", episodes=6))
    run(tmp_path / "one", plan("all", episodes=6))
    run(tmp_path / "two", plan("last", episodes=4))
    run(tmp_path / "three", plan("last", first_seed=3, episodes=3))
    parts = [tmp_path / name for name in ("two", "three", "one")]
    merged = merge_evaluations(parts, tmp_path / "merged")
    assert told(merged) == told(whole)
    assert merged.about == whole.about
    assert load_evaluation(tmp_path / "merged") == merged
    with pytest.raises(EvaluationError, match="already"):
        merge_evaluations(parts, tmp_path / "merged")


def test_parts_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    run(tmp_path / "one", plan("all", episodes=2))
    run(tmp_path / "other", plan("all", episodes=2, numbers=9))
    with pytest.raises(ConfigError, match="numbers"):
        merge_evaluations([tmp_path / "one", tmp_path / "other"], tmp_path / "merged")
    run(tmp_path / "changed", plan("all", episodes=2))
    path = tmp_path / "changed" / RECORDS
    path.write_text(path.read_text(encoding="utf-8").replace('"right":true', '"right":false'))
    with pytest.raises(EvaluationError, match="do not agree"):
        merge_evaluations([tmp_path / "one", tmp_path / "changed"], tmp_path / "merged")


def test_what_the_suite_does_not_know_is_told(tmp_path: Path) -> None:
    for wrong, words in (
        (plan("al"), "all"),
        (plan("all", number=3), "numbers"),
        (plan("all", episodes=0), "1 or more"),
        (plan("all", first_seed=-1), "0 or more"),
    ):
        with pytest.raises(ConfigError, match=words):
            run(tmp_path / "out", wrong)
    with pytest.raises(ConfigError, match="suite"):
        run(tmp_path / "out", EvaluationPlan(suite="nothing_like_it"))
    with pytest.raises(ConfigError, match="cannot be loaded"):
        run(tmp_path / "out", EvaluationPlan(suite="number_suite:NOTHING"))
    assert not (tmp_path / "out").exists()


def test_a_broken_suite_ends_the_run_and_keeps_what_is_done(tmp_path: Path) -> None:
    for executor in (SerialExecutor(), ProcessExecutor(2)):
        out = tmp_path / type(executor).__name__
        with pytest.raises(EvaluationError, match="the suite itself is broken"):
            run_evaluation(plan("all", words="broken"), out, executor)
        assert load_evaluation(out).records == ()


def test_only_pictures_are_kept_unless_everything_is(tmp_path: Path) -> None:
    run_evaluation(plan("all", episodes=1), tmp_path / "a", SerialExecutor())
    assert list((tmp_path / "a" / "episodes").rglob("*.*")) == []
    run_evaluation(plan("all", episodes=1), tmp_path / "b", SerialExecutor(JobLimits(keep=True)))
    kept = {path.name for path in (tmp_path / "b" / "episodes").rglob("*.*")}
    assert kept == {"big.bin", "numbers.txt"}
