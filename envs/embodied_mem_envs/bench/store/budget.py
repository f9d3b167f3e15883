"""Whether the byte budget holds over a long walk, and whether the process stays flat."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import psutil

from embodied_mem.allocation import AllocationContext, LeastValuePerByte, admit
from embodied_mem.memory import MemoryStore
from embodied_mem_envs.bench.store.workload import records

BUDGET = 8 << 20


def bench_budget(*, quick: bool, note: Callable[[str], None]) -> dict[str, float]:
    """Remembers a picture a frame under a budget that binds from early on.

    After each acknowledged batch the folder is measured as `du` measures it. `budget_exceeded` is
    how often it was above the budget, `budget_peak` the largest share of it that was taken, and
    `budget_rss_growth_mb` by how much the process grew over the second half of the walk.
    """
    frames = 1_500 if quick else 10_000
    note(f"a walk of {frames} frames under {BUDGET >> 20} MiB")
    exceeded, peak, refused, middle = 0, 0, 0, 0
    process = psutil.Process()
    with tempfile.TemporaryDirectory(dir=os.environ.get("EMBODIED_MEM_SCRATCH")) as folder:
        path = Path(folder) / "store"
        with MemoryStore(path, budget_bytes=BUDGET) as store:
            allocator = LeastValuePerByte()
            for tick, record in enumerate(records(frames, seed=11)):
                context = AllocationContext(tick=tick, place=record.place)
                refused += admit(store, allocator, record, context).refused
                used = du(path)
                exceeded += used > BUDGET
                peak = max(peak, used)
                if tick == frames // 2:
                    middle = process.memory_info().rss
            held, report = len(store), store.verify()
        grown = process.memory_info().rss - middle
    return {
        "budget_exceeded": float(exceeded),
        "budget_peak": peak / BUDGET,
        "budget_rss_growth_mb": grown / 2**20,
        "budget_records_held": float(held),
        "budget_refused": float(refused),
        "budget_unclean": float(not report.ok),
    }


def du(path: Path) -> int:
    """Returns the bytes on the disk of a live store, its archive left out."""
    total = path.stat().st_blocks
    for entry in os.scandir(path):
        if entry.is_file(follow_symlinks=False):
            total += entry.stat(follow_symlinks=False).st_blocks
    return total * 512
