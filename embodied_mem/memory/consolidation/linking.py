"""Which links a new record gets to similar ones, and which of the two holds each."""

import math
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from embodied_mem.memory.consolidation.audience import may_point
from embodied_mem.memory.consolidation.config import ConsolidationConfig
from embodied_mem.memory.consolidation.similar import Similar
from embodied_mem.memory.consolidation.topics import topic_of
from embodied_mem.memory.links import LinkType
from embodied_mem.memory.record import Link, MemoryRecord, Operation, Update

_SIZES: Final = 1.8
"""Most that the diagonals of two boxes of one thing differ by."""


class Links(NamedTuple):
    """The links that a record brings."""

    operations: list[Operation]
    """One UPDATE a holder."""
    written: int


def link_operations(record: MemoryRecord, similar: Similar, config: ConsolidationConfig) -> Links:
    """Returns what writes the links between a record and similar ones, one UPDATE a holder.

    Those that hold both ways are held by the record with the later id, `before` by the later
    record; none where a reader of the holder might not know of the other.
    """
    known = {other.id: other for other in (record, *similar.all)}
    links = {key: list(other.links) for key, other in known.items()}
    for kind, other in _proposed(record, similar, config):
        holder, target = record, other
        if kind != "before" and other.id > record.id:
            holder, target = other, record
        link, held = Link(kind, target.id), links[holder.id]
        room = Counter(each.type for each in held)[kind] < config.links_of_a_type
        if room and link not in held and may_point(holder, target):
            held.append(link)
    grown = [other for other in known.values() if len(links[other.id]) != len(other.links)]
    operations: list[Operation] = [
        Update(id=other.id, tick=record.recorded_at, changes={"links": tuple(links[other.id])})
        for other in grown
    ]
    return Links(operations, sum(len(links[other.id]) - len(other.links) for other in grown))


def _proposed(
    record: MemoryRecord, similar: Similar, config: ConsolidationConfig
) -> Iterator[tuple[LinkType, MemoryRecord]]:
    """Yields the links that could be written, the most telling of each type first."""
    for other in similar.all:
        if _contradicts(record, other, config):
            yield "contradicts", other
    for other in (*similar.near, *similar.alike):
        if _same_object(record, other, config):
            yield "same_object", other
    for other in (*similar.alike, *similar.about):
        if record.place and record.place == other.place and not _both_things(record, other):
            yield "same_place", other
    for other in similar.near:
        if not _shares_subject(record, other):
            yield "near", other
    if similar.before is not None:
        yield "before", similar.before


def _contradicts(first: MemoryRecord, second: MemoryRecord, config: ConsolidationConfig) -> bool:
    """Tells whether two facts of one thing cannot both hold, and neither ended the other."""
    one, two = topic_of(first), topic_of(second)
    if one is None or two is None or one.key != two.key:
        return False
    return not one.agrees(two, config.same_spot)


def _same_object(first: MemoryRecord, second: MemoryRecord, config: ConsolidationConfig) -> bool:
    """Tells whether two things under different names are one: alike, as large, and at one spot."""
    if not _both_things(first, second) or _shares_subject(first, second):
        return False
    if first.content.get("category") != second.content.get("category"):
        return False
    if first.pose is None or second.pose is None:
        return False
    if math.dist(first.pose[:3], second.pose[:3]) > config.overlap:
        return False
    small, large = sorted((_diagonal(first), _diagonal(second)))
    return large <= _SIZES * small and _cosine(first, second) >= config.likeness


def _both_things(first: MemoryRecord, second: MemoryRecord) -> bool:
    return first.content.get("type") == second.content.get("type") == "object"


def _shares_subject(first: MemoryRecord, second: MemoryRecord) -> bool:
    return bool(set(first.about) & set(second.about))


def _diagonal(record: MemoryRecord) -> float:
    return math.dist(record.content.get("box_min", ()), record.content.get("box_max", ()))


def _cosine(first: MemoryRecord, second: MemoryRecord) -> float:
    one, two = first.vector, second.vector
    if first.space != second.space or one.shape != two.shape or not one.size:
        return -1.0
    return float(one @ two / max(float((one @ one) * (two @ two)) ** 0.5, 1e-12))
