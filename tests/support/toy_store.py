"""A store in a dictionary, with the arrays that allocators read: bytes add up exactly."""

from collections.abc import Iterable

import msgspec
import numpy as np

from embodied_mem.allocation.view import StoreView
from embodied_mem.memory.columns import KINDS, OPEN_END, STATUSES, Columns
from embodied_mem.memory.record import Add, Delete, MemoryRecord, Operation, Update


class ToyStore:
    def __init__(self, capacity: int | None = None) -> None:
        self.capacity_bytes = capacity
        self.columns = Columns()
        self.about: dict[str, set[int]] = {}
        self._held: dict[int, MemoryRecord] = {}

    def __contains__(self, record_id: str) -> bool:
        return record_id in self.columns.ids

    def slot_of(self, record_id: str) -> int:
        return self.columns.ids.index(record_id)

    def record_at(self, slot: int, *, payload: bool = True) -> MemoryRecord:
        record = self._held[slot]
        return record if payload else msgspec.structs.replace(record, payload=(), embedding=b"")

    def record(self, record_id: str) -> MemoryRecord:
        return self._held[self.slot_of(record_id)]

    def records(self) -> list[MemoryRecord]:
        return sorted(self._held.values(), key=lambda record: record.id)

    @property
    def budget_bytes(self) -> int | None:
        return None if self.capacity_bytes is None else 0  # no reserve: bytes add up here

    @property
    def live_bytes(self) -> int:
        return sum(StoreView.bytes_needed(record) for record in self._held.values())

    def apply(self, operations: Iterable[Operation]) -> tuple[str | None, ...]:
        results: list[str | None] = []
        for operation in operations:
            match operation:
                case Add(record=record):
                    assert record.id not in self
                    self._put(self._free_slot(), record)
                    results.append(record.id)
                case Delete(id=record_id):
                    slot = self.slot_of(record_id)
                    for entity in self._held.pop(slot).about:
                        self.about[entity].discard(slot)
                        if not self.about[entity]:
                            del self.about[entity]
                    self.columns.alive[slot] = False
                    self.columns.ids[slot] = ""
                    results.append(None)
                case Update(id=record_id, changes=changes):
                    slot = self.slot_of(record_id)
                    level = changes["level"]
                    layers = self._held[slot].payload[:level]
                    changed = msgspec.structs.replace(self._held[slot], payload=layers, level=level)
                    self._put(slot, changed)
                    results.append(record_id)
                case _:
                    results.append(None)
        return tuple(results)

    def _free_slot(self) -> int:
        columns = self.columns
        free = np.flatnonzero(~columns.alive[: columns.size])
        if len(free):
            return int(free[0])
        columns.reserve(columns.size + 1)
        columns.ids.append("")
        columns.size += 1
        return columns.size - 1

    def _put(self, slot: int, record: MemoryRecord) -> None:
        self._held[slot] = record
        columns, use = self.columns, record.statistics
        payload = sum(map(len, record.payload))
        size = StoreView.bytes_needed(record)
        bare = msgspec.structs.replace(record, embedding=b"")
        entries = {
            "alive": True,
            "kind": KINDS.index(record.kind),
            "status": STATUSES.index(record.status),
            "place": columns.code(record.place),
            "position": (np.nan,) * 3 if record.pose is None else record.pose[:3],
            "valid_from": record.valid_from,
            "valid_to": OPEN_END if record.valid_to is None else record.valid_to,
            "recorded_at": record.recorded_at,
            "level": len(record.payload),
            "layers": max(len(record.payload), len(record.losses)),
            "payload_bytes": payload,
            "vector_bytes": size - StoreView.bytes_needed(bare),
            "metadata_bytes": StoreView.bytes_needed(bare) - payload,
            "reads": use.reads,
            "citations": use.citations,
            "last_read": -1 if use.last_read is None else use.last_read,
        }
        for name, value in entries.items():
            getattr(columns, name)[slot] = value
        columns.ids[slot] = record.id
        for entity in record.about:
            self.about.setdefault(entity, set()).add(slot)
