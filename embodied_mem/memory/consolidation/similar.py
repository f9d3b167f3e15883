"""The records that a new one is compared with."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from embodied_mem.memory.consolidation.audience import may_point
from embodied_mem.memory.filter import Filter, Slots
from embodied_mem.memory.record import Kind, MemoryRecord
from embodied_mem.memory.store import MemoryStore
from embodied_mem.memory.text import text_of

KINDS: Final[tuple[Kind, ...]] = ("fact", "event", "skill")
"""What is consolidated: pictures, frontiers and maps are kept in step by whoever writes them."""
_KEPT_ELSEWHERE: Final = frozenset({"walk", "map", "place", "frontier", "snapshot"})
"""Types of facts of which each visit writes its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Similar:
    """Records that may have to do with another one."""

    about: tuple[MemoryRecord, ...] = ()
    """About the same things, the latest first."""
    alike: tuple[MemoryRecord, ...] = ()
    """Alike by vector or by words, the most alike first."""
    near: tuple[MemoryRecord, ...] = ()
    """Near by, the nearest first."""
    before: MemoryRecord | None = None
    """Of an event: what the same observer noted last before it in the same session."""

    @property
    def all(self) -> tuple[MemoryRecord, ...]:
        """All of them, each once."""
        last = () if self.before is None else (self.before,)
        found = {each.id: each for each in (*self.about, *self.alike, *self.near, *last)}
        return tuple(found.values())


def is_consolidated(record: MemoryRecord) -> bool:
    """Tells whether consolidation has to do with a record."""
    return (
        record.status == "active"
        and record.kind in KINDS
        and record.content.get("type") not in _KEPT_ELSEWHERE
    )


def find_similar(
    store: MemoryStore, record: MemoryRecord, k: int, *, radius: float = 1.0
) -> Similar:
    """Finds what may have to do with a record, by the store's own filters and searches.

    Only what the reader of one of the two may know of anyway, see `may_point`.

    Args:
        store: Where to look.
        record: The record, with its embedding.
        k: How many to find in each way at most.
        radius: Metres within which others are near.
    """
    finder = _Finder(store, record, k)
    about = store.select(Filter(kind=KINDS, about=record.about)) if record.about else _none()
    return Similar(
        about=finder.read(about[np.argsort(-store.columns.valid_from[about], kind="stable")]),
        alike=finder.read((*finder.by_vector(), *finder.by_words())),
        near=finder.read(finder.by_place(radius)),
        before=finder.before(),
    )


class _Finder:
    def __init__(self, store: MemoryStore, record: MemoryRecord, k: int) -> None:
        self.store = store
        self.record = record
        self.k = k
        self._known: dict[int, MemoryRecord | None] = {}

    def read(self, slots: Iterable[int]) -> tuple[MemoryRecord, ...]:
        """Returns the first k records that may be linked with this one."""
        found: dict[str, MemoryRecord] = {}
        for slot in slots:
            other = self._read(int(slot))
            if other is not None:
                found[other.id] = other
            if len(found) == self.k:
                break
        return tuple(found.values())

    def by_vector(self) -> Slots:
        if not self.record.embedding:
            return _none()
        slots = self.store.select(Filter(kind=KINDS))
        return self.store.search(self.record.vector, self.k + 1, self.record.space, slots)[0]

    def by_words(self) -> Slots:
        text = text_of(self.record)
        if not text:
            return _none()
        slots, size = self.store.select(Filter(kind=KINDS)), self.store.columns.size
        found = self.store.words.search(text, self.k + 1, size=size, among=slots).slots
        return found[: self.k + 1]

    def by_place(self, radius: float) -> Slots:
        if self.record.pose is None:
            return _none()
        x, y, z = self.record.pose[:3]
        slots = self.store.select(Filter(kind=KINDS, near=((x, y, z), radius)))
        apart = np.linalg.norm(self.store.columns.position[slots] - (x, y, z), axis=1)
        return slots[np.argsort(apart, kind="stable")]

    def before(self) -> MemoryRecord | None:
        record, columns = self.record, self.store.columns
        if record.kind != "event":
            return None
        told = Filter(kind="event", observer=record.observer, session=record.session)
        slots = self.store.select(told)
        slots = slots[columns.valid_from[slots] <= record.valid_from]
        order = sorted(
            slots.tolist(), key=lambda slot: (columns.valid_from[slot], columns.ids[slot])
        )
        earlier = [s for s in order if (columns.valid_from[s], columns.ids[s]) < self._own_time]
        return next((other for slot in reversed(earlier) if (other := self._read(slot))), None)

    @property
    def _own_time(self) -> tuple[int, str]:
        return (self.record.valid_from, self.record.id)

    def _read(self, slot: int) -> MemoryRecord | None:
        if slot not in self._known:
            other = self.store.record_at(slot)
            linkable = may_point(self.record, other) or may_point(other, self.record)
            mine = other.id == self.record.id
            self._known[slot] = other if is_consolidated(other) and linkable and not mine else None
        return self._known[slot]


def _none() -> Slots:
    return np.zeros(0, np.intp)
