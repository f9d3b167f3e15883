"""What an evaluation comes to: metrics of each agent over its episodes, and their differences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from embodied_mem_envs.evaluation.metrics.definition import Metric
from embodied_mem_envs.evaluation.metrics.intervals import (
    Estimate,
    mean_interval,
    paired_interval,
)
from embodied_mem_envs.evaluation.metrics.table import METRICS, definition_of
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord

Values = Mapping[int, float]
"""A metric by seed."""


@dataclass(frozen=True, kw_only=True, slots=True)
class AgentSummary:
    """One agent's episodes."""

    agent: str
    episodes: int
    errors: int
    """Episodes that the agent broke; they are in all metrics, as failures."""
    metrics: Mapping[str, Estimate]
    """Metrics that are the same on every run, in the order of `METRICS`, then others by name."""
    times: Mapping[str, Estimate]
    """Metrics that are measured anew on every run."""
    difference: Mapping[str, Estimate]
    """To the first agent, over the seeds that both have; empty for the first one itself."""


def summarise(records: Sequence[EpisodeRecord]) -> list[AgentSummary]:
    """Returns a summary of each agent, in the order that they first come in."""
    agents = list(dict.fromkeys(record.agent for record in records))
    tables = {name: _table([r for r in records if r.agent == name], records) for name in agents}
    summaries = []
    for name in agents:
        own = [record for record in records if record.agent == name]
        estimates = {metric: _estimate(values) for metric, values in tables[name].items()}
        summaries.append(
            AgentSummary(
                agent=name,
                episodes=len(own),
                errors=sum(bool(record.error) for record in own),
                metrics={m: e for m, e in estimates.items() if reproducible(m)},
                times={m: e for m, e in estimates.items() if not reproducible(m)},
                difference={}
                if name == agents[0]
                else _difference(tables[name], tables[agents[0]]),
            )
        )
    return summaries


def flat_metrics(summaries: Sequence[AgentSummary]) -> dict[str, float]:
    """Returns all figures by name: `success`, `success_lo`, `success_hi`, `episodes`, ...

    With several agents each name follows that of its agent, as in `ours.success`; differences to
    the first agent are `other.success_minus_ours`.
    """
    figures = {}
    for summary in summaries:
        before = f"{summary.agent}." if len(summaries) > 1 else ""
        figures[f"{before}episodes"] = float(summary.episodes)
        figures[f"{before}errors"] = float(summary.errors)
        for name, estimate in {**summary.metrics, **summary.times}.items():
            figures |= _named(before + name, estimate)
        for name, estimate in summary.difference.items():
            figures |= _named(f"{before}{name}_minus_{summaries[0].agent}", estimate)
    return figures


def by_kind(records: Sequence[EpisodeRecord]) -> dict[str, dict[str, Estimate]]:
    """Returns by kind of ask and agent how many of its asks were right, over all episodes.

    Intervals are over episodes: asks of one episode are not independent. In an episode that the
    agent broke nothing is right, also where it did not get as far as being asked.
    """
    asked = {record.seed: record.asks for record in records if record.asks}
    shares: dict[str, dict[str, list[float]]] = {}
    for record in records:
        rights: dict[str, list[bool]] = {}
        for ask in record.asks or asked.get(record.seed, ()):
            rights.setdefault(ask.kind, []).append(ask.right and not record.error)
        for kind, own in rights.items():
            shares.setdefault(kind, {}).setdefault(record.agent, []).append(sum(own) / len(own))
    return {
        kind: {agent: mean_interval(values) for agent, values in shares[kind].items()}
        for kind in sorted(shares)
    }


def reproducible(name: str) -> bool:
    """Tells whether a metric is the same on every run."""
    metric = definition_of(name)
    return metric is None or metric.reproducible


def _named(name: str, estimate: Estimate) -> dict[str, float]:
    return {name: estimate.mean, f"{name}_lo": estimate.lo, f"{name}_hi": estimate.hi}


def _table(own: Sequence[EpisodeRecord], all_records: Sequence[EpisodeRecord]) -> dict[str, Values]:
    """Returns each metric of one agent by seed; episodes that broke have the value of a failure."""
    names = {name for record in all_records for name in record.values}
    given = {name for record in own for name in record.values}
    table: dict[str, Values] = {}
    for name in _in_order(names):
        metric = definition_of(name)
        if name not in given and not all(record.error for record in own):
            continue  # such a metric is not for this agent
        values = {record.seed: _value(record, name, metric) for record in own}
        known = {seed: value for seed, value in values.items() if value is not None}
        if known:
            table[name] = known
    timed = [record for record in own if not record.error]
    if timed:
        table["latency_s"] = {record.seed: record.latency_s for record in timed}
        table["cpu_s"] = {record.seed: record.cpu_s for record in timed}
    return table


def _value(record: EpisodeRecord, name: str, metric: Metric | None) -> float | None:
    if record.error and metric is not None and metric.failed is not None:
        return metric.failed
    return record.values.get(name)


def _in_order(names: set[str]) -> list[str]:
    known = [name for name in METRICS if name in names]
    return known + sorted(names - set(known))


def _estimate(values: Values) -> Estimate:
    return mean_interval([values[seed] for seed in sorted(values)])


def _difference(own: Mapping[str, Values], first: Mapping[str, Values]) -> dict[str, Estimate]:
    found = {}
    for name in own:
        seeds = sorted(set(own[name]) & set(first.get(name, {})))
        if seeds and reproducible(name):
            found[name] = paired_interval(
                [own[name][seed] for seed in seeds], [first[name][seed] for seed in seeds]
            )
    return found
