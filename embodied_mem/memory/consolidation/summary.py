"""Summaries: what a room holds, what changed in a visit, what was said in a session."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, get_args

import msgspec

from embodied_mem.memory.consolidation.audience import Audience
from embodied_mem.memory.record import Link, MemoryRecord

Level = Literal["visit", "room", "session"]
LEVELS: Final[tuple[Level, ...]] = get_args(Level)
MOST_SOURCES: Final = 24
"""Records that one summary is made from at most, so that it and its links stay small."""


class SummaryFact(msgspec.Struct, frozen=True, kw_only=True):
    """What many records tell, in words. Kind `summary`; `provenance` and links name its sources."""

    type: Level
    text: str
    """For a person, and for the full-text index."""
    subject_id: str
    """Id of the room, or name of the session."""
    sources: int
    """From how many records it was made."""
    of: int
    """How many there were; more than `sources` where they were too many."""


def is_summary(record: MemoryRecord) -> bool:
    """Tells whether a record is one of these summaries."""
    return record.kind == "summary" and record.content.get("type") in LEVELS


def summary_record(
    level: Level,
    subject: str,
    text: str,
    sources: Sequence[MemoryRecord],
    of: int,
    audience: Audience,
) -> MemoryRecord:
    """Makes the record of a summary: a function of its sources alone, so that it can be rebuilt.

    Args:
        level: What it sums up.
        subject: Id of the room, or name of the session.
        text: What it says.
        sources: What it was made from, at least one and at most `MOST_SOURCES`, all of which
            everybody in the audience may read.
        of: How many there were to choose from.
        audience: Who may read it.
    """
    sources = sorted(sources, key=lambda source: source.id)
    visibility, observer = audience
    observers = {source.observer for source in sources}
    tick = max(source.recorded_at for source in sources)
    name = ":".join((level, subject, visibility, observer))
    fact = SummaryFact(type=level, text=text, subject_id=subject, sources=len(sources), of=of)
    return MemoryRecord(
        id=f"{tick:012x}{hashlib.sha256(name.encode()).hexdigest()[:20]}",
        kind="summary",
        content=msgspec.to_builtins(fact),
        place=subject if level == "room" else None,
        about=(subject,) if level == "room" else (),
        observer=observer or (observers.pop() if len(observers) == 1 else "agent"),
        session=max(sources, key=lambda source: source.recorded_at).session,
        valid_from=min(source.valid_from for source in sources),
        recorded_at=tick,
        # Rooms are written anew with each visit: linked, every summary would change when they go.
        links=tuple(
            Link("derived_from", source.id) for source in sources if source.kind != "summary"
        ),
        provenance=tuple(source.id for source in sources),
        visibility=visibility,
    )


def listed(names: Sequence[str]) -> str:
    """Returns names as a sentence lists them.

    >>> listed(["a cup", "2 chairs", "a mat"])
    'a cup, 2 chairs and a mat'
    """
    return " and ".join(part for part in (", ".join(names[:-1]), *names[-1:]) if part)


def counted(content: Sequence[Mapping[str, Any]]) -> list[str]:
    """Counts things of one colour and category.

    >>> counted([{"colour": "red", "category": "cup"}] * 2 + [{"category": "oven"}])
    ['an oven', '2 red cups']
    """
    names = sorted(thing_name(each) for each in content)
    kinds = sorted(set(names), key=lambda name: (names.count(name), name))
    return [with_count(name, names.count(name)) for name in kinds]


def thing_name(content: Mapping[str, Any]) -> str:
    """Names a thing by colour and category."""
    words = (str(content.get("colour") or ""), str(content.get("category") or "thing"))
    return " ".join(word for word in words if word)


def with_count(name: str, count: int) -> str:
    """Puts a number or an article before a name."""
    if count == 1:
        return f"{'an' if name[:1] in 'aeiou' else 'a'} {name}"
    if name.endswith(("s", "x", "z", "ch", "sh")):
        return f"{count} {name}es"
    return f"{count} {name}s"
