"""`embodied-mem eval manipulate` runs, writes its figures, and goes on where it was."""

import json
from pathlib import Path

import pytest

from embodied_mem.cli import main

pytest.importorskip("pybullet")
METRICS = (
    "success_clean", "success_with_faults", "detection_f1", "false_alarms_per_100", "recovered",
    "model_calls_first", "model_calls_repeat", "calls_vs_every_step",
)  # fmt: skip


def evaluate(folder: Path, *more: str) -> int:
    return main(
        [
            *("eval", "manipulate", "--families", "stack", "--levels", "1", "--seeds", "1"),
            *("--first-seed", "3", "--out", str(folder), "--json", str(folder / "r.json"), *more),
        ]
    )


def test_it_evaluates_an_agent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agent = ("--agent", "scripted_stacker:Stacker")
    assert evaluate(tmp_path, *agent, "--faults", "model_timeout", "--repeat") == 0
    shown = capsys.readouterr().out
    assert "Tasks without faults" in shown and "model_timeout" in shown
    result = json.loads((tmp_path / "r.json").read_text())
    assert result["command"] == "eval manipulate" and result["machine"]["cores"] >= 1
    assert set(METRICS) <= set(result["metrics"])
    assert result["metrics"]["success_clean"] == 1.0
    assert result["metrics"]["detection_f1"] == 1.0 and result["metrics"]["recovered"] == 1.0
    before = (tmp_path / "episodes.jsonl").read_bytes()
    assert len(before.splitlines()) == 3
    assert evaluate(tmp_path, *agent, "--faults", "model_timeout", "--repeat", "--resume") == 0
    assert (tmp_path / "episodes.jsonl").read_bytes() == before


@pytest.mark.parametrize(
    "wrong, told",
    [
        (("--families", "stak"), "did you mean 'stack'"),
        (("--levels", "0"), "expected some of 1,2,3"),
        (("--faults", "slipp"), "did you mean 'slip'"),
        (("--agent", "ful"), "did you mean 'full'"),
    ],
)
def test_wrong_flags_are_told(
    wrong: tuple[str, str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert evaluate(tmp_path, *wrong) == 1
    assert told in capsys.readouterr().err
