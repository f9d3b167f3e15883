"""The tables of an evaluation as plain rows, whatever they are shown on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from embodied_mem_envs.evaluation.metrics.intervals import Estimate
from embodied_mem_envs.evaluation.metrics.summary import AgentSummary
from embodied_mem_envs.evaluation.metrics.table import METRICS
from embodied_mem_envs.evaluation.reporting.numbers import estimate_words
from embodied_mem_envs.evaluation.suites.suite import EpisodeRecord

_NONE = "-"


@dataclass(frozen=True, kw_only=True, slots=True)
class Rows:
    """One table: the first column names what its row is of."""

    title: str
    columns: tuple[str, ...]
    cells: tuple[tuple[str, ...], ...]


def without_repeats(rows: Rows) -> Rows:
    """Returns a table without the columns that say the same as one before them."""
    seen: set[tuple[str, ...]] = set()
    kept = []
    for number in range(len(rows.columns)):
        cells = tuple(line[number] for line in rows.cells)
        if number == 0 or cells not in seen:
            kept.append(number)
        seen.add(cells)
    return Rows(
        title=rows.title,
        columns=tuple(rows.columns[number] for number in kept),
        cells=tuple(tuple(line[number] for number in kept) for line in rows.cells),
    )


def metric_rows(summaries: Sequence[AgentSummary]) -> Rows:
    """Returns a row an agent, a column a metric that has a definition of its own."""
    found = _names([s.metrics for s in summaries])
    names = [name for name in METRICS if name in found]
    return Rows(
        title="Agents",
        columns=("agent", "episodes", "broken", *names),
        cells=tuple(
            (s.agent, str(s.episodes), str(s.errors), *_cells(names, s.metrics)) for s in summaries
        ),
    )


def part_rows(summaries: Sequence[AgentSummary]) -> Rows:
    """Returns a row a metric that is over some asks only, or of one task; a column an agent."""
    names = [name for name in _names([s.metrics for s in summaries]) if name not in METRICS]
    return Rows(
        title="In parts",
        columns=("metric", *(s.agent for s in summaries)),
        cells=tuple((name, *(_cells([name], s.metrics)[0] for s in summaries)) for name in names),
    )


def difference_rows(summaries: Sequence[AgentSummary]) -> Rows:
    """Returns a row an agent but the first: its metrics less those of the first one."""
    others = [summary for summary in summaries if summary.difference]
    found = _names([s.difference for s in others])
    names = [name for name, m in METRICS.items() if name in found and m.better != "neither"]
    first = summaries[0].agent if summaries else ""
    return Rows(
        title=f"Less {first}, over the same seeds",
        columns=("agent", "episodes", *names),
        cells=tuple(
            (
                s.agent,
                str(max(estimate.episodes for estimate in s.difference.values())),
                *_cells(names, s.difference, signed=True),
            )
            for s in others
        ),
    )


def time_rows(summaries: Sequence[AgentSummary]) -> Rows:
    """Returns a row an agent with what differs from run to run."""
    names = _names([summary.times for summary in summaries])
    return Rows(
        title="Times (they differ from run to run)",
        columns=("agent", *names),
        cells=tuple((s.agent, *_cells(names, s.times)) for s in summaries),
    )


def kind_rows(table: Mapping[str, Mapping[str, Estimate]], agents: Sequence[str]) -> Rows:
    """Returns a row a kind of ask, a column an agent: the share of asks that were right."""
    return Rows(
        title="Right by kind of ask",
        columns=("kind", *agents),
        cells=tuple(
            (
                kind,
                *(
                    estimate_words("right", own[agent]) if agent in own else _NONE
                    for agent in agents
                ),
            )
            for kind, own in table.items()
        ),
    )


def error_rows(records: Sequence[EpisodeRecord]) -> Rows:
    """Returns a row for each episode that an agent broke."""
    return Rows(
        title="Broken episodes (they count as failed)",
        columns=("agent", "seed", "what happened"),
        cells=tuple((r.agent, str(r.seed), r.error.strip()) for r in records if r.error),
    )


def _names(tables: Sequence[Mapping[str, Estimate]]) -> list[str]:
    return list(dict.fromkeys(name for table in tables for name in table))


def _cells(
    names: Sequence[str], table: Mapping[str, Estimate], *, signed: bool = False
) -> list[str]:
    return [estimate_words(n, table[n], signed=signed) if n in table else _NONE for n in names]
