"""What a retriever gains that learns from what was cited, and what it risks when questions change.

Households as in `rerank_world`, five records shown, a reader who errs one time in ten; the static
weights are those of `RetrieverConfig()`. 600 questions of one mix, then 600 of another. The gain is
taken over the last 200 before the shift, the worst over all runs of 100 questions after it, in the
worst household. The same again where the second mix has only kinds that the first had none of, and
without the guard. Then how well the needed record is ranked in several worlds, beside the static
order, the newest first and the most cited first.
"""

import json
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np

from embodied_mem.memory.reranking import LinearConfig, LinearReranker
from embodied_mem.memory.retriever import Retriever
from embodied_mem.types import Float64Array
from embodied_mem_envs.bench.long.rerank_orders import judge_orders
from embodied_mem_envs.bench.long.rerank_trial import (
    AFTER,
    BEFORE,
    NEVER_ASKED,
    ONLY_THINGS,
    Course,
    Mix,
    ask,
    cited,
    run_course,
)
from embodied_mem_envs.bench.long.rerank_world import KINDS, Household
from embodied_mem_envs.evaluation.metrics.intervals import mean_interval

Note = Callable[[str], None]

FIRST_SEED: Final = 1200
"""At full length; where it has to be quick, seeds from 0 on, which it was developed with."""
_WINDOW: Final = 100
_SETTLED: Final = 200
"""Questions at the end of a mix over which the gain is taken."""
_UNGUARDED: Final = LinearConfig(guard=0.0, caution=0.0)


def bench_rerank(*, quick: bool, note: Note, out: Path | None = None) -> dict[str, float]:
    """Measures the part `rerank`; see the module."""
    households, count = (2, 240) if quick else (20, 600)
    first = 0 if quick else FIRST_SEED
    runs: dict[str, tuple[Sequence[Mix], LinearConfig, int]] = {
        "rerank": ((BEFORE, AFTER), LinearConfig(), households),
        "rerank_unseen": ((ONLY_THINGS, NEVER_ASKED), LinearConfig(), households),
        "rerank_unguarded": ((BEFORE, AFTER), _UNGUARDED, max(2, households // 4)),
        "rerank_unseen_unguarded": (
            (ONLY_THINGS, NEVER_ASKED),
            _UNGUARDED,
            max(2, households // 4),
        ),
    }
    figures: dict[str, float] = {}
    curves: dict[str, list[float]] = {}
    for name, (mixes, config, many) in runs.items():
        make = partial(LinearReranker, config=config)
        courses = [run_course(first + n, mixes, count, make) for n in range(many)]
        figures |= _figures(name, courses, count, note)
        curves[name] = _mean_windows(courses, 0).tolist()
    figures |= _costs(200 if quick else 1000, note)
    figures |= judge_orders(quick=quick, note=note)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "gain_by_question.json").write_text(json.dumps(curves, indent=1) + "\n")
    return figures


def _figures(name: str, courses: Sequence[Course], count: int, note: Note) -> dict[str, float]:
    settled = slice(count - min(_SETTLED, count), count)
    gain = mean_interval([float(course.gain[settled].mean()) for course in courses])
    static = float(np.mean([course.static[settled].mean() for course in courses]))
    worst = [float(course.windows(count, _WINDOW).min()) for course in courses]
    end = mean_interval([float(course.gain[-_SETTLED:].mean()) for course in courses])
    back = max(_back_above(course, count) for course in courses)
    note(
        f"{name}: static {static:.3f}, gain {gain.mean:+.3f} [{gain.lo:+.3f}, {gain.hi:+.3f}]; "
        f"worst {_WINDOW} after the shift {min(worst):+.3f} in the worst household, "
        f"{np.mean(worst):+.3f} on average, {_mean_windows(courses, count).min():+.3f} of the "
        f"mean; at the end {end.mean:+.3f} [{end.lo:+.3f}, {end.hi:+.3f}]; above static for good "
        f"after {back:.0f} at the latest"
    )
    return {
        f"{name}_static": static,
        f"{name}_gain": gain.mean,
        f"{name}_gain_lo": gain.lo,
        f"{name}_worst_after_shift": min(worst),
        f"{name}_mean_worst_after_shift": float(np.mean(worst)),
        f"{name}_gain_at_end": end.mean,
        f"{name}_gain_at_end_lo": end.lo,
        f"{name}_back_above_after": back,
    }


def _back_above(course: Course, shift: int) -> float:
    """Returns after how many questions the gain since the shift is above 0 and stays there."""
    below = np.flatnonzero(np.cumsum(course.gain[shift:]) <= 0)
    return float(below[-1] + 1) if len(below) else 0.0


def _mean_windows(courses: Sequence[Course], start: int) -> Float64Array:
    windows: Float64Array = np.mean([course.windows(start, _WINDOW) for course in courses], axis=0)
    return windows


def _costs(count: int, note: Note) -> dict[str, float]:
    """Measures CPU time a query, of the static retriever, and with plan and feedback."""
    house, costs = Household(0), {}
    questions = [house.ask(KINDS[number % len(KINDS)]) for number in range(count)]
    for name in ("static", "learned"):
        reranker = None if name == "static" else LinearReranker()
        retriever, rng = Retriever(house.store, reranker=reranker), np.random.default_rng(0)
        started = time.process_time()
        for question in questions:
            shown = ask(retriever, question)
            if reranker is not None:
                retriever.feedback(shown.query_id, cited(shown, question.needed, rng))
        costs[f"rerank_{name}_cpu_ms"] = 1e3 * (time.process_time() - started) / count
    note(
        f"CPU a query: static {costs['rerank_static_cpu_ms']:.2f} ms, learned with its feedback "
        f"{costs['rerank_learned_cpu_ms']:.2f} ms"
    )
    return costs
