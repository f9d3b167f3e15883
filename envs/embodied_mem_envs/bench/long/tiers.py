"""`bench long --only tiers`: what a hot tier serves of a Zipf trace of reads, and what it spares.

The memory is what walks through houses leave: snapshots, objects, places, maps, ways. A read is
the whole of what a prompt needs of a record: its row checked and decoded, its layers read and
checked, the picture decoded to RGB, the vector laid out, its line of text rendered. Each record
is as popular as its rank, drawn at random, to the power of minus the exponent.
"""

import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from embodied_mem.memory import MemoryStore
from embodied_mem.memory.tiers import AgedDensity, Tiers, prompt_line
from embodied_mem.memory.tiers.ready import make_ready
from embodied_mem.memory.tiers.tiers import cost_of
from embodied_mem_envs.bench.long.lanes_memory import walk_frames, watcher
from embodied_mem_envs.bench.long.tiers_policies import (
    Served,
    bound,
    clairvoyant,
    gdsf,
    lfu,
    lru,
    serve,
)
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval

Note = Callable[[str], None]
EXPONENT: Final = 1.0
_OTHERS: Final = {"zipf_08": 0.8, "zipf_12": 1.2}
"""Other exponents, of which only the model of costs is reported."""
SHARE: Final = 0.1
"""Of the bytes that all records would take ready for use: what the hot tier may take."""
_FIRST_SEED: Final = 1000
_QUICK_SEED: Final = 5
_CHUNK: Final = 250
"""Reads measured at a time, by turns with and without tiers."""
_DRIFT_EVERY: Final = 1000
_DRIFT_SHARE: Final = 0.2


@dataclass(frozen=True, kw_only=True)
class _Records:
    """What is read, and what it takes and costs where it is ready."""

    ids: list[str]
    sizes: dict[str, int]
    costs: dict[str, float]

    def capacity(self) -> int:
        return int(SHARE * sum(self.sizes.values()))


def bench_tiers(*, quick: bool, note: Note, out: Path | None = None) -> dict[str, float]:
    """Measures the hot tier at a tenth of all bytes, and policies and bounds beside it.

    Returns:
        `hot_hits`: share of the reads that were served hot; `hot_cost_ratio`: CPU of all reads
        with tiers over CPU without; both also `_drift`, where every 1000 reads a fifth of the
        records exchange their popularity; by the model of costs also `_zipf_08` and `_zipf_12`,
        with other exponents. `hot_hits_<policy>` and `hot_cost_<policy>` for `lru`,
        `lfu`, `gdsf`, `clairvoyant` and `bound`, by the model of costs; means over the seeds, and
        of the first two the 95 % interval of the mean, `_low` to `_high`.
    """
    seeds = [_QUICK_SEED] if quick else range(_FIRST_SEED, _FIRST_SEED + 20)
    reads = 1500 if quick else 10_000
    figures: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        with MemoryStore(Path(folder) / "memory") as store:
            _walk(store, Path(folder), quick, note)
            records = _look(store, note)
        for seed in seeds:
            for name in ("", "_drift"):
                trace = _trace(records.ids, reads, seed, EXPONENT, drifting=bool(name))
                measured = _measure(Path(folder) / "memory", records, trace)
                for key, value in (measured | _compare(records, trace)).items():
                    figures.setdefault(key + name, []).append(value)
            for name, exponent in _OTHERS.items():
                served = _served(records, _trace(records.ids, reads, seed, exponent))
                figures.setdefault(f"hot_hits_{name}", []).append(served.hits)
                figures.setdefault(f"hot_cost_{name}", []).append(served.cost)
            note(f"seed {seed}: " + _told({key: each[-1] for key, each in figures.items()}))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "tiers.json").write_text(json.dumps(figures, indent=1))
    means = {key: float(np.mean(each)) for key, each in figures.items()}
    for key in () if quick else ("hot_hits", "hot_cost_ratio"):
        found = mean_interval(figures[key])
        means |= {f"{key}_low": found.lo, f"{key}_high": found.hi}
    return means


