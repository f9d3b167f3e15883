"""The tool that tells what was believed of a thing, from first to last."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from embodied_mem.brain.tools.access import Access, tokens_of
from embodied_mem.brain.tools.arguments import History
from embodied_mem.brain.tools.finding import find, label, plain
from embodied_mem.brain.tools.recall import line_of, notes_on
from embodied_mem.brain.tools.result import ToolResult, one_line, within
from embodied_mem.memory.facts import ObjectFact
from embodied_mem.memory.record import MemoryRecord

_STAYED: Final = 0.25
"""A thing that is no farther than this from where it was has not moved, metres."""
_STATES: Final = {"missing": "missing from", "unknown": "perhaps in", "moved": "moved to"}


@dataclass(frozen=True, kw_only=True)
class _Entry:
    """What one or several versions in a row say alike."""

    first: MemoryRecord
    last: MemoryRecord
    fact: ObjectFact | None

    def goes_on(self, record: MemoryRecord, fact: ObjectFact | None) -> bool:
        """Whether a later version says the same."""
        if fact is None or self.fact is None:
            return False
        before = (self.first.place, self.fact.state, self.fact.on)
        apart = math.dist(self.fact.position, fact.position)
        return (record.place, fact.state, fact.on) == before and apart <= _STAYED


def history(access: Access, arguments: History) -> ToolResult:
    """Tells the past of a thing, a room, a person or a record."""
    budget = tokens_of(arguments.max_tokens)
    words = plain(arguments.thing)
    found = find(access, words)
    if found.objects:
        first, others = found.objects[0], found.objects[1:4]
        also = [f"Others that fit: {', '.join(map(label, others))}."] if others else []
        head = " ".join([f"The past of {label(first)}.", *also, *map(one_line, found.doubts)])
        return _told(access, head, access.about(first.id), budget)
    record = access.record(words)
    if record is not None:
        return _told(
            access, f"All versions of {access.name(record.id)}.", _versions(access, record), budget
        )
    names = [place.place_id for place in found.places] or [words]
    records = access.about(*names)
    if records:
        return _told(access, f"What was told of {one_line(words, 80)}.", records, budget)
    lines = notes_on(access, words)
    head = "Nothing is remembered about exactly that." + (" Notes that may tell:" if lines else "")
    text, shown = within(head, [f"- {each.line}" for each in lines], budget)
    value: dict[str, Any] = {"status": "unseen", "notes": [each.value for each in lines[:shown]]}
    return ToolResult(text=text, value=value)


def _versions(access: Access, record: MemoryRecord) -> list[MemoryRecord]:
    return list(access.store.history(record.id, viewer=access.viewer))


def _told(access: Access, head: str, records: Sequence[MemoryRecord], budget: int) -> ToolResult:
    """Tells the newest of many, in the order of time."""
    lines, values = [], []
    for entry in _entries(records):
        line, value = _entry(access, entry)
        lines.append(line)
        values.append(value)
    # What is newest is needed most: it is counted first, and told last.
    _, shown = within(f"{head} (999 earlier ones left out)", lines[::-1], budget)
    left = len(lines) - shown
    if left:
        head += f" ({left} earlier ones left out)"
    text = "\n".join([head, *lines[left:]])
    return ToolResult(text=text, value={"status": "found", "entries": values[left:]})


def _entries(records: Sequence[MemoryRecord]) -> list[_Entry]:
    entries: list[_Entry] = []
    for record in records:
        if record.kind == "snapshot":
            continue
        fact = None
        if record.content.get("type") == "object":
            fact = msgspec.convert(record.content, ObjectFact)
        if entries and entries[-1].goes_on(record, fact):
            entries[-1] = _Entry(first=entries[-1].first, last=record, fact=entries[-1].fact)
        else:
            entries.append(_Entry(first=record, last=record, fact=fact))
    return entries


def _entry(access: Access, entry: _Entry) -> tuple[str, dict[str, Any]]:
    last, fact = entry.last, entry.fact
    value = {**line_of(access, last).value, "tick": entry.first.valid_from}
    value |= {"version": last.version, "believed": last.status == "active"}
    told = value["text"] if fact is None else _lying(access, last, fact)
    if fact is not None:
        value |= {"state": fact.state, "position": [round(v, 2) for v in fact.position]}
        value["last_seen"] = fact.last_tick
    start, end = entry.first.valid_from, last.valid_to
    when = f"tick {start}" if end is None else f"tick {start} to {end}"
    gone = "" if last.status == "active" else " (believed no more)"
    return f"- [{value['id']}] {when}: {told}{gone}", value


def _lying(access: Access, record: MemoryRecord, fact: ObjectFact) -> str:
    place = access.place_name(record.place) or "a place without a name"
    x, y, z = fact.position
    on = access.recollection.by_id.get(fact.on or "")
    standing = "" if on is None else f", on {label(on)}"
    return f"{_STATES.get(fact.state, 'in')} {place}, at ({x:.1f}, {y:.1f}, {z:.1f}) m{standing}"
