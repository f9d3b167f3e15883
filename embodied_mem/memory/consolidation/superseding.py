"""What becomes of several facts about one thing: one stays believed, those before it are kept."""

from collections.abc import Sequence
from typing import Any

from embodied_mem.memory.batch import SUPERSEDES
from embodied_mem.memory.consolidation.topics import topic_of
from embodied_mem.memory.record import Delete, Link, MemoryRecord, Operation, Update

_TIMES = ("first_tick",)


def settle_rivals(facts: Sequence[MemoryRecord], same_spot: float) -> list[Operation]:
    """Returns one batch that leaves one of several facts about one thing active.

    One that says what the fact before it says goes into that one, which is brought up to date.
    One that says something else supersedes it: the validity of the old one ends where that of the
    new one begins, and the new one links to it. Never is the old one deleted, as Mem0's prompt did
    (mem0ai/mem0, issue 4536), nor do both stay, as in its later releases (2026-08).

    Args:
        facts: Active facts with one key, of one observer and visibility.
        same_spot: Metres within which two positions are one.
    """
    held, *later = sorted(facts, key=lambda fact: (fact.valid_from, fact.recorded_at, fact.id))
    operations: list[Operation] = []
    content = held.content
    for fact in later:
        one, two = topic_of(held), topic_of(fact)
        assert one is not None
        assert two is not None
        if one.agrees(two, same_spot):
            content = _refreshed(content, fact.content)
            operations += [_refresh(held, fact, content), Delete(id=fact.id)]
        else:
            operations += _supersede(held, fact)
            held, content = fact, fact.content
    return operations


def _refreshed(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    """Returns the newer content; how long it has been so is what the older one knows."""
    kept = {name: min(old[name], new[name]) for name in _TIMES if name in old and name in new}
    return {**new, **kept}


def _refresh(held: MemoryRecord, fact: MemoryRecord, content: dict[str, Any]) -> Update:
    changes: dict[str, Any] = {"content": content, "pose": fact.pose, "place": fact.place}
    if chain := tuple(link for link in fact.links if link.type == SUPERSEDES):
        changes["links"] = tuple(dict.fromkeys((*held.links, *chain)))
    if fact.payload:
        changes |= {"payload": fact.payload, "losses": fact.losses}
    return Update(id=held.id, tick=fact.recorded_at, changes=changes)


def _supersede(old: MemoryRecord, new: MemoryRecord) -> list[Operation]:
    end = new.valid_from if old.valid_to is None else min(old.valid_to, new.valid_from)
    ended = {
        "status": "archived",
        "valid_to": end,
        "superseded_at": max(old.recorded_at, new.recorded_at),
    }
    links = (*new.links, Link(SUPERSEDES, old.id))
    return [
        Update(id=old.id, tick=new.recorded_at, changes=ended),
        Update(id=new.id, tick=new.recorded_at, changes={"links": links}),
    ]
