"""What else the policies must do: learned demand, long streams, unknown kinds, tiny worlds."""

from dataclasses import replace

import numpy as np

from embodied_mem_envs.allocation.bounds.causal import causal_optimum
from embodied_mem_envs.allocation.generate import EpisodeConfig
from embodied_mem_envs.allocation.stream_file import load_streams
from embodied_mem_envs.bench.allocation.contest import Contest, Note, closed, hold
from embodied_mem_envs.bench.allocation.families import (
    FAMILIES,
    TINY,
    UNTRAINED_KINDS,
    load_linear,
)
from embodied_mem_envs.bench.allocation.house_streams import LEARNED

LONG = 520
"""Candidates of a long stream; policies were trained on 40."""
LONG_SLOTS = (3, 6, 12, 24, 48, 64)
_SAME_SHARE = 64
"""Slots of a long stream that hold about the share of it that 6 do of a short one."""


def bench_generality(*, quick: bool, note: Note) -> dict[str, float]:
    """Returns the figures of all four."""
    count = 60 if quick else 600
    return {
        **_demand(count, quick=quick, note=note),
        **_untrained_kinds(count, note),
        **_tiny(count * 5, note),
        **_long(8 if quick else 48, note),
    }


def _contest(family: str, count: int, note: Note) -> Contest:
    chosen = FAMILIES[family]
    return hold(chosen.streams(), chosen.held_out, count, load_linear(family), note)


def _demand(count: int, *, quick: bool, note: Note) -> dict[str, float]:
    contest = _contest("demand", count, note)
    _, u2 = contest.bounds(20 if quick else 150)
    spread = contest.spread("demand", "ppo")
    note(f"demand: ppo {spread}, {contest.best_rule} {contest.best_fixed:.3f}, U2 {u2:.3f}")
    return {
        "demand": spread.mean,
        "demand_best_fixed": contest.best_fixed,
        "demand_u2": u2,
        "demand_of_u2": spread.mean / u2,
    }


def _untrained_kinds(count: int, note: Note) -> dict[str, float]:
    config = EpisodeConfig(kinds=UNTRAINED_KINDS)
    contest = hold(load_streams(), config, count, load_linear("kinds"), note)
    spread = contest.spread("kinds", "ppo")
    note(f"kinds never trained on: ppo {spread}, {contest.best_rule} {contest.best_fixed:.3f}")
    return {
        "heldout_kinds": spread.mean,
        "heldout_kinds_lo": spread.low,
        "heldout_kinds_best_fixed": contest.best_fixed,
    }


def _tiny(count: int, note: Note) -> dict[str, float]:
    contest = _contest("tiny", count, note)
    u3 = causal_optimum(TINY)
    spread = contest.spread("tiny", "ppo")
    note(f"tiny: ppo {spread}, {contest.best_rule} {contest.best_fixed:.3f}, U3 {u3:.3f}")
    return {
        "tiny": spread.mean,
        "tiny_best_fixed": contest.best_fixed,
        "u3": u3,
        "gap_closed_u3": closed(spread.mean, contest.best_fixed, u3),
    }


def _long(count: int, note: Note) -> dict[str, float]:
    """Drop from 6 slots of 40 candidates to 64 of 520, and the least gain over the best rule."""
    streams, episode = load_streams(), FAMILIES["house"].episode
    short = hold(streams, replace(episode, slots=6), count * 10, None, note)
    metrics: dict[str, float] = {}
    gains = []
    for slots in LONG_SLOTS:
        config = replace(episode, arrivals=LONG, after=LONG // 2, slots=slots)
        contest = hold(streams, config, count, load_linear("slots_5"), note)
        metrics[f"long_best_fixed_{slots}"] = contest.best_fixed
        for algorithm in LEARNED:
            spread = contest.spread("house", algorithm)
            metrics[f"long_{algorithm}_{slots}"] = spread.mean
            note(f"{LONG} candidates, {slots} slots: {algorithm} {spread}")
        gains.append(max(metrics[f"long_{each}_{slots}"] for each in LEARNED) - contest.best_fixed)
    drops = [
        short.spread("house", each).mean - metrics[f"long_{each}_{_SAME_SHARE}"] for each in LEARNED
    ]
    return metrics | {
        "long_horizon_drop": float(np.min(drops)),
        "long_horizon_gain_least": float(np.min(gains)),
    }
