"""The container of memory records: four operations, and one file to keep them in."""

import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from embodied_mem.errors import MemoryFileError, StoreError
from embodied_mem.files import write_bytes
from embodied_mem.memory.record import Add, Delete, MemoryRecord, Noop, Operation, Update

_MAGIC = b"EMEM\x00\x01\r\n"
SCHEMA = 1


class _File(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in a memory file after the magic and the checksum."""

    schema: int
    session: str
    seed: int
    seconds_per_tick: float
    records: list[MemoryRecord]


class MemoryStore:
    """Holds `MemoryRecord`s; changes only through `apply`, one atomic batch at a time."""

    def __init__(self, *, session: str = "", seed: int = 0, seconds_per_tick: float = 1.0) -> None:
        self.session = session
        self.seed = seed
        self.seconds_per_tick = seconds_per_tick
        self._records: dict[str, MemoryRecord] = {}

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, record_id: str) -> bool:
        return record_id in self._records

    def get(self, record_id: str) -> MemoryRecord:
        """Returns a record.

        Raises:
            StoreError: If no record has that id.
        """
        try:
            return self._records[record_id]
        except KeyError:
            raise StoreError(f"no record has the id {record_id!r}") from None

    def records(self) -> Iterator[MemoryRecord]:
        """Yields all records, archived ones too, in the order of their ids."""
        for record_id in sorted(self._records):
            yield self._records[record_id]

    @property
    def nbytes(self) -> int:
        """Bytes of all payloads and embeddings."""
        return sum(record.nbytes for record in self._records.values())

    def apply(self, operations: Sequence[Operation]) -> tuple[MemoryRecord | None, ...]:
        """Carries out a batch as a whole or, on an error, not at all.

        Returns:
            For each operation the record as stored, or None for DELETE and NOOP.

        Raises:
            StoreError: If an id to add exists, or an id to change does not.
        """
        undo: dict[str, MemoryRecord | None] = {}
        results: list[MemoryRecord | None] = []
        try:
            for operation in operations:
                results.append(self._apply_one(operation, undo))
        except Exception:
            for record_id, record in undo.items():
                if record is None:
                    self._records.pop(record_id, None)
                else:
                    self._records[record_id] = record
            raise
        return tuple(results)

    def _apply_one(
        self, operation: Operation, undo: dict[str, MemoryRecord | None]
    ) -> MemoryRecord | None:
        match operation:
            case Noop():
                return None
            case Add(record=record):
                if record.id in self._records:
                    raise StoreError(f"ADD of {record.id}: a record with that id exists")
                return self._put(record, undo)
            case Update():
                return self._update(operation, undo)
            case Delete(id=record_id):
                undo.setdefault(record_id, self.get(record_id))
                del self._records[record_id]
                self._unlink(record_id, undo)
                return None

    def _put(self, record: MemoryRecord, undo: dict[str, MemoryRecord | None]) -> MemoryRecord:
        undo.setdefault(record.id, self._records.get(record.id))
        self._records[record.id] = record
        return record

    def _update(self, update: Update, undo: dict[str, MemoryRecord | None]) -> MemoryRecord:
        old = self.get(update.id)
        unknown = set(update.changes) - set(MemoryRecord.__struct_fields__)
        if unknown or "id" in update.changes:
            raise StoreError(f"UPDATE of {old.id}: cannot change {sorted(unknown) or ['id']}")
        if update.supersede_as is None:
            return self._put(msgspec.structs.replace(old, **update.changes), undo)
        if update.supersede_as in self._records:
            raise StoreError(f"UPDATE of {old.id}: {update.supersede_as} exists")
        self._put(
            msgspec.structs.replace(
                old, status="archived", valid_to=update.tick, superseded_at=update.tick
            ),
            undo,
        )
        fields: dict[str, Any] = {
            "valid_from": update.tick,
            "recorded_at": update.tick,
            **update.changes,
            "id": update.supersede_as,
            "version": old.version + 1,
            "provenance": (*old.provenance, old.id)[-1:],
        }
        return self._put(msgspec.structs.replace(old, **fields), undo)

    def _unlink(self, record_id: str, undo: dict[str, MemoryRecord | None]) -> None:
        for record in list(self._records.values()):
            if any(link.id == record_id for link in record.links):
                links = tuple(link for link in record.links if link.id != record_id)
                self._put(msgspec.structs.replace(record, links=links), undo)

    def digest(self) -> str:
        """Returns a SHA-256 of the content that does not depend on how it lies in a file."""
        sha = hashlib.sha256()
        encoder = msgspec.msgpack.Encoder(order="deterministic")
        for record in self.records():
            sha.update(encoder.encode(msgspec.structs.replace(record, statistics=None)))
        return sha.hexdigest()

    def save(self, path: Path) -> None:
        """Writes everything to one file, whole or not at all, with a checksum."""
        body = msgspec.msgpack.Encoder(order="deterministic").encode(
            _File(
                schema=SCHEMA,
                session=self.session,
                seed=self.seed,
                seconds_per_tick=self.seconds_per_tick,
                records=list(self.records()),
            )
        )
        write_bytes(path, _MAGIC + hashlib.sha256(body).digest() + body)

    @classmethod
    def load(cls, path: Path) -> "MemoryStore":
        """Reads a memory file.

        Raises:
            MemoryFileError: If it is missing, not a memory file, damaged, or of another schema.
        """
        try:
            data = path.read_bytes()
        except OSError as error:
            raise MemoryFileError(f"cannot read the memory file {path}: {error.strerror}") from None
        if not data.startswith(_MAGIC):
            raise MemoryFileError(f"{path} is not a memory file (made by `run` or `ingest`)")
        start = len(_MAGIC) + 32
        if hashlib.sha256(data[start:]).digest() != data[len(_MAGIC) : start]:
            raise MemoryFileError(f"{path} is damaged: its checksum does not match its content")
        try:
            file = msgspec.msgpack.decode(data[start:], type=_File)
        except msgspec.DecodeError as error:
            raise MemoryFileError(f"{path} does not hold valid records: {error}") from None
        if file.schema != SCHEMA:
            raise MemoryFileError(f"{path} has schema {file.schema}; this version reads {SCHEMA}")
        store = cls(session=file.session, seed=file.seed, seconds_per_tick=file.seconds_per_tick)
        store._records = {record.id: record for record in file.records}
        return store
