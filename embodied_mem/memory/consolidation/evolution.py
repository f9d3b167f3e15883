"""Evolution of neighbours (A-MEM): a new note changes what the notes beside it are found by."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from embodied_mem.errors import StoreError
from embodied_mem.memory.batch import SUPERSEDES
from embodied_mem.memory.consolidation.audience import may_point
from embodied_mem.memory.consolidation.config import ConsolidationConfig
from embodied_mem.memory.record import Link, MemoryRecord, Update
from embodied_mem.memory.search.tokens import words_of
from embodied_mem.memory.text import text_of

_TAGS: Final = "tags"
_SUMMARY: Final = "summary"
_LEAST_LETTERS: Final = 4
"""Shorter words tell little."""
_NEW_TAGS: Final = 2
"""Tags that one note gives another at most."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Evolved:
    """What a neighbour is to be found by from now on; what is None stays."""

    id: str
    """Of the neighbour."""
    tags: tuple[str, ...] | None = None
    summary: str | None = None


Proposer = Callable[[MemoryRecord, Sequence[MemoryRecord], ConsolidationConfig], Iterable[Evolved]]
"""Says what becomes of the neighbours of a new note: a rule, or a model that was asked."""


def is_note(record: MemoryRecord) -> bool:
    """Tells whether a record is a free note, which alone evolves: a text of no typed form."""
    return isinstance(record.content.get("text"), str) and "type" not in record.content


def evolve(
    record: MemoryRecord,
    neighbours: Sequence[MemoryRecord],
    config: ConsolidationConfig | None = None,
    propose: Proposer | None = None,
) -> list[Update]:
    """Returns what makes new versions of the neighbours of a new note.

    A-MEM (Xu et al. 2025, section 3.3): a new note may change tags and context of those near it.
    Here the neighbours are named by id, never by rank, the old version stays, archived, and each
    new one has a link `derived_from` to the note that caused it. `MemoryStore.rollback` undoes
    the batch byte for byte. A neighbour whose readers may not know of the note stays as it is.

    Args:
        record: The note.
        neighbours: What was retrieved for it; only these can change.
        config: How many evolve, and how many tags they may have.
        propose: Says what they become; `shared_words` where None.

    Raises:
        StoreError: If what was proposed names a record that was not retrieved, or twice the same.
    """
    config = config or ConsolidationConfig()
    known = {each.id: each for each in neighbours if is_note(each) and each.status == "active"}
    known.pop(record.id, None)
    given = {each.id for each in neighbours}
    changed: dict[str, list[Update]] = {}
    for evolved in (propose or shared_words)(record, tuple(known.values()), config):
        if evolved.id not in given or evolved.id in changed:
            raise StoreError(
                f"the evolution around {record.id} names {evolved.id}, "
                + ("twice" if evolved.id in changed else "which was not retrieved for it")
            )
        old = known.get(evolved.id)
        if old is None or not may_point(old, record):
            continue
        content = _evolved(old.content, evolved, config.tags)
        if content != old.content:
            changed[old.id] = _version(old, record, content)
    return [update for each in list(changed.values())[: config.evolved] for update in each]


def shared_words(
    record: MemoryRecord, neighbours: Sequence[MemoryRecord], config: ConsolidationConfig
) -> list[Evolved]:
    """Gives each neighbour that shares enough words a few of the note's other words as tags.

    So it is found by what is said beside it, too. The longest words are taken, since they tell
    most.
    """
    own = _telling(text_of(record))
    evolved = []
    for other in neighbours:
        words = _telling(text_of(other))
        new = sorted(own.keys() - words.keys(), key=lambda word: (-len(word), word))
        if len(own.keys() & words.keys()) >= config.shared_words and new:
            tags = (*_tags(other.content), *new[:_NEW_TAGS])
            evolved.append(Evolved(id=other.id, tags=tags))
    return evolved


def _telling(text: str) -> Mapping[str, None]:
    return dict.fromkeys(word for word in words_of(text) if len(word) >= _LEAST_LETTERS)


def _tags(content: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(tag) for tag in content.get(_TAGS, ()))


def _evolved(content: Mapping[str, Any], evolved: Evolved, most: int) -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if evolved.tags is not None:
        tags = list(dict.fromkeys(evolved.tags))[:most]
        if tags or _TAGS in content:
            changes[_TAGS] = tags
    if evolved.summary is not None:
        changes[_SUMMARY] = evolved.summary
    return {**content, **changes}


def _version(old: MemoryRecord, cause: MemoryRecord, content: dict[str, Any]) -> list[Update]:
    """Returns what makes a new version of a note, which says the same of the world as before.

    Only what is believed changes, so the times at which it held go over to the new version.
    """
    tick = max(old.recorded_at, old.valid_from, cause.recorded_at)
    digest = hashlib.sha256(f"{old.id}:{cause.id}".encode()).hexdigest()
    links = tuple(link for link in old.links if link.type != SUPERSEDES)
    changes = {
        "content": content,
        "links": tuple(dict.fromkeys((*links, Link("derived_from", cause.id)))),
        "valid_from": old.valid_from,
        "valid_to": old.valid_to,
    }
    new_id = f"{tick:012x}{digest[:20]}"
    return [
        Update(id=old.id, tick=tick, changes={"valid_to": old.valid_from}),
        Update(id=old.id, tick=tick, changes=changes, supersede_as=new_id),
    ]
