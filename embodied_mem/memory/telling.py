"""What of a record somebody may be told: not even the ids of what they may not know."""

from collections.abc import Iterable

import msgspec

from embodied_mem.errors import StoreError
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.state import State


def may_see(state: State, record_id: str, viewer: str | None) -> bool:
    """Tells whether a record is there and somebody may know of it; see `Filter.viewer`."""
    slot = state.resident.slots.get(record_id)
    if slot is None or viewer is None:
        return slot is not None
    columns = state.resident.columns
    own = columns.observer[slot] == columns.known_code(viewer)
    return bool(columns.shared[slot] or own)


def refuse_hidden(state: State, record_id: str, viewer: str | None) -> None:
    """Raises what an unknown id raises, where somebody may not know of a record.

    Raises:
        StoreError: If no record has that id, or none that they may know of.
    """
    if not may_see(state, record_id, viewer):
        raise StoreError(f"no record has the id {record_id!r}")


def as_told(
    state: State, records: Iterable[MemoryRecord], viewer: str | None
) -> list[MemoryRecord]:
    """Returns those records that somebody may know of, without the ids of others in them."""
    if viewer is None:
        return list(records)
    return [
        _without_hidden(state, record, viewer)
        for record in records
        if may_see(state, record.id, viewer)
    ]


def _without_hidden(state: State, record: MemoryRecord, viewer: str) -> MemoryRecord:
    if not (record.links or record.provenance):
        return record
    return msgspec.structs.replace(
        record,
        links=tuple(link for link in record.links if may_see(state, link.id, viewer)),
        provenance=tuple(each for each in record.provenance if may_see(state, each, viewer)),
    )
