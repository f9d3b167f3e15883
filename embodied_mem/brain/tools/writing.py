"""The tools that change a memory: a note is written, records are erased."""

from typing import Final

from embodied_mem.allocation import AllocationContext, LeastValuePerByte
from embodied_mem.brain.remember.keeper import Keeper
from embodied_mem.brain.tools.access import Access
from embodied_mem.brain.tools.arguments import LONGEST_NOTE, Forget, Remember
from embodied_mem.brain.tools.finding import find, plain
from embodied_mem.brain.tools.recall import NOTE_TAG
from embodied_mem.brain.tools.result import Refused, ToolResult, one_line, quoted
from embodied_mem.memory.record import Add, MemoryRecord, RecordIds

_SALT: Final = 32_452_843
"""Keeps the ids of notes apart from those that others make of the store's seed."""
AGENT: Final = "agent"
"""Who writes where nobody is named."""


def remember(access: Access, arguments: Remember) -> ToolResult:
    """Writes a note down; its observer is the caller."""
    text = one_line(arguments.text)
    if not text:
        raise Refused("The text is empty; say in words what to remember.")
    record = _note(access, arguments, text[:LONGEST_NOTE])
    keeper = Keeper(access.store, LeastValuePerByte())
    outcome = keeper.apply([Add(record=record)], AllocationContext(tick=record.recorded_at))
    if record.id in outcome.refused:
        raise Refused("The memory is full and holds nothing of less worth; forget something first.")
    name = access.name(outcome.renamed.get(record.id, record.id))
    again = " It was known already." if record.id in outcome.renamed else ""
    whom = "told to nobody else" if arguments.private else "open to all"
    about = (
        f" About: {', '.join(one_line(each, 40) for each in record.about)}." if record.about else ""
    )
    return ToolResult(
        text=f"Remembered as {name}, {whom}.{about}{again}",
        value={"id": name, "about": list(record.about), "tick": record.valid_from},
    )


def _note(access: Access, arguments: Remember, text: str) -> MemoryRecord:
    about = [_entity(access, each) for each in arguments.about or ()]
    sources = [access.required(each).id for each in arguments.based_on or ()]
    places = [each for each in about if each in access.recollection.places]
    store, embedder = access.store, access.retriever.embedder
    tick = max(access.newest_tick(), 0)
    ids = RecordIds(store.seed + _SALT + store.sequence)
    record_id = ids.new(tick)
    while record_id in store:
        record_id = ids.new(tick)
    private = bool(arguments.private)
    return MemoryRecord(
        id=record_id,
        kind="fact",
        # What is told in private is another fact than the same words told to all.
        content={"type": NOTE_TAG, "text": text, "private": private},
        about=tuple(dict.fromkeys(about)),
        place=places[0] if places else None,
        observer=access.viewer or AGENT,
        session=store.session,
        valid_from=tick,
        recorded_at=tick,
        embedding=embedder.embed([text])[0].tobytes(),
        space=embedder.name,
        provenance=tuple(dict.fromkeys(sources)),
        visibility="private" if private else "shared",
    )


def _entity(access: Access, words: str) -> str:
    """Returns the id of the one thing or room that words mean, else the words themselves."""
    name = plain(words)
    found = find(access, name)
    ids = [seen.id for seen in found.objects] or [place.place_id for place in found.places]
    return ids[0] if len(ids) == 1 and not found.doubts else one_line(name, 80)


def forget(access: Access, arguments: Forget) -> ToolResult:
    """Erases records, what was made of them, and pictures that show what they are about.

    With a viewer, only what that one may know of is erased for its own sake.
    """
    if (arguments.about is None) == (not arguments.ids):
        raise Refused("Give either ids of records or about, not both and not neither.")
    if arguments.about is not None:
        entity = _entity(access, arguments.about)
        records = access.about(entity)
        if not records:
            raise Refused(f"Nothing is remembered about exactly {quoted(arguments.about)}.")
        ids = [record.id for record in records]
    else:
        entity = ""
        ids = [access.required(each).id for each in arguments.ids or ()]
    names = access.names(ids)
    if entity and access.viewer is None:
        done = access.store.forget(about=entity)
    else:
        done = access.store.forget(ids=list(dict.fromkeys(ids)))
    more = [f"{done.derived} made from others"] if done.derived else []
    more += [f"{done.pictures} pictures"] if done.pictures else []
    among = f", {' and '.join(more)} among them" if more else ""
    return ToolResult(
        text=f"Erased {done.erased} records for good{among}: {_some(names)}.",
        value={"named": names, "erased": done.erased, "pictures": done.pictures},
    )


def _some(names: list[str]) -> str:
    return ", ".join(names[:10]) + (" and others" if len(names) > 10 else "")
