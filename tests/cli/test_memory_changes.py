from pathlib import Path

import pytest
import tyro

from embodied_mem.cli.inspect import Inspect
from embodied_mem.errors import ConfigError, StoreError
from embodied_mem.memory import Filter, MemoryStore


def inspect(*arguments: object) -> int:
    return tyro.cli(Inspect, args=[str(each) for each in arguments]).run()


def digest(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    capsys.readouterr()
    assert inspect(*arguments, "--digest") == 0
    return capsys.readouterr().out


@pytest.fixture
def folder(sample_memory: MemoryStore, tmp_path: Path) -> Path:
    exported, path = tmp_path / "flat.emem", tmp_path / "flat.mem"
    sample_memory.export(exported)
    with MemoryStore(path) as store:
        store.import_(exported, settings=True)
    return path


def test_a_memory_joined_with_itself_or_with_a_copy_is_as_it_was(folder, tmp_path, capsys) -> None:
    alone = digest(capsys, folder)
    assert digest(capsys, "--merge", folder, tmp_path / "flat.emem") == alone


def test_two_of_one_seed_get_different_ids_and_nothing_twice(folder, tmp_path, capsys) -> None:
    other, joined = tmp_path / "other.mem", tmp_path / "joined.emem"
    with MemoryStore(other) as store:
        store.import_(tmp_path / "flat.emem", settings=True)
        thing = store.query(Filter(kind="fact"), payload=False)[0]
        store.forget(ids=[thing.id])
    with MemoryStore(folder) as store:
        store.forget(ids=[store.query(Filter(kind="fact"), payload=False)[-1].id])
    assert inspect("--merge", folder, other, "--export", joined) == 0
    assert "record ids of its own" in capsys.readouterr().err
    with MemoryStore.read(joined) as memory:
        believed = memory.query(Filter(kind="fact"), payload=False)
        assert len({record.about for record in believed}) == len(believed) == 36


def test_what_changes_a_memory_changes_the_folder_and_never_a_file(folder, tmp_path, capsys):
    before = digest(capsys, folder)
    assert digest(capsys, folder, "--migrate", 1, 2, 0, 90) != before
    assert digest(capsys, folder, "--migrate", -2, 1, 0, -90) == before
    assert inspect(folder, "--consolidate") == 0
    assert "summaries" in capsys.readouterr().err
    assert digest(capsys, folder) != before
    with pytest.raises(ConfigError, match="exported file"):
        inspect(tmp_path / "flat.emem", "--consolidate")
    new = tmp_path / "new.emem"
    assert inspect(tmp_path / "flat.emem", "--consolidate", "--export", new) == 0
    assert digest(capsys, new) == digest(capsys, folder)


def test_what_is_forgotten_is_in_no_file(folder, capsys) -> None:
    with MemoryStore.read(folder) as memory:
        thing = memory.query(Filter(kind="fact"), payload=False)[0]
    name = thing.about[0].encode()
    assert any(name in file.read_bytes() for file in folder.rglob("*") if file.is_file())
    assert inspect(folder, "--forget", thing.about[0]) == 0
    assert "erased" in capsys.readouterr().err
    assert not any(name in file.read_bytes() for file in folder.rglob("*") if file.is_file())


def test_options_that_do_not_go_together_are_refused(folder) -> None:
    with pytest.raises(ConfigError, match="name one memory"):
        inspect()
    with pytest.raises(ConfigError, match="name one memory"):
        inspect(folder, "--merge", folder, folder)
    with pytest.raises(ConfigError, match="--later"):
        inspect(folder, "--later")
    with pytest.raises(ConfigError, match="two with --merge"):
        inspect("--merge", folder, folder, "--verify")
    with pytest.raises(StoreError, match="forget what"):
        inspect(folder, "--forget", "")
