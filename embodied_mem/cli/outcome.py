"""What `run` and `ingest` leave behind: pictures, a report and a summary."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from embodied_mem.brain.language.answers import Answer
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.facts import FrontierFact, ObjectFact, PlaceFact, SnapshotFact, active


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One finished episode."""

    title: str
    memory_path: Path
    answers: tuple[Answer, ...] = ()
    timings: Mapping[str, float] = field(default_factory=dict)
    """Mean CPU milliseconds a tick by stage."""
    facts: Mapping[str, float] = field(default_factory=dict)
    """Headline numbers besides those counted from the memory."""
    prefix: str = ""
    """Put before the names of the pictures and the report."""


def write_outcome(folder: Path, memory: MemoryStore, outcome: Outcome) -> dict[str, float]:
    """Writes the pictures and the report, prints the summary, and returns the counts."""
    from embodied_mem.viz.contact_sheet import contact_sheet
    from embodied_mem.viz.map_view import draw_map
    from embodied_mem.viz.report import write_report

    contact_sheet(memory, folder / f"{outcome.prefix}snapshots.png")
    draw_map(memory, folder / f"{outcome.prefix}map.png")
    counts = count_memory(memory)
    report = folder / f"{outcome.prefix}report.html"
    write_report(
        report,
        memory,
        outcome.answers,
        timings=outcome.timings,
        title=outcome.title,
        facts={**outcome.facts},
    )
    _print_summary(outcome, counts, report)
    return counts


def count_memory(memory: MemoryStore) -> dict[str, float]:
    """Counts what a memory holds now."""
    objects = [fact for _, fact in active(memory, ObjectFact, payload=False)]
    return {
        "objects": float(sum(fact.state in ("present", "moved") for fact in objects)),
        "objects_missing": float(sum(fact.state == "missing" for fact in objects)),
        "objects_unsure": float(sum(fact.state == "unknown" for fact in objects)),
        "places": float(sum(1 for _ in active(memory, PlaceFact, payload=False))),
        "snapshots": float(sum(1 for _ in active(memory, SnapshotFact, payload=False))),
        "frontiers": float(sum(1 for _ in active(memory, FrontierFact, payload=False))),
        "memory_bytes": float(memory.nbytes),
    }


def _print_summary(outcome: Outcome, counts: Mapping[str, float], report: Path) -> None:
    console = Console()
    table = Table(title=outcome.title, show_header=False, title_justify="left")
    for name, value in {**outcome.facts, **counts}.items():
        table.add_row(name.replace("_", " "), f"{value:g}")
    console.print(table)
    for answer in outcome.answers:
        console.print(f"[bold]{escape(answer.question)}[/]\n  {escape(answer.text)}")
    console.print(f"memory: {outcome.memory_path}\nreport: {report}", markup=False, highlight=False)
