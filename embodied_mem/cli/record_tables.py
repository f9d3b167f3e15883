"""Records and damage as tables for a terminal and as JSON."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
from rich.table import Table
from rich.text import Text

from embodied_mem.memory.facts import (
    FrontierFact,
    MapFact,
    ObjectFact,
    PlaceFact,
    SnapshotFact,
    WalkFact,
    fact_of,
)
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.text import text_of
from embodied_mem.memory.verification import Report
from embodied_mem.viz.page_sections import readable_bytes
from embodied_mem.viz.reading import describe

_LONGEST = 60


def history_table(versions: Sequence[MemoryRecord], places: Mapping[str, str]) -> Table:
    """Returns all versions of what a record tells, oldest first.

    Args:
        versions: As `MemoryStore.history` gives them.
        places: Names of the places by their ids.
    """
    table = _table(f"history: {len(versions)} version{'' if len(versions) == 1 else 's'}")
    for name, side in (
        *(("version", "right"), ("what", "left"), ("place", "left"), ("true", "left")),
        *(("believed", "left"), ("status", "left"), ("held", "left"), ("record", "left")),
    ):
        table.add_column(name, justify="right" if side == "right" else "left", overflow="fold")
    for record in versions:
        table.add_row(
            str(record.version),
            Text(told(record)),
            Text(places.get(record.place or "", record.place or "")),
            _span(record.valid_from, record.valid_to),
            _span(record.recorded_at, record.superseded_at),
            record.status,
            held(record),
            record.id,
        )
    return table


def belief_table(records: Sequence[MemoryRecord], tick: int, places: Mapping[str, str]) -> Table:
    """Returns what was believed at a tick.

    Args:
        records: As `MemoryStore.as_of` gives them.
        tick: For the title.
        places: Names of the places by their ids.
    """
    table = _table(f"believed at tick {tick}: {len(records)} records")
    for name in ("kind", "what", "place", "true", "record"):
        table.add_column(name, overflow="fold")
    for record in records:
        table.add_row(
            record.kind,
            Text(told(record)),
            Text(places.get(record.place or "", record.place or "")),
            _span(record.valid_from, record.valid_to),
            record.id,
        )
    return table


def report_lines(report: Report, *, repaired: bool) -> list[Text]:
    """Returns what a look through a memory found, and what was done about it."""
    if report.ok:
        lines = [Text(f"{report.records} records verified: nothing is damaged", style="green")]
    else:
        count = len(report.damages)
        things = "1 thing is damaged" if count == 1 else f"{count} things are damaged"
        lines = [Text(f"{report.records} records looked at: {things}", style="red")]
        lines += [Text(f"  {damage}") for damage in report.damages]
    if report.orphans:
        lines.append(Text(f"files that nothing refers to: {', '.join(report.orphans)}"))
    if repaired and not report.ok:
        lines.append(Text(f"repaired; {len(report.lost)} lost, {len(report.lowered)} kept coarser"))
        lines += [Text(f"  lost: {name}", style="red") for name in report.lost]
        lines += [Text(f"  coarser: {name}", style="yellow") for name in report.lowered]
    return lines


def told(record: MemoryRecord) -> str:
    """Says in a few words what a record holds."""
    try:
        fact = fact_of(record)
    except msgspec.ValidationError:
        text = text_of(record) or msgspec.json.encode(record.content).decode()
        return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
    match fact:
        case ObjectFact():
            x, y, z = fact.position
            return f"{fact.object_id}: {describe(fact)}, {fact.state}, ({x:.2f}, {y:.2f}, {z:.2f})"
        case PlaceFact():
            return f"{fact.name}, {fact.area:.1f} m²"
        case SnapshotFact():
            names = ", ".join(fact.cluster)
            return f"tick {fact.tick}: {names}"
        case FrontierFact():
            x, y = fact.centroid
            return f"{fact.frontier_id}: {fact.length:.1f} m at ({x:.2f}, {y:.2f})"
        case MapFact():
            return f"map of floor {fact.floor}"
        case WalkFact():
            return f"walk of {fact.length:.1f} m in {fact.frames} frames"


def held(record: MemoryRecord) -> str:
    """Says at what fidelity a record is held."""
    parts = []
    if record.payload:
        full = max(len(record.losses), record.level)
        layers = f"{record.level}/{full} layers" if full > 1 else "payload"
        parts.append(f"{layers}, {readable_bytes(sum(map(len, record.payload)))}")
    if record.embedding:
        parts.append(f"{record.bits}-bit vector")
    return "; ".join(parts)


def record_entry(record: MemoryRecord) -> dict[str, Any]:
    """Returns a record for JSON, with the sizes of its bytes in their place."""
    entry: dict[str, Any] = msgspec.to_builtins(
        msgspec.structs.replace(record, payload=(), embedding=b"")
    )
    del entry["payload"], entry["embedding"]
    entry["payload_bytes"] = [len(layer) for layer in record.payload]
    entry["embedding_bytes"] = len(record.embedding)
    return entry


def _span(first: int, last: int | None) -> str:
    return f"{first} to {'now' if last is None else last}"


def _table(title: str) -> Table:
    return Table(title=title, title_justify="left")
