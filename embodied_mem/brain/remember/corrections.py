"""A record of every correction of the map: what was moved by it, and how far."""

from collections.abc import Sequence
from typing import Final

from embodied_mem.brain.remember.maker import RecordMaker
from embodied_mem.memory.record import Add, Link, MemoryRecord, Operation, Update

CORRECTION_TAG: Final = "correction"
CORRECTS: Final = "corrects"
"""From a correction to the records that it moved."""


def correction_of(
    operations: Sequence[Operation], longest: float, maker: RecordMaker
) -> list[Operation]:
    """Returns what notes that records were moved; nothing where none was.

    The records themselves are not derived from it: the correction points to them, so that nothing
    falls with it when it is forgotten or given up.

    Args:
        operations: Those that moved them.
        longest: How far a part of the map was moved at most, m.
        maker: Of records.
    """
    moved = [each.id for each in operations if isinstance(each, Update)]
    if not moved:
        return []
    record = MemoryRecord(
        id=maker.new_id(),
        kind="event",
        content={
            "type": CORRECTION_TAG,
            "moved": len(moved),
            "longest": round(longest, 4),
        },
        observer=maker.observer,
        session=maker.session,
        valid_from=maker.tick,
        valid_to=maker.tick,
        recorded_at=maker.tick,
        links=tuple(Link(CORRECTS, each) for each in moved),
        visibility=maker.visibility,
    )
    return [Add(record=record)]
