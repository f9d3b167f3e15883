"""One process writes, others read: they never wait for each other, and see whole batches alone."""

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import watching_reader
from embodied_mem.errors import MemoryFileError
from embodied_mem.memory import Add, Delete, Filter, MemoryRecord, MemoryStore, Operation, Update
from watching_reader import GROUPS, MEMBERS, payload_of

BATCHES = 150


def member(record_id: str, group: int, number: int) -> MemoryRecord:
    payload = payload_of(record_id, number)
    rng = np.random.default_rng(number)
    return MemoryRecord(
        id=record_id,
        kind="event",
        content={"number": number, "text": f"group {group}"},
        about=(f"group-{group}",),
        valid_from=number,
        recorded_at=number,
        payload=payload,
        losses=(0.5, 0.0),
        embedding=rng.normal(size=16).astype("<f4").tobytes(),
        space="look",
    )


class Writer:
    """Changes one group after the other, each as one batch."""

    def __init__(self, store: MemoryStore) -> None:
        self.store = store
        self.number = 0
        self.members: dict[int, list[str]] = {group: [] for group in range(GROUPS)}
        self.rng = np.random.default_rng(3)

    def write(self) -> None:
        self.number += 1
        group = int(self.rng.integers(GROUPS))
        old, what = self.members[group], self.rng.random()
        batch: list[Operation] = []
        if old and what < 0.6:
            for record_id in old:
                changes = {
                    "content": {"number": self.number, "text": f"group {group}"},
                    "payload": payload_of(record_id, self.number),
                    "losses": (0.5, 0.0),
                }
                batch.append(Update(id=record_id, tick=self.number, changes=changes))
        else:
            # New records take the slots of the old ones.
            batch += [Delete(id=record_id) for record_id in old]
            new = [f"{self.number:016x}{index:016x}" for index in range(MEMBERS)]
            batch += [Add(record=member(each, group, self.number)) for each in new]
            self.members[group] = new
        self.store.apply(batch)


@contextmanager
def readers(folder: Path, count: int) -> Iterator[list[dict[str, Any]]]:
    """Lets processes read while the block runs; fills in what they saw at its end."""
    command = [sys.executable, watching_reader.__file__, str(folder)]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(count)
    ]
    told: list[dict[str, Any]] = []
    try:
        for process in running:
            assert process.stdout is not None
            assert process.stdout.readline() == "reading\n"
        yield told
        told += [json.loads(process.communicate("stop\n")[0]) for process in running]
    finally:
        for process in running:
            process.kill()
            process.wait()


def test_readers_see_whole_batches_and_only_a_record_s_own_bytes(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with MemoryStore(folder, budget_bytes=1 << 20) as store:
        writer = Writer(store)
        with readers(folder, 2) as told:
            for number in range(BATCHES):
                writer.write()
                if number % 30 == 20:
                    store.compact()
                elif number % 30 == 29:
                    store.shrink(int(store.disk_bytes * 0.9))
        assert store.verify().ok
    for each in told:
        assert each["problems"] == []
        assert each["looks"] > 50 and each["states"] > 20, "it read too little to prove anything"


def test_a_reader_that_stays_in_a_state_does_not_hold_the_writer(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    with MemoryStore(folder) as store, MemoryStore.read(folder) as reader:
        writer = Writer(store)
        for _ in range(20):
            writer.write()
        held = sqlite3.connect(folder / "memory.sqlite", isolation_level=None)
        held.execute("BEGIN")
        (before,) = held.execute("SELECT max(sequence) FROM journal").fetchone()
        iterating = reader.records()
        first = next(iterating)
        for _ in range(40):
            writer.write()
        store.compact()
        writer.write()
        assert held.execute("SELECT max(sequence) FROM journal").fetchone() == (before,)
        held.close()
        # Records that went meanwhile are left out.
        assert all(watching_reader.wrong_with(each) == "" for each in (first, *iterating))
        assert list(reader.records()) == list(store.records())
        assert reader.sequence == store.sequence


def test_a_reader_outlives_the_writer_and_a_second_writer_is_kept_out(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    store = MemoryStore(folder)
    Writer(store).write()
    with MemoryStore.read(folder) as reader:
        with pytest.raises(MemoryFileError, match="another process writes"):
            MemoryStore(folder)
        store.close()
        assert len(reader.query(Filter(kind="event"))) == MEMBERS
        with MemoryStore(folder) as again:
            again.compact()
            again.apply([Delete(id=next(again.records()).id)])
            assert len(reader) == MEMBERS - 1
        assert reader.verify().ok
