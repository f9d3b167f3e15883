"""What a record was: its versions, itself as it was believed; and what all records are."""

import hashlib
from collections.abc import Iterable

import msgspec

from embodied_mem.memory.batch import SUPERSEDES
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.state import State


def as_believed(record: MemoryRecord) -> MemoryRecord:
    """Returns a record as it was before something superseded it."""
    if record.superseded_at is None:
        return record
    learned = record.valid_to == record.superseded_at
    return msgspec.structs.replace(
        record,
        status="active",
        valid_to=None if learned else record.valid_to,
        superseded_at=None,
    )


def versions_of(state: State, record_id: str) -> list[MemoryRecord]:
    """Returns all versions of what a record tells, oldest first.

    Raises:
        StoreError: If no record has that id.
    """
    versions = {record_id: state.full(record_id)}
    waiting = [record_id]
    while waiting:
        current = waiting.pop()
        before = [link.id for link in versions[current].links if link.type == SUPERSEDES]
        for other in (*before, *state.linked_from(current)):
            if other in versions or other not in state.resident.slots:
                continue
            record = state.full(other)
            if other in before or any(
                link.type == SUPERSEDES and link.id == current for link in record.links
            ):
                versions[other] = record
                waiting.append(other)
    return sorted(versions.values(), key=lambda r: (r.version, r.recorded_at, r.id))


def digest_of(records: Iterable[MemoryRecord]) -> str:
    """Returns a SHA-256 of what records hold; how they were used does not count."""
    sha = hashlib.sha256()
    encoder = msgspec.msgpack.Encoder(order="deterministic")
    for record in records:
        sha.update(encoder.encode(msgspec.structs.replace(record, statistics=None)))
    return sha.hexdigest()
