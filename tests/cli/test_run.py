"""The main job as a person runs it: twice the same, readable, and answerable from its file."""

import contextlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from embodied_mem.cli import main
from embodied_mem.errors import MemoryFileError
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.facts import ObjectFact, active

SMALL = ("--seed", "5", "--rooms", "3", "--width", "128", "--steps", "90")


def embodied_mem(*arguments: str, hash_seed: str = "0") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "embodied_mem", *arguments],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.fixture(scope="module")
def twice(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folders = []
    for hash_seed in ("1", "2"):
        folder = tmp_path_factory.mktemp("run") / "out"
        done = embodied_mem(
            *("run", *SMALL, "--question", "Where is the bed?", "--question", "Is there a piano?"),
            *("--out", str(folder), "--json", str(folder / "figures.json")),
            hash_seed=hash_seed,
        )
        assert done.returncode == 0, done.stderr
        assert "report:" in done.stdout
        folders.append(folder)
    return folders[0], folders[1]


def test_one_seed_gives_one_result_whatever_the_hash_seed(
    twice: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = twice
    assert (first / "result.json").read_bytes() == (second / "result.json").read_bytes()
    for folder in twice:
        assert main(["inspect", str(folder / "house.mem"), "--digest"]) == 0
    digests = capsys.readouterr().out.split()
    assert digests[0] == digests[1]
    assert len(digests[0]) == 64


def test_everything_that_was_promised_is_there(twice: tuple[Path, Path]) -> None:
    assert (twice[0] / "house.mem").is_dir()
    names = {path.name for path in twice[0].iterdir()}
    assert names >= {"snapshots.png", "map.png", "house.mem", "result.json", "report.html"}
    result = json.loads((twice[0] / "result.json").read_text())
    assert [answer["status"] for answer in result["answers"]] == ["answered", "unseen"]
    assert not any("cpu" in name or "wall" in name for name in result["metrics"])
    figures = json.loads((twice[0] / "figures.json").read_text())
    assert figures["schema"] == 1
    assert figures["command"] == "run"
    assert figures["metrics"]["memory_cpu_ms"] > 0
    assert 100_000 < figures["metrics"]["disk_bytes"] < 64 << 20
    assert figures["config"]["budget_bytes"] == 64 << 20
    assert figures["machine"]["cores"] >= 1


def test_the_report_fetches_nothing(twice: tuple[Path, Path]) -> None:
    page = (twice[0] / "report.html").read_text()
    assert "data:image/" in page
    assert 'src="http' not in page
    assert "url(http" not in page


def test_the_folder_answers_in_a_new_process(twice: tuple[Path, Path]) -> None:
    done = embodied_mem("ask", str(twice[0] / "house.mem"), "Where did you see the bed?")
    assert done.returncode == 0
    assert "bed" in done.stdout


def objects(path: Path) -> set[str]:
    """Returns the ids of the known objects; none while the memory is being made."""
    if not (path / "memory.sqlite").exists():
        return set()
    with MemoryStore.read(path) as store:
        return {fact.object_id for _, fact in active(store, ObjectFact, payload=False)}


def test_a_walk_answers_while_it_goes_on_and_after_it_was_killed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    path = out / "house.mem"
    command = [sys.executable, "-m", "embodied_mem", "run", *SMALL[:4], "--out", str(out)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as walk:
        while True:
            assert walk.poll() is None
            with contextlib.suppress(MemoryFileError):  # its first moment: no tables yet
                if len(objects(path)) >= 8:
                    break
            time.sleep(0.05)
        for _ in range(3):
            assert main(["ask", str(path), "What is in the bedroom?"]) == 0
        assert walk.poll() is None
        walk.kill()
    known = objects(path)
    assert len(known) >= 8
    assert main(["inspect", str(path), "--verify"]) == 0
    assert main(["ask", str(path), "Where is the bed?"]) == 0
    assert "The bed is" in capsys.readouterr().out
    resumed = ("--resume", str(path), "--budget-bytes", "1MiB", "--allocator", "fifo")
    done = embodied_mem("run", *SMALL[:6], "--steps", "25", *resumed, "--out", str(out))
    assert done.returncode == 0, done.stderr
    assert known <= objects(path)
    assert main(["inspect", str(path), "--verify"]) == 0


def test_what_lies_at_the_place_of_the_memory_is_not_lost(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "house.mem").mkdir()
    (tmp_path / "house.mem" / "diary.txt").write_text("dear diary")
    assert main(["run", *SMALL, "--out", str(tmp_path)]) == 1
    assert "diary.txt, which is no part of a memory" in capsys.readouterr().err.replace("\n", " ")
    assert (tmp_path / "house.mem" / "diary.txt").read_text() == "dear diary"


def test_a_size_without_sense_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["run", "--budget-bytes", "64 elephants"])
    said = capsys.readouterr()
    assert "is no size" in said.out + said.err


def test_a_bad_file_is_one_line_on_stderr(tmp_path: Path) -> None:
    bad = tmp_path / "bad.mem"
    bad.write_bytes(b"no memory at all")
    done = embodied_mem("ask", str(bad), "Where is the bed?")
    assert done.returncode == 1
    assert "error:" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_segmenter_suggests_the_nearest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["run", "--segmenter", "geometrik", "--out", str(tmp_path)]) == 1
    assert "did you mean 'geometric'" in capsys.readouterr().err.replace("\n", " ")


def test_the_library_imports_nothing_heavy() -> None:
    code = (
        "import sys, embodied_mem, embodied_mem.cli, embodied_mem.brain.brain;"
        "heavy = {'torch', 'open3d', 'rerun', 'matplotlib', 'embreex', 'embodied_mem_envs'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
