"""Hands a memory's things to the product's answerer, as if they were its records."""

from collections.abc import Sequence

import msgspec

from embodied_mem.memory import MemoryStore
from embodied_mem.memory.facts import KIND_OF, Fact, ObjectFact, PlaceFact, WalkFact
from embodied_mem.memory.record import Add, MemoryRecord, RecordIds
from embodied_mem_envs.evaluation.agents.peers.kept import Place, Stored, Thing


def store_of(stored: Stored, things: Sequence[Thing]) -> MemoryStore:
    """Returns a store in RAM that holds some things, the rooms, and where the walk ended."""
    store = MemoryStore()
    ids = RecordIds(0)

    def add(fact: Fact, place: str | None = None, about: str = "") -> Add:
        content = msgspec.to_builtins(fact)
        record = MemoryRecord(
            id=ids.new(0),
            kind=KIND_OF[type(fact)],
            content=content,
            place=place,
            about=(about,) if about else (),
        )
        return Add(record=record)

    operations = [add(_place_fact(place), place.id, place.id) for place in stored.places]
    operations += [
        add(_object_fact(thing), stored.places_of.get(thing.id), thing.id) for thing in things
    ]
    end = WalkFact(path=(stored.end,), length=0.0, frames=1, first_tick=0, last_tick=0)
    store.apply([*operations, add(end)])
    return store


def _object_fact(thing: Thing) -> ObjectFact:
    x, y, z = (0.5 * (a + b) for a, b in zip(thing.low, thing.high, strict=True))
    return ObjectFact(
        object_id=thing.id,
        category=thing.category,
        colour=thing.colour,
        position=(x, y, z),
        box_min=thing.low,
        box_max=thing.high,
        state="present",
        confidence=1.0,
        # The simulator's masks are sure: one look at a thing is as good as two.
        views=max(2, thing.views),
        first_tick=thing.first_tick,
        last_tick=thing.last_tick,
    )


def _place_fact(place: Place) -> PlaceFact:
    return PlaceFact(
        place_id=place.id,
        category=place.category,
        name=place.name,
        centroid=place.centroid,
        area=place.area,
        floor=place.floor,
    )
