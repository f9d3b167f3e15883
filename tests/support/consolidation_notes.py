"""Records to consolidate."""

from typing import Any

import msgspec
import numpy as np

from embodied_mem.memory import Add, MemoryRecord, MemoryStore
from embodied_mem.memory.facts import ObjectFact
from embodied_mem.memory.search.hashing import HashingEmbedder

_EMBEDDER = HashingEmbedder()


def number(count: int, tick: int = 0) -> str:
    """Returns a record id that sorts by the tick."""
    return f"{tick:012x}{count:020x}"


def note(text: str, count: int, tick: int = 0, **fields: Any) -> MemoryRecord:
    """Returns a free note."""
    return MemoryRecord(
        id=number(count, tick),
        **{
            "kind": "event",
            "content": {"text": text},
            "valid_from": tick,
            "recorded_at": tick,
            "embedding": _EMBEDDER.embed([text])[0].tobytes(),
            "space": _EMBEDDER.name,
            "session": "monday",
            **fields,
        },
    )


def thing(
    name: str, x: float, count: int, tick: int = 0, *, state: Any = "present", **fields: Any
) -> MemoryRecord:
    """Returns a fact of a mug."""
    fact = ObjectFact(
        object_id=name,
        category="mug",
        colour="red",
        position=(x, 0.0, 1.0),
        box_min=(x - 0.05, -0.05, 0.95),
        box_max=(x + 0.05, 0.05, 1.05),
        state=state,
        confidence=0.9,
        views=5,
        first_tick=tick,
        last_tick=tick,
    )
    return MemoryRecord(
        id=number(count, tick),
        **{
            "kind": "fact",
            "content": msgspec.to_builtins(fact),
            "about": (name,),
            "pose": (x, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0),
            "place": "place-0001",
            "session": "monday",
            "valid_from": tick,
            "recorded_at": tick,
            "embedding": np.ones(8, "<f4").tobytes(),
            "space": "looks",
            **fields,
        },
    )


def drink(value: str, count: int, tick: int = 0, **fields: Any) -> MemoryRecord:
    """Returns what somebody said that Ana drinks."""
    return MemoryRecord(
        id=number(count, tick),
        **{
            "kind": "fact",
            "content": {"subject": "Ana", "attribute": "favourite drink", "value": value},
            "about": ("Ana",),
            "observer": "Ana",
            "session": "monday",
            "valid_from": tick,
            "recorded_at": tick,
            **fields,
        },
    )


def filled(*records: MemoryRecord) -> MemoryStore:
    """Returns a store in memory that holds records."""
    store = MemoryStore(session="monday", seed=3)
    store.apply([Add(record=record) for record in records])
    return store


def as_bytes(store: MemoryStore) -> list[bytes]:
    """Returns every record of a store, with all that it holds, as bytes."""
    return [msgspec.msgpack.encode(record) for record in store.records()]
