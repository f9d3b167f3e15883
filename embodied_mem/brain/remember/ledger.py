"""Which record holds what is remembered of each thing, so that only what changed is written."""

from collections.abc import Collection, Container, Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, NamedTuple, TypeVar, final

import msgspec

from embodied_mem.memory.facts import F
from embodied_mem.memory.record import Add, Delete, MemoryRecord, Operation, Update

K = TypeVar("K", bound=Hashable)
RETRY: Final = 50
"""Ticks after which something that the store had no room for is offered to it again."""
_FOREVER: Final = 1 << 62
"""A tick that no visit comes to."""
_FOLLOWED: Final = ("place", "pose", "about", "links", "embedding", "payload", "losses")
_WRITTEN_BY: Final = ("session", "observer")
"""What a new version takes from who writes it, but no record changes for."""


class Entry(NamedTuple, Generic[F]):
    """A record as it was last written, and the fact that it holds."""

    record: MemoryRecord
    fact: F


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What became of a batch."""

    refused: Collection[str] = ()
    """Ids of the records, new or changed, that there was no room for."""
    evicted: Collection[str] = ()
    """Ids of the records that are no longer held."""
    renamed: Mapping[str, str] = field(default_factory=dict)
    """Under which id a new record is held that an equal one was there of."""


@final
class Ledger(Generic[K, F]):
    """Entries by key. Operations are noted as done when they are made; `settle` corrects that."""

    def __init__(self) -> None:
        self._entries: dict[K, Entry[F]] = {}
        self._before: dict[K, Entry[F] | None] = {}
        """Of every key that was touched since the last `settle`: the entry then."""
        self._refused: dict[K, int] = {}
        """When the store last had no room."""

    def __contains__(self, key: K) -> bool:
        return key in self._entries

    def __getitem__(self, key: K) -> Entry[F]:
        return self._entries[key]

    def id_of(self, key: K) -> str | None:
        """Returns the id of the record that holds a thing."""
        entry = self._entries.get(key)
        return None if entry is None else entry.record.id

    def adopt(self, key: K, entry: Entry[F]) -> None:
        """Takes over a record that the store holds already."""
        self._entries[key] = entry

    def add(self, key: K, entry: Entry[F]) -> list[Operation]:
        """Remembers something new."""
        self._put(key, entry)
        return [Add(record=entry.record)]

    def change(self, key: K, new: Entry[F], tick: int) -> list[Operation]:
        """Brings a record up to date with as little as possible; nothing where nothing changed.

        Under another id, the new record supersedes the old one.
        """
        old = self._entries[key]
        changes: dict[str, Any] = {
            name: getattr(new.record, name)
            for name in _FOLLOWED
            if getattr(new.record, name) != getattr(old.record, name)
        }
        if new.fact != old.fact:
            changes["content"] = new.record.content
        if not changes or self.withheld(key, tick):
            return []
        superseded = new.record.id != old.record.id
        if superseded:
            changes |= {
                name: getattr(new.record, name)
                for name in _WRITTEN_BY
                if getattr(new.record, name) != getattr(old.record, name)
            }
        held = msgspec.structs.replace(old.record, **changes, id=new.record.id)
        self._put(key, Entry(held, new.fact))
        return [
            Update(
                id=old.record.id,
                tick=tick,
                changes=changes,
                supersede_as=new.record.id if superseded else None,
            )
        ]

    def put(self, key: K, entry: Entry[F], tick: int) -> list[Operation]:
        """Remembers something, or brings its record up to date."""
        if key in self._entries:
            return self.change(key, entry, tick)
        return [] if self.withheld(key, tick) else self.add(key, entry)

    def remove(self, key: K) -> list[Operation]:
        """Forgets something."""
        self._refused.pop(key, None)
        old = self._entries.get(key)
        if old is None:
            return []
        self._before.setdefault(key, old)
        del self._entries[key]
        return [Delete(id=old.record.id)]

    def prune(self, keep: Container[K]) -> list[Operation]:
        """Forgets all but some."""
        gone = [key for key in self._entries if key not in keep]
        return [operation for key in gone for operation in self.remove(key)]

    def withheld(self, key: K, tick: int) -> bool:
        """Tells whether the store had no room for this a moment ago."""
        return key in self._refused and tick - self._refused[key] < RETRY

    def _put(self, key: K, entry: Entry[F]) -> None:
        self._before.setdefault(key, self._entries.get(key))
        self._entries[key] = entry

    def settle(self, outcome: Outcome, tick: int) -> None:
        """Hears what became of the operations that were made since the last time."""
        for key, before in self._before.items():
            entry = self._entries.get(key)
            if entry is None:
                continue
            if entry.record.id in outcome.refused:
                self._go_back(key, before)
                self._refused[key] = tick
                continue
            self._refused.pop(key, None)
            if entry.record.id in outcome.renamed:
                held = msgspec.structs.replace(entry.record, id=outcome.renamed[entry.record.id])
                self._entries[key] = Entry(held, entry.fact)
        self._before.clear()
        if outcome.evicted:
            for key in [k for k, e in self._entries.items() if e.record.id in outcome.evicted]:
                del self._entries[key]
                self._refused[key] = tick

    def forget(self, ids: Container[str]) -> None:
        """Hears that records were erased for good: what they held is not written again."""
        for key in [key for key, entry in self._entries.items() if entry.record.id in ids]:
            del self._entries[key]
            self._refused[key] = _FOREVER

    def take_back(self, held: Container[str]) -> None:
        """Hears that something went wrong since the last `settle`, and believes only the store.

        Args:
            held: Tells whether the store holds a record.
        """
        for key, before in self._before.items():
            self._go_back(key, before)
            if before is not None and before.record.id not in held:
                del self._entries[key]
        self._before.clear()

    def _go_back(self, key: K, before: Entry[F] | None) -> None:
        if before is None:
            self._entries.pop(key, None)
        else:
            self._entries[key] = before
