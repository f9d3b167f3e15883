"""Planning a batch: what the operations make of the records, before anything is written."""

from dataclasses import dataclass, field
from typing import Any, Protocol, final

import msgspec

from embodied_mem.errors import StoreError
from embodied_mem.memory.checks import check_id, check_record
from embodied_mem.memory.record import Add, Delete, Link, MemoryRecord, Noop, Operation, Update
from embodied_mem.memory.storage.rows import Heap, encode, fingerprint, first_crc

SUPERSEDES = "supersedes"
"""Type of the link from a version to the one before it."""
_FIELDS = frozenset(MemoryRecord.__struct_fields__)
_FIXED = frozenset({"id", "statistics", "version"})


@dataclass(slots=True)
class Draft:
    """A record on its way into the store.

    `record` carries bytes only where they are new; else they stay where `heap` says.
    """

    record: MemoryRecord
    content: bytes
    mark: int
    layers: int
    """Of the full payload."""
    heap: Heap = field(default_factory=Heap)
    new_payload: bool = False
    new_vector: bool = False
    level: int | None = None
    """To lower the payload to; None to leave it."""
    bits: int | None = None
    """To lower the vector to; None to leave it."""


class Source(Protocol):
    """What planning needs to know of the store."""

    def draft(self, record_id: str) -> Draft | None:
        """Returns the record as it is, without its bytes; None where there is none."""
        ...

    def full(self, record_id: str) -> MemoryRecord:
        """Returns the record with its bytes."""
        ...

    def same_facts(self, mark: int) -> list[str]:
        """Returns the ids of the active records with this fingerprint."""
        ...

    def linked_from(self, record_id: str) -> list[str]:
        """Returns the ids of the records that link to this one, sorted."""
        ...


