"""What summaries are made from, and what they say."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from embodied_mem.memory.batch import SUPERSEDES
from embodied_mem.memory.consolidation.audience import Audience, audience_of
from embodied_mem.memory.consolidation.summary import (
    MOST_SOURCES,
    Level,
    counted,
    listed,
    thing_name,
)
from embodied_mem.memory.filter import Filter, StatusChoice
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.store import MemoryStore

_MOVED = 0.25
"""Metres from which on something counts as moved."""


class Told(NamedTuple):
    """What one summary says, and from which records."""

    text: str
    sources: tuple[MemoryRecord, ...]
    of: int


def subjects(store: MemoryStore, level: Level) -> list[str]:
    """Returns what there is to sum up at a level: ids of rooms, or names of sessions, sorted."""
    names = {
        record.place if level == "room" else record.session for record in _candidates(store, level)
    }
    return sorted(name for name in names if name)


def told_of(store: MemoryStore, level: Level, subject: str) -> dict[Audience, Told]:
    """Returns what is to be said of a subject, to each audience by what it alone may know.

    What is private to one goes into a summary for that one, without what others may read: so no
    summary is more visible than any of its sources.
    """
    by_audience: dict[Audience, list[MemoryRecord]] = {}
    for record in _candidates(store, level, subject):
        by_audience.setdefault(audience_of(record), []).append(record)
    writers = {"room": _room, "visit": _visit, "session": _session}
    told = {
        audience: writers[level](store, subject, records)
        for audience, records in sorted(by_audience.items())
    }
    return {audience: each for audience, each in told.items() if each is not None}


def _candidates(
    store: MemoryStore, level: Level, subject: str | None = None
) -> Iterator[MemoryRecord]:
    if level == "room":
        where = Filter(kind=("fact", "summary"), place=subject)
    else:
        status: StatusChoice | None = "any" if level == "visit" else None
        where = Filter(kind=("fact", "event"), session=subject, status=status)
    wanted = {"room": ("object", "place"), "visit": ("object",), "session": ("claim", "utterance")}
    for record in store.query(where, payload=False):
        tag = record.content.get("type")
        if tag in wanted[level] or (level == "session" and tag is None and _words(record)):
            yield record


def _room(store: MemoryStore, subject: str, records: Sequence[MemoryRecord]) -> Told | None:
    things = [record for record in records if record.content["type"] == "object"]
    if not things:
        return None
    rooms = [record for record in records if record.content["type"] == "place"]
    name = str(rooms[0].content.get("name", "room")) if rooms else "room"
    things.sort(key=lambda record: (-float(record.content.get("confidence", 0.0)), record.id))
    of = len(rooms[:1]) + len(things)
    things = things[: MOST_SOURCES - 1]
    here = [thing.content for thing in things if _is_there(thing.content)]
    gone = [thing.content for thing in things if thing.content.get("state") == "missing"]
    told = [f"In the {name} I know of {listed(counted(here))}."] if here else []
    if gone:
        told.append(f"No longer in the {name}: {listed(counted(gone))}.")
    return Told(" ".join(told), (*rooms[:1], *things), of) if told else None


def _is_there(content: Mapping[str, Any]) -> bool:
    return content.get("state") in ("present", "moved")


def _visit(store: MemoryStore, subject: str, records: Sequence[MemoryRecord]) -> Told | None:
    rooms = _rooms(store)
    changes, new = list[tuple[str, tuple[MemoryRecord, ...]]](), list[MemoryRecord]()
    for record in records:
        before = _version_before(store, record)
        if before is None:
            if _is_there(record.content):
                new.append(record)
        elif sentence := _change(before, record, rooms):
            named = (rooms[each.place] for each in (before, record) if each.place in rooms)
            changes.append((sentence, (record, before, *named)))
    own = audience_of(records[0])
    told, sources = list[str](), dict[str, MemoryRecord]()
    for sentence, causes in changes:
        mine = [cause for cause in causes if audience_of(cause) == own]
        if len(mine) == len(causes) and len(sources | {c.id: c for c in mine}) <= MOST_SOURCES:
            told.append(sentence)
            sources |= {cause.id: cause for cause in mine}
    of = len(sources) + len(new) + 2 * (len(changes) - len(told))
    new = new[: MOST_SOURCES - len(sources)]
    if new:
        told.append(f"Seen for the first time: {listed(counted([n.content for n in new]))}.")
        sources |= {record.id: record for record in new}
    if not told:
        return None
    return Told(f"Visit {subject}. {' '.join(told)}", tuple(sources.values()), of)


def _rooms(store: MemoryStore) -> dict[str | None, MemoryRecord]:
    found = store.query(Filter(kind="summary"), payload=False)
    return {r.content.get("place_id"): r for r in found if r.content.get("type") == "place"}


def _version_before(store: MemoryStore, record: MemoryRecord) -> MemoryRecord | None:
    before = [link.id for link in record.links if link.type == SUPERSEDES and link.id in store]
    return store.record_at(store.slot_of(before[0]), payload=False) if before else None


def _change(
    before: MemoryRecord, after: MemoryRecord, rooms: Mapping[str | None, MemoryRecord]
) -> str:
    """Says what became of a thing; nothing where it is as it was."""
    thing = thing_name(after.content)
    whence, where = _in_room(before, rooms, "from"), _in_room(after, rooms, "to")
    if not _is_there(after.content):
        return f"The {thing} was gone{whence}." if _is_there(before.content) else ""
    if before.pose is not None and after.pose is not None:
        metres = math.dist(before.pose[:3], after.pose[:3])
        if metres > _MOVED:
            way = f"{whence}{where}" if before.place != after.place else _in_room(after, rooms)
            return f"The {thing} was moved by {metres:.1f} m{way}."
    return "" if _is_there(before.content) else f"The {thing} was back{_in_room(after, rooms)}."


def _in_room(
    record: MemoryRecord, rooms: Mapping[str | None, MemoryRecord], word: str = "in"
) -> str:
    room = rooms.get(record.place)
    return "" if room is None else f" {word} the {room.content.get('name', 'room')}"


def _session(store: MemoryStore, subject: str, records: Sequence[MemoryRecord]) -> Told | None:
    claims = {cause for each in records if each.kind == "fact" for cause in each.provenance}
    # What was said is told once: in the claims that were read from it, or else in its own words.
    said = [record for record in records if record.id not in claims]
    latest = sorted(said, key=lambda record: (record.valid_from, record.id))[-MOST_SOURCES:]
    told = [f'{record.observer}: "{text}"' for record in latest if (text := _words(record))]
    if not told:
        return None
    return Told(f"{subject}. {' '.join(told)}", tuple(latest), len(said))


def _words(record: MemoryRecord) -> str:
    content = record.content
    if isinstance(content.get("text"), str) and content["text"]:
        return str(content["text"])
    if not {"subject", "attribute", "value"} <= content.keys():
        return ""
    return f"{content['subject']}'s {content['attribute']}: {content['value']}"
