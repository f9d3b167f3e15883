"""Keeps in memory what filters, searches and allocators read, in step with the rows."""

from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush
from typing import Any, final

import numpy as np

from embodied_mem.memory.codec.vector_code import PLANES, plane_bytes
from embodied_mem.memory.columns import KINDS, OPEN_END, STATUSES, Columns
from embodied_mem.memory.storage.rows import Body, Heap

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

    def put(self, slot: int, body: Body, heap: Heap, metadata_bytes: int) -> None:
        """Takes a record into an empty slot."""
        self.put_all([(slot, body, heap, metadata_bytes)])

    def put_all(self, rows: Sequence[tuple[int, Body, Heap, int]]) -> None:
        """Takes records into empty slots."""
        if not rows:
            return
        columns = self.columns
        self._extend(max([row[0] for row in rows]) + 1)
        entries = [self._entry(body, heap, size) for _, body, heap, size in rows]
        if len(rows) < _FEW:
            for (slot, *_), entry in zip(rows, entries, strict=True):
                for name, value in zip(_COLUMNS, entry, strict=True):
                    getattr(columns, name)[slot] = value
        else:
            at = np.array([row[0] for row in rows], np.intp)
            for name, values in zip(_COLUMNS, zip(*entries, strict=True), strict=True):
                getattr(columns, name)[at] = values
        for slot, body, _, _ in rows:
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

    def load(self, rows: Iterable[tuple[int, Body, Heap, int]]) -> None:
        """Takes in all records at once; slots ascend, and the object is empty."""
        rows = list(rows)
        columns = self.columns
        columns.size = rows[-1][0] + 1 if rows else 0
        columns.reserve(columns.size)
        columns.ids = [""] * columns.size
        self._keys = [_NO_KEYS] * columns.size
        at = np.array([row[0] for row in rows], np.intp)
        self.put_all(rows)
        taken = np.zeros(columns.size, bool)
        taken[at] = True
        self._free = np.flatnonzero(~taken).tolist()
        heapify(self._free)

    def _index(self, slot: int, body: Body) -> None:
        record_id = body.id.hex()
        self.columns.ids[slot] = record_id
        self.slots[record_id] = slot
        links = tuple([link.id for link in body.links])
        self._keys[slot] = (body.about, links, body.fingerprint)
        for entity in body.about:
            self.about.setdefault(entity, set()).add(slot)
        for target in links:
            self.linked_from.setdefault(target, set()).add(slot)
        if body.status == "active":
            self.facts[body.fingerprint] = slot

    def _entry(self, body: Body, heap: Heap, metadata_bytes: int) -> tuple[Any, ...]:
        code, vector = self.columns.code, heap.vector
        reads, citations, last_read = body.statistics
        level = heap.level
        return (
            True,
            _KIND[body.kind],
            _STATUS[body.status],
            code(body.place),
            code(body.observer),
            code(body.session),
            -1 if vector is None else vector.space,
            _NAN if body.pose is None else body.pose[:3],
            body.valid_from,
            OPEN_END if body.valid_to is None else body.valid_to,
            body.recorded_at,
            OPEN_END if body.superseded_at is None else body.superseded_at,
            body.version,
            level,
            body.layers,
            0 if vector is None else vector.bits,
            body.losses[level - 1] if body.losses and level else 0.0,
            sum([extent.length for extent in heap.layers[:level]]),
            0 if vector is None else vector_bytes(vector.dimension, vector.bits),
            metadata_bytes,
            reads,
            citations,
            -1 if last_read is None else last_read,
            heap.layers[0].segment if level else -1,
            -1 if vector is None else vector.signs.row,
            -1 if vector is None or vector.planes is None else vector.planes.row,
            -1 if vector is None or vector.exact is None else vector.exact.row,
            0.0 if vector is None else vector.scale,
        )


_COLUMNS = (
    *("alive", "kind", "status", "place", "observer", "session", "space", "position"),
    *("valid_from", "valid_to", "recorded_at", "superseded_at", "version", "level", "layers"),
    *("bits", "loss", "payload_bytes", "vector_bytes", "metadata_bytes"),
    *("reads", "citations", "last_read", "segment", "signs_at", "planes_at", "exact_at", "scale"),
)


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
