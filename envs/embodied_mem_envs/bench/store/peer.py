"""Our store beside eMEM, the memory for robots that one can install: `bench store`.

All take the same texts, positions and vectors in turns, a block each, in one process. Figures are
CPU time; a ratio is eMEM's over ours, so above 1 ours is the cheaper.

Adds are compared at three windows of what a crash may take: five observations (`add_vs_emem`:
eMEM as it is shipped buffers as many), one (`add_single_vs_emem`) and 64 (`add_batch_vs_emem`).
What still differs is in eMEM's favour: as shipped its commits outlast a killed process but no
power cut (`add_single_synced_vs_emem` has it sync its rows as we do), and its vector index lies on
the disk only after a clean close. Ours is there, vectors and all, when `apply` returns.
"""

import importlib.util
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, TypeGuard

import numpy as np

from embodied_mem_envs.bench.store.peer_kill import MEMORIES, killed_after
from embodied_mem_envs.bench.store.peer_memories import (
    Emem,
    EmemAsShipped,
    Memory,
    Ours,
    Stream,
    Writable,
    make_stream,
)

Note = Callable[[str], None]
K: Final = 10
_BLOCK: Final = 320
_SEED: Final = 11
_FEW, _MANY = EmemAsShipped.BUFFERED, 64
_OURS: Final[Mapping[str, tuple[Callable[[Path], Writable], int]]] = {
    "ours_add_us": (Ours, _FEW),
    "ours_single_add_us": (Ours, 1),
    "ours_batch_add_us": (Ours, _MANY),
}
_EMEM: Final[Mapping[str, tuple[Callable[[Path], Writable], int]]] = {
    "emem_add_us": (EmemAsShipped, _FEW),
    "emem_single_add_us": (Emem, 1),
    "emem_single_synced_add_us": (partial(Emem, full_sync=True), 1),
    "emem_batch_add_us": (Emem, _MANY),
}
"""By metric: what takes the stream, and in batches of how many."""
_RATIOS: Final = {
    "add_vs_emem": ("emem_add_us", "ours_add_us"),
    "add_single_vs_emem": ("emem_single_add_us", "ours_single_add_us"),
    "add_single_synced_vs_emem": ("emem_single_synced_add_us", "ours_single_add_us"),
    "add_batch_vs_emem": ("emem_batch_add_us", "ours_batch_add_us"),
    "query_vs_emem": ("emem_query_us", "ours_query_us"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class PeerSizes:
    """How much is measured."""

    observations: int = 5000
    """Added to each memory."""
    queries: int = 500
    """Asked of both."""
    killed: int = 2000
    """Observations of the stream in whose last quarter the writer is killed."""


FULL: Final = PeerSizes()
QUICK: Final = PeerSizes(observations=1600, queries=150, killed=400)


def bench_peer(
    *, quick: bool, note: Note = print, sizes: PeerSizes | None = None
) -> dict[str, float]:
    """Measures adds, queries, recall and what a SIGKILL leaves; without eMEM ours alone."""
    sizes = sizes or (QUICK if quick else FULL)
    peer = importlib.util.find_spec("emem") is not None
    if not peer:
        note('eMEM is not installed (pip install "emem==0.3.0"): its figures are left out')
    stream = make_stream(sizes.observations, sizes.queries, _SEED)
    metrics = _side_by_side(stream, {**_OURS, **(_EMEM if peer else {})})
    for name, (theirs, ours) in _RATIOS.items():
        if peer:
            metrics[name] = metrics[theirs] / metrics[ours]
    told = ", ".join(f"{name} {value:.4g}" for name, value in metrics.items())
    note(f"{sizes.observations} observations: {told}")
    for name in MEMORIES if peer else ("ours",):
        metrics |= _after_a_kill(name, sizes.killed, note)
    return metrics


def _side_by_side(
    stream: Stream, contestants: Mapping[str, tuple[Callable[[Path], Writable], int]]
) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        memories = {name: make(_made(folder, name)) for name, (make, _) in contestants.items()}
        spent = dict.fromkeys(memories, 0.0)
        size = len(stream.ids)
        for start in range(0, size, _BLOCK):
            rows = range(start, min(start + _BLOCK, size))
            for name, memory in memories.items():
                spent[name] += _add_block(memory, stream, rows, contestants[name][1])
        metrics = {name: 1e6 * seconds / size for name, seconds in spent.items()}
        asked = {name.split("_")[0]: m for name, m in memories.items() if _searched(m, name)}
        metrics |= _ask(stream, asked)
        for memory in memories.values():
            memory.close()
    return metrics


def _searched(memory: Writable, name: str) -> TypeGuard[Memory]:
    return name.endswith("_batch_add_us") and isinstance(memory, Ours | Emem)


def _made(folder: str, name: str) -> Path:
    path = Path(folder) / name
    path.mkdir()
    return path


def _add_block(memory: Writable, stream: Stream, rows: range, batch: int) -> float:
    started = time.process_time()
    for first in range(rows.start, rows.stop, batch):
        memory.add(stream, range(first, min(first + batch, rows.stop)))
    return time.process_time() - started


def _ask(stream: Stream, memories: Mapping[str, Memory]) -> dict[str, float]:
    """Asks every query of every memory in turns, and compares with the exact answer."""
    exact = stream.exact(K)
    spent: dict[str, list[float]] = {name: [] for name in memories}
    found = dict.fromkeys(memories, 0)
    for memory in memories.values():
        memory.find(stream.queries[0], K)  # libraries are loaded with the first one
    for query, expected in zip(stream.queries, exact, strict=True):
        for name, memory in memories.items():
            started = time.process_time()
            ids = memory.find(query, K)
            spent[name].append(time.process_time() - started)
            found[name] += len(expected.intersection(ids))
    costs = {f"{name}_query_us": 1e6 * float(np.mean(spent[name])) for name in memories}
    return costs | {f"{name}_recall10": found[name] / (K * len(exact)) for name in memories}


def _after_a_kill(name: str, size: int, note: Note) -> dict[str, float]:
    """Kills a writer in mid-stream, opens what is left, and asks for what was acknowledged."""
    with tempfile.TemporaryDirectory() as folder:
        acknowledged = killed_after(name, Path(folder), size, _SEED, 3 * size // 4)
        stream = make_stream(size, 1, _SEED)
        memory: Memory = MEMORIES[name](Path(folder))
        sample = np.unique(np.linspace(0, acknowledged - 1, 300).astype(int)).tolist()
        found = sum(stream.ids[row] in memory.find(stream.vectors[row], K) for row in sample)
        rows = memory.rows()
        memory.close()
    note(
        f"{name}: killed after {acknowledged} acknowledged adds; {rows} rows were there again, "
        f"{found} of {len(sample)} found by their own vector"
    )
    return {
        f"{name}_findable_after_kill": found / len(sample),
        f"{name}_rows_after_kill": rows / acknowledged,
    }
