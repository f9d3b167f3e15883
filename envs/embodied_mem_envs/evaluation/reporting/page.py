"""One self-contained HTML page about an evaluation."""

import base64
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from embodied_mem.files import write_text
from embodied_mem.viz.html import Html, join, page, tag
from embodied_mem.viz.page_sections import section, table
from embodied_mem.viz.report import page_style
from embodied_mem_envs.evaluation.metrics.intervals import LEVEL
from embodied_mem_envs.evaluation.metrics.summary import by_kind, summarise
from embodied_mem_envs.evaluation.metrics.table import METRICS
from embodied_mem_envs.evaluation.reporting.console import error_words
from embodied_mem_envs.evaluation.reporting.misses import misses_section
from embodied_mem_envs.evaluation.reporting.pictures import pictures_section
from embodied_mem_envs.evaluation.reporting.plots import plots
from embodied_mem_envs.evaluation.reporting.rows import (
    Rows,
    difference_rows,
    kind_rows,
    metric_rows,
    part_rows,
    time_rows,
)
from embodied_mem_envs.evaluation.reporting.seeds import seeds_words
from embodied_mem_envs.evaluation.running.evaluation import Evaluated

REPORT = "report.html"

_STYLE = """
dl { display: grid; grid-template-columns: minmax(6rem, max-content) 1fr; gap: 4px 18px;
  margin: 12px 0; overflow-wrap: anywhere; }
dt { color: var(--dim); } dd { margin: 0; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr));
  gap: 16px; align-items: start; }
.plots figure { background: #fff; border: 1px solid var(--line); border-radius: 10px; margin: 0;
  padding: 8px; }
.plots img { width: 100%; height: auto; display: block; }
.plots figcaption { color: #626a7a; font-size: .85rem; }
.gallery img { width: 100%; height: auto; display: block; }
.lost { color: var(--bad); font-weight: 600; }
td.words { white-space: pre-wrap; min-width: 12rem; overflow-wrap: anywhere; }
td:first-child, th:first-child { position: sticky; left: 0; background: var(--card); }
@media (max-width: 600px) { #definitions dl { display: block; } #definitions dd {
  margin: 0 0 12px; } }
details { margin: 8px 0; } summary { cursor: pointer; font-weight: 600; padding: 6px 0; }
"""
"""What the style of every page does not have."""


def write_report(folder: Path, evaluated: Evaluated, *, times: bool = False) -> Path:
    """Writes `report.html` beside the records; it asks for nothing from outside itself.

    The same records give the same bytes, as times, which differ from run to run, are left out.

    Args:
        folder: Of the evaluation; the episodes' pictures are read from it.
        evaluated: Its records.
        times: Show times too.

    Returns:
        The file.
    """
    about = evaluated.about
    summaries = summarise(evaluated.records)
    agents = [summary.agent for summary in summaries]
    rows = [metric_rows(summaries)]
    if len(agents) > 1:
        rows.append(difference_rows(summaries))
    kinds = kind_rows(by_kind(evaluated.records), agents)
    body = tag(
        "main",
        tag("h1", f"{about.suite}: {len(agents)} agents, {_episodes(evaluated)} episodes"),
        tag("p", f"Means over episodes with {LEVEL:.0%} bootstrap intervals.", class_="lead"),
        *(tag("p", words, class_="lost") for words in error_words(summaries)),
        _what_was_run(evaluated),
        *(_table(each) for each in rows),
        section("plots", "Drawn", "", _plots(evaluated)),
        *(_table(each) for each in (kinds, part_rows(summaries)) if each.cells),
        *([_table(time_rows(summaries))] if times else []),
        pictures_section(folder, evaluated.records),
        misses_section(evaluated.records),
        _definitions([name for name in rows[0].columns if name in METRICS]),
    )
    path = folder / REPORT
    write_text(path, page(f"{about.suite}: agents compared", page_style() + _STYLE, body))
    return path


def _episodes(evaluated: Evaluated) -> int:
    return len({record.seed for record in evaluated.records})


def _what_was_run(evaluated: Evaluated) -> Html:
    about = evaluated.about
    seeds = seeds_words(sorted({record.seed for record in evaluated.records}))
    machines = [
        f"{m.get('cpu')}, {m.get('cores')} cores, Python {m.get('python')}, {m.get('platform')}"
        for m in about.machines
    ]
    options = ", ".join(f"{name}={value}" for name, value in about.options.items())
    facts = {
        "Suite": f"{about.suite}, version {about.version}",
        "Seeds": seeds,
        "Options": options or "none",
        "Settings": about.settings,
        "Package": f"embodied_mem {about.package}",
        "Machine": "; ".join(machines),
        "Command": _command(evaluated),
    }
    pairs: list[Html] = []
    for name, words in facts.items():
        pairs += [tag("dt", name), tag("dd", words)]
    agents: list[Html] = []
    for name, words in about.agents.items():
        agents += [tag("dt", name), tag("dd", words)]
    return join(tag("h2", "What was run"), tag("dl", *pairs), tag("h2", "Who"), tag("dl", *agents))


def _command(evaluated: Evaluated) -> str:
    """Returns the command that gives these records, if their seeds have no gaps."""
    about, seeds = evaluated.about, {record.seed for record in evaluated.records}
    parts = ["embodied-mem eval", about.suite, "--agent", *about.agents]
    if seeds:
        parts += ["--first-seed", str(min(seeds)), "--episodes", str(max(seeds) - min(seeds) + 1)]
    if about.options:
        parts += ["--set", *(f"{name}={_written(value)}" for name, value in about.options.items())]
    return " ".join(parts)


def _written(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _table(rows: Rows) -> Html:
    cells = [
        [tag("td", cell, class_="number" if number else None) for number, cell in enumerate(line)]
        for line in rows.cells
    ]
    content = table(rows.columns, cells, range(1, len(rows.columns)))
    return section(_key(rows.title), rows.title, "", content)


def _plots(evaluated: Evaluated) -> Html:
    figures = []
    for words, svg in plots(evaluated.records):
        source = "data:image/svg+xml;base64," + base64.b64encode(svg).decode()
        picture = tag("img", src=source, alt=words)
        figures.append(tag("figure", picture, tag("figcaption", words)))
    return tag("div", *figures, class_="plots")


def _key(title: str) -> str:
    return "-".join(title.lower().split())


def _definitions(names: Sequence[str]) -> Html:
    def entries() -> Iterable[Html]:
        for name in names:
            metric = METRICS[name]
            yield tag("dt", f"{name} (version {metric.version})")
            yield tag("dd", f"{metric.formula}. Source: {metric.source}.")

    return section("definitions", "What the metrics mean", "", tag("dl", *entries()))
