"""Keeps in memory what filters, searches and allocators read, in step with the rows."""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from heapq import heappop, heappush
from operator import attrgetter
from typing import Any, Final, final

import numpy as np

from embodied_mem.memory.codec.vector_code import PLANES, plane_bytes
from embodied_mem.memory.columns import KINDS, OPEN_END, STATUSES, Columns
from embodied_mem.memory.storage.rows import Body, Heap, VectorPlace

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
        self.about: dict[str, set[int]] = {}
        self.linked_from: dict[str, set[int]] = {}
        """Slots of the records that link to an id."""
        self.facts: dict[int, int] = {}
        """Slot of the active record with a fingerprint."""
        self.changes = 0
        """How often something came or went."""
        self._free: list[int] = []
        self._blocked: set[int] = set()
        self._keys: list[tuple[tuple[str, ...], tuple[str, ...], int]] = []
        """What each slot is indexed by: entities, link targets, fingerprint."""

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
        heaps: Sequence[Heap],
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
        for slot, body in zip(slots, bodies, strict=True):
            self._index(slot, body)

    def move(self, slots: Sequence[int], heaps: Sequence[Heap]) -> None:
        """Notes where the bytes of records lie now; what is held of them is the same."""
        if not slots:
            return
        self.changes += 1
        at = np.array(slots, np.intp)
        for name, of_heap in _OF_HEAP:
            getattr(self.columns, name)[at] = list(map(of_heap, heaps))
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
        for entity in about:
            _discard(self.about, entity, slot)
        for target in links:
            _discard(self.linked_from, target, slot)
        if self.facts.get(mark) == slot:
            del self.facts[mark]

    def _put_one(self, slot: int, body: Body, heap: Heap, size: int) -> None:
        columns = self.columns
        columns.alive[slot] = True
        columns.metadata_bytes[slot] = size
        for name in _NAMED:
            getattr(columns, name)[slot] = columns.code(getattr(body, name))
        for name, of_body in _OF_BODY:
            getattr(columns, name)[slot] = of_body(body)
        for name, of_heap in _OF_HEAP:
            getattr(columns, name)[slot] = of_heap(heap)
        for name, value in zip(_OF_VECTOR, _vector_entry(heap.vector), strict=True):
            getattr(columns, name)[slot] = value
        columns.loss[slot] = _loss(body, heap)

    def _entries(
        self, bodies: Sequence[Body], heaps: Sequence[Heap], sizes: Sequence[int]
    ) -> Iterator[tuple[str, Sequence[Any]]]:
        """Yields every column with its values, in the order of the records."""
        yield "alive", [True] * len(bodies)
        yield "metadata_bytes", sizes
        for name in _NAMED:
            names = list(map(attrgetter(name), bodies))
            # Sorted, since the order of a set of names differs from run to run.
            codes = {each: self.columns.code(each) for each in sorted(set(names), key=str)}
            yield name, [codes[each] for each in names]
        for name, of_body in _OF_BODY:
            yield name, list(map(of_body, bodies))
        for name, of_heap in _OF_HEAP:
            yield name, list(map(of_heap, heaps))
        entries = [_vector_entry(heap.vector) for heap in heaps]
        yield from zip(_OF_VECTOR, zip(*entries, strict=True), strict=True)
        yield "loss", list(map(_loss, bodies, heaps))

    def _index(self, slot: int, body: Body) -> None:
        record_id = body.id.hex()
        self.columns.ids[slot] = record_id
        self.slots[record_id] = slot
        links = tuple([link.id for link in body.links]) if body.links else ()
        self._keys[slot] = (body.about, links, body.fingerprint)
        for entity in body.about:
            slots = self.about.get(entity)
            if slots is None:
                self.about[entity] = {slot}
            else:
                slots.add(slot)
        for target in links:
            self.linked_from.setdefault(target, set()).add(slot)
        if body.status == "active":
            self.facts[body.fingerprint] = slot


_NAMED: Final = ("place", "observer", "session")
_OF_BODY: Final[tuple[tuple[str, Callable[[Body], Any]], ...]] = (
    ("kind", lambda body: _KIND[body.kind]),
    ("status", lambda body: _STATUS[body.status]),
    ("position", lambda body: _NAN if body.pose is None else body.pose[:3]),
    ("valid_from", attrgetter("valid_from")),
    ("valid_to", lambda body: OPEN_END if body.valid_to is None else body.valid_to),
    ("recorded_at", attrgetter("recorded_at")),
    ("superseded_at", lambda body: OPEN_END if body.superseded_at is None else body.superseded_at),
    ("version", attrgetter("version")),
    ("layers", attrgetter("layers")),
    ("reads", lambda body: body.statistics[0]),
    ("citations", lambda body: body.statistics[1]),
    ("last_read", lambda body: -1 if body.statistics[2] is None else body.statistics[2]),
)
_OF_HEAP: Final[tuple[tuple[str, Callable[[Heap], Any]], ...]] = (
    ("level", attrgetter("level")),
    ("payload_bytes", lambda heap: sum([part.length for part in heap.held])),
    ("segment", lambda heap: heap.layers[0].segment if heap.level else -1),
)
_OF_VECTOR: Final = ["space", "bits", "vector_bytes", "signs_at", "planes_at", "exact_at", "scale"]


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


def _loss(body: Body, heap: Heap) -> float:
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
