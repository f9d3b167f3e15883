"""The command in processes of its own, which are really killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from embodied_mem.cli import main
from embodied_mem.cli.evaluate_suite import parse_options
from embodied_mem.errors import ConfigError

SUITE = "number_suite:SUITE"
SUPPORT = Path(__file__).parents[1] / "support"


@pytest.fixture(autouse=True)
def _suite_for_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(SUPPORT))


def evaluate(out: Path, *more: str, episodes: int = 4) -> int:
    given = ["--agent", "all", "last", "breaking", "--episodes", str(episodes), "--out", str(out)]
    return main(["eval", SUITE, *given, *more])


def test_figures_and_page_are_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figures = tmp_path / "figures.json"
    assert evaluate(tmp_path / "out", "--workers", "0", "--report", "--json", str(figures)) == 0
    shown = capsys.readouterr().out
    assert "breaking broke 2 of 4 episodes; they count as failed" in shown
    metrics = json.loads(figures.read_text(encoding="utf-8"))["metrics"]
    assert metrics["all.answer_accuracy"] == 1.0
    assert metrics["breaking.answer_accuracy"] == 0.5
    assert metrics["breaking.errors"] == 2
    assert metrics["all.model_calls_lo"] == metrics["all.model_calls_hi"] == 4.0
    assert (
        metrics["last.memory_bytes_lo"] < metrics["last.memory_bytes"] < metrics["all.memory_bytes"]
    )
    assert metrics["last.right_minus_all_hi"] < 0.0
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "seed 3 is too much" in page
    assert "http" not in page.replace("http://www.w3.org", "")


def test_a_killed_run_resumes_to_the_identical_report(tmp_path: Path) -> None:
    given = ("--set", "pause=0.05", "--report", "--workers", "2")
    assert evaluate(tmp_path / "whole", *given, episodes=7) == 0
    out = tmp_path / "killed"
    command = [sys.executable, "-m", "embodied_mem", "eval", SUITE, "--agent", "all", "last"]
    command += ["breaking", "--episodes", "7", "--out", str(out), *given]
    kills = 0
    for _ in range(20):
        run = subprocess.Popen(
            [*command, *(["--resume"] if out.exists() else [])],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        before = _lines(out)
        while run.poll() is None and _lines(out) < before + 7:
            time.sleep(0.01)
        if run.poll() is not None:
            break
        workers = psutil.Process(run.pid).children(recursive=True)
        run.send_signal(signal.SIGKILL)
        run.wait()
        kills += 1
        # The workers end with their input, also in the middle of a job.
        assert psutil.wait_procs(workers, timeout=20.0)[1] == []
    assert kills >= 2
    assert run.returncode == 0
    page = (tmp_path / "whole" / "report.html").read_bytes()
    assert (out / "report.html").read_bytes() == page


def _lines(out: Path) -> int:
    path = out / "episodes.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def test_an_interrupt_ends_the_workers_and_keeps_what_is_done(tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = [sys.executable, "-m", "embodied_mem", "eval", SUITE, "--agent", "all", "hanging"]
    command += ["--episodes", "9", "--workers", "2", "--out", str(out)]
    run = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    while _lines(out) < 1:
        time.sleep(0.02)
    workers = psutil.Process(run.pid).children(recursive=True)
    assert len(workers) == 2
    os.killpg(run.pid, signal.SIGINT)
    _, said = run.communicate(timeout=30.0)
    assert run.returncode == 130
    assert "interrupted" in said
    assert "Traceback" not in said
    assert psutil.wait_procs(workers, timeout=20.0)[1] == []
    assert _lines(out) >= 1


def test_records_are_merged_shown_and_tabled(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one, two, all_of_them = tmp_path / "one", tmp_path / "two", tmp_path / "all"
    base = ["eval", SUITE, "--workers", "0", "--out"]
    assert main([*base, str(one), "--agent", "all", "--episodes", "4"]) == 0
    assert main([*base, str(two), "--agent", "last", "--episodes", "4"]) == 0
    assert main(["eval", "merge", str(one), str(two), "--out", str(all_of_them), "--report"]) == 0
    merged = (all_of_them / "report.html").read_bytes()
    assert main(["eval", "report", str(all_of_them)]) == 0
    assert (all_of_them / "report.html").read_bytes() == merged
    table = tmp_path / "agents.md"
    assert main(["eval", "table", str(all_of_them), str(one), "--markdown", str(table)]) == 0
    text = table.read_text(encoding="utf-8")
    assert "| all | 4 | 0 | 1.000 [1.000, 1.000] |" in text
    assert "Less all, over the same seeds:" in text
    assert "seeds 0-3" in text
    assert main(["eval", "report", str(tmp_path / "nothing")]) == 1
    assert "no evaluation" in capsys.readouterr().err


def test_a_suite_says_what_it_has(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", SUITE, "--list"]) == 0
    shown = capsys.readouterr().out
    assert "keeps the last five numbers" in shown
    assert "first_seed" in shown
    with pytest.raises(SystemExit) as end:
        main(["eval", SUITE, "--help"])
    assert end.value.code == 0
    helped = capsys.readouterr().out
    assert "keeps the last five numbers" in helped
    assert "numbers=12" in helped


def test_a_folder_in_use_is_not_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluate(tmp_path / "out", "--workers", "0", episodes=1) == 0
    assert evaluate(tmp_path / "out", "--workers", "0", episodes=1) == 1
    assert "--resume goes on with it" in capsys.readouterr().err


def test_options_have_the_type_of_their_default() -> None:
    known = {"a": 1, "b": 0.5, "c": True, "d": "x", "e": None, "f": [1]}
    given = ["a=3", "b=2", "c=false", "d=1", "e=word", "f=[4,5]"]
    assert parse_options(known, given) == {
        "a": 3,
        "b": 2.0,
        "c": False,
        "d": "1",
        "e": "word",
        "f": [4, 5],
    }
    assert parse_options(known, ["e=64"]) == {"e": 64}
    for wrong in ("a=x", "a=1.5", "c=yes", "a", "g=1"):
        with pytest.raises(ConfigError):
            parse_options(known, [wrong])
