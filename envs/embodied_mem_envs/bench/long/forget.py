"""Forgetting: what is left in the directory of 200 strings, pictures and vectors."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import process_time
from typing import Final

import msgspec
import numpy as np

from embodied_mem.brain.partners import ProfileRecords
from embodied_mem.memory import MemoryRecord, MemoryStore, Retriever
from embodied_mem.memory.consolidation import Consolidator
from embodied_mem.memory.forgetting import attach
from embodied_mem.memory.record import Statistics
from embodied_mem_envs.bench.long.forget_canaries import FORGOTTEN, Planted, plant
from embodied_mem_envs.bench.long.forget_crash import forget_and_die
from embodied_mem_envs.bench.long.forget_scan import bytes_of, scan_folder, scan_records
from embodied_mem_envs.bench.long.partners_episode import play

CANARIES: Final = 200
_FIRST_SEED: Final = 1000
_SEEDS, _QUICK_SEEDS = 5, 1
_CRASHES, _QUICK_CRASHES = 16, 3
"""Kills by seed, at random calls."""
_BUDGET: Final = 5 << 19
"""Bytes: less than all takes, so that layers go to the archive."""
_ARCHIVE: Final = 8 << 20
_LATE: Final = 100_000


@dataclass(slots=True)
class _Tally:
    planted: int = 0
    """Canaries that the scan finds before; what proves that it can find them."""
    before: int = 0
    leaks: int = 0
    crash_leaks: int = 0
    export_leaks: int = 0
    crashes: int = 0
    finished_at_opening: int = 0
    others_changed: int = 0
    damages: int = 0
    erased: int = 0
    rebuilt: int = 0
    cpu: float = 0.0
    bytes_before: int = 0
    bytes_after: int = 0


def bench_forget(
    *, quick: bool, note: Callable[[str], None], out: Path | None = None
) -> dict[str, float]:
    """Plants canaries into the memory of a house and its people, and forgets them.

    Returns:
        `forget_leaks`: canaries (strings, pictures and vectors) found afterwards, in the folder,
        in the folder after a kill in the middle and the next opening, or in an export; asked 0.
        `forget_found_before`: share of them that the same scan finds before. `forget_crashes`,
        `forget_finished_at_opening`, `forget_others_changed` (records that should have stayed as
        they were), `forget_damages`, `forget_cpu_s` and `forget_bytes_after` of `..._before` by
        seed, `forget_erased` and `forget_rebuilt` records.
    """
    tally = _Tally()
    seeds = _QUICK_SEEDS if quick else _SEEDS
    for seed in range(_FIRST_SEED, _FIRST_SEED + seeds):
        with tempfile.TemporaryDirectory(prefix="forget-") as name:
            _measure(seed, Path(name), _QUICK_CRASHES if quick else _CRASHES, tally)
        note(f"  seed {seed}: {tally.leaks + tally.crash_leaks + tally.export_leaks} leaks so far")
    figures = {
        "forget_leaks": float(tally.leaks + tally.crash_leaks + tally.export_leaks),
        "forget_found_before": tally.before / tally.planted,
        "forget_canaries": float(tally.planted),
        "forget_crashes": float(tally.crashes),
        "forget_finished_at_opening": float(tally.finished_at_opening),
        "forget_others_changed": float(tally.others_changed),
        "forget_damages": float(tally.damages),
        "forget_erased": float(tally.erased),
        "forget_rebuilt": float(tally.rebuilt),
        "forget_cpu_s": tally.cpu / seeds,
        "forget_bytes_before": tally.bytes_before / seeds,
        "forget_bytes_after": tally.bytes_after / seeds,
    }
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "forget.json").write_bytes(msgspec.json.format(msgspec.json.encode(figures)))
    return figures


def _measure(seed: int, folder: Path, crashes: int, tally: _Tally) -> None:
    memory = folder / "ours" / "memory"
    play(seed, "ours", folder / "ours")
    rng = np.random.default_rng([seed, 173])
    planted = _prepare(memory, rng)
    tally.planted += 3 * CANARIES
    tally.before += scan_folder(memory, planted.canaries).total
    copy = folder / "copy"
    shutil.copytree(memory, copy)
    calls = forget_and_die(copy, 0, FORGOTTEN)
    for at in rng.integers(1, calls, crashes).tolist():
        shutil.rmtree(copy)
        shutil.copytree(memory, copy)
        _crash(copy, at, planted, tally)
    _forget(memory, folder / "whole.mem", planted, tally)


def _prepare(memory: Path, rng: np.random.Generator) -> Planted:
    """Plants the canaries where the budget is short, and lets the memory live with them."""
    innocent = bytes_of(memory)
    with MemoryStore(memory, budget_bytes=_BUDGET, archive_bytes=_ARCHIVE) as store:
        planted = plant(store, rng, CANARIES - 20, tick=_LATE)
        Consolidator(store).finish()
        ProfileRecords(store).write()
        store.shrink(store.disk_bytes * 4 // 5)
        for text in planted.canaries.strings[::10]:
            Retriever(store).query(text)
    # What comes last still waits in the database when it is forgotten.
    with MemoryStore(memory, archive_bytes=_ARCHIVE) as store:
        late = plant(store, rng, 20, tick=2 * _LATE)
    planted.canaries.innocent = innocent
    planted.ids += late.ids
    planted.canaries.strings += late.canaries.strings
    planted.canaries.pictures += late.canaries.pictures
    planted.canaries.vectors += late.canaries.vectors
    return planted


def _forget(memory: Path, whole: Path, planted: Planted, tally: _Tally) -> None:
    store = MemoryStore(memory, archive_bytes=_ARCHIVE)
    attach(store, Consolidator(store))
    attach(store, ProfileRecords(store))
    before = _records(store)
    began = process_time()
    report = store.forget(about=FORGOTTEN)
    tally.cpu += process_time() - began
    tally.erased += report.erased
    tally.rebuilt += len(report.rebuilt)
    tally.bytes_before += report.bytes_before
    tally.bytes_after += report.bytes_after
    tally.leaks += scan_folder(memory, planted.canaries).total  # while it is open
    tally.others_changed += _changed(before, store, {*report.changed, *report.rebuilt})
    store.export(whole)
    tally.damages += len(store.verify().damages)
    store.close()
    tally.leaks += scan_folder(memory, planted.canaries).total
    with MemoryStore.read(whole) as export:
        tally.export_leaks += scan_records(export, planted.canaries).total


def _crash(copy: Path, at: int, planted: Planted, tally: _Tally) -> None:
    with MemoryStore.read(copy) as store:
        before = _records(store)
    forget_and_die(copy, at, FORGOTTEN)
    tally.crashes += 1
    with MemoryStore(copy, archive_bytes=_ARCHIVE) as store:
        if any(each in store for each in planted.ids):  # killed before anything was noted
            store.forget(about=FORGOTTEN)
        else:
            tally.finished_at_opening += 1
        tally.others_changed += _changed(before, store, set())
        tally.damages += len(store.verify().damages)
        tally.crash_leaks += scan_records(store, planted.canaries).total
    tally.crash_leaks += scan_folder(copy, planted.canaries).total


def _records(store: MemoryStore) -> dict[str, MemoryRecord]:
    return {record.id: _bare(record) for record in store.records()}


def _bare(record: MemoryRecord) -> MemoryRecord:
    return msgspec.structs.replace(record, statistics=Statistics())


def _changed(before: dict[str, MemoryRecord], store: MemoryStore, allowed: set[str]) -> int:
    """Counts records that are no longer what they were, but for links and what may change."""
    count = 0
    for record in store.records():
        old = before.get(record.id)
        same = old is not None and _bare(record) == old
        count += not same and record.id not in allowed and not _unlinked(old, record)
    return count


def _unlinked(old: MemoryRecord | None, record: MemoryRecord) -> bool:
    """Whether a record lost links to what went, and nothing else."""
    if old is None or not Counter(record.links) < Counter(old.links):
        return False
    return _bare(record) == msgspec.structs.replace(old, links=record.links)
