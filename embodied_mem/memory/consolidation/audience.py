"""Who may read a record, so that nothing made from it is read by more."""

from embodied_mem.memory.record import MemoryRecord, Visibility

Audience = tuple[Visibility, str]
"""(`shared`, "") for everybody, or (`private`, observer) for one; see `Filter.viewer`."""


def audience_of(record: MemoryRecord) -> Audience:
    """Returns who may read a record."""
    if record.visibility == "shared":
        return ("shared", "")
    return ("private", record.observer)


def may_point(holder: MemoryRecord, other: MemoryRecord) -> bool:
    """Tells whether everybody who may read `holder` may know that `other` exists."""
    return other.visibility == "shared" or audience_of(holder) == audience_of(other)
