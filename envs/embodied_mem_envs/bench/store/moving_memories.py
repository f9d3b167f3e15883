"""Three ways to remember where moving objects are, all through the same store.

- superseding: one active fact an object; when it turns up elsewhere, its fact is superseded by a
  new version in one atomic batch. The time of the move is put halfway between the last sighting
  at the old place and the first sign that it was gone, so that validity tells of the world, not
  of the walk.
- delete on conflict: the same, but the old fact is dropped.
- ADD-only: every sighting is a new fact, none is ever changed (as Mem0 writes since 2026).
"""

from typing import Any, Protocol, final

import msgspec
import numpy as np

from embodied_mem.memory import Add, Delete, MemoryRecord, MemoryStore, RecordIds, Update
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.record import Operation, Pose
from embodied_mem.types import Float32Array
from embodied_mem_envs.bench.store.moving_world import Position, Sighting, Visit

SPACE = "bench"
_SAME_PLACE = 0.5
"""Metres up to which a sighting in the same room is of an object that did not move."""


class Senses(Protocol):
    """What a sighting looks like and how a text is embedded."""

    def picture(self, sighting: Sighting, tick: int) -> tuple[tuple[bytes, ...], tuple[float, ...]]:
        """Returns the layers of a picture, none where pictures are left out, and their losses."""
        ...

    def embed(self, text: str) -> Float32Array:
        """Returns a unit vector."""
        ...


class _Claim(msgspec.Struct, frozen=True, kw_only=True):
    """Content of a fact of where an object is."""

    name: str
    text: str
    seen_at: int
    """Tick of the last sighting there."""
    missed_at: int | None = None
    """Tick of the first visit after that on which it was not there."""


def describe(sighting: Sighting, room: str) -> str:
    """Says a sighting."""
    return f"the {sighting.name} is in the {room}"


def _fact(
    record_id: str, sighting: Sighting, visit: Visit, senses: Senses, **fields: Any
) -> MemoryRecord:
    """Builds the fact that a sighting is worth."""
    return MemoryRecord(
        id=record_id,
        kind="fact",
        valid_from=visit.tick,
        recorded_at=visit.tick,
        **_seen(sighting, visit, senses),
        **fields,
    )


def _seen(sighting: Sighting, visit: Visit, senses: Senses) -> dict[str, Any]:
    """Returns the fields of a record that tell of a sighting."""
    text = describe(sighting, visit.room)
    claim = _Claim(name=sighting.name, text=text, seen_at=visit.tick)
    payload, losses = senses.picture(sighting, visit.tick)
    return {
        "content": msgspec.to_builtins(claim),
        "place": visit.room,
        "pose": _pose(sighting.position),
        "about": (sighting.object_id,),
        "payload": payload,
        "losses": losses,
        "embedding": senses.embed(text).tobytes(),
        "space": SPACE,
    }


def _pose(position: Position) -> Pose:
    x, y, z = position
    return (x, y, z, 1.0, 0.0, 0.0, 0.0)


@final
class OnConflict:
    """Keeps one active fact an object; `keep_history` says what becomes of an outlived one."""

    def __init__(self, store: MemoryStore, senses: Senses, *, keep_history: bool) -> None:
        self.store = store
        self._senses = senses
        self._keep_history = keep_history
        self._ids = RecordIds(1)

    def remember(self, visit: Visit) -> None:
        """Writes one visit as one atomic batch."""
        operations: list[Operation] = []
        for sighting in visit.sightings:
            operations += self._noted(sighting, visit)
        seen = {sighting.object_id for sighting in visit.sightings}
        for record in self.store.query(Filter(kind="fact", place=visit.room), payload=False):
            claim = msgspec.convert(record.content, _Claim)
            if record.about[0] not in seen and claim.missed_at is None:
                missed = msgspec.structs.replace(claim, missed_at=visit.tick)
                operations.append(_update(record, visit.tick, content=msgspec.to_builtins(missed)))
        if operations:
            self.store.apply(operations)

    def _noted(self, sighting: Sighting, visit: Visit) -> list[Operation]:
        known = self.store.query(Filter(about=sighting.object_id, kind="fact"), payload=False)
        if not known:
            fact = _fact(self._ids.new(visit.tick), sighting, visit, self._senses)
            return [Add(record=fact)]
        (old,) = known
        claim = msgspec.convert(old.content, _Claim)
        if old.place == visit.room and _distance(old, sighting) < _SAME_PLACE:
            again = msgspec.structs.replace(claim, seen_at=visit.tick, missed_at=None)
            return [_update(old, visit.tick, content=msgspec.to_builtins(again))]
        gone = visit.tick if claim.missed_at is None else claim.missed_at
        moved_at = (claim.seen_at + gone + 1) // 2
        new_id = self._ids.new(visit.tick)
        if not self._keep_history:
            fact = _fact(new_id, sighting, visit, self._senses)
            return [Delete(id=old.id), Add(record=fact)]
        changes = {**_seen(sighting, visit, self._senses), "valid_from": moved_at}
        return [
            Update(id=old.id, tick=visit.tick, changes=changes, supersede_as=new_id),
            _update(old, visit.tick, valid_to=max(moved_at, old.valid_from)),
        ]


def _update(record: MemoryRecord, tick: int, **changes: Any) -> Update:
    return Update(id=record.id, tick=tick, changes=changes)


def _distance(record: MemoryRecord, sighting: Sighting) -> float:
    assert record.pose is not None
    return float(np.linalg.norm(np.subtract(record.pose[:3], sighting.position)))


@final
class AddOnly:
    """Adds every sighting and changes nothing. Its store has no byte budget, to its favour."""

    def __init__(self, store: MemoryStore, senses: Senses) -> None:
        self.store = store
        self._senses = senses
        self._ids = RecordIds(2)

    def remember(self, visit: Visit) -> None:
        """Writes one visit as one atomic batch."""
        facts = [
            _fact(self._ids.new(visit.tick), sighting, visit, self._senses)
            for sighting in visit.sightings
        ]
        if facts:
            self.store.apply([Add(record=fact) for fact in facts])
