"""`bench long --only lanes`: what queries wait while ingest runs flat out, and what they cost it.

The memory holds 10 000 records on the disk. Two kinds of ingest: `Hippocampus.observe` of the
frames of a rendered walk (320x240, rendered before), which segments, follows objects and writes
pictures, objects and places; and a plain stream of records of 20 kB, one a batch, each with its
vector. Queries are `Retriever.query` with three words, a vector and a pose, and come as a Poisson
stream of 20 a second. Wall time, measured by turns within each round: ingest alone, ingest with
queries over the lanes, the same with one lock, queries alone. The machine is shared: figures are
medians over the rounds, with the lowest and the highest beside them.
"""

import json
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from itertools import count
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from embodied_mem.memory import Add, MemoryRecord, MemoryStore
from embodied_mem.types import Observation
from embodied_mem_envs.bench.long.lanes_load import (
    Arm,
    Asking,
    OneLock,
    Sharing,
    TwoLanes,
    alone,
    saturate,
)
from embodied_mem_envs.bench.long.lanes_memory import (
    copied,
    make_base,
    stream,
    walk_frames,
    watcher,
    without_end,
)

Note = Callable[[str], None]
Rounds = dict[str, list[float]]
_RATE: Final = 20.0
_WAYS: Final[Mapping[str, Callable[[MemoryStore], Sharing]]] = {"": TwoLanes, "naive_": OneLock}


def bench_lanes(*, quick: bool, note: Note, out: Path | None = None) -> dict[str, float]:
    """Measures queries under ingest, and ingest under queries, by lanes and by one lock.

    Returns:
        `query_p95_under_ingest_ms` and `query_p50_under_ingest_ms`, `ingest_share_of_solo` and
        `ingest_solo_per_s`, `query_p95_alone_ms` and `query_p50_alone_ms`; those of one lock as
        `naive_...`; of the plain stream as `stream_...`; `..._low` and `..._high` of the first
        over the rounds; and `load_average` of the machine.
    """
    seed, size, rounds, seconds = (7, 2000, 2, 1.2) if quick else (1000, 10_000, 9, 6.0)
    figures: Rounds = {}
    with tempfile.TemporaryDirectory() as name:
        base, folder = Path(name) / "base", Path(name) / "run"
        queries = make_base(base, size, seed=seed)
        frames = walk_frames(seed, 60 if quick else 400, 320)
        records = list(stream(1000, seed=seed + 1, payload=20_000, first_tick=10**6))
        kinds = {"": partial(_frames, frames), "stream_": partial(_records, records)}
        note(f"{size} records written, {len(frames)} frames rendered")
        for turn in range(rounds):
            asking = Asking(queries=queries, rate=_RATE, seed=seed + turn)
            with copied(base, folder) as store:
                _take(figures, "query", "alone_ms", alone(store, asking, seconds))
            for prefix, jobs in kinds.items():
                _round(figures, prefix, jobs, (base, folder), asking, seconds)
            figures.setdefault("load_average", []).append(os.getloadavg()[0])
            note(f"round {turn + 1}: " + _told({k: each[-1] for k, each in figures.items()}))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "lanes.json").write_text(json.dumps(figures, indent=1))
    headline = figures["query_p95_under_ingest_ms"]
    return {key: float(np.median(each)) for key, each in figures.items()} | {
        "query_p95_under_ingest_ms_low": min(headline),
        "query_p95_under_ingest_ms_high": max(headline),
    }


Jobs = Callable[[MemoryStore], Iterator[Callable[[], object]]]


def _round(
    figures: Rounds,
    prefix: str,
    jobs: Jobs,
    folders: tuple[Path, Path],
    asking: Asking,
    seconds: float,
) -> None:
    """Measures one kind of ingest: alone, then each way with queries; each on a fresh copy."""

    def run(way: Callable[[MemoryStore], Sharing], asking: Asking | None) -> Arm:
        with copied(*folders) as store:
            return saturate(store, way(store), jobs(store), asking, seconds)

    # Before and after, since the machine's other load comes and goes.
    solo = [run(TwoLanes, None).rate]
    arms = {name: run(way, asking) for name, way in _WAYS.items()}
    solo.append(run(TwoLanes, None).rate)
    figures.setdefault(f"{prefix}ingest_solo_per_s", []).append(float(np.mean(solo)))
    for name, arm in arms.items():
        _take(figures, f"{prefix}{name}query", "under_ingest_ms", arm.waits)
        share = arm.rate / float(np.mean(solo))
        figures.setdefault(f"{prefix}{name}ingest_share_of_solo", []).append(share)


def _take(figures: Rounds, name: str, when: str, waits: list[float]) -> None:
    for percent in (50, 95):
        value = float(np.percentile(waits, percent))
        figures.setdefault(f"{name}_p{percent}_{when}", []).append(value)


def _frames(frames: list[Observation], store: MemoryStore) -> Iterator[Callable[[], object]]:
    hippocampus = watcher(store)
    for frame in without_end(frames):
        yield partial(hippocampus.observe, frame)


def _records(made: list[MemoryRecord], store: MemoryStore) -> Iterator[Callable[[], object]]:
    for turn in count():  # told again under other ids, were the machine to come to the end
        for record in made:
            fresh = {"id": f"{turn:08x}{record.id[8:]}", "valid_from": record.valid_from + turn}
            operation = Add(record=msgspec.structs.replace(record, **fresh))
            yield partial(store.apply, [operation])


def _told(figures: dict[str, float]) -> str:
    return ", ".join(f"{key} {value:.2f}" for key, value in sorted(figures.items()))
