"""Plants what is to be forgotten into a memory, in all the ways in which it can get in."""

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
import numpy as np

from embodied_mem.brain.partners import Diary
from embodied_mem.memory import Add, Delete, Link, MemoryRecord, MemoryStore, RecordIds, Update
from embodied_mem.memory.codec.pictures import progressive_picture
from embodied_mem.memory.facts import ObjectFact, SnapshotFact
from embodied_mem.memory.links import SHOWS
from embodied_mem.memory.search.hashing import HashingEmbedder
from embodied_mem.types import Float32Array
from embodied_mem_envs.bench.long.forget_scan import Canaries

PERSON: Final = "Zoe"
THING: Final = "mug-9001"
PLACE: Final = "place-9001"
FORGOTTEN: Final = (PERSON, THING, PLACE)
"""What is forgotten in the end."""
OTHER: Final = "Bo"
WAYS: Final = (
    *("told", "private", "hearsay", "seen", "summary", "summary of a summary"),
    *("picture", "in the place", "changed since", "deleted since"),
)
"""How canaries get in: each in one of these ways, in turn."""
_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"


@dataclass(slots=True)
class Planted:
    """The canaries of a memory, and the records that hold them."""

    canaries: Canaries = field(default_factory=Canaries)
    ids: list[str] = field(default_factory=list)


class _Planter:
    def __init__(self, store: MemoryStore, rng: np.random.Generator, tick: int) -> None:
        self.store = store
        self.rng = rng
        self.tick = tick
        self.planted = Planted()
        self._diary = Diary(store)
        self._ids = RecordIds(store.seed + 191)
        self._embedder = HashingEmbedder()
        self._last_thing = ""

    def plant(self, number: int) -> None:
        """Plants one canary: a string, a picture and a vector."""
        self.tick += 3
        way = WAYS[number % len(WAYS)]
        word = "".join(_LETTERS[each] for each in self.rng.integers(0, 26, 16))
        canary = f"{word}é"
        self.planted.canaries.strings.append(canary)
        record = self._record(way, canary)
        if way in ("told", "private"):
            secret = "Keep this between us: " if way == "private" else ""
            said = f"{secret}My middle name is {canary}."
            self._diary.hear(PERSON, said, tick=self.tick, session=1)
        if way == "hearsay":
            said = f"{PERSON}'s nickname is {canary}."
            self._diary.hear(OTHER, said, tick=self.tick, session=2)
        if way == "seen" and self._last_thing:
            changes = {
                name: getattr(record, name)
                for name in ("content", "payload", "losses", "embedding", "space")
            }
            self.store.apply(
                [
                    Update(
                        id=self._last_thing,
                        tick=self.tick,
                        changes=changes,
                        supersede_as=record.id,
                    )
                ]
            )
        else:
            self.store.apply([Add(record=record)])
        if way == "seen":
            self._last_thing = record.id
        self.planted.ids.append(record.id)
        self._afterwards(way, record)

    def _afterwards(self, way: str, record: MemoryRecord) -> None:
        if way == "changed since":
            clean = {"text": f"nothing of note {record.id}"}
            changes: dict[str, Any] = {"content": clean, "payload": (), "embedding": b""}
            self.store.apply([Update(id=record.id, tick=self.tick, changes=changes)])
        if way == "deleted since":
            self.store.apply([Delete(id=record.id)])

    def _record(self, way: str, canary: str) -> MemoryRecord:
        vector: Float32Array = self.rng.normal(size=self._embedder.dimension).astype("<f4")
        picture = self.rng.integers(0, 255, (6, 8, 3), dtype=np.uint8)
        layers = progressive_picture(np.kron(picture, np.ones((8, 8, 1), np.uint8)))
        self.planted.canaries.pictures.append(layers.layers)
        self.planted.canaries.vectors.append(vector)
        base = MemoryRecord(
            id=self._ids.new(self.tick),
            kind="event",
            content={"text": f"it was {canary} there"},
            session=f"session-{1 + self.tick % 3}",
            valid_from=self.tick,
            recorded_at=self.tick,
            visibility="shared",
            payload=layers.layers,
            losses=layers.losses,
            embedding=vector.tobytes(),
            space=self._embedder.name,
        )
        return msgspec.structs.replace(base, **self._fields(way, canary))

    def _fields(self, way: str, canary: str) -> dict[str, Any]:
        sources = [each for each in self.planted.ids[-12:] if each in self.store][-2:]
        match way:
            case "told":
                return {"observer": PERSON}
            case "private":
                return {"observer": PERSON, "visibility": "private"}
            case "hearsay":
                return {"kind": "fact", "observer": OTHER, "about": (OTHER, PERSON)}
            case "seen":
                thing = msgspec.to_builtins(_thing(self.tick))
                return {"kind": "fact", "about": (THING,), "content": {**thing, "note": canary}}
            case "summary":
                links = tuple(Link("derived_from", each) for each in sources)
                return {"kind": "summary", "links": links}
            case "summary of a summary":
                return {"kind": "summary", "provenance": tuple(sources)}
            case "picture":
                fact = SnapshotFact(
                    tick=self.tick, cluster=(), boxes={THING: (0, 0, 9, 9)}, width=64, height=48
                )
                content = {**msgspec.to_builtins(fact), "note": canary}
                links = (Link(SHOWS, self._last_thing),) if self._last_thing else ()
                return {"kind": "snapshot", "content": content, "links": links}
            case "in the place":
                return {"kind": "skill", "place": PLACE}
        return {"about": (PERSON,)}


def _thing(tick: int) -> ObjectFact:
    return ObjectFact(
        object_id=THING,
        category="mug",
        colour="red",
        position=(1.0, 1.0, 0.8),
        box_min=(0.9, 0.9, 0.7),
        box_max=(1.1, 1.1, 0.9),
        state="present",
        confidence=0.9,
        views=3,
        first_tick=tick,
        last_tick=tick,
    )


def plant(store: MemoryStore, rng: np.random.Generator, count: int, *, tick: int) -> Planted:
    """Plants canaries, each a string, a picture and a vector.

    Args:
        store: Where to; opened for writing.
        rng: The source of chance.
        count: How many.
        tick: When that begins, after all that the store holds.
    """
    planter = _Planter(store, rng, tick)
    for number in range(count):
        planter.plant(number)
    return planter.planted
