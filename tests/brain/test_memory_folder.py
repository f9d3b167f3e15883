"""Where a visit keeps its memory: no stranger's file is lost, and no earlier visit by halves."""

from pathlib import Path

import numpy as np
import pytest

from embodied_mem.brain.build import build_hippocampus
from embodied_mem.brain.memory_folder import StoreConfig, clear_memory, open_memory
from embodied_mem.errors import BudgetError, ConfigError, MemoryFileError
from embodied_mem.memory import Add, MemoryRecord, MemoryStore

MIB = 1 << 20


def earlier(path: Path, count: int = 3, size: int = 400) -> str:
    """Makes the memory of an earlier visit; returns its digest."""
    rng = np.random.default_rng(1)
    with MemoryStore(path, session="monday", seed=7, seconds_per_tick=0.5) as store:
        for number in range(count):
            record = MemoryRecord(
                id=f"{number:032x}",
                kind="snapshot",
                content={"n": number},
                payload=tuple(rng.bytes(size >> shift) for shift in (3, 2, 0)),
                losses=(0.5, 0.2, 0.0),
            )
            store.apply([Add(record=record)])
        return store.digest()


@pytest.fixture
def monday(tmp_path: Path) -> Path:
    earlier(tmp_path / "monday.mem")
    return tmp_path / "monday.mem"


def test_a_visit_starts_afresh_over_an_earlier_one(monday: Path) -> None:
    with open_memory(monday, session="tuesday", seed=3) as store:
        assert (len(store), store.session, store.seed) == (0, "tuesday", 3)
    with MemoryStore.read(monday) as store:
        assert len(store) == 0


@pytest.mark.parametrize("exported", [False, True])
@pytest.mark.parametrize("in_memory", [False, True])
def test_a_visit_goes_on_from_a_folder_or_a_file_and_leaves_it_alone(
    tmp_path: Path, *, exported: bool, in_memory: bool
) -> None:
    digest = earlier(tmp_path / "monday.mem")
    source = tmp_path / "monday.mem"
    if exported:
        source = tmp_path / "file.mem"
        with MemoryStore.read(tmp_path / "monday.mem") as store:
            store.export(source)
    target = None if in_memory else tmp_path / "tuesday.mem"
    if target is not None:
        earlier(target, count=1)
    with open_memory(target, session="tuesday", seed=99, resume=source) as store:
        assert store.digest() == digest
        assert (store.session, store.seed, store.seconds_per_tick) == ("tuesday", 7, 0.5)
    with open_memory(target, resume=source) as store:
        assert store.session == "monday"
    with MemoryStore.read(source) as store:
        assert store.digest() == digest
    names = {entry.name for entry in tmp_path.iterdir()}
    assert names <= {"monday.mem", "file.mem", "tuesday.mem"}


def test_a_visit_goes_on_in_place(monday: Path) -> None:
    with open_memory(monday, session="tuesday", resume=monday.parent / "." / "monday.mem") as store:
        assert (len(store), store.session, store.sequence) == (3, "tuesday", 3)


def test_what_is_gone_on_from_is_brought_down_to_the_budget(tmp_path: Path) -> None:
    earlier(tmp_path / "large.mem", count=40, size=60_000)
    small = StoreConfig(budget_bytes=MIB)
    for target in (tmp_path / "other.mem", tmp_path / "large.mem"):
        with open_memory(target, small, resume=tmp_path / "large.mem") as store:
            assert store.disk_bytes <= MIB
            assert len(store) == 40
    earlier(tmp_path / "hopeless.mem", count=40, size=400_000)
    with pytest.raises(BudgetError, match="cannot shrink"):
        open_memory(tmp_path / "other.mem", small, resume=tmp_path / "hopeless.mem")
    with MemoryStore.read(tmp_path / "other.mem") as store:
        assert len(store) == 40 and store.disk_bytes <= MIB


def test_what_the_archive_holds_comes_back_with_a_larger_budget(tmp_path: Path) -> None:
    path = tmp_path / "large.mem"
    digest = earlier(path, count=40, size=60_000)
    for budget, whole in ((MIB, False), (8 * MIB, True)):
        config = StoreConfig(budget_bytes=budget, archive_bytes=8 * MIB)
        with open_memory(path, config, resume=path) as store:
            assert (store.digest() == digest) == whole
            assert store.disk_bytes <= budget


def test_nothing_is_replaced_but_a_memory(monday: Path, tmp_path: Path) -> None:
    (monday / "diary.txt").write_text("dear diary")
    with pytest.raises(ConfigError, match=r"diary\.txt, which is no part of a memory"):
        open_memory(monday)
    (monday / "diary.txt").unlink()
    (monday / "memory.sqlite-letters").mkdir()
    with pytest.raises(ConfigError, match="no part of a memory"):
        open_memory(monday)
    (monday / "memory.sqlite-letters").rmdir()
    with MemoryStore.read(monday) as store:
        assert store.verify().ok
    letter = tmp_path / "letter.mem"
    letter.write_text("a letter")
    with pytest.raises(ConfigError, match="is no memory and is not replaced"):
        open_memory(letter)
    assert letter.read_text() == "a letter"


def test_an_exported_file_gives_way_to_a_folder(monday: Path, tmp_path: Path) -> None:
    with MemoryStore.read(monday) as store:
        store.export(tmp_path / "house.mem")
    with open_memory(tmp_path / "house.mem", resume=tmp_path / "house.mem") as store:
        assert len(store) == 3
    assert (tmp_path / "house.mem").is_dir()
    open_memory(tmp_path / "house.mem").close()
    clear_memory(tmp_path / "house.mem")
    clear_memory(tmp_path / "house.mem")
    assert not (tmp_path / "house.mem").exists()


def test_a_memory_that_is_written_to_is_not_replaced(monday: Path) -> None:
    with MemoryStore(monday), pytest.raises(MemoryFileError, match="another process writes"):
        open_memory(monday)
    assert len(MemoryStore.read(monday)) == 3


def test_what_is_left_of_a_broken_replacement_is_cleared(monday: Path, tmp_path: Path) -> None:
    earlier(tmp_path / "tuesday.mem.new", count=1)
    with open_memory(tmp_path / "tuesday.mem", resume=monday) as store:
        assert len(store) == 3
    assert not (tmp_path / "tuesday.mem.new").exists()


def test_a_wrong_name_is_found_before_anything_is_replaced(monday: Path) -> None:
    from embodied_mem.brain.build import MemoryConfig

    with pytest.raises(ConfigError, match="did you mean 'fifo'"):
        build_hippocampus(MemoryConfig(allocator="fifoo"), path=monday)
    with pytest.raises(MemoryFileError, match="No such file"):
        build_hippocampus(path=monday, resume=monday.with_name("none.mem"))
    assert len(MemoryStore.read(monday)) == 3
