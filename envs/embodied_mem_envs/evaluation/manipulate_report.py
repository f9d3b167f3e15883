"""Shows an evaluation at the tabletop to a reader: figures, families, faults, failures."""

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from embodied_mem_envs.evaluation.manipulate_metrics import (
    Detection,
    Share,
    clean,
    faulty,
    repeats,
    share_of,
)
from embodied_mem_envs.evaluation.manipulate_records import EpisodeRecord

_REPORT_LINES = 12


def print_manipulate_report(
    records: Sequence[EpisodeRecord],
    figures: Mapping[str, float | None],
    console: Console | None = None,
) -> None:
    """Prints the tables of an evaluation, and every failure with its reason and story."""
    parts = [_figures(figures)]
    if clean(records):
        parts.append(_families(records))
    if faulty(records):
        parts.append(_faults(records))
    failed = [record for record in records if not record.success]
    (console or Console()).print(Group(*parts, *map(_failure, failed)))


def _figures(figures: Mapping[str, float | None]) -> Table:
    table = _table("Figures", "metric", "value")
    for name, value in figures.items():
        table.add_row(name, "-" if value is None else f"{value:.4g}")
    return table


def _families(records: Sequence[EpisodeRecord]) -> Table:
    table = _table(
        "Tasks without faults", "family", "level", "success", "95 %", "calls", "repeats", "calls",
        "seconds",
    )  # fmt: skip
    families = list(dict.fromkeys(record.case.family for record in clean(records)))
    for family in families:
        own = [record for record in clean(records) if record.case.family == family]
        again = [record for record in repeats(records) if record.case.family == family]
        for level in sorted({record.case.level for record in own}):
            some = [record for record in own if record.case.level == level]
            later = [record for record in again if record.case.level == level]
            table.add_row(family, str(level), *_row(some, later))
        if len({record.case.level for record in own}) > 1:
            table.add_row(family, "all", *_row(own, again), style="bold", end_section=True)
    return table


def _row(own: Sequence[EpisodeRecord], again: Sequence[EpisodeRecord]) -> list[str]:
    won = share_of(own, _succeeded)
    return [
        _of(won),
        _interval(won),
        _mean([float(record.model_calls) for record in own]),
        _of(share_of(again, _succeeded)),
        _mean([float(record.model_calls) for record in again]),
        _mean([record.ticks * 0.005 for record in own]),
    ]


def _faults(records: Sequence[EpisodeRecord]) -> Table:
    """`early` counts alarms before the fault acted, `unseen` those that did no harm unnoticed."""
    table = _table(
        "Tasks with faults", "fault", "acted", "noticed", "F1", "early", "recovered", "95 %",
        "unseen",
    )  # fmt: skip
    for fault in dict.fromkeys(record.case.fault for record in faulty(records)):
        own = [record for record in records if record.case.fault == fault]
        fired = [record for record in own if record.fired is not None]
        found = Detection.of(own)
        done = share_of(fired, _succeeded)
        harmless = sum(record.success and not record.noticed for record in fired)
        table.add_row(
            fault,
            f"{len(fired)}/{len(own)}",
            f"{found.hits}/{len(fired)}",
            "-" if found.f1 is None else f"{found.f1:.3f}",
            str(found.false_alarms),
            _of(done),
            _interval(done),
            str(harmless),
        )
    return table


def _failure(record: EpisodeRecord) -> Text:
    case = record.case
    title = f"\n{case.family} level {case.level} seed {case.seed} {case.run}"
    title += f", {case.fault}" if case.fault else ""
    title += ", believed that it succeeded" if record.claimed else ""
    text = Text(title, style="bold red")
    text.append(f"\n{record.instruction!r}", style="not bold default")
    for line in (record.error, record.why):
        if line:
            text.append(f"\n{line}", style="not bold red")
    story = record.report.splitlines()
    if len(story) > _REPORT_LINES:
        story = ["...", *story[-_REPORT_LINES:]]
    text.append("".join(f"\n  {line}" for line in story), style="not bold dim default")
    return text


def _table(title: str, *columns: str) -> Table:
    table = Table(
        title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True
    )
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right", no_wrap=True)
    return table


def _of(share: Share) -> str:
    return f"{share.hits}/{share.total}" if share.total else "-"


def _interval(share: Share) -> str:
    low, high = share.interval
    return f"{low:.2f}..{high:.2f}" if share.total else "-"


def _mean(values: Sequence[float]) -> str:
    return f"{sum(values) / len(values):.2f}" if values else "-"


def _succeeded(record: EpisodeRecord) -> bool:
    return record.success
