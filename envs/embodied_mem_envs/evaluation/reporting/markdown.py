"""Pages for the docs: what the metrics mean, and what all agents reached."""

from collections.abc import Sequence

from embodied_mem_envs.evaluation.metrics.intervals import LEVEL, RESAMPLES
from embodied_mem_envs.evaluation.metrics.summary import summarise
from embodied_mem_envs.evaluation.metrics.table import METRICS
from embodied_mem_envs.evaluation.reporting.rows import (
    Rows,
    difference_rows,
    metric_rows,
    without_repeats,
)
from embodied_mem_envs.evaluation.reporting.seeds import seeds_words
from embodied_mem_envs.evaluation.running.evaluation import Evaluated

_DIRECTIONS = {"more": "more is better", "less": "less is better", "neither": "for reading only"}


def metrics_page() -> str:
    """Returns `docs/metrics.md`."""
    parts = [
        "# Metrics",
        "One definition a name, in "
        "[`metrics/table.py`](../envs/embodied_mem_envs/evaluation/metrics/table.py); this page is "
        "written by `embodied-mem eval metrics --markdown docs/metrics.md`. A version grows when "
        "the same episode would get another number, and evaluations of different versions do not "
        "mix.",
        f"Every figure is a mean over episodes with its {LEVEL:.0%} interval by the bootstrap over "
        f"episodes ({RESAMPLES} resamples, seeded; BCa, Efron 1987). An agent is compared with the "
        "first one by paired differences over the same seeds. An episode in which an agent raised, "
        "died or ran out of time is never left out: it has the value that the table names.",
    ]
    for metric in METRICS.values():
        failed = "as measured" if metric.failed is None else f"{metric.failed:g}"
        over = {
            "mean": "mean over its asks",
            "sum": "sum over its asks",
            "episode": "measured as a whole",
        }[metric.over_asks]
        parts += [
            f"## `{metric.name}` (version {metric.version})",
            f"{metric.formula[0].upper()}{metric.formula[1:]}.",
            "\n".join(
                (
                    f"- Unit: {metric.unit}; {_DIRECTIONS[metric.better]}.",
                    f"- Of an episode: {over}. When the agent broke: {failed}.",
                    f"- Source: {metric.source}.",
                    *(() if metric.reproducible else ("- Differs from run to run.",)),
                )
            ),
        ]
    return "\n\n".join(parts) + "\n"


def evaluations_page(evaluations: Sequence[Evaluated]) -> str:
    """Returns a page with a section an evaluation: its agents, and their differences."""
    parts = [
        "# Agents compared",
        "Written by `embodied-mem eval table`. Means over episodes with "
        f"{LEVEL:.0%} intervals; definitions in [metrics.md](metrics.md). A column that "
        "would repeat one before it is left out.",
    ]
    for evaluated in evaluations:
        about, summaries = evaluated.about, summarise(evaluated.records)
        seeds = sorted({record.seed for record in evaluated.records})
        parts += [f"## {about.suite}", _about(evaluated, seeds)]
        parts.append("\n".join(f"- `{name}`: {words}" for name, words in about.agents.items()))
        parts.append(_table(without_repeats(metric_rows(summaries))))
        if len(summaries) > 1:
            rows = without_repeats(difference_rows(summaries))
            parts += [f"{rows.title}:", _table(rows)]
    return "\n\n".join(parts) + "\n"


def _about(evaluated: Evaluated, seeds: Sequence[int]) -> str:
    about = evaluated.about
    return (
        f"Version {about.version}, settings `{about.settings}`, package {about.package}, seeds "
        f"{seeds_words(seeds)}."
    )


def _table(rows: Rows) -> str:
    lines = [rows.columns, tuple("---" for _ in rows.columns), *rows.cells]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")
