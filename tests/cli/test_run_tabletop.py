"""`embodied-mem run --task tabletop/...` as a newcomer uses it."""

import json
from pathlib import Path

import cv2
import msgspec
import pytest

from embodied_mem.brain.plan.schema import Plan
from embodied_mem.cli import main


def run(out: Path, *extra: str) -> int:
    where = ["--out", str(out), "--json", str(out / "result.json")]
    return main(["run", "--task", "tabletop/put-away", "--seed", "3", *where, *extra])


def test_a_task_is_done_and_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--show-plan", "--rerun", str(tmp_path / "task.rrd")) == 0
    told = capsys.readouterr().out
    assert "root: " in told and "after:  closed(left_drawer)" in told
    assert "succeeded and was verified" in told and "judged by the simulator: done" in told
    assert (tmp_path / "task.rrd").stat().st_size > 100_000
    plan = msgspec.json.decode((tmp_path / "plan.json").read_bytes(), type=Plan)
    assert plan.root.post
    for name in ("before.png", "after.png"):
        assert cv2.imread(str(tmp_path / name)).shape == (480, 640, 3)
    first = json.loads((tmp_path / "result.json").read_text())["metrics"]
    assert first["success"] == 1 and first["model_calls"] == 1

    assert run(tmp_path) == 0
    again = json.loads((tmp_path / "result.json").read_text())["metrics"]
    assert again["success"] == 1 and again["model_calls"] == 0


def test_own_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(tmp_path, "--instruction", "How many balls are on the table?") == 0
    assert "1" in capsys.readouterr().out.split("answer:")[1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--task", "tabletop/putaway"], "did you mean 'tabletop/put-away'"),
        (["--task", "tabletop/sort", "--level", "4"], "expected one of 1, 2, 3"),
        (["--task", "tabletop/sort", "--fault", "slipp"], "did you mean 'slip'"),
    ],
)
def test_wrong_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["run", *arguments, "--out", str(tmp_path)]) == 1
    assert message in " ".join(capsys.readouterr().err.split())
