import json
from pathlib import Path

import pytest
import tyro

from embodied_mem.cli.inspect import Inspect
from embodied_mem.errors import MemoryFileError
from embodied_mem.memory import MemoryStore


@pytest.fixture
def memory_file(sample_memory: MemoryStore, tmp_path: Path) -> Path:
    path = tmp_path / "flat.mem"
    sample_memory.export(path)
    return path


def inspect(*arguments: object) -> int:
    return tyro.cli(Inspect, args=[str(each) for each in arguments]).run()


def test_the_summary_lists_counts_rooms_and_objects(
    memory_file: Path,
    sample_memory: MemoryStore,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    assert inspect(memory_file) == 0
    text = capsys.readouterr().out
    assert sample_memory.digest() in text
    assert "17.4 m in 190 frames" in text
    rows = [line for line in text.splitlines() if "red kettle" in line]
    assert len(rows) == 1 and "kitchen" in rows[0] and "1.30" in rows[0]
    assert any("bedroom" in line and "15.3" in line for line in text.splitlines())


def test_the_digest_is_all_that_is_printed_with_digest(
    memory_file: Path, sample_memory: MemoryStore, capsys: pytest.CaptureFixture[str]
) -> None:
    assert inspect(memory_file, "--digest") == 0
    assert capsys.readouterr().out == sample_memory.digest() + "\n"


def test_json_and_page_hold_what_the_memory_holds(memory_file: Path, tmp_path: Path) -> None:
    out, page = tmp_path / "i.json", tmp_path / "i.html"
    assert inspect(memory_file, "--json", out, "--html", page) == 0
    result = json.loads(out.read_text())
    assert result["command"] == "inspect"
    assert result["metrics"]["objects"] == len(result["objects"]) == 36
    assert result["metrics"]["rooms"] == len(result["rooms"]) == 4
    assert result["objects"][0]["room"] == "kitchen"
    assert "white refrigerator" in page.read_text()


def test_a_missing_or_damaged_file_is_an_error_of_ours(memory_file: Path, tmp_path: Path) -> None:
    with pytest.raises(MemoryFileError, match=r"cannot read the memory .*none\.mem"):
        inspect(tmp_path / "none.mem")
    data = bytearray(memory_file.read_bytes())
    data[-40] ^= 1
    memory_file.write_bytes(data)
    with pytest.raises(MemoryFileError, match="is damaged"):
        inspect(memory_file)


def test_an_empty_memory_can_be_inspected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    MemoryStore().export(tmp_path / "empty.mem")
    assert inspect(tmp_path / "empty.mem", "--html", tmp_path / "e.html") == 0
    assert "none" in capsys.readouterr().out
