import json
from pathlib import Path

import pytest
import tyro

from embodied_mem.cli.inspect import Inspect
from embodied_mem.errors import ConfigError, MemoryFileError
from embodied_mem.memory import MemoryStore, Update
from embodied_mem.memory.facts import ObjectFact, active


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


@pytest.fixture
def folder(sample_memory: MemoryStore, tmp_path: Path) -> Path:
    """The sample memory as a folder, in which the kettle was moved at tick 300."""
    sample_memory.export(tmp_path / "flat.emem")
    with MemoryStore(tmp_path / "flat.mem") as store:
        store.import_(tmp_path / "flat.emem", settings=True)
        kettle = next(r for r, fact in active(store, ObjectFact) if fact.category == "kettle")
        content = {**kettle.content, "state": "moved", "position": [5.0, 1.0, 0.9]}
        update = Update(id=kettle.id, tick=300, changes={"content": content}, supersede_as="f" * 32)
        store.apply([update])
    return tmp_path / "flat.mem"


def test_the_past_is_shown(
    folder: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    out = tmp_path / "h.json"
    for name in ("ffff", "obj-003", "f" * 32):
        assert inspect(folder, "--history", name, "--json", out) == 0
        text = capsys.readouterr().out
        assert "2 versions" in text and "(5.00, 1.00, 0.90)" in text and "kitchen" in text
        first, second = json.loads(out.read_text())["history"]
        assert (first["status"], first["valid_to"], second["id"]) == ("archived", 300, "f" * 32)
    for tick, state in ((299, "present"), (300, "moved")):
        assert inspect(folder, "--as-of", tick, "--json", out) == 0
        assert f"believed at tick {tick}" in capsys.readouterr().out
        believed = json.loads(out.read_text())["believed"]
        (kettle,) = [r for r in believed if r["content"].get("category") == "kettle"]
        assert (kettle["content"]["state"], kettle["valid_to"]) == (state, None)
    assert inspect(folder, "--as-of", 5) == 0
    assert "f" * 32 not in capsys.readouterr().out


def test_episodes_are_shown_by_time_by_place_and_by_stay(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "e.json"
    records = {}
    for by in ("time", "place", "stay"):
        assert inspect(folder, "--episodes", by, "--json", out) == 0
        text, chunks = capsys.readouterr().out, json.loads(out.read_text())["episodes"]
        assert f"by {by}" in text and "kitchen" in text
        assert all(chunk["first"] <= chunk["last"] for chunk in chunks)
        records[by] = [record for chunk in chunks for record in chunk["records"]]
        if by == "place":
            names = [chunk["name"] for chunk in chunks]
            assert len(set(names)) == len(names) > 1
    assert records["time"] == records["stay"] != []
    assert sorted(records["place"]) == sorted(records["time"])
    assert inspect(folder, "--episodes", "time", "--as-of", 0, "--json", out) == 0
    assert json.loads(out.read_text())["episodes"] == []


def test_a_name_that_means_nothing_or_too_much_is_an_error(folder: Path) -> None:
    with pytest.raises(ConfigError, match="no record has an id that starts with 'zebra'"):
        inspect(folder, "--history", "zebra")
    with pytest.raises(ConfigError, match=r"\d+ records have an id that starts with '0'"):
        inspect(folder, "--history", "0")


def test_an_export_holds_the_same(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert inspect(folder, "--export", tmp_path / "out.emem") == 0
    assert "exported" in capsys.readouterr().out
    with MemoryStore.read(tmp_path / "out.emem") as file, MemoryStore.read(folder) as store:
        assert file.digest() == store.digest()
    for memory in (folder, tmp_path / "out.emem"):
        assert inspect(memory, "--verify") == 0
        assert "nothing is damaged" in capsys.readouterr().out
    with pytest.raises(ConfigError, match="only the folder of a memory can be repaired"):
        inspect(tmp_path / "out.emem", "--repair")


def test_damage_is_named_and_repaired(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with MemoryStore.read(folder) as store:
        before = {r.id: r for r in store.records()}
    shot = next(r for r in before.values() if r.kind == "snapshot")
    (segment,) = folder.glob("segment-*.bin")
    data = bytearray(segment.read_bytes())
    data[data.index(shot.payload[0]) + 100] ^= 1
    segment.write_bytes(data)
    out = tmp_path / "v.json"
    assert inspect(folder, "--verify", "--json", out) == 1
    assert shot.id in capsys.readouterr().out
    verification = json.loads(out.read_text())["verification"]
    assert (verification["ok"], verification["damages"][0]["record"]) == (False, shot.id)
    assert inspect(folder, "--repair", "--json", out) == 1
    text = capsys.readouterr().out
    assert "repaired; 1 lost" in text and f"lost: {shot.id}" in text
    assert json.loads(out.read_text())["verification"]["lost"] == [shot.id]
    assert inspect(folder, "--verify") == 0
    with MemoryStore.read(folder) as store:
        assert {r.id for r in store.records()} == set(before) - {shot.id}


def test_an_empty_memory_can_be_inspected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    MemoryStore().export(tmp_path / "empty.mem")
    assert inspect(tmp_path / "empty.mem", "--html", tmp_path / "e.html") == 0
    assert "none" in capsys.readouterr().out
