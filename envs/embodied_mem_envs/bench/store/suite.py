"""`embodied-mem bench store`: every figure of the memory store, in one run."""

import importlib
import time
from collections.abc import Callable

from embodied_mem.errors import MissingExtraError

PARTS = (
    ("speed", "bench_speed"),
    ("vectors", "bench_vectors"),
    ("query", "bench_query"),
    ("fidelity", "bench_fidelity"),
    ("budget", "bench_budget"),
    ("moving", "bench_moving"),
    ("peer", "bench_peer"),
    ("flips", "bench_flips"),
    ("crash", "bench_crash"),
    ("power_cut", "bench_power_cut"),
)
"""Module beside this one, and what to call in it."""


def bench_store(*, quick: bool, note: Callable[[str], None]) -> dict[str, float]:
    """Runs all parts, one after the other; a part whose extra is missing is left out and named.

    Args:
        quick: Smaller sizes, two minutes in all; the names of the figures are the same.
        note: Hears what is being measured.
    """
    metrics: dict[str, float] = {}
    for module, function in PARTS:
        started = time.perf_counter()
        bench = getattr(importlib.import_module(f"{__package__}.{module}"), function)
        try:
            metrics |= bench(quick=quick, note=note)
        except MissingExtraError as error:
            note(f"left out {module}: {error}")
        note(f"{module}: {time.perf_counter() - started:.0f} s")
    return metrics
