"""Other ways to keep the same facts: add only, delete on conflict, consolidate afterwards."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from embodied_mem.memory import Add, Delete, Filter, MemoryRecord, MemoryStore, RecordIds
from embodied_mem.memory.consolidation import Consolidator
from embodied_mem.memory.facts import ObjectFact, active

Write = Callable[[MemoryStore, MemoryRecord], None]
_SAME_SPOT: Final = 0.25
"""Metres within which a fact says what the one before it says."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Way:
    """A memory that is told, at the end of each visit, where each thing was found on it."""

    write: Write
    """Takes in one fact of a thing."""
    finish: Callable[[MemoryStore], None] = lambda store: None
    """What is done at the end of a visit, off the path of what is written."""
    recency: bool = True
    """Whether the newer of two facts that fit alike is found first; else either may be."""
    store: MemoryStore = field(default_factory=MemoryStore)
    ids: RecordIds = field(default_factory=lambda: RecordIds(1))

    def hear(self, source: MemoryStore, since: int, tick: int) -> None:
        """Takes in what a visit found: the facts of all things that were seen or missed on it.

        Args:
            source: The memory of the walk, whose names of things are taken over.
            since: When the visit began.
            tick: When it ended.
        """
        for record, fact in active(source, ObjectFact, payload=False):
            if max(fact.last_tick, record.valid_from) >= since:
                self.write(self.store, self._statement(record, fact, tick))
        self.finish(self.store)

    def _statement(self, record: MemoryRecord, fact: ObjectFact, tick: int) -> MemoryRecord:
        return MemoryRecord(
            id=self.ids.new(tick),
            kind="fact",
            content=msgspec.to_builtins(fact),
            place=record.place,
            pose=record.pose,
            about=record.about,
            observer=record.observer,
            session=record.session,
            valid_from=tick,
            recorded_at=tick,
        )


def ways() -> dict[str, Way]:
    """Returns the ways to compare with, by name.

    `add_only` is what Mem0's releases do since 2026, and has no signal of recency; with
    `add_only_recent` the retriever prefers what is newer. `delete` is Mem0 as published: a fact
    that conflicts with an older one takes its place, and the older one is deleted. `consolidated`
    adds only while it is told, and consolidates afterwards.
    """
    return {
        "add_only": Way(write=_add, recency=False),
        "add_only_recent": Way(write=_add),
        "delete": Way(write=_delete_on_conflict),
        "consolidated": Way(write=_add, finish=_consolidate),
    }


def _add(store: MemoryStore, record: MemoryRecord) -> None:
    store.apply([Add(record=record)])


def _delete_on_conflict(store: MemoryStore, record: MemoryRecord) -> None:
    old = store.query(Filter(kind="fact", about=record.about))
    if any(_agrees(each, record) for each in old):
        return
    store.apply([*(Delete(id=each.id) for each in old), Add(record=record)])


def _agrees(first: MemoryRecord, second: MemoryRecord) -> bool:
    one, two = (msgspec.convert(each.content, ObjectFact) for each in (first, second))
    apart = sum((a - b) ** 2 for a, b in zip(one.position, two.position, strict=True)) ** 0.5
    return (one.state == "missing") == (two.state == "missing") and apart <= _SAME_SPOT


def _consolidate(store: MemoryStore) -> None:
    Consolidator(store).finish()
