"""Figures in words that fit into a table."""

import math

from embodied_mem_envs.evaluation.metrics.intervals import Estimate
from embodied_mem_envs.evaluation.metrics.table import definition_of

_STEPS = ("B", "kB", "MB", "GB")


def estimate_words(name: str, estimate: Estimate, *, signed: bool = False) -> str:
    """Returns a mean with its interval, in the metric's unit.

    >>> estimate_words("success", Estimate(mean=0.5, lo=0.25, hi=0.75, episodes=8))
    '0.500 [0.250, 0.750]'
    """
    mean = value_words(name, estimate.mean, signed=signed)
    if not math.isfinite(estimate.lo):
        return mean
    ends = (value_words(name, end, signed=signed) for end in (estimate.lo, estimate.hi))
    return f"{mean} [{', '.join(ends)}]"


def value_words(name: str, value: float, *, signed: bool = False) -> str:
    """Returns one figure in the metric's unit.

    >>> value_words("memory_bytes", 12_340.0), value_words("model_calls", -3.0, signed=True)
    ('12.3 kB', '-3.0')
    """
    sign = "+" if signed and value > 0.0 else ""
    metric = definition_of(name)
    unit = "" if metric is None else metric.unit
    if unit == "bytes":
        return sign + _bytes(value)
    if unit == "share":
        return f"{sign}{value:.3f}"
    if unit == "count":
        return f"{sign}{value:.1f}" if abs(value) < 1000.0 else f"{sign}{value:,.0f}"
    return f"{sign}{value:.3g}" + (f" {unit}" if unit else "")


def _bytes(value: float) -> str:
    step = 0
    while abs(value) >= 1000.0 and step + 1 < len(_STEPS):
        value, step = value / 1000.0, step + 1
    return f"{value:.0f} B" if step == 0 else f"{value:.3g} {_STEPS[step]}"
