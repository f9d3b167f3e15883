"""How fast acknowledged writes are beside raw SQLite, and how fast a large store opens again."""

import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from embodied_mem.memory import Add, MemoryRecord, MemoryStore
from embodied_mem.memory.text import text_of
from embodied_mem_envs.bench.store.workload import records

BATCH = 64


def bench_speed(*, quick: bool, note: Callable[[str], None]) -> dict[str, float]:
    """Measures acknowledged durable adds against raw SQLite (wall clock), and reopening.

    Raw SQLite inserts the same bytes in WAL mode with full synchronous: the picture, the float32
    vector, the encoded rest, and a row of a full-text table with the same words. Both write by
    turns, a chunk each, so that both meet the same disk.
    """
    note("durable adds against raw SQLite")
    metrics = _single(120 if quick else 600) | _batches(8 if quick else 40)
    note("reopening")
    return metrics | _reopen(10_000 if quick else 100_000, quick)


class _Raw:
    """What a careful user of SQLite alone would write."""

    def __init__(self, path: Path) -> None:
        self.connection = sqlite3.connect(path, isolation_level=None)
        execute = self.connection.execute
        execute("PRAGMA journal_mode=WAL")
        execute("PRAGMA synchronous=FULL")
        execute("PRAGMA secure_delete=OFF")
        execute("CREATE TABLE records(id TEXT PRIMARY KEY, body, picture BLOB, vector BLOB)")
        execute("CREATE VIRTUAL TABLE words USING fts5(text)")

    def add(self, batch: list[MemoryRecord]) -> None:
        """Inserts records in one transaction."""
        execute = self.connection.execute
        execute("BEGIN IMMEDIATE")
        for record in batch:
            picture = b"".join(record.payload)
            row = (record.id, repr(record.content), picture, record.embedding)
            execute("INSERT INTO records VALUES(?, ?, ?, ?)", row)
            execute("INSERT INTO words(text) VALUES(?)", (text_of(record),))
        execute("COMMIT")


def _single(count: int) -> dict[str, float]:
    ours, raw, cpu = _by_turns([[r] for r in records(count, seed=1)], chunk=10)
    return {
        "durable_add_vs_sqlite": raw / ours,
        "durable_add_ms": 1e3 * ours,
        "durable_add_cpu_ms": 1e3 * cpu,
        "sqlite_add_ms": 1e3 * raw,
    }


def _batches(count: int) -> dict[str, float]:
    stream = list(records(count * BATCH, seed=2))
    batches = [stream[i : i + BATCH] for i in range(0, len(stream), BATCH)]
    ours, raw, cpu = _by_turns(batches, chunk=1)
    return {
        "durable_batch_vs_sqlite": raw / ours,
        "durable_batch_ms": 1e3 * ours,
        "durable_batch_cpu_ms": 1e3 * cpu,
        "sqlite_batch_ms": 1e3 * raw,
    }


def _by_turns(batches: list[list[MemoryRecord]], chunk: int) -> tuple[float, float, float]:
    """Returns wall seconds a batch of ours and of raw SQLite, and CPU seconds of ours.

    Medians over the chunks: other users of the machine disturb some of them a lot.
    """
    with tempfile.TemporaryDirectory(dir=_scratch()) as folder:
        raw = _Raw(Path(folder) / "raw.sqlite")
        ours, theirs, cpu = [], [], []
        with MemoryStore(Path(folder) / "ours") as store:
            for group in _chunks(batches, chunk):
                start, used = time.perf_counter(), time.process_time()
                for batch in group:
                    store.apply([Add(record=record) for record in batch])
                ours.append((time.perf_counter() - start) / len(group))
                cpu.append((time.process_time() - used) / len(group))
                start = time.perf_counter()
                for batch in group:
                    raw.add(batch)
                theirs.append((time.perf_counter() - start) / len(group))
        raw.connection.close()
    return statistics.median(ours), statistics.median(theirs), statistics.median(cpu)


def _chunks(batches: list[list[MemoryRecord]], size: int) -> Iterator[list[list[MemoryRecord]]]:
    for start in range(0, len(batches), size):
        yield batches[start : start + size]


def _reopen(count: int, quick: bool) -> dict[str, float]:
    """Opens a closed store for writing, several times; all its files are in the page cache."""
    with tempfile.TemporaryDirectory(dir=_scratch()) as folder:
        path = Path(folder) / "store"
        with MemoryStore(path) as store:
            stream = records(count, seed=3, payload=200)
            while batch := [
                Add(record=record) for _, record in zip(range(1000), stream, strict=False)
            ]:
                store.apply(batch)
        wall, cpu = [], []
        for _ in range(3 if quick else 5):
            start, used = time.perf_counter(), time.process_time()
            with MemoryStore(path) as store:
                wall.append(time.perf_counter() - start)
                cpu.append(time.process_time() - used)
                if len(store) != count:
                    raise RuntimeError(f"{len(store)} of {count} records came back")
    scale = 100_000 / count
    return {
        "reopen_100k_s": statistics.median(wall) * scale,
        "reopen_100k_cpu_s": statistics.median(cpu) * scale,
        "reopen_records": float(count),
    }


def _scratch() -> str | None:
    """Returns a folder on a real disk: durable writes to memory prove nothing."""
    return os.environ.get("EMBODIED_MEM_SCRATCH")
