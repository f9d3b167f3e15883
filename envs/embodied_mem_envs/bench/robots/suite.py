"""`embodied-mem bench robots`: every figure of robots, gates and links."""

from collections.abc import Callable

from embodied_mem_envs.bench.parts import run_parts

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
    return run_parts(__package__, PARTS, extra="ros2", quick=quick, note=note)
