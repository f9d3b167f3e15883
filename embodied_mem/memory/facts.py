"""The typed contents of records: what the scene writes, and what answers are read from."""

from collections.abc import Iterator, Mapping
from typing import Final, Literal, TypeVar

import msgspec

from embodied_mem.errors import DamagedRecordError, StoreError
from embodied_mem.memory.filter import Filter
from embodied_mem.memory.record import Kind, MemoryRecord
from embodied_mem.memory.store import MemoryStore

Vector = tuple[float, float, float]
ObjectState = Literal["present", "moved", "missing", "unknown"]


class ObjectFact(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="object"):
    """Where an object is and what it looks like. Kind `fact`; `about` holds its object id."""

    object_id: str
    category: str
    colour: str
    """A basic colour term, such as `red` or `grey`."""
    position: Vector
    """Centre of its box, metres, world frame."""
    box_min: Vector
    box_max: Vector
    """Axis-aligned box, metres, world frame."""
    state: ObjectState
    confidence: float
    views: int
    """In how many frames it was seen."""
    first_tick: int
    last_tick: int
    on: str | None = None
    """Object id of what it stands on or in, where that is known."""
    votes: dict[str, float] = {}
    """What perception called it, and how strongly: confidence summed over the views."""

    @property
    def size(self) -> Vector:
        """Extent along the world axes, metres."""
        (x0, y0, z0), (x1, y1, z1) = self.box_min, self.box_max
        return (x1 - x0, y1 - y0, z1 - z0)


class PlaceFact(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="place"):
    """A room or a region of free space. Kind `summary`; `about` holds its place id."""

    place_id: str
    category: str
    """`kitchen`, `bedroom`, ...; `room` where nothing in it tells."""
    name: str
    """Unique for a reader: `kitchen`, `bedroom 2`."""
    centroid: tuple[float, float]
    area: float
    """Square metres of it that were seen."""
    neighbours: tuple[str, ...] = ()
    """Place ids that one can walk to directly."""
    floor: int = 0


class SnapshotFact(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="snapshot"):
    """Why a picture was kept. Kind `snapshot`; the payload is the picture, in layers.

    `about` holds its cluster; `memory.codec.pictures.join` makes a JPEG of the layers.
    """

    tick: int
    cluster: tuple[str, ...]
    """Object ids that this snapshot stands for: each object belongs to one snapshot."""
    boxes: dict[str, tuple[int, int, int, int]]
    """Pixel boxes x0, y0, x1, y1 in the payload picture, of every object seen in it."""
    width: int
    height: int
    quality: dict[str, float] = {}
    """View quality in [0, 1] of every object seen in it."""


class FrontierFact(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="type",
    tag="frontier",
    omit_defaults=True,
):
    """An edge of the known: free space next to unknown space. Kind `frontier`."""

    frontier_id: str
    centroid: tuple[float, float]
    direction: tuple[float, float]
    """Unit vector that points into the unknown."""
    length: float
    """Metres."""
    floor: int = 0


class MapFact(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag="map"):
    """A floor's occupancy. Kind `summary`; the payload is a PNG: 0 unknown, 1 free, 2 occupied.

    Row r and column c of the picture hold the cell whose lower corner is at
    (origin[0] + c * cell, origin[1] + r * cell): row 0 is at the smallest y. Where more than one
    floor is known, the record's pose tells the height of each.
    """

    origin: tuple[float, float]
    cell: float
    floor: int = 0


class WalkFact(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    tag_field="type",
    tag="walk",
    omit_defaults=True,
):
    """The way that the body took, thinned. Kind `event`."""

    path: tuple[tuple[float, float], ...]
    length: float
    """Metres walked."""
    frames: int
    first_tick: int
    last_tick: int
    floors: tuple[int, ...] = ()
    """Index of the floor of each point of the path; () where all lie on one."""


Fact = ObjectFact | PlaceFact | SnapshotFact | FrontierFact | MapFact | WalkFact
F = TypeVar("F", ObjectFact, PlaceFact, SnapshotFact, FrontierFact, MapFact, WalkFact)


KIND_OF: Final[Mapping[type[Fact], Kind]] = {
    ObjectFact: "fact",
    PlaceFact: "summary",
    SnapshotFact: "snapshot",
    FrontierFact: "frontier",
    MapFact: "summary",
    WalkFact: "event",
}
"""The kind of the records that hold each type of fact."""


def fact_of(record: MemoryRecord) -> Fact:
    """Decodes a record's content."""
    fact: Fact = msgspec.convert(record.content, Fact)
    return fact


def active(
    store: MemoryStore, fact_type: type[F], *, payload: bool = True, viewer: str | None = None
) -> Iterator[tuple[MemoryRecord, F]]:
    """Yields the records that are believed now and hold one type of fact, oldest first.

    Args:
        store: Where to look; it may be changed meanwhile, by this process or another.
        fact_type: One of the types of this module.
        payload: Whether the records come with their payload and embedding.
        viewer: Who is to be told, see `Filter.viewer`; None for all that is believed.

    Raises:
        DamagedRecordError: If one does not match its checksum.
    """
    tag = fact_type.__struct_config__.tag
    slots = store.select(Filter(kind=KIND_OF[fact_type], viewer=viewer))
    ids = store.columns.ids
    for record_id in sorted([ids[slot] for slot in slots.tolist()]):
        record = _read(store, record_id, payload)
        if record is not None and record.content.get("type") == tag:
            yield record, msgspec.convert(record.content, fact_type)


def _read(store: MemoryStore, record_id: str, payload: bool) -> MemoryRecord | None:
    """Reads a record; None where it is no longer there or no longer believed."""
    try:
        record = store.record_at(store.slot_of(record_id), payload=payload)
    except DamagedRecordError:
        raise
    except StoreError:
        return None
    return record if record.id == record_id and record.status == "active" else None
