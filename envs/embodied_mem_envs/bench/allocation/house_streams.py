"""Streams of houses at three budgets: every policy, rule and bound, on held-out houses."""

from dataclasses import replace

from embodied_mem_envs.allocation.stream_file import load_streams
from embodied_mem_envs.bench.allocation.contest import Note, closed, hold
from embodied_mem_envs.bench.allocation.families import BUDGETS, FAMILIES, load_linear

LEARNED = ("ppo", "grpo")


def bench_house_streams(*, quick: bool, note: Note) -> dict[str, float]:
    """Returns the figures of each budget; those of one eighth have the plain names."""
    metrics: dict[str, float] = {}
    for part, slots in BUDGETS.items():
        found = _budget(slots, quick=quick, note=note)
        suffix = "" if part == 8 else f"_{part}"
        metrics |= {f"{name}{suffix}": value for name, value in found.items()}
    return metrics


def _budget(slots: int, *, quick: bool, note: Note) -> dict[str, float]:
    family = FAMILIES["house"]
    config = replace(family.episode, slots=slots)
    contest = hold(
        load_streams(), config, 100 if quick else 1000, load_linear(f"slots_{slots}"), note
    )
    u1, u2 = contest.bounds(24 if quick else 300)
    metrics = {"best_fixed": contest.best_fixed, "u1": u1, "u2": u2}
    note(
        f"{slots} slots of 40: {contest.best_rule} {contest.best_fixed:.3f}, "
        f"U1 {u1:.3f}, U2 {u2:.3f}, generator {contest.hash[:12]}"
    )
    for algorithm in family.algorithms:
        spread = contest.spread("house", algorithm)
        note(f"  {algorithm}: {spread}")
        metrics[algorithm] = spread.mean
        metrics[f"{algorithm}_lo"], metrics[f"{algorithm}_hi"] = spread.low, spread.high
    best = max(metrics[algorithm] for algorithm in LEARNED)
    metrics["gap_closed"] = closed(best, contest.best_fixed, u2)
    for algorithm in LEARNED:
        rival = max(contest.best_fixed, metrics["ama"])
        metrics[f"{algorithm}_gain"] = metrics[algorithm] - rival
        metrics[f"gap_closed_{algorithm}"] = closed(metrics[algorithm], contest.best_fixed, u2)
    return metrics
