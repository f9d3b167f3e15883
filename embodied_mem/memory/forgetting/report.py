"""What a forgetting did."""

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Forgotten:
    """What was erased and what was changed or made anew; it names nothing that was erased."""

    erased: int = 0
    """Records that went, all versions counted."""
    by_kind: dict[str, int] = field(default_factory=dict)
    """How many of each kind."""
    derived: int = 0
    """How many of them went because they were made from others that did."""
    pictures: int = 0
    """How many of them were snapshots."""
    changed: tuple[str, ...] = ()
    """Ids of records that stay and no longer point to what went, or name it."""
    rebuilt: tuple[str, ...] = ()
    """Ids of what was derived anew from what is left."""
    bytes_before: int = 0
    """Bytes of the folder and its archive on the disk, as `du` counts them."""
    bytes_after: int = 0
