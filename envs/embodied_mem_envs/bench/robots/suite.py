"""`embodied-mem bench robots`: every figure of robots, gates and links."""

import importlib
import time
from collections.abc import Callable

from embodied_mem.errors import MissingExtraError

PARTS = (
    ("gate", "bench_gate"),
    ("estop", "bench_estop"),
    ("gateway", "bench_gateway"),
    ("frames", "bench_frames"),
    ("answers", "bench_answers"),
)
"""Module beside this one, and what to call in it."""


def bench_robots(*, quick: bool, note: Callable[[str], None]) -> dict[str, float]:
    """Runs all parts, one after the other; a part whose extra is missing is left out and named.

    Args:
        quick: Shorter, two minutes in all; the names of the figures are the same.
        note: Hears what is being measured.
    """
    metrics: dict[str, float] = {}
    for module, function in PARTS:
        started = time.perf_counter()
        try:
            bench = getattr(importlib.import_module(f"{__package__}.{module}"), function)
        except ModuleNotFoundError as error:
            note(f"left out {module}: {MissingExtraError(f'bench robots ({error.name})', 'ros2')}")
            continue
        metrics |= bench(quick=quick, note=note)
        note(f"{module}: {time.perf_counter() - started:.0f} s")
    return metrics
