"""What a store must hold, as a plain dictionary: the measure that durability is judged by."""

from collections.abc import Iterable, Sequence
from typing import Any, Self, final

import msgspec
import numpy as np

from embodied_mem.errors import EmbodiedMemError
from embodied_mem.memory import Add, Delete, Link, MemoryRecord, MemoryStore, Operation, Update
from embodied_mem.memory.record import Statistics

_LEAST_COSINE = 0.5
"""Between a vector and what is left of it at one bit a dimension; chance is about 0."""


@final
class PlainModel:
    """The records of a store, each as at full fidelity."""

    def __init__(self, records: Iterable[MemoryRecord] = ()) -> None:
        self.records = {record.id: record for record in records}

    def copy(self) -> Self:
        """Returns a copy; records are immutable."""
        return type(self)(self.records.values())

    def apply(self, operations: Sequence[Operation]) -> None:
        """Carries out a batch that is known to be valid."""
        for operation in operations:
            match operation:
                case Add(record=record):
                    if not self._told(record):
                        self.records[record.id] = record
                case Update(supersede_as=None):
                    self._change(operation.id, operation.changes)
                case Update():
                    self._supersede(operation)
                case Delete(id=record_id):
                    self._delete(record_id)

    def _told(self, record: MemoryRecord) -> bool:
        return any(
            other.status == "active" and _claim(other) == _claim(record)
            for other in self.records.values()
        )

    def _change(self, record_id: str, changes: dict[str, Any]) -> None:
        changes = {key: value for key, value in changes.items() if key not in ("level", "bits")}
        if "payload" in changes:
            changes.setdefault("losses", ())
        self.records[record_id] = msgspec.structs.replace(self.records[record_id], **changes)

    def _supersede(self, update: Update) -> None:
        old, new_id = self.records[update.id], update.supersede_as
        assert new_id is not None
        end = update.tick if old.valid_to is None else min(old.valid_to, update.tick)
        self._change(old.id, {"status": "archived", "valid_to": end, "superseded_at": update.tick})
        fields: dict[str, Any] = {
            "status": "active",
            "valid_from": update.tick,
            "recorded_at": update.tick,
            "valid_to": None,
            "superseded_at": None,
            **update.changes,
        }
        links = tuple(link for link in old.links if link.type != "supersedes")
        self.records[new_id] = msgspec.structs.replace(
            old,
            **fields,
            id=new_id,
            version=old.version + 1,
            provenance=(old.id,),
            links=(*links, Link("supersedes", old.id)),
        )

    def _delete(self, record_id: str) -> None:
        del self.records[record_id]
        for other in list(self.records.values()):
            if any(link.id == record_id for link in other.links):
                links = tuple(link for link in other.links if link.id != record_id)
                self.records[other.id] = msgspec.structs.replace(other, links=links)

    def differences(self, store: MemoryStore) -> list[str]:
        """Compares a store with this; returns one line for each record that is not as it should be.

        Fidelity may be lower than it was; how often a record was read does not count.
        """
        held = {store.columns.ids[slot] for slot in store.columns.slots()}
        lines = [f"{record_id} is missing" for record_id in self.records.keys() - held]
        lines += [f"{record_id} should not be there" for record_id in held - self.records.keys()]
        for record_id in held & self.records.keys():
            try:
                problem = _difference(store.get(record_id), self.records[record_id])
            except EmbodiedMemError as error:
                problem = str(error)
            if problem:
                lines.append(f"{record_id}: {problem}")
        return sorted(lines)


def unfound(store: MemoryStore, model: PlainModel) -> list[str]:
    """Searches for some records by a word and by their vector; lists those that do not come up."""
    lines = []
    for record_id in sorted(model.records)[::20]:
        record, slot = store.get(record_id), store.slot_of(record_id)
        word = record.content["text"].split()[-1]
        everything = store.columns.size
        if slot not in store.words.search(word, everything, size=everything).slots:
            lines.append(f"{record_id} is not found by its word {word}")
        if record.embedding and record.bits == 32:
            slots, _ = store.search(record.vector, 5, record.space)
            if slot not in slots:
                lines.append(f"{record_id} is not found by its vector")
    return lines


def _claim(record: MemoryRecord) -> tuple[object, ...]:
    times = None if record.kind == "fact" else record.valid_from
    first = record.payload[:1]
    return (
        *(record.kind, record.content, record.place, record.pose, record.about, record.observer),
        times,
        first,
    )


def _difference(held: MemoryRecord, whole: MemoryRecord) -> str:
    """Says in what a record differs from what it should be; empty where in nothing."""
    if held.payload != whole.payload[: held.level] or (whole.payload and not held.payload):
        return f"its {held.level} payload layers are not the first of its {len(whole.payload)}"
    if len(held.embedding) != len(whole.embedding):
        return f"its embedding has {len(held.embedding)} bytes, not {len(whole.embedding)}"
    if held.embedding != whole.embedding:
        a, b = held.vector.astype(np.float64), whole.vector.astype(np.float64)
        cosine = float(a @ b / np.sqrt((a @ a) * (b @ b)))
        if held.bits == 32 or cosine < _LEAST_COSINE:
            return f"its embedding of {held.bits} bits has a cosine of {cosine:.2f}"
    rest = {"payload": (), "embedding": b"", "bits": 32, "level": -1, "statistics": Statistics()}
    if msgspec.structs.replace(held, **rest) != msgspec.structs.replace(whole, **rest):
        wrong = [
            name
            for name in MemoryRecord.__struct_fields__
            if name not in rest and getattr(held, name) != getattr(whole, name)
        ]
        return f"its {', '.join(wrong)} differ"
    return ""
