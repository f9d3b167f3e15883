"""Ids of its own for a memory that was made with the seed of another."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

import msgspec

from embodied_mem.memory.merging.held import Held, holdings, put
from embodied_mem.memory.record import Add, Link, MemoryRecord, Operation
from embodied_mem.memory.storage.exchange import Header
from embodied_mem.memory.store import MemoryStore


def reidentified(store: MemoryStore, salt: str) -> MemoryStore:
    """Returns a copy in RAM whose record ids end otherwise: the same for the same `salt`.

    Two robots that were started with the same seed give the same ids to different records. Times
    and order of the ids stay. What is stored elsewhere, journals of partners or exports, still
    names the old ids.

    Args:
        store: The memory; it stays as it is.
        salt: What tells it from others: the robot's name.
    """
    held = holdings(store)
    fresh = {each.id: _fresh(each.id, salt) for each in held}
    renamed = [
        Held(_renamed(each.record, lambda i: fresh.get(i, i)), each.code, each.layers)
        for each in held
    ]
    header = Header(
        session=store.session,
        seed=int(sha256(f"{store.seed}:{salt}".encode()).hexdigest()[:12], 16),
        seconds_per_tick=store.seconds_per_tick,
    )
    copy = MemoryStore()
    put(copy, header, renamed)
    return copy


def _fresh(record_id: str, salt: str) -> str:
    return record_id[:-12] + sha256(f"{salt}:{record_id[-12:]}".encode()).hexdigest()[:12]


def _renamed(record: MemoryRecord, rename: Callable[[str], str]) -> MemoryRecord:
    return msgspec.structs.replace(
        record,
        id=rename(record.id),
        links=tuple(Link(link.type, rename(link.id)) for link in record.links),
        provenance=tuple(map(rename, record.provenance)),
        content=_anywhere(record.content, rename),
    )


def _anywhere(value: Any, rename: Callable[[str], str]) -> Any:
    """Renames the ids that a content names."""
    if isinstance(value, str):
        return rename(value)
    if isinstance(value, dict):
        return {key: _anywhere(each, rename) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_anywhere(each, rename) for each in value]
    return value


def entombed(record_ids: list[str]) -> list[Operation]:
    """Returns what keeps forgotten records forgotten when older copies are merged in.

    A tombstone is an id and nothing else. Without one a record that one memory deleted and the
    other still holds comes back when they are joined.
    """
    return [
        Add(record=MemoryRecord(id=record_id, kind="event", status="tombstone"))
        for record_id in record_ids
    ]
