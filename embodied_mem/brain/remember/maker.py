"""Makes records, with the id, the tick and the observer of now."""

from typing import Any, final

import msgspec

from embodied_mem.memory.facts import KIND_OF, Fact
from embodied_mem.memory.record import MemoryRecord, Pose, RecordIds, Visibility


@final
class RecordMaker:
    """Turns facts into records of this visit."""

    def __init__(self, seed: int, session: str, visibility: Visibility = "private") -> None:
        self.session = session
        self.visibility = visibility
        self.observer = "agent"
        self.tick = 0
        self._ids = RecordIds(seed)

    def new_id(self) -> str:
        """Returns a record id never given before."""
        return self._ids.new(self.tick)

    def make(self, record_id: str, fact: Fact, **fields: Any) -> MemoryRecord:
        """Makes a record that holds a fact; its validity starts now unless `fields` say other."""
        return MemoryRecord(
            id=record_id,
            kind=KIND_OF[type(fact)],
            content=msgspec.to_builtins(fact),
            observer=self.observer,
            session=self.session,
            recorded_at=self.tick,
            visibility=self.visibility,
            **{"valid_from": self.tick, **fields},
        )


def pose_at(x: float, y: float, z: float) -> Pose:
    """Returns the pose of a thing whose direction says nothing."""
    return (round(x, 6) + 0.0, round(y, 6) + 0.0, round(z, 6) + 0.0, 1.0, 0.0, 0.0, 0.0)
