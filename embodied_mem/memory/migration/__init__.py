"""Moving a memory to another frame: another robot's origin, another simulator's coordinates."""

from embodied_mem.memory.migration.frame import Frame as Frame
from embodied_mem.memory.migration.migrate import migrate as migrate
from embodied_mem.memory.migration.records import moved_record as moved_record
from embodied_mem.memory.migration.records import shifted_record as shifted_record

__all__ = ["Frame", "migrate", "moved_record", "shifted_record"]