@final
class Batch:
    """The outcome of a batch of operations over the records of a store."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.drafts: dict[str, Draft | None] = {}
        """The records that change, by id, in the order of the first change; None to remove."""
        self.results: list[str | None] = []
        self._marks: dict[int, list[str]] = {}
        """Ids of the records that had a fingerprint at some point of the batch."""

    def run(self, operation: Operation) -> None:
        """Plans one operation on top of those before it.

        Raises:
            StoreError: If it is not valid.
        """
        match operation:
            case Noop():
                self.results.append(None)
            case Add(record=record):
                self.results.append(self._add(record))
            case Update():
                self.results.append(self._update(operation))
            case Delete(id=record_id):
                self._delete(check_id(record_id))
                self.results.append(None)
            case _:
                raise StoreError(f"{operation!r} is none of ADD, UPDATE, DELETE, NOOP")

    def check_links(self) -> None:
        """Checks that no changed record points to nothing.

        Raises:
            StoreError: If one does.
        """
        for record_id, draft in self.drafts.items():
            for link in () if draft is None else draft.record.links:
                if self._draft(link.id) is None:
                    raise StoreError(
                        f"record {record_id} links to {link.id}, and no record has that id"
                    )

    def _draft(self, record_id: str) -> Draft | None:
        if record_id in self.drafts:
            return self.drafts[record_id]
        return self._source.draft(record_id)

    def _required(self, verb: str, record_id: str) -> Draft:
        draft = self._draft(check_id(record_id))
        if draft is None:
            raise StoreError(f"{verb} of {record_id}: no record has that id")
        return draft

    def _add(self, record: MemoryRecord) -> str:
        check_record(record)
        if self._draft(record.id) is not None:
            raise StoreError(f"ADD of {record.id}: a record with that id exists")
        content = _encoded(record)
        mark = fingerprint(record, content, first_crc(record.payload))
        if record.status == "active" and (known := self._known(mark)) is not None:
            return known
        draft = Draft(record, content, mark, len(record.payload), new_payload=True, new_vector=True)
        self._keep(record.id, draft)
        return record.id

    def _keep(self, record_id: str, draft: Draft) -> None:
        self.drafts[record_id] = draft
        self._marks.setdefault(draft.mark, []).append(record_id)

    def _known(self, mark: int) -> str | None:
        for record_id in self._marks.get(mark, ()):
            draft = self.drafts[record_id]
            if draft is not None and draft.mark == mark and draft.record.status == "active":
                return record_id
        known = self._source.same_facts(mark)
        return next((record_id for record_id in known if record_id not in self.drafts), None)

    def _update(self, update: Update) -> str:
        old = self._required("UPDATE", update.id)
        unknown = (set(update.changes) - _FIELDS) | (set(update.changes) & _FIXED)
        if unknown:
            raise StoreError(f"UPDATE of {update.id}: cannot change {sorted(unknown)}")
        if update.supersede_as is None:
            self._keep(update.id, self._changed(update.id, old, update.changes))
            return update.id
        return self._supersede(update, old, check_id(update.supersede_as))

    def _changed(self, record_id: str, old: Draft, changes: dict[str, Any]) -> Draft:
        changes = dict(changes)
        level, bits = changes.pop("level", None), changes.pop("bits", None)
        new_payload, new_vector = "payload" in changes, "embedding" in changes
        if new_payload:
            changes.setdefault("losses", ())
        record = msgspec.structs.replace(old.record, **changes)
        check_record(record if new_payload else msgspec.structs.replace(record, losses=()))
        content = _encoded(record) if "content" in changes else old.content
        draft = Draft(
            record,
            content,
            old.mark,
            len(record.payload) if new_payload else old.layers,
            heap=old.heap,
            new_payload=new_payload or old.new_payload,
            new_vector=new_vector or old.new_vector,
            level=old.level if level is None else self._lower(record_id, "level", level),
            bits=old.bits if bits is None else self._lower(record_id, "bits", bits),
        )
        first = first_crc(record.payload) if draft.new_payload else _stored_crc(old.heap)
        draft.mark = fingerprint(record, content, first)
        return draft

    @staticmethod
    def _lower(record_id: str, name: str, value: object) -> int:
        allowed = (1, 4, 32) if name == "bits" else None
        if not isinstance(value, int) or value < 1 or (allowed and value not in allowed):
            raise StoreError(
                f"UPDATE of {record_id}: {name} {value!r}; expected "
                + ("1, 4 or 32" if allowed else "1 or more")
            )
        return value

    def _supersede(self, update: Update, old: Draft, new_id: str) -> str:
        if self._draft(new_id) is not None:
            raise StoreError(f"UPDATE of {update.id}: {new_id} exists")
        full = old.record
        if not (old.new_payload and old.new_vector):
            held = self._source.full(update.id)
            full = msgspec.structs.replace(
                full,
                payload=full.payload if old.new_payload else held.payload,
                losses=full.losses if old.new_payload else held.losses[: len(held.payload)],
                embedding=full.embedding if old.new_vector else held.embedding,
            )
        known = old.record.valid_to
        ended = {
            "status": "archived",
            "valid_to": update.tick if known is None else min(known, update.tick),
            "superseded_at": update.tick,
        }
        self._keep(update.id, self._changed(update.id, old, ended))
        fields: dict[str, Any] = {
            "valid_from": update.tick,
            "recorded_at": update.tick,
            "status": "active",
            "valid_to": None,
            "superseded_at": None,
            **update.changes,
            "id": new_id,
            "version": full.version + 1,
            "provenance": (update.id,),
        }
        if "payload" in update.changes:
            fields.setdefault("losses", ())
        links = fields.get("links", tuple(x for x in full.links if x.type != SUPERSEDES))
        fields["links"] = (*links, Link(SUPERSEDES, update.id))
        record = msgspec.structs.replace(full, **fields)
        check_record(record)
        content = _encoded(record)
        draft = Draft(
            record,
            content,
            fingerprint(record, content, first_crc(record.payload)),
            len(record.payload),
            new_payload=True,
            new_vector=True,
        )
        self._keep(new_id, draft)
        return new_id

    def _delete(self, record_id: str) -> None:
        self._required("DELETE", record_id)
        pointing = set(self._source.linked_from(record_id))
        pointing |= {
            other
            for other, draft in self.drafts.items()
            if draft is not None and any(link.id == record_id for link in draft.record.links)
        }
        self.drafts[record_id] = None
        for other in sorted(pointing):
            draft = self._draft(other)
            if draft is None or other == record_id:
                continue
            links = tuple(link for link in draft.record.links if link.id != record_id)
            if links != draft.record.links:
                self._keep(other, self._changed(other, draft, {"links": links}))


def _stored_crc(heap: Heap) -> int:
    return heap.layers[0].crc if heap.layers else 0


def _encoded(record: MemoryRecord) -> bytes:
    try:
        return encode(record.content)
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise StoreError(
            f"record {record.id}: content is not made of what JSON holds: {error}"
        ) from None
