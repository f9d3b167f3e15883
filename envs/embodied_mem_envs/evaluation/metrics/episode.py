"""An episode's metrics from those of its asks."""

import math
from collections.abc import Mapping, Sequence

from embodied_mem_envs.evaluation.metrics.table import definition_of


def episode_values(
    asks: Sequence[Mapping[str, float]], measured: Mapping[str, float]
) -> dict[str, float]:
    """Returns all metrics of an episode, by name in sorted order.

    Args:
        asks: Metrics of each ask. A name without a definition is averaged.
        measured: Metrics of the episode as a whole; they win over what asks say.
    """
    names = {name for ask in asks for name in ask} | set(measured)
    values = {}
    for name in sorted(names):
        if name in measured:
            values[name] = float(measured[name])
            continue
        given = [float(ask[name]) for ask in asks if name in ask]
        whole = math.fsum(given)
        metric = definition_of(name)
        summed = metric is not None and metric.over_asks == "sum"
        values[name] = whole if summed else whole / len(given)
    return values


def failed_values(values: Mapping[str, float]) -> dict[str, float]:
    """Returns the metrics of an episode in which the agent broke.

    What says how good the agent was becomes the value of a failure; costs stay as measured.
    """
    failed = {}
    for name, value in values.items():
        metric = definition_of(name)
        worst = None if metric is None else metric.failed
        failed[name] = value if worst is None else worst
    return failed
