"""A fact record of every thing on a table, each move a new version, and visits read back."""

from collections.abc import Iterable, Mapping
from typing import Final, final

import msgspec
import numpy as np

from embodied_mem.allocation import AllocationContext, LeastValuePerByte
from embodied_mem.brain.planning.situation import Arranged, Remembered
from embodied_mem.brain.remember.keeper import Keeper
from embodied_mem.brain.remember.maker import RecordMaker
from embodied_mem.memory import Add, Filter, MemoryRecord, MemoryStore, Update
from embodied_mem.memory.facts import ObjectFact, Vector
from embodied_mem.memory.record import Operation, Pose
from embodied_mem.scene.tabletop.boxes import footprint
from embodied_mem.scene.tabletop.thing import Thing
from embodied_mem.types import Float64Array

DRIFT: Final = 0.01
"""Metres that a thing may drift before its move is written down."""
_TURN: Final = 0.2
"""The same for turns, rad."""
_SALT: Final = 7_919
"""Keeps the ids of these records apart from those that others make of the store's seed."""


class ItemFact(ObjectFact, frozen=True, kw_only=True, tag_field="type", tag="object"):
    """An object of a table: as any object, with its turn and what memory needs to know it by."""

    extent: Vector
    """Extent along its own axes, m."""
    yaw: float
    closed_in: bool
    """Whether it was in a drawer when that was closed."""
    share: Vector
    """Its mean shares of red, green and blue."""
    visit: int
    """Which visit wrote it, from 1."""
    seen_tick: int
    """When it was last seen, in ticks of that visit."""


@final
class ItemRecords:
    """Keeps the facts of a store in step with the things that are believed in.

    Args:
        store: Where to; opened for writing.
        session: Name of this visit.
    """

    def __init__(self, store: MemoryStore, session: str) -> None:
        self._store = store
        self._keeper = Keeper(store, LeastValuePerByte())
        self._maker = RecordMaker(store.seed * _SALT + 1, session)
        self._written: dict[str, tuple[MemoryRecord, ItemFact]] = {}
        self._past = _read(store)
        self._present = [pair for pair in self._past if pair[0].status == "active"]
        self.visit = 1 + max((fact.visit for _, fact in self._past), default=0)
        """Number of this visit, from 1."""
        self._offset: int | None = None
        self._ways: Mapping[str, Float64Array] = {}

    def known(self) -> list[Thing]:
        """Returns the things of earlier visits as they were last believed to be."""
        things = []
        for record, fact in self._present:
            self._written[fact.object_id] = (record, fact)
            things.append(_thing(record, fact))
        return things

    def follow(self, things: Iterable[Thing], tick: int, ways: Mapping[str, Float64Array]) -> None:
        """Writes down what changed; what is in a drawer, as if that were closed.

        Args:
            things: What is believed.
            tick: Now, in ticks of this visit.
            ways: How far (3,) each drawer stands out, m.

        Raises:
            StoreFullError: If the disk is full or read-only.
        """
        if self._offset is None:
            self._offset = self._start(tick)
        self._maker.tick = tick + self._offset
        self._ways = ways
        operations = [op for thing in things if (op := self._operation(thing)) is not None]
        if not operations:
            return
        outcome = self._keeper.apply(operations, AllocationContext(tick=self._maker.tick))
        for record_id in (*outcome.refused, *outcome.evicted):
            self._unwrite(record_id)
        for record_id, held_as in outcome.renamed.items():
            self._rename(record_id, held_as)

    def remembered(self) -> tuple[Remembered, ...]:
        """Returns where each thing was at the end of each earlier visit, the oldest first."""
        last: dict[tuple[int, str], tuple[MemoryRecord, ItemFact]] = {}
        for record, fact in self._past:
            last[fact.visit, fact.object_id] = (record, fact)
        return tuple(
            Remembered(
                entity=fact.object_id,
                place=record.place or "",
                position=fact.position,
                tick=fact.seen_tick,
                session=_session(record, fact),
                closed_in=fact.closed_in,
            )
            for _, (record, fact) in sorted(last.items(), key=lambda item: item[0])
        )

    def last_time(self) -> dict[str, Arranged]:
        """Returns how things lay at the end of the last visit."""
        visit = max((fact.visit for _, fact in self._past), default=0)
        arranged: dict[str, Arranged] = {}
        for record, fact in self._past:
            if fact.visit != visit:
                continue
            arranged.pop(fact.object_id, None)
            if fact.state != "missing" and record.place not in (None, "hand"):
                arranged[fact.object_id] = Arranged(fact.position, fact.yaw, record.place or "")
        return arranged

    def _start(self, tick: int) -> int:
        """Returns what to add to ticks so that this visit comes after all others."""
        last = max(
            (record.recorded_at for record in self._store.records(payload=False)), default=-1
        )
        return max(0, last + 1 - tick)

    def _operation(self, thing: Thing) -> Operation | None:
        if thing.session:
            return None
        old = self._written.get(thing.id)
        fact = self._fact(thing, None if old is None else old[1])
        if old is None:
            record = self._record(thing, fact, self._maker.new_id())
            self._written[thing.id] = (record, fact)
            return Add(record=record)
        if not _differs(old[0], old[1], thing, fact):
            return None
        ended = _ended(old[0], old[1], thing, fact)
        record = self._record(thing, fact, self._maker.new_id() if ended else old[0].id)
        self._written[thing.id] = (record, fact)
        changes = {
            name: getattr(record, name)
            for name in ("content", "place", "pose", "session", "valid_from")
            if name != "valid_from" or ended
        }
        return Update(
            id=old[0].id,
            tick=self._maker.tick,
            changes=changes,
            supersede_as=record.id if ended else None,
        )

    def _fact(self, thing: Thing, old: ItemFact | None) -> ItemFact:
        way = self._ways.get(thing.place)
        position = thing.position if way is None else thing.position - way
        corners = footprint(position, thing.size, thing.yaw)
        low, high = corners.min(axis=0), corners.max(axis=0)
        offset = self._offset or 0
        return ItemFact(
            object_id=thing.id,
            category=thing.category,
            colour=thing.colour,
            position=_vector(position),
            box_min=_vector(np.array([*low, thing.low])),
            box_max=_vector(np.array([*high, thing.top])),
            state="missing" if thing.missing else "present",
            confidence=round(thing.confidence, 3),
            views=thing.views,
            first_tick=self._maker.tick if old is None else old.first_tick,
            last_tick=thing.tick + offset,
            extent=_vector(thing.size),
            yaw=round(thing.yaw, 4),
            closed_in=thing.closed_in,
            share=_vector(thing.share.astype(np.float64)),
            visit=self.visit,
            seen_tick=thing.tick,
        )

    def _record(self, thing: Thing, fact: ItemFact, record_id: str) -> MemoryRecord:
        return MemoryRecord(
            id=record_id,
            kind="fact",
            content=msgspec.to_builtins(fact),
            place=thing.place,
            pose=_pose(fact),
            about=(thing.id,),
            observer=self._maker.observer,
            session=self._maker.session,
            valid_from=self._maker.tick,
            recorded_at=self._maker.tick,
        )

    def _unwrite(self, record_id: str) -> None:
        """Hears that a record is not held, so that it is written again with the next change."""
        for name in [n for n, (record, _) in self._written.items() if record.id == record_id]:
            del self._written[name]

    def _rename(self, record_id: str, held_as: str) -> None:
        """Hears that the store held an equal record already."""
        for name, (record, fact) in self._written.items():
            if record.id == record_id:
                self._written[name] = (msgspec.structs.replace(record, id=held_as), fact)


