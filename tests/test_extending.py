"""The example package, built and installed apart from the project, works by its names alone."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EXAMPLE = ROOT / "examples" / "extending"
GUIDE = ROOT / "docs" / "extending.md"


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Installs the package into a folder of its own, and gives the environment that sees it."""
    folder = tmp_path_factory.mktemp("site")
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
    ]
    command += ["--disable-pip-version-check", "--target", str(folder), str(EXAMPLE)]
    subprocess.run(command, check=True, capture_output=True, timeout=200)
    return {**os.environ, "PYTHONPATH": str(folder), "OMP_NUM_THREADS": "1"}


def run(installed, *command, cwd):
    done = subprocess.run(
        [sys.executable, *command],
        env=installed,
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr[-2000:] + done.stdout[-2000:]
    return done.stdout


def test_the_guides_checks_pass(installed, tmp_path):
    (code,) = re.findall(r"```python\n(.*?)```", GUIDE.read_text(), flags=re.DOTALL)
    (tmp_path / "checks.py").write_text(code)
    run(installed, "-W", "error", "checks.py", cwd=tmp_path)


def test_a_run_uses_the_allocator_and_the_segmenter(installed, tmp_path):
    options = ["--rooms", "3", "--steps", "60", "--width", "160", "--budget-bytes", "1MiB"]
    options += ["--segmenter", "vivid", "--allocator", "crowded", "--out", "out"]
    run(installed, "-m", "embodied_mem", "run", *options, cwd=tmp_path)
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert result["metrics"]["objects"] > 0
    assert result["config"]["segmenter"] == "vivid"


def test_a_run_drives_the_body(installed, tmp_path):
    options = ["--body", "gallery", "--segmenter", "vivid", "--steps", "120", "--out", "out"]
    run(installed, "-m", "embodied_mem", "run", *options, cwd=tmp_path)
    result = json.loads((tmp_path / "out" / "result.json").read_text())
    assert result["metrics"]["metres"] > 0.5


def test_the_task_is_evaluated(installed, tmp_path):
    command = ["eval", "embodied_mem_example.task:suite", "--episodes", "1", "--workers", "1"]
    run(installed, "-m", "embodied_mem", *command, "--out", "out", cwd=tmp_path)
    records = [p for p in (tmp_path / "out").rglob("*.jsonl")]
    (line,) = [
        line for path in records for line in path.read_text().splitlines() if '"seed"' in line
    ]
    record = json.loads(line)
    assert record["suite"] == "embodied_mem_example.task:suite"
    assert record["error"] == ""
    assert record["asks"][0]["text"].startswith("How many")


def test_each_example_is_short():
    for path in (EXAMPLE / "src" / "embodied_mem_example").glob("*.py"):
        lines = [line for line in path.read_text().splitlines() if line.strip()]
        assert len(lines) <= 75, path
