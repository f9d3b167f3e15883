"""A store in a folder: what was acknowledged stays, the budget holds, and trouble has a name."""

import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.errors import BudgetError, MemoryFileError, StoreError
from embodied_mem.memory import (
    Add,
    Delete,
    Filter,
    MemoryRecord,
    MemoryStore,
    Operation,
    RecordIds,
    Update,
)
from embodied_mem.memory.storage.journal import Journal, Settings

MIB = 1 << 20


def record(record_id: str, seed: int, size: int = 6000) -> MemoryRecord:
    rng = np.random.default_rng(seed)
    return MemoryRecord(
        id=record_id,
        kind="snapshot",
        content={"text": f"view number {seed}", "n": seed},
        about=(f"thing-{seed % 9}",),
        payload=(rng.bytes(size // 8), rng.bytes(size // 4), rng.bytes(size // 2)),
        losses=(0.4, 0.1, 0.0),
        embedding=rng.normal(size=32).astype("<f4").tobytes(),
        space="test",
        recorded_at=seed,
    )


def filled(path: Path, count: int = 12) -> MemoryStore:
    store, ids = MemoryStore(path, session="first", seed=5), RecordIds(5)
    for number in range(count):
        store.apply([Add(record=record(ids.new(number), number))])
    return store


def du(path: Path) -> int:
    """Returns what `du` counts of the live store: all blocks but the archive's."""
    entries = [path, *(each for each in path.iterdir() if each.name != "archive")]
    return sum(each.lstat().st_blocks * 512 for each in entries)


def child(code: str, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_was_acknowledged_is_there_without_a_close(tmp_path: Path) -> None:
    store = filled(tmp_path / "a.mem")
    digest, sequence = store.digest(), store.sequence
    shutil.copytree(tmp_path / "a.mem", tmp_path / "killed.mem")  # as a kill would leave it
    with MemoryStore(tmp_path / "killed.mem") as again:
        assert (again.digest(), again.sequence, again.session) == (digest, sequence, "first")
        assert again.verify().ok
        again.rollback(sequence)
        assert len(again) == 11
    store.close()


def test_a_closed_folder_copies_as_it_is(tmp_path: Path) -> None:
    with filled(tmp_path / "a.mem") as store:
        digest = store.digest()
    names = {entry.name for entry in (tmp_path / "a.mem").iterdir()}
    assert "memory.sqlite" in names
    assert not {"memory.sqlite-wal", "memory.sqlite-shm"} & names
    shutil.copytree(tmp_path / "a.mem", tmp_path / "b.mem")
    with MemoryStore.read(tmp_path / "b.mem") as copy:
        assert copy.digest() == digest
        assert copy.verify().ok
    store.close()  # a second time


def test_a_reader_may_not_write_and_keeps_up(tmp_path: Path) -> None:
    with filled(tmp_path / "a.mem") as store, MemoryStore.read(tmp_path / "a.mem") as reader:
        for write in (
            lambda: reader.apply([Delete(id=f"{1:032x}")]),
            lambda: reader.shrink(1),
            lambda: reader.rollback(1),
            lambda: reader.note_reads([], 0),
        ):
            with pytest.raises(StoreError, match="opened for reading"):
                write()
        assert reader.digest() == store.digest()
        first = next(store.records()).id
        store.apply([Delete(id=first), Add(record=record(f"{7 << 90:032x}", 99))])
        assert first not in reader
        assert [r.content["n"] for r in reader.query(Filter(about="thing-0"))] == [9, 99]
        assert reader.digest() == store.digest()


def test_one_process_writes(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from embodied_mem.memory import MemoryStore\n"
        "from embodied_mem.errors import MemoryFileError\n"
        "try:\n    MemoryStore(Path(sys.argv[1]))\n"
        "except MemoryFileError as error:\n    print(error)\n"
    )
    with filled(tmp_path / "a.mem"):
        assert "another process writes to the memory" in child(code, str(tmp_path / "a.mem"))
        with pytest.raises(MemoryFileError, match="another process writes"):
            MemoryStore(tmp_path / "a.mem")
    assert child(code, str(tmp_path / "a.mem")) == ""


FULL_DISK = """
import resource, sys
from pathlib import Path
sys.path[:0] = sys.argv[3:]
from test_store_folder import record
from embodied_mem.errors import StoreFullError
from embodied_mem.memory import Add, MemoryStore, RecordIds

store, ids, acknowledged = MemoryStore(Path(sys.argv[1])), RecordIds(1), []
limit = int(sys.argv[2])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    for tick in range(10_000):
        acknowledged += store.apply([Add(record=record(ids.new(tick), tick))])
except StoreFullError as error:
    assert "nothing acknowledged was lost" in str(error), error
else:
    raise AssertionError("the disk was never full")
assert [each.id for each in store.records()] == acknowledged
for each in acknowledged[-3:]:
    assert len(store.get(each).payload) == 3
print(*acknowledged)
"""


@pytest.mark.parametrize("limit", [200_000, 700_000])
def test_a_full_disk_is_an_error_and_loses_nothing(tmp_path: Path, limit: int) -> None:
    path = tmp_path / "a.mem"
    out = child(FULL_DISK, str(path), str(limit), str(Path(__file__).parent))
    acknowledged = out.split()
    assert len(acknowledged) >= 5
    with MemoryStore(path) as store:
        held = [each.id for each in store.records()]
        assert held[: len(acknowledged)] == acknowledged
        assert store.verify().ok
        store.apply([Add(record=record(f"{1 << 120:032x}", 10**6))])


READ_ONLY = """
import ctypes, os, sys
from pathlib import Path
from embodied_mem.errors import EmbodiedMemError
from embodied_mem.memory import MemoryStore

if os.geteuid() == 0:  # the administrator may write anywhere, unless it gives that up
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    assert ctypes.CDLL(None).capset(header, (ctypes.c_uint32 * 6)()) == 0
path = Path(sys.argv[1])
try:
    MemoryStore(path)
except EmbodiedMemError as error:
    print(type(error).__name__, error)
with MemoryStore.read(path) as store:
    print(len(store), store.verify().ok)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="gives up Linux capabilities")
def test_a_read_only_folder_is_a_clear_error_and_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "a.mem"
    filled(path).close()
    paths = [path, *path.rglob("*")]
    for each in paths:
        each.chmod(0o555 if each.is_dir() else 0o444)
    try:
        first, second = child(READ_ONLY, str(path)).splitlines()
    finally:
        for each in paths:
            each.chmod(0o755)
    assert first.startswith("StoreFullError cannot write to the memory")
    assert "a.mem: Permission denied" in first
    assert second == "12 True"


def test_a_newer_schema_is_refused_politely(tmp_path: Path) -> None:
    filled(tmp_path / "a.mem").close()
    connection = sqlite3.connect(tmp_path / "a.mem" / "memory.sqlite", isolation_level=None)
    Journal(connection).write_settings(Settings(schema=99))
    connection.close()
    for opened in (MemoryStore, MemoryStore.read):
        with pytest.raises(MemoryFileError, match=r"schema 99.*newer embodied_mem"):
            opened(tmp_path / "a.mem")


def test_what_is_no_memory_is_named(tmp_path: Path) -> None:
    with pytest.raises(MemoryFileError, match=r"nothing\.mem: No such file"):
        MemoryStore.read(tmp_path / "nothing.mem")
    with pytest.raises(MemoryFileError, match="is not a memory"):
        MemoryStore.read(tmp_path)
    (tmp_path / "letter.txt").write_text("dear reader")
    with pytest.raises(MemoryFileError, match=r"letter\.txt"):
        MemoryStore(tmp_path)
    with pytest.raises(MemoryFileError, match="is a file"):
        MemoryStore(tmp_path / "letter.txt")
    assert [entry.name for entry in tmp_path.iterdir()] == ["letter.txt"]


def test_the_budget_holds_after_every_batch(tmp_path: Path) -> None:
    rng, ids, held = np.random.default_rng(4), RecordIds(4), list[str]()
    with MemoryStore(tmp_path / "a.mem", budget_bytes=MIB, archive_bytes=MIB // 2) as store:
        for tick in range(300):
            batch: list[Operation] = []
            for _ in range(int(rng.integers(1, 4))):
                size = int(rng.integers(100, 20_000))
                batch.append(Add(record=record(ids.new(tick), tick, size)))
                held.append(batch[-1].record.id)
            if tick % 5 == 4:
                old = held.pop(int(rng.integers(len(held) - 4)))
                batch.append(Update(id=old, tick=tick, changes={"content": {"n": tick}}))
                held.append(old)
            try:
                store.apply(batch)
            except BudgetError:
                for operation in batch:
                    if isinstance(operation, Add):
                        held.remove(operation.record.id)
                store.apply([Delete(id=each) for each in held[:20]])
                del held[:20]
            assert du(tmp_path / "a.mem") <= MIB
            archive = tmp_path / "a.mem" / "archive"
            files = sum(each.lstat().st_blocks * 512 for each in (archive, *archive.iterdir()))
            assert files <= MIB // 2
        assert sorted(held) == [each.id for each in store.records(payload=False)]
        assert {each.level for each in store.records(payload=False)} > {1}
        assert store.verify().ok
    assert du(tmp_path / "a.mem") <= MIB
    with MemoryStore.read(tmp_path / "a.mem") as again:
        assert sorted(held) == [each.id for each in again.records()]


def test_a_budget_that_is_too_small_is_refused(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="too small"):
        MemoryStore(tmp_path / "a.mem", budget_bytes=MIB - 1)
