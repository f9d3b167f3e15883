"""Keeps in memory what filters, searches and allocators read, in step with the rows."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from heapq import heappop, heappush
from operator import attrgetter
from typing import Any, Final, final

import numpy as np

from embodied_mem.memory.codec.vector_code import PLANES, plane_bytes
from embodied_mem.memory.columns import KINDS, OPEN_END, STATUSES, Columns
from embodied_mem.memory.storage.rows import AnyHeap, Body, VectorPlace

_KIND = {name: code for code, name in enumerate(KINDS)}
_STATUS = {name: code for code, name in enumerate(STATUSES)}
_NAN = (float("nan"),) * 3
_FEW = 8
"""Rows up to which one by one is faster than column by column."""
_NO_KEYS: tuple[tuple[str, ...], tuple[str, ...], int] = ((), (), -1)
ROW_OVERHEAD = 48
"""Bytes of a database row besides its blobs, about."""


@final
class Resident:
    """Columns, and the ways into them: by id, by entity, by link, by fingerprint."""

    def __init__(self) -> None:
        self.columns = Columns()
        self.slots: dict[str, int] = {}
        self._about: dict[str, set[int]] | None = None
        self.linked_from: dict[str, set[int]] = {}
        """Slots of the records that link to an id."""
        self.facts: dict[int, int] = {}
        """Slot of an active record with a fingerprint."""
        self._twins: dict[int, set[int]] = {}
        """Slots of the others, where an UPDATE made records alike."""
        self.changes = 0
        """How often something came or went."""
        self._free: list[int] = []
        self._blocked: set[int] = set()
        self._keys: list[tuple[tuple[str, ...], tuple[str, ...], int]] = []
        """What each slot is indexed by: entities, link targets, fingerprint."""

    @property
    def about(self) -> dict[str, set[int]]:
        """Slots by the id of what the records are about; made when it is first asked for."""
        if self._about is None:
            found: dict[str, set[int]] = {}
            for slot, (about, _, _) in enumerate(self._keys):
                for entity in about:
                    found.setdefault(entity, set()).add(slot)
            self._about = found  # whole: another thread may read it, see `Lanes`
        return self._about

    def statistics(self, slot: int) -> tuple[int, int, int | None]:
        """Returns reads, citations and the tick of the last read, as of now."""
        columns, last = self.columns, int(self.columns.last_read[slot])
        return int(columns.reads[slot]), int(columns.citations[slot]), None if last < 0 else last

    def take_slot(self) -> int:
        """Returns the lowest free slot."""
        while self._free:
            slot = heappop(self._free)
            while self._free and self._free[0] == slot:
                heappop(self._free)  # free when the arrays grew, used, and freed again
            if not self.columns.alive[slot] and slot not in self._blocked:
                return slot
        slot = self.columns.size
        self._extend(slot + 1)
        return slot

    def give_back(self, slot: int) -> None:
        """Frees a slot that holds nothing."""
        heappush(self._free, slot)

    def block(self, slot: int) -> None:
        """Keeps a slot whose row is damaged from being used."""
        self._extend(slot + 1)
        self._blocked.add(slot)

    def _extend(self, size: int) -> None:
        columns = self.columns
        if size > columns.size:
            columns.reserve(size)
            for slot in range(columns.size, size - 1):
                heappush(self._free, slot)
            columns.ids += [""] * (size - columns.size)
            self._keys += [_NO_KEYS] * (size - columns.size)
            columns.size = size

    def put(
        self,
        slots: Sequence[int],
        bodies: Sequence[Body],
        heaps: Sequence[AnyHeap],
        sizes: Sequence[int],
    ) -> None:
        """Takes records into empty slots; `sizes` are the bytes of their rows."""
        if not slots:
            return
        self._extend(max(slots) + 1)
        self.changes += 1
        columns = self.columns
        if len(slots) < _FEW:
            for row in zip(slots, bodies, heaps, sizes, strict=True):
                self._put_one(*row)
        else:
            at = np.array(slots, np.intp)
            for name, values in self._entries(bodies, heaps, sizes):
                getattr(columns, name)[at] = values
        self._index(slots, bodies)

    def move(self, slots: Sequence[int], heaps: Sequence[AnyHeap]) -> None:
        """Notes where the bytes of records lie now; what is held of them is the same."""
        if not slots:
            return
        self.changes += 1
        at = np.array(slots, np.intp)
        for name, of_heaps in _OF_HEAPS:
            getattr(self.columns, name)[at] = of_heaps(heaps)
        entries = [_vector_entry(heap.vector) for heap in heaps]
        for name, values in zip(_OF_VECTOR, zip(*entries, strict=True), strict=True):
            getattr(self.columns, name)[at] = values

    def drop(self, slot: int) -> None:
        """Takes the record out of a slot; `give_back` frees the slot."""
        self.changes += 1
        about, links, mark = self._keys[slot]
        del self.slots[self.columns.ids[slot]]
        self.columns.alive[slot] = False
        self.columns.ids[slot] = ""
        self._keys[slot] = _NO_KEYS
        if self._about is not None:
            for entity in about:
                _discard(self._about, entity, slot)
        for target in links:
            _discard(self.linked_from, target, slot)
        self._untell(mark, slot)

    def _put_one(self, slot: int, body: Body, heap: AnyHeap, size: int) -> None:
        columns = self.columns
        columns.alive[slot] = True
        columns.metadata_bytes[slot] = size
        for name in _NAMED:
            getattr(columns, name)[slot] = columns.code(getattr(body, name))
        for name, of_bodies in _OF_BODIES:
            getattr(columns, name)[slot] = of_bodies((body,))[0]
        for name, of_heaps in _OF_HEAPS:
            getattr(columns, name)[slot] = of_heaps((heap,))[0]
        for name, value in zip(_OF_VECTOR, _vector_entry(heap.vector), strict=True):
            getattr(columns, name)[slot] = value
        columns.loss[slot] = _loss(body, heap)

    def _entries(
        self, bodies: Sequence[Body], heaps: Sequence[AnyHeap], sizes: Sequence[int]
    ) -> Iterator[tuple[str, Sequence[Any]]]:
        """Yields every column with its values, in the order of the records."""
        yield "alive", [True] * len(bodies)
        yield "metadata_bytes", sizes
        for name in _NAMED:
            names = list(map(attrgetter(name), bodies))
            # Sorted, since the order of a set of names differs from run to run.
            codes = {each: self.columns.code(each) for each in sorted(set(names), key=str)}
            yield name, [codes[each] for each in names]
        for name, of_bodies in _OF_BODIES:
            yield name, of_bodies(bodies)
        for name, of_heaps in _OF_HEAPS:
            yield name, of_heaps(heaps)
        entries = [_vector_entry(heap.vector) for heap in heaps]
        yield from zip(_OF_VECTOR, zip(*entries, strict=True), strict=True)
        yield "loss", list(map(_loss, bodies, heaps))

    def _index(self, slots: Sequence[int], bodies: Sequence[Body]) -> None:
        ids, keys = self.columns.ids, self._keys
        for slot, body in zip(slots, bodies, strict=True):
            ids[slot] = body.id.hex()
            links = tuple([link.id for link in body.links]) if body.links else ()
            keys[slot] = (body.about, links, body.fingerprint)
            if self._about is not None:
                for entity in body.about:
                    self._about.setdefault(entity, set()).add(slot)
            for target in links:
                self.linked_from.setdefault(target, set()).add(slot)
        self.slots.update(zip([ids[slot] for slot in slots], slots, strict=True))
        for slot, body in zip(slots, bodies, strict=True):
            if body.status == "active" and self.facts.setdefault(body.fingerprint, slot) != slot:
                self._twins.setdefault(body.fingerprint, set()).add(slot)

    def _untell(self, mark: int, slot: int) -> None:
        twins = self._twins.get(mark, set())
        twins.discard(slot)
        if self.facts.get(mark) == slot:
            del self.facts[mark]
            if twins:
                self.facts[mark] = min(twins)
                twins.remove(self.facts[mark])
        if not twins:
            self._twins.pop(mark, None)

    def tellers(self, mark: int) -> list[int]:
        """Returns the slots of the active records with a fingerprint, ascending."""
        known = self.facts.get(mark)
        return [] if known is None else sorted({known, *self._twins.get(mark, ())})


_NAMED: Final = ("place", "observer", "session")
_OF_BODIES: Final[tuple[tuple[str, Callable[[Sequence[Body]], list[Any]]], ...]] = (
    ("kind", lambda bodies: [_KIND[b.kind] for b in bodies]),
    ("status", lambda bodies: [_STATUS[b.status] for b in bodies]),
    ("position", lambda bodies: [_NAN if b.pose is None else b.pose[:3] for b in bodies]),
    ("valid_from", lambda bodies: [b.valid_from for b in bodies]),
    ("valid_to", lambda bodies: _ends([b.valid_to for b in bodies])),
    ("recorded_at", lambda bodies: [b.recorded_at for b in bodies]),
    ("superseded_at", lambda bodies: _ends([b.superseded_at for b in bodies])),
    ("shared", lambda bodies: [b.visibility == "shared" for b in bodies]),
    ("version", lambda bodies: [b.version for b in bodies]),
    ("layers", lambda bodies: [b.layers for b in bodies]),
    ("reads", lambda bodies: [b.statistics[0] for b in bodies]),
    ("citations", lambda bodies: [b.statistics[1] for b in bodies]),
    ("last_read", lambda bodies: _ticks([b.statistics[2] for b in bodies])),
)
_OF_HEAPS: Final[tuple[tuple[str, Callable[[Sequence[AnyHeap]], list[Any]]], ...]] = (
    ("level", lambda heaps: [h.level for h in heaps]),
    ("payload_bytes", lambda heaps: [h.held_bytes for h in heaps]),
    ("segment", lambda heaps: [h.segment for h in heaps]),
)
_OF_VECTOR: Final = (
    *("space", "bits", "vector_bytes", "signs_at", "planes_at", "exact_at", "scale"),
)


def _ends(ticks: list[int | None]) -> list[int]:
    return [OPEN_END if tick is None else tick for tick in ticks]


def _ticks(ticks: list[int | None]) -> list[int]:
    return [-1 if tick is None else tick for tick in ticks]


def _vector_entry(place: VectorPlace | None) -> tuple[int, int, int, int, int, int, float]:
    if place is None:
        return (-1, 0, 0, -1, -1, -1, 0.0)
    return (
        place.space,
        place.bits,
        vector_bytes(place.dimension, place.bits),
        -1 if place.signs is None else place.signs.row,
        -1 if place.planes is None else place.planes.row,
        -1 if place.exact is None else place.exact.row,
        place.scale,
    )


def _loss(body: Body, heap: AnyHeap) -> float:
    return body.losses[heap.level - 1] if body.losses and heap.level else 0.0


@cache
def vector_bytes(dimension: int, bits: int) -> int:
    """Returns the bytes of a vector's layers.

    >>> vector_bytes(384, 1), vector_bytes(384, 4), vector_bytes(384, 32)
    (48, 204, 1740)
    """
    plane = plane_bytes(dimension)
    rest = (PLANES - 1) * (plane + 4) if bits >= PLANES else 0
    return plane + rest + (4 * dimension if bits == 32 else 0)


def _discard(index: dict[str, set[int]], key: str, slot: int) -> None:
    slots = index.get(key)
    if slots is not None:
        slots.discard(slot)
        if not slots:
            del index[key]
