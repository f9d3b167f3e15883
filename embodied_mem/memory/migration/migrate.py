"""A whole memory in another frame: another robot's map, another simulator's coordinates."""

from typing import Any, Final

from numpy.typing import ArrayLike

from embodied_mem.errors import ConfigError
from embodied_mem.memory.migration.frame import Frame
from embodied_mem.memory.migration.records import moved_record, shifted_record
from embodied_mem.memory.record import MemoryRecord, Operation, Update
from embodied_mem.memory.store import MemoryStore

_FIELDS: Final = (
    "content",
    "pose",
    "payload",
    "valid_from",
    "valid_to",
    "recorded_at",
    "superseded_at",
)
_MOST_TICKS: Final = 1 << 60


def migrate(store: MemoryStore, frame: ArrayLike | Frame | None = None, *, ticks: int = 0) -> int:
    """Moves everything that a memory holds to another frame and another start of time.

    Poses, positions, boxes, frontiers, maps, walks and shapes move, of the past too; pictures stay
    as they are, with the poses of their cameras moved. One batch: all of it or nothing, and
    `rollback` undoes it. By right angles nothing is lost, and the way back gives the same bytes
    where shifts are whole voxels (else shapes, not boxes, are off by up to half a voxel). By other
    turns boxes grow to hold the old ones (and shrink back on the way back), maps and shapes are
    resampled. Notes of MemOS, Memory-Augmented Generation: memory is migrated between systems.

    Args:
        store: Opened for writing.
        frame: T_new_old, (4, 4), a turn about z and a shift in metres; None for none.
        ticks: Added to every time.

    Returns:
        How many records changed.

    Raises:
        ConfigError: If the frame would tilt the vertical, or is no rigid motion.
        StoreError: If the store was opened for reading.
        BudgetError: If the moved maps do not fit.
    """
    to = Frame(0.0, (0.0, 0.0, 0.0))
    if frame is not None:
        to = frame if isinstance(frame, Frame) else Frame.of(frame)
    if type(ticks) is not int or abs(ticks) > _MOST_TICKS:
        raise ConfigError(f"ticks must be a whole number of ticks, not {ticks!r}")
    operations: list[Operation] = []
    for record in store.records():
        changes = _changes(record, shifted_record(moved_record(record, to), ticks))
        if changes:
            operations.append(Update(id=record.id, tick=record.recorded_at, changes=changes))
    store.apply(operations)
    return len(operations)


def _changes(old: MemoryRecord, new: MemoryRecord) -> dict[str, Any]:
    changes = {
        name: getattr(new, name) for name in _FIELDS if getattr(new, name) != getattr(old, name)
    }
    if "payload" in changes:
        # Maps and shapes have one layer, whose loss is none.
        changes["losses"] = old.losses
    return changes
