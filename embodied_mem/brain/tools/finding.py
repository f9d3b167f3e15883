"""Finds the things and rooms that a caller speaks of."""

from dataclasses import dataclass
from typing import Any

import msgspec

from embodied_mem.brain.language.object_answers import selected
from embodied_mem.brain.language.questions import parse_question
from embodied_mem.brain.language.recollection import Seen
from embodied_mem.brain.language.relations import AnswerConfig, is_firm
from embodied_mem.brain.language.selection import Context, fits_room
from embodied_mem.brain.language.vocabulary import load_vocabulary
from embodied_mem.brain.tools.access import Access
from embodied_mem.brain.tools.result import Refused, one_line
from embodied_mem.memory.facts import PlaceFact, SnapshotFact
from embodied_mem.memory.record import MemoryRecord

CONFIG = AnswerConfig()


@dataclass(frozen=True, kw_only=True)
class Found:
    """What some words mean in a memory."""

    objects: tuple[Seen, ...] = ()
    """The likeliest first."""
    places: tuple[PlaceFact, ...] = ()
    doubts: tuple[str, ...] = ()
    """Sentences on why it may be something else."""


def plain(words: str) -> str:
    """Returns what a caller typed as one line.

    Raises:
        Refused: If it says nothing.
    """
    line = one_line(words).strip(" ?!.,;:\"'")
    if not line:
        raise Refused("That is empty; name a thing (red mug), a room (kitchen) or an id (k3fm7qp).")
    return line


def find(access: Access, words: str) -> Found:
    """Finds what words mean: an id of a thing, a room or a record, or a description.

    Raises:
        Refused: If they say nothing, or name a record that is gone.
    """
    words = plain(words)
    memory = access.recollection
    name = words.lower()
    if name in memory.by_id:
        return Found(objects=(memory.by_id[name],))
    places = tuple(p for p in memory.places.values() if name in (p.place_id, p.name.lower()))
    if places:
        return Found(places=places)
    record = access.record(words)
    if record is not None:
        about = tuple(memory.by_id[each] for each in record.about if each in memory.by_id)
        rooms = tuple(memory.places[each] for each in record.about if each in memory.places)
        return Found(objects=about, places=rooms)
    return _described(access, words)


def _described(access: Access, words: str) -> Found:
    memory = access.recollection
    vocabulary = load_vocabulary(memory.categories)
    text = words if words.lower().startswith("where ") else f"where is the {words}"
    question = parse_question(f"{text}?", vocabulary, storeys=memory.storeys)
    if question.kind != "where":
        return Found()
    if question.floors:
        memory = memory.on(question.floors)
    slips = [
        f'I do not know the word "{s.word}" and read {s.read_as}.' for s in question.corrections
    ]
    if not question.subjects:
        room = question.room
        fitting = [] if room is None else [p for p in memory.places.values() if fits_room(p, room)]
        return Found(places=tuple(fitting), doubts=tuple(slips))
    selection = selected(
        Context(question=question, memory=memory, vocabulary=vocabulary, config=CONFIG, here=None)
    )
    return Found(objects=selection.found, doubts=(*slips, *selection.doubts))


def settled(objects: tuple[Seen, ...]) -> tuple[Seen, ...]:
    """Returns the objects to speak of: those well seen, else those believed there, else all."""
    present = tuple(seen for seen in objects if not seen.gone)
    return tuple(seen for seen in present if is_firm(seen, CONFIG)) or present or objects


def thing_value(access: Access, seen: Seen) -> dict[str, Any]:
    """Returns an object for programs, with the ids of what tells of it."""
    fact, citation = seen.fact, access.recollection.cite(seen.id)
    return {
        "object": seen.id,
        "category": seen.category,
        "colour": fact.colour,
        "room": access.place_name(seen.place.place_id) if seen.place is not None else None,
        "position": [round(value, 2) for value in fact.position],
        "on": fact.on if fact.on in access.recollection.by_id else None,
        "state": fact.state,
        "last_seen": fact.last_tick,
        "certain": is_firm(seen, CONFIG),
        "snapshot": None if citation is None else access.name(citation.snapshot),
    }


def label(seen: Seen) -> str:
    """Returns what an object is called, with its id: `red mug (mug-3)`."""
    return one_line(f"{seen.fact.colour} {seen.category} ({seen.id})".strip(), 80)


def proof(access: Access, seen: Seen) -> str:
    """Returns the words that cite the picture of an object; empty where there is none."""
    citation = access.recollection.cite(seen.id)
    return "" if citation is None else f", picture {access.name(citation.snapshot)}"


def shown_in(access: Access, record: MemoryRecord) -> list[Seen]:
    """Returns the objects that a snapshot shows, the largest first; () for other records.

    Those that the caller may not know of are left out.
    """
    if record.content.get("type") != "snapshot":
        return []
    boxes = msgspec.convert(record.content, SnapshotFact).boxes
    area = {each: (x1 - x0) * (y1 - y0) for each, (x0, y0, x1, y1) in boxes.items()}
    known = access.recollection.by_id
    return [known[each] for each in sorted(area, key=lambda e: (-area[e], e)) if each in known]
