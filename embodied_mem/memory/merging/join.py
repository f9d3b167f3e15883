"""The join of two versions of one record: commutative, associative, idempotent.

What changes in place is taken from the version that knows more, whole; what only grows is joined
part by part. Both are joins of a semilattice, and so is their product.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from embodied_mem.errors import StoreError
from embodied_mem.memory.links import SHOWS
from embodied_mem.memory.merging.held import Held
from embodied_mem.memory.record import Link, MemoryRecord, Statistics
from embodied_mem.memory.storage.rows import encode, first_crc

T = TypeVar("T")
_RANK = {"active": 0, "archived": 1, "tombstone": 2}
_PICTURES = ("snapshot", "frontier")


def join_all(first: Mapping[str, Held], second: Mapping[str, Held]) -> dict[str, Held]:
    """Joins two sets of records by id.

    Raises:
        StoreError: If one id stands for two different records.
    """
    joined = dict(first)
    for record_id, held in second.items():
        known = joined.get(record_id)
        joined[record_id] = held if known is None else join(known, held)
    return joined


def join(a: Held, b: Held) -> Held:
    """Joins two versions of one record.

    A tombstone stays: whatever another store still holds under that id is left out.

    Raises:
        StoreError: If they are two different records under one id.
    """
    stones = [each for each in (a, b) if each.record.status == "tombstone"]
    if stones:
        return max(stones, key=_whole)
    _check_same(a.record, b.record)
    first, second = a.record, b.record
    ahead = max((a, b), key=lambda held: (_standing(held), _fidelity(held)))
    level = [each for each in (a, b) if _standing(each) == _standing(ahead)]
    kept = max(level, key=_fidelity)
    vector = max(level, key=lambda held: _vector_rank(held))
    status = max(first.status, second.status, key=_RANK.__getitem__)
    record = msgspec.structs.replace(
        ahead.record,
        payload=kept.record.payload,
        level=len(kept.record.payload),
        bits=vector.record.bits,
        status=status,
        valid_from=min(first.valid_from, second.valid_from),
        valid_to=_earliest(first.valid_to, second.valid_to),
        recorded_at=min(first.recorded_at, second.recorded_at),
        superseded_at=_earliest(first.superseded_at, second.superseded_at),
        links=_united(first.links, second.links, ahead.record),
        provenance=_together(first.provenance, second.provenance),
        visibility=min(first.visibility, second.visibility),  # private before shared
        statistics=_most(first.statistics, second.statistics),
    )
    return replace(
        ahead, record=record, code=vector.code, layers=max(each.layers for each in level)
    )


def _standing(held: Held) -> tuple[Any, ...]:
    """Ranks what a version says, all that changes in place; equal only where that is equal."""
    record = held.record
    tick = record.content.get("last_tick", record.content.get("tick"))
    views = record.content.get("views")
    shown = sorted(link.id for link in record.links if link.type == SHOWS)
    return (
        record.version,
        tick if type(tick) is int else -1,
        views if type(views) is int else -1,
        len(record.losses),
        encode((record.content, record.place, record.pose, record.about, record.space)),
        encode((record.losses, shown)),
    )


def _whole(held: Held) -> bytes:
    return encode(msgspec.structs.replace(held.record, statistics=Statistics()))


def _fidelity(held: Held) -> tuple[Any, ...]:
    return (len(held.record.payload), held.record.payload)


def _vector_rank(held: Held) -> tuple[int, bytes]:
    return (0, b"") if held.code is None else (held.code.bits, encode(held.code))


def _earliest(a: int | None, b: int | None) -> int | None:
    return min((tick for tick in (a, b) if tick is not None), default=None)


def _united(a: tuple[Link, ...], b: tuple[Link, ...], ahead: MemoryRecord) -> tuple[Link, ...]:
    """Unites links; what a snapshot shows is part of what its version says."""
    if a == b:
        return a
    shown = [link for link in ahead.links if link.type == SHOWS]
    others = {link for link in (*a, *b) if link.type != SHOWS}
    return tuple(sorted({*others, *shown}, key=lambda link: (link.type, link.id)))


def _together(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, ...]:
    return a if a == b else tuple(sorted({*a, *b}))


def _most(a: Statistics, b: Statistics) -> Statistics:
    read = [tick for tick in (a.last_read, b.last_read) if tick is not None]
    return Statistics(
        reads=max(a.reads, b.reads),
        citations=max(a.citations, b.citations),
        last_read=max(read, default=None),
    )


def without_links(held: Iterable[Held], gone: set[str]) -> list[Held]:
    """Takes away the links to records that are no more."""
    return [
        each.changed(links=tuple(link for link in each.record.links if link.id not in gone))
        if any(link.id in gone for link in each.record.links)
        else each
        for each in held
    ]


def _check_same(a: MemoryRecord, b: MemoryRecord) -> None:
    if _identity(a) != _identity(b):
        raise StoreError(
            f"record {a.id} is one thing in one memory and another in the other: both were made "
            "with the same seed. Give one of them ids of its own with `reidentified` of "
            "embodied_mem.memory.merging first, and let each robot have a seed of its own"
        )
    if a.recorded_at != b.recorded_at:
        raise StoreError(
            f"record {a.id} is of tick {a.recorded_at} in one memory and of {b.recorded_at} in the "
            "other, into which it was merged with another offset: merge it with that again"
        )


def _identity(record: MemoryRecord) -> tuple[Any, ...]:
    """Returns what no update of a record changes, its times left out."""
    told: tuple[Any, ...] = (record.content.get("type"),)
    if record.kind in _PICTURES:
        told = (*told, first_crc(record.payload))
    return (record.kind, record.observer, record.session, *told)