def _walk(store: MemoryStore, folder: Path, quick: bool, note: Note) -> None:
    """Walks through houses, and puts what each leaves into one store."""
    first, houses, frames, width = (
        (_QUICK_SEED, 1, 150, 320) if quick else (_FIRST_SEED, 5, 300, 640)
    )
    for seed in range(first, first + houses):
        with MemoryStore(seed=seed) as single:
            hippocampus = watcher(single)
            for frame in walk_frames(seed, frames, width, every=3):
                hippocampus.observe(frame)
            hippocampus.consolidate()
            single.export(folder / f"{seed}.mem")
        store.import_(folder / f"{seed}.mem")
        note(f"house {seed} walked: {len(store)} records")


def _look(store: MemoryStore, note: Note) -> _Records:
    sizes, costs, pictures = {}, {}, 0
    for record in store.records(payload=False):
        slot = store.slot_of(record.id)
        ready = make_ready(store._state, slot, prompt_line)[0]
        sizes[record.id], costs[record.id] = ready.nbytes, cost_of(ready)
        pictures += ready.picture is not None
    note(
        f"{len(sizes)} records, {pictures} with a picture; {sum(sizes.values()) / 1e6:.1f} MB "
        f"ready for use, {store.nbytes / 1e6:.2f} MB as stored"
    )
    return _Records(ids=sorted(sizes), sizes=sizes, costs=costs)


def _trace(
    ids: list[str], reads: int, seed: int, exponent: float, *, drifting: bool = False
) -> list[str]:
    rng = np.random.default_rng((seed, 11))
    share = 1 / np.arange(1, len(ids) + 1) ** exponent
    share /= share.sum()
    ranked = rng.permutation(len(ids))
    trace: list[str] = []
    while len(trace) < reads:
        count = min(_DRIFT_EVERY, reads - len(trace))
        trace += [ids[ranked[rank]] for rank in rng.choice(len(ids), count, p=share).tolist()]
        if drifting:
            moved = rng.choice(len(ids), int(_DRIFT_SHARE * len(ids)), replace=False)
            ranked[moved] = ranked[rng.permutation(moved)]
    return trace


def _measure(folder: Path, records: _Records, trace: list[str]) -> dict[str, float]:
    """Reads a trace with tiers and without, by turns, from a store on the disk."""
    with MemoryStore(folder) as store:
        tiers = Tiers(store, hot_bytes=records.capacity())
        tiers.clear()
        state = store._state
        with_tiers = without = 0.0
        for first in range(0, len(trace), _CHUNK):
            chunk = trace[first : first + _CHUNK]
            started = time.process_time()
            for key in chunk:
                tiers.read(key)
            between = time.process_time()
            for key in chunk:
                make_ready(state, store.slot_of(key), prompt_line)
            with_tiers += between - started
            without += time.process_time() - between
        counts, pictures = tiers.counts, 1e3 * without / len(trace)
        tiers.clear()
    return {
        "hot_hits": counts.hits / counts.reads,
        "hot_cost_ratio": with_tiers / without,
        "untiered_read_cpu_ms": pictures,
    }


def _compare(records: _Records, trace: list[str]) -> dict[str, float]:
    args = (trace, records.sizes, records.costs, records.capacity())
    served: dict[str, Served] = {
        "ours": _served(records, trace),
        "lru": serve(lru(), *args),
        "lfu": serve(lfu(), *args),
        "gdsf": serve(gdsf(), *args),
        "clairvoyant": clairvoyant(*args, by_cost=True),
        "bound": bound(*args),
    }
    return {
        f"{figure}_{name}": value
        for name, each in served.items()
        for figure, value in (("hot_hits", each.hits), ("hot_cost", each.cost))
    }


def _served(records: _Records, trace: list[str]) -> Served:
    """Returns what our policy serves of a trace."""
    capacity = records.capacity()
    return serve(AgedDensity(), trace, records.sizes, records.costs, capacity)


def _told(figures: dict[str, float]) -> str:
    return ", ".join(f"{key} {value:.3f}" for key, value in sorted(figures.items()))
