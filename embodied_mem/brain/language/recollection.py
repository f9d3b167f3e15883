"""What a memory holds, laid out for answering: objects with their rooms, pictures and past."""

from collections.abc import Collection
from copy import copy
from functools import cached_property

import msgspec
import numpy as np

from embodied_mem.brain.language.storeys import storey_words
from embodied_mem.memory.facts import (
    MapFact,
    ObjectFact,
    PlaceFact,
    SnapshotFact,
    Vector,
    WalkFact,
    active,
)
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.record import MemoryRecord, Pose
from embodied_mem.memory.store import MemoryStore
from embodied_mem.perception.segmentation import UNKNOWN_CATEGORY
from embodied_mem.types import Float64Array

_UNTYPED = "room"
_SILL = 0.3
"""A thing may reach this far below the height of its floor, m."""


class Citation(msgspec.Struct, frozen=True, kw_only=True):
    """A picture that shows what an answer says."""

    snapshot: str
    """Id of the snapshot's record."""
    tick: int
    pose: Pose | None
    """Of the camera."""
    object: str
    box: tuple[int, int, int, int] | None = None
    """Pixels x0, y0, x1, y1 of the object in the picture."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """An object as memory holds it now."""

    fact: ObjectFact
    place: PlaceFact | None
    floor: int = 0
    """Index of its floor."""
    storey: str = ""
    """Words for that floor; empty in a house of one floor."""

    @property
    def id(self) -> str:
        """Its object id."""
        return self.fact.object_id

    @property
    def category(self) -> str:
        """Its category."""
        return self.fact.category

    @property
    def gone(self) -> bool:
        """Whether it was found missing from where it was."""
        return self.fact.state == "missing"

    @property
    def room(self) -> str | None:
        """The type of its room; None where that is not known."""
        if self.place is None or self.place.category == _UNTYPED:
            return None
        return self.place.category


class Earlier(msgspec.Struct, frozen=True, kw_only=True):
    """Where an object was, in a version of its record that is believed no more."""

    fact: ObjectFact
    place: PlaceFact | None
    until: int
    """The tick at which that ended."""


class Recollection:
    """A reading of a `MemoryStore`; it does not follow later changes of the store.

    Args:
        store: Where to read.
        viewer: Who is to be told, see `Filter.viewer`; None for the robot itself.
    """

    def __init__(self, store: MemoryStore, *, viewer: str | None = None) -> None:
        """Reads the records that answers need."""
        self._store = store
        self._viewer = viewer
        self.places: dict[str, PlaceFact] = {}
        self._heights: dict[int, float] = {}
        for record, place in active(store, PlaceFact, payload=False, viewer=viewer):
            self.places[place.place_id] = place
            if record.pose is not None:
                self._heights[place.floor] = record.pose[2]
        for record, floor in active(store, MapFact, payload=False, viewer=viewer):
            if record.pose is not None:
                self._heights[floor.floor] = record.pose[2]
        latest: dict[str, Seen] = {}
        for record, fact in active(store, ObjectFact, payload=False, viewer=viewer):
            latest[fact.object_id] = self.seen(fact, self._place(record))
        self.objects: tuple[Seen, ...] = tuple(latest[key] for key in sorted(latest, key=_natural))
        self.by_id: dict[str, Seen] = latest

    @property
    def storeys(self) -> int:
        """How many floors the house has, as far as it is known."""
        return max(1, len(self._heights))

    def storey_of(self, place: PlaceFact) -> str:
        """Says on which floor a place is; nothing in a house of one floor."""
        return storey_words(place.floor, self.storeys)

    def seen(self, fact: ObjectFact, place: PlaceFact | None) -> Seen:
        """Returns an object with its floor: that of its place, or else the one below it."""
        if self.storeys < 2:
            return Seen(fact=fact, place=place)
        floor = place.floor if place is not None else self._floor_below(fact.box_min[2])
        return Seen(fact=fact, place=place, floor=floor, storey=storey_words(floor, self.storeys))

    def on(self, floors: Collection[int]) -> "Recollection":
        """Returns what is remembered of some floors only."""
        part = copy(self)
        part.places = {name: place for name, place in self.places.items() if place.floor in floors}
        part.objects = tuple(seen for seen in self.objects if seen.floor in floors)
        part.by_id = {seen.id: seen for seen in part.objects}
        return part

    def _floor_below(self, z: float) -> int:
        below = [floor for floor, height in self._heights.items() if height <= z + _SILL]
        return max(below, default=min(self._heights))

    def _place(self, record: MemoryRecord) -> PlaceFact | None:
        return self.places.get(record.place) if record.place is not None else None

    @cached_property
    def categories(self) -> tuple[str, ...]:
        """The categories of all objects that have one, sorted."""
        return tuple(sorted({seen.category for seen in self.objects} - {UNKNOWN_CATEGORY}))

    @cached_property
    def standpoint(self) -> tuple[float, float] | None:
        """Where the walk ended, which is where the body stands as far as memory knows."""
        ends = [
            (fact.last_tick, fact.path[-1])
            for _, fact in active(self._store, WalkFact, payload=False, viewer=self._viewer)
            if fact.path
        ]
        return max(ends)[1] if ends else None

    @cached_property
    def _pictures(self) -> tuple[tuple[MemoryRecord, SnapshotFact], ...]:
        return tuple(active(self._store, SnapshotFact, payload=False, viewer=self._viewer))

    def earlier(self, object_id: str) -> tuple[Earlier, ...]:
        """Returns where an object was before, oldest first; places it stayed at count once."""
        found: list[Earlier] = []
        past = Filter(kind="fact", about=object_id, status="archived", viewer=self._viewer)
        for record in self._store.query(past, payload=False):
            if record.content.get("type") != "object":
                continue
            fact = msgspec.convert(record.content, ObjectFact)
            until = record.valid_to if record.valid_to is not None else fact.last_tick
            found.append(Earlier(fact=fact, place=self._place(record), until=until))
        found.sort(key=lambda earlier: earlier.until)
        return tuple(found)

    def cite(self, object_id: str) -> Citation | None:
        """Returns the picture that stands for an object, or else the one that shows it largest."""
        best: tuple[tuple[bool, int, int], Citation] | None = None
        for record, fact in self._pictures:
            box = fact.boxes.get(object_id)
            in_cluster = object_id in fact.cluster
            if box is None and not in_cluster:
                continue
            area = (box[2] - box[0]) * (box[3] - box[1]) if box is not None else 0
            rank = (in_cluster, area, fact.tick)
            if best is None or rank > best[0]:
                citation = Citation(
                    snapshot=record.id, tick=fact.tick, pose=record.pose, object=object_id, box=box
                )
                best = (rank, citation)
        return best[1] if best is not None else None


def _natural(object_id: str) -> tuple[str, int, str]:
    """Sorts `mug-10` after `mug-9`."""
    name = object_id.rstrip("0123456789")
    digits = object_id[len(name) :]
    return (name, int(digits[:18]) if digits else -1, object_id)


def boxes_of(objects: tuple[Seen, ...]) -> tuple[Float64Array, Float64Array]:
    """Returns the lower and the upper corners of boxes, both (n, 3), metres."""
    lower = np.array([seen.fact.box_min for seen in objects], np.float64).reshape(-1, 3)
    upper = np.array([seen.fact.box_max for seen in objects], np.float64).reshape(-1, 3)
    return lower, upper


def gaps_to(objects: tuple[Seen, ...], lower: Vector, upper: Vector) -> Float64Array:
    """Returns (n,) distances in metres between boxes and one box; 0 where they touch.

    A point is a box of no size.
    """
    box_min, box_max = boxes_of(objects)
    apart = np.maximum(np.asarray(lower) - box_max, box_min - np.asarray(upper))
    gaps: Float64Array = np.linalg.norm(np.maximum(apart, 0.0), axis=1)
    return gaps
