"""The tool that searches all that is remembered."""

from typing import Any, Final, final

import msgspec

from embodied_mem.brain.tools.access import Access, tokens_of
from embodied_mem.brain.tools.arguments import MOST_HITS, Recall
from embodied_mem.brain.tools.finding import find, label, plain, shown_in
from embodied_mem.brain.tools.result import Refused, ToolResult, one_line, quoted, within
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.retrieved import Hit
from embodied_mem.memory.text import text_of

NOTE_TAG: Final = "note"
_SPOKEN: Final = frozenset({NOTE_TAG, "claim", "utterance"})
_NOTES: Final = 3
_LIKE: Final = 0.3
"""Signal of meaning or links from which a hit without a word of the query is told."""
_WORDS: Final = 300
"""Characters of a record's words that are quoted."""
_FOREVER: Final = (1 << 62) - 1


@final
class Line(msgspec.Struct, frozen=True, kw_only=True):
    """A record as it is told."""

    line: str
    value: dict[str, Any]


def recall(access: Access, arguments: Recall) -> ToolResult:
    """Searches the memory."""
    budget = tokens_of(arguments.max_tokens)
    query = plain(arguments.query)
    k = 5 if arguments.k is None else arguments.k
    if not 1 <= k <= MOST_HITS:
        raise Refused(f"k is {k}; give 1 to {MOST_HITS}, or null for 5.")
    found = access.retriever.query(query, k=k, filter=_filter(access, arguments), expand=1)
    hits = found.hits if arguments.kinds else [hit for hit in found.hits if _fits(hit)]
    told = [line for hit in hits if (line := _hit_line(access, hit)) is not None]
    head = f"{len(told)} of {found.matching} records, the best first:" if told else "Nothing fits."
    text, shown = within(head, [f"- {each.line}" for each in told], budget)
    value = {"matching": found.matching, "hits": [each.value for each in told[:shown]]}
    return ToolResult(text=text, value=value)


def _filter(access: Access, arguments: Recall) -> Filter:
    since, until = arguments.since, arguments.until
    between = None
    if since is not None or until is not None:
        between = (-_FOREVER if since is None else since, _FOREVER if until is None else until)
        if between[0] > between[1]:
            raise Refused(f"since {since} is later than until {until}.")
        if min(between) < -_FOREVER or max(between) > _FOREVER:
            raise Refused("since and until are ticks, whole numbers of 62 bits at most.")
    places = None
    if arguments.place is not None:
        rooms = find(access, arguments.place).places
        if not rooms:
            names = sorted(access.place_name(each) for each in access.recollection.places)
            known = ", ".join(names[:12]) or "none"
            raise Refused(f"No room is called {quoted(arguments.place)}; known: {known}.")
        places = [place.place_id for place in rooms]
    return Filter(kind=arguments.kinds, place=places, between=between, viewer=access.viewer)


def _fits(hit: Hit) -> bool:
    """Whether a hit, or what it is linked with, shares words or meaning with the query."""
    signals = hit.signals
    return bool(signals.lexical) or max(signals.semantic or 0.0, signals.link or 0.0) >= _LIKE


def _hit_line(access: Access, hit: Hit) -> Line | None:
    record = access.read(hit.id)
    if record is None:
        return None  # another process has deleted it meanwhile
    return line_of(access, record, score=round(hit.score, 3))


def line_of(access: Access, record: MemoryRecord, *, score: float | None = None) -> Line:
    """Tells a record in one line."""
    name, place = access.name(record.id), access.place_name(record.place)
    told = one_line(_words(access, record), _WORDS) or one_line(
        f"a {record.content.get('type', record.kind)}", 40
    )
    where = f", {place}" if place else ""
    said = f", from {one_line(record.observer, 40)}" if is_spoken(record) else ""
    until = "" if record.valid_to is None else f" to {record.valid_to}"
    line = f"[{name}] {record.kind}, tick {record.valid_from}{until}{where}{said}: {told}"
    value = {
        "id": name,
        "kind": record.kind,
        "tick": record.valid_from,
        "until": record.valid_to,
        "place": place or None,
        "about": list(record.about),
        "observer": record.observer,
        "text": told,
        "derived_from": access.names(record.provenance),
    }
    return Line(line=line, value=value if score is None else {**value, "score": score})


def _words(access: Access, record: MemoryRecord) -> str:
    seen = shown_in(access, record)
    if record.kind == "snapshot":
        return "shows " + (", ".join(label(each) for each in seen) or "nothing that I know by name")
    if record.content.get("type") == "place":
        return f"room {access.place_name(record.about[0] if record.about else None)}"
    return text_of(record)


def is_spoken(record: MemoryRecord) -> bool:
    """Whether a record holds what somebody said or noted, not what was seen."""
    return record.content.get("type") in _SPOKEN


def notes_on(access: Access, words: str) -> list[Line]:
    """Returns what was said or noted that holds words of a description, the best first."""
    kinds = Filter(kind=("fact", "event"), viewer=access.viewer)
    found = access.retriever.query(words, k=MOST_HITS, filter=kinds)
    records = (access.read(hit.id) for hit in found.hits if hit.signals.lexical)
    spoken = [record for record in records if record is not None and is_spoken(record)]
    return [line_of(access, record) for record in spoken[:_NOTES]]
