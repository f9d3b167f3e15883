"""`embodied-mem bench brain`: every figure of the brain that needs no task's success."""

from collections.abc import Callable

from embodied_mem.brain.learning.window_figures import skill_window_figures
from embodied_mem.memory.working.figures import working_memory_figures
from embodied_mem_envs.bench.parts import run_parts

PARTS = (
    ("reflex", "bench_reflex"),
    ("punctual", "bench_punctual"),
    ("tick", "bench_tick"),
    ("grammar", "bench_grammar"),
)
"""Module beside this one, and what to call in it."""
_SEED = 5


def bench_brain(*, quick: bool, note: Callable[[str], None]) -> dict[str, float]:
    """Runs all parts, one after the other; a part whose extra is missing is left out and named.

    Args:
        quick: Shorter, half a minute in all; the names of the figures are the same.
        note: Hears what is being measured.
    """
    metrics = run_parts(__package__, PARTS, extra="tabletop", quick=quick, note=note)
    questions, tasks = (40, 20) if quick else (200, 100)
    note("working memory and skill window")
    metrics |= working_memory_figures(_SEED, questions=questions)
    return metrics | skill_window_figures(_SEED, tasks=tasks)
