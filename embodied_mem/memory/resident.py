"""Keeps in memory what filters, searches and allocators read, in step with the rows."""

from collections.abc import Iterator, Sequence
from functools import cache
from heapq import heappop, heappush
from operator import attrgetter
from typing import Any, final

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
        self._free: list[int] = []
        self._blocked: set[int] = set()
        self._keys: list[tuple[tuple[str, ...], tuple[str, ...], int]] = []
        """What each slot is indexed by: entities, link targets, fingerprint."""

    def take_slot(self) -> int:
        """Returns the lowest free slot."""
        while self._free:
            slot = heappop(self._free)
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
        columns = self.columns
        if len(slots) < _FEW:
            for name, values in self._entries(bodies, heaps, sizes):
                array = getattr(columns, name)
                for slot, value in zip(slots, values, strict=True):
                    array[slot] = value
        else:
            at = np.array(slots, np.intp)
            for name, values in self._entries(bodies, heaps, sizes):
                getattr(columns, name)[at] = values
        for slot, body in zip(slots, bodies, strict=True):
            self._index(slot, body)

    def drop(self, slot: int) -> None:
        """Takes the record out of a slot; `give_back` frees the slot."""
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

    def _entries(
        self, bodies: Sequence[Body], heaps: Sequence[Heap], sizes: Sequence[int]
    ) -> Iterator[tuple[str, Sequence[Any]]]:
        """Yields every column with its values, in the order of the records."""
        vectors = [heap.vector for heap in heaps]
        yield "alive", [True] * len(bodies)
        yield "kind", [_KIND[body.kind] for body in bodies]
        yield "status", [_STATUS[body.status] for body in bodies]
        for name in ("place", "observer", "session"):
            names = list(map(attrgetter(name), bodies))
            # Sorted, since the order of a set of names differs from run to run.
            codes = {each: self.columns.code(each) for each in sorted(set(names), key=str)}
            yield name, [codes[each] for each in names]
        yield "position", [_NAN if body.pose is None else body.pose[:3] for body in bodies]
        for name in ("valid_from", "recorded_at", "version", "layers"):
            yield name, list(map(attrgetter(name), bodies))
        for name in ("valid_to", "superseded_at"):
            ends = map(attrgetter(name), bodies)
            yield name, [OPEN_END if end is None else end for end in ends]
        yield "level", [heap.level for heap in heaps]
        yield "loss", [_loss(body, heap) for body, heap in zip(bodies, heaps, strict=True)]
        yield "payload_bytes", [sum([part.length for part in heap.held]) for heap in heaps]
        yield "segment", [heap.layers[0].segment if heap.level else -1 for heap in heaps]
        yield "metadata_bytes", sizes
        uses = [body.statistics for body in bodies]
        yield "reads", [use[0] for use in uses]
        yield "citations", [use[1] for use in uses]
        yield "last_read", [-1 if use[2] is None else use[2] for use in uses]
        yield "space", [-1 if v is None else v.space for v in vectors]
        yield "bits", [0 if v is None else v.bits for v in vectors]
        yield "vector_bytes", [_vector_bytes(v) for v in vectors]
        yield "signs_at", [-1 if v is None else v.signs.row for v in vectors]
        for name in ("planes", "exact"):
            rows = [None if v is None else getattr(v, name) for v in vectors]
            yield f"{name}_at", [-1 if row is None else row.row for row in rows]
        yield "scale", [0.0 if v is None else v.scale for v in vectors]

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


def _vector_bytes(place: VectorPlace | None) -> int:
    return 0 if place is None else vector_bytes(place.dimension, place.bits)


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
