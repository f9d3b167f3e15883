"""An evaluation on the console."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from embodied_mem_envs.evaluation.metrics.summary import AgentSummary, by_kind, summarise
from embodied_mem_envs.evaluation.reporting.rows import (
    Rows,
    difference_rows,
    kind_rows,
    metric_rows,
    part_rows,
    time_rows,
)
from embodied_mem_envs.evaluation.running.evaluation import Evaluated


def print_evaluation(evaluated: Evaluated, console: Console | None = None) -> None:
    """Prints all tables, each in parts that the console has room for."""
    shown = console or Console()
    summaries = summarise(evaluated.records)
    agents = [summary.agent for summary in summaries]
    parts, kinds = part_rows(summaries), kind_rows(by_kind(evaluated.records), agents)
    rows = [metric_rows(summaries), *(each for each in (parts, kinds) if each.cells)]
    if len(agents) > 1:
        rows.insert(1, difference_rows(summaries))
    for each in (*rows, time_rows(summaries)):
        for part in _tables(each, shown.width):
            shown.print(part)
    for words in error_words(summaries):
        shown.print(Text(words, style="bold red"))


def error_words(summaries: list[AgentSummary]) -> list[str]:
    """Returns a sentence for each agent that broke episodes."""
    return [
        f"{s.agent} broke {s.errors} of {s.episodes} episodes; they count as failed"
        for s in summaries
        if s.errors
    ]


def _tables(rows: Rows, width: int) -> list[Table]:
    """Returns a table in parts that are so many characters wide, each with the first column."""
    size = [
        max(len(cell) for cell in column) + 3
        for column in zip(rows.columns, *rows.cells, strict=True)
    ]
    parts: list[list[int]] = [[]]
    for column in range(1, len(rows.columns)):
        if parts[-1] and size[0] + sum(size[each] for each in parts[-1]) + size[column] >= width:
            parts.append([])
        parts[-1].append(column)
    return [_table(rows, [0, *part]) for part in parts]


def _table(rows: Rows, columns: list[int]) -> Table:
    table = Table(title=rows.title, title_justify="left")
    for column in columns:
        table.add_column(rows.columns[column], justify="right" if column else "left")
    for cells in rows.cells:
        table.add_row(*(Text(cells[column]) for column in columns))
    return table
