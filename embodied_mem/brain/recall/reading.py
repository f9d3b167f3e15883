"""Reads a history from a saved memory."""

from collections.abc import Sequence

import msgspec

from embodied_mem.brain.recall.facts import (
    CARRY_TAG,
    STAY_TAG,
    VISIT_TAG,
    CarryFact,
    Lying,
    StayFact,
    VisitFact,
)
from embodied_mem.brain.recall.history import Carry, History, Stay, Thing
from embodied_mem.memory.facts import ObjectFact, PlaceFact, active
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.store import MemoryStore

_UNTYPED = "room"


def read_history(store: MemoryStore) -> History:
    """Returns what a memory tells of the past: its events, and what it believed at each visit.

    Args:
        store: A memory that an `EventMemory` wrote; never changed.
    """
    rooms = {fact.place_id: fact.category for _, fact in active(store, PlaceFact, payload=False)}
    events = store.query(Filter(kind="event"), payload=False)
    events.sort(key=lambda record: (record.valid_from, record.id))
    visits = [
        msgspec.convert(record.content, VisitFact)
        for record in events
        if record.content.get("type") == VISIT_TAG
    ]
    stays = tuple(_stay(record, rooms) for record in events if _is(record, STAY_TAG))
    return History(
        carries=tuple(_carry(record, rooms, stays) for record in events if _is(record, CARRY_TAG)),
        stays=stays,
        things=_things(store.query(Filter(kind="fact"), payload=False), rooms),
        earlier={
            visit.visit: _things(
                store.query(Filter(kind="fact", valid_at=visit.last_tick), payload=False), rooms
            )
            for visit in visits
        },
    )


def _is(record: MemoryRecord, tag: str) -> bool:
    return record.content.get("type") == tag


def _things(records: Sequence[MemoryRecord], rooms: dict[str, str]) -> tuple[Thing, ...]:
    found = []
    for record in records:
        if _is(record, "object"):
            fact = msgspec.convert(record.content, ObjectFact)
            if fact.state != "missing":
                found.append(
                    Thing(
                        category=fact.category,
                        colour=fact.colour,
                        low=fact.box_min,
                        high=fact.box_max,
                        room=_room(record.place, rooms),
                    )
                )
    return tuple(found)


def _carry(record: MemoryRecord, rooms: dict[str, str], stays: Sequence[Stay]) -> Carry:
    fact = msgspec.convert(record.content, CarryFact)
    picked = record.valid_from
    placed = picked if record.valid_to is None else record.valid_to
    return Carry(
        visit=fact.visit,
        picked=picked,
        placed=placed,
        source=_thing(fact.source, rooms, stays, picked),
        target=_thing(fact.target, rooms, stays, placed),
        source_on=None if fact.source_on is None else _thing(fact.source_on, rooms, stays, picked),
        target_on=None if fact.target_on is None else _thing(fact.target_on, rooms, stays, placed),
    )


def _stay(record: MemoryRecord, rooms: dict[str, str]) -> Stay:
    fact = msgspec.convert(record.content, StayFact)
    return Stay(
        room=rooms.get(fact.place_id, _UNTYPED),
        place=fact.place_id,
        visit=fact.visit,
        start=record.valid_from,
        end=fact.last_tick,
        point=fact.point,
    )


def _thing(lying: Lying, rooms: dict[str, str], stays: Sequence[Stay], tick: int) -> Thing:
    """Returns a thing with its room; where that was not known yet, the one the robot was in."""
    here = next((stay.room for stay in stays if stay.start <= tick <= stay.end), _UNTYPED)
    return Thing(
        category=lying.category,
        colour=lying.colour,
        low=lying.low,
        high=lying.high,
        room=_room(lying.place, rooms) or (None if here == _UNTYPED else here),
    )


def _room(place: str | None, rooms: dict[str, str]) -> str | None:
    category = rooms.get(place) if place is not None else None
    return None if category == _UNTYPED else category
