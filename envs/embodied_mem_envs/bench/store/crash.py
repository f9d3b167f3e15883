"""Crashes: a process that writes is killed at any point, and its store opened by another."""

import multiprocessing
import os
import struct
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from embodied_mem.errors import EmbodiedMemError
from embodied_mem.memory import MemoryRecord, MemoryStore
from embodied_mem_envs.bench.store.plain_model import PlainModel, unfound
from embodied_mem_envs.bench.store.scripted_load import (
    ARCHIVE,
    BUDGET,
    CHORES,
    Ledger,
    ScriptedLoad,
    carry_out,
)

_LONGEST: Final = 0.15
"""Seconds that a writer is left alone, once it is open, at most."""
_WHILE_OPENING: Final = 0.15
"""Share of the writers that are killed while they open the store."""
_ACK: Final = struct.Struct("<?q")
"""Whether the store let a step be done; the number of its last batch."""


def _open(folder: Path) -> MemoryStore:
    return MemoryStore(folder, budget_bytes=BUDGET, archive_bytes=ARCHIVE)


def write_until_killed(folder: Path, records: bytes, seed: int, pipe: Connection) -> None:
    """Puts a store under load and acknowledges every step; it ends only by being killed.

    Args:
        folder: Of the store.
        records: The records that it holds, as msgpack: the load follows from them.
        seed: Of the load.
        pipe: Where acknowledgements go.
    """
    store = _open(folder)
    ledger = Ledger(_model(records), store.sequence)
    load = ScriptedLoad(seed, chores=CHORES)
    os.write(pipe.fileno(), _ACK.pack(True, store.sequence))
    while True:
        step = load.step(ledger.model)
        after = ledger.foreseen(step)
        done = False
        if step.chore == "reopen":
            store.close()
            store = _open(folder)
        elif after is not None:
            done = carry_out(store, step)
        os.write(pipe.fileno(), _ACK.pack(done, store.sequence))
        if done and after is not None:
            ledger.acknowledge(after, store.sequence)


def _model(records: bytes) -> PlainModel:
    return PlainModel(msgspec.msgpack.decode(records, type=list[MemoryRecord]))


class Victim:
    """A store that one process after the other writes to, until it is killed.

    Args:
        folder: Where to make the store.
        seed: Of the load and of when to kill.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.model = PlainModel()
        """What is known to be in the store."""
        self.batches = 0
        """Steps that were acknowledged in all."""
        self._rng = np.random.default_rng(seed)
        # Children of a process that has loaded everything start in a few milliseconds.
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload([__name__])
        with _open(folder):
            pass

    def kill_one(self) -> list[str]:
        """Starts a writer, kills it, and compares; returns what is wrong, one line each."""
        seed = int(self._rng.integers(1 << 31))
        acknowledged = self._write_and_kill(seed)
        load = ScriptedLoad(seed, chores=CHORES)
        ledger = Ledger(self.model, acknowledged[0][1] if acknowledged else 0)
        for done, sequence in acknowledged[1:]:
            after = ledger.foreseen(load.step(ledger.model))
            if done and after is not None:
                ledger.acknowledge(after, sequence)
        self.batches += max(len(acknowledged) - 1, 0)
        open_batch = ledger.foreseen(load.step(ledger.model)) if acknowledged else None
        return self._compare([ledger.model, open_batch or ledger.model])

    def _write_and_kill(self, seed: int) -> list[tuple[bool, int]]:
        ours, theirs = self._context.Pipe(duplex=False)
        records = msgspec.msgpack.encode(list(self.model.records.values()))
        arguments = (self.folder, records, seed, theirs)
        writer = self._context.Process(target=write_until_killed, args=arguments, daemon=True)
        writer.start()
        theirs.close()
        data = b""
        if self._rng.random() < _WHILE_OPENING:
            time.sleep(self._rng.uniform(0, _LONGEST / 3))
        else:
            data = os.read(ours.fileno(), _ACK.size)
            time.sleep(self._rng.uniform(0, _LONGEST))
        writer.kill()
        writer.join()
        while part := os.read(ours.fileno(), 1 << 16):
            data += part
        ours.close()
        return list(_ACK.iter_unpack(data[: len(data) // _ACK.size * _ACK.size]))

    def _compare(self, allowed: list[PlainModel]) -> list[str]:
        """Looks at the store: to write, which cleans up, or to read, which leaves it as it is."""
        try:
            to_read = self._rng.random() < 0.5
            with MemoryStore.read(self.folder) if to_read else _open(self.folder) as store:
                found = [(model.differences(store), model) for model in allowed]
                lines, self.model = min(found, key=lambda item: len(item[0]))
                lines += unfound(store, self.model)
                report = store.verify()
                return lines + [str(damage) for damage in report.damages]
        except EmbodiedMemError as error:
            return [str(error)] * max(len(allowed[0].records), 1)


def bench_crash(*, quick: bool, note: Callable[[str], None]) -> dict[str, float]:
    """Kills a process that writes (SIGKILL), again and again, on one and the same store.

    Returns:
        `crash_lost_ops`: records that are not as acknowledged, that cannot be found by a word or
        by their vector, or that `verify` names; `crash_kills`: how often a writer was killed;
        `crash_batches`: how many batches they had acknowledged.
    """
    kills, lost = 25 if quick else 200, 0
    with tempfile.TemporaryDirectory(prefix="crash-") as folder:
        victim = Victim(Path(folder) / "store", 5)
        for number in range(kills):
            lines = victim.kill_one()
            lost += len(lines)
            if lines:
                note(f"kill {number}: {lines[0]}")
    note(f"{kills} kills, {victim.batches} acknowledged batches")
    return {
        "crash_lost_ops": float(lost),
        "crash_kills": float(kills),
        "crash_batches": float(victim.batches),
    }
