"""Whatever becomes of one file of a store: an error of ours, or what was written, never else."""

import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import pytest

from embodied_mem.errors import EmbodiedMemError
from embodied_mem.memory import Add, MemoryRecord, MemoryStore
from mutations import mutated
from small_store import fact, fill

LONGEST = 20.0
"""Seconds that no look at a folder may take; each takes milliseconds."""
NEW = "e" * 32


@dataclass(frozen=True)
class Snapshot:
    """A store folder, file by file, and what it holds."""

    files: dict[str, bytes]
    records: dict[str, MemoryRecord]
    older: frozenset[bytes]
    """Every state that a record was ever in, encoded."""


def encoded(record: MemoryRecord) -> bytes:
    return msgspec.msgpack.encode(record)


def files_of(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}


@pytest.fixture(scope="module", params=["closed", "killed"])
def snapshot(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Snapshot:
    """A store that was closed, and one that was left as a killed process leaves it."""
    folder = tmp_path_factory.mktemp("fuzz") / "store"
    older: set[bytes] = set()
    with MemoryStore(folder, session="fuzz", seed=3) as store:

        def note() -> None:
            older.update(encoded(record) for record in store.records())

        for seed in range(3):
            fill(store, seed, rounds=2, after_batch=note)
        left = files_of(folder)
        records = {record.id: record for record in store.records()}
    files = files_of(folder) if request.param == "closed" else left
    # The shared memory of the log is never read again: SQLite rebuilds it.
    files = {name: data for name, data in files.items() if data and not name.endswith("-shm")}
    return Snapshot(files, records, frozenset(older))


def damaged_folders(
    snapshot: Snapshot, folder: Path, seed: int, count: int
) -> Iterator[tuple[str, bool]]:
    """Makes the folder again and again, each time with one damaged file; yields its name."""
    rng = np.random.default_rng(seed)
    names = list(snapshot.files)
    for index in range(count):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        name = names[index % len(names)]
        data = mutated(rng, snapshot.files[name])
        for other, content in snapshot.files.items():
            (folder / other).write_bytes(data if other == name else content)
        yield name, data == snapshot.files[name]


def check_read(folder: Path, name: str, snapshot: Snapshot) -> bool:
    """Reads a folder whose file `name` is damaged; returns whether it could be opened."""
    try:
        store = MemoryStore.read(folder)
    except EmbodiedMemError:
        return False
    with store:
        wrong, right = 0, 0
        for record_id in {*store.columns.ids, *snapshot.records} - {""}:
            try:
                record = store.get(record_id)
            except EmbodiedMemError:
                wrong += record_id in snapshot.records
                continue
            if record == snapshot.records.get(record_id):
                right += 1
                continue
            # What follows the damage in the log may be lost, never made up.
            assert name.endswith("-wal")
            assert encoded(record) in snapshot.older
            wrong += 1
        if wrong and not name.endswith("-wal"):
            assert not store.verify().ok
        return True


def check_write(folder: Path) -> bool:
    """Writes to a damaged folder; returns whether that worked."""
    record = fact(NEW, 1000, 1000)
    try:
        with MemoryStore(folder) as store:
            store.apply([Add(record=record)])
            assert store.get(NEW).content == record.content
        with MemoryStore.read(folder) as store:
            assert store.get(NEW).content == record.content
    except EmbodiedMemError:
        return False
    return True


def fuzz(snapshot: Snapshot, folder: Path, seed: int, count: int) -> dict[str, int]:
    told = {"opened": 0, "written": 0}
    for name, same in damaged_folders(snapshot, folder, seed, count):
        started = time.monotonic()
        opened = check_read(folder, name, snapshot)
        written = check_write(folder)
        assert (opened and written) or not same
        assert time.monotonic() - started < LONGEST
        told["opened"] += opened
        told["written"] += written
    return told


def test_a_damaged_file_is_noticed_or_harmless(snapshot: Snapshot, tmp_path: Path) -> None:
    told = fuzz(snapshot, tmp_path / "store", seed=1, count=70)
    assert told["opened"] > 10  # damage to one file leaves most of the others readable


@pytest.mark.slow
def test_thousands_of_damaged_files_are_noticed_or_harmless(
    snapshot: Snapshot, tmp_path: Path
) -> None:
    fuzz(snapshot, tmp_path / "store", seed=2, count=3000)


def test_what_is_not_damaged_reads_in_full(snapshot: Snapshot, tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    for name, data in snapshot.files.items():
        (folder / name).write_bytes(data)
    with MemoryStore.read(folder) as store:
        assert {record.id: record for record in store.records()} == snapshot.records