def _read(store: MemoryStore) -> list[tuple[MemoryRecord, ItemFact]]:
    """Returns all records of things on tables, the oldest first."""
    records = store.query(Filter(kind="fact", status="any"), payload=False)
    found = [
        (record, msgspec.convert(record.content, ItemFact))
        for record in records
        if record.content.get("type") == "object" and "visit" in record.content
    ]
    return sorted(found, key=lambda pair: (pair[1].visit, pair[0].valid_from, pair[0].id))


def _differs(record: MemoryRecord, old: ItemFact, thing: Thing, new: ItemFact) -> bool:
    return (
        _ended(record, old, thing, new)
        or (old.category, old.colour) != (new.category, new.colour)
        or old.closed_in != new.closed_in
        or float(np.abs(np.subtract(old.extent, new.extent)).max()) > DRIFT
    )


def _ended(record: MemoryRecord, old: ItemFact, thing: Thing, new: ItemFact) -> bool:
    """Tells whether what a fact says of the world holds no longer, or was another visit's."""
    if old.visit == new.visit and record.place == thing.place == "hand":
        return False
    turn = (new.yaw - old.yaw + 0.5 * np.pi) % np.pi - 0.5 * np.pi
    return (
        old.visit != new.visit
        or record.place != thing.place
        or old.state != new.state
        or float(np.abs(np.subtract(old.position, new.position)).max()) > DRIFT
        or abs(turn) > _TURN
    )


def _thing(record: MemoryRecord, fact: ItemFact) -> Thing:
    return Thing(
        id=fact.object_id,
        category=fact.category,
        colour=fact.colour,
        position=np.array(fact.position),
        size=np.array(fact.extent),
        yaw=fact.yaw,
        place=record.place or "",
        tick=0,
        share=np.array(fact.share, np.float32),
        confidence=fact.confidence,
        visible=False,
        proven=True,
        missing=fact.state == "missing",
        closed_in=fact.closed_in,
        session=_session(record, fact),
    )


def _session(record: MemoryRecord, fact: ItemFact) -> str:
    return record.session or f"visit {fact.visit}"


def _vector(values: Float64Array) -> Vector:
    x, y, z = (round(float(value), 5) + 0.0 for value in values)
    return (x, y, z)


def _pose(fact: ItemFact) -> Pose:
    half = 0.5 * fact.yaw
    return (*fact.position, round(float(np.cos(half)), 6), 0.0, 0.0, round(float(np.sin(half)), 6))
