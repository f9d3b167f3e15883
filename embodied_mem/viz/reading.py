"""A memory as the pictures need it: read once, numbered, with the names of its rooms."""

from dataclasses import dataclass, field

import cv2
import msgspec
import numpy as np

from embodied_mem.errors import DamagedRecordError, MemoryFileError, StoreError
from embodied_mem.memory.codec.pictures import join
from embodied_mem.memory.facts import (
    FrontierFact,
    MapFact,
    ObjectFact,
    PlaceFact,
    SnapshotFact,
    WalkFact,
    active,
)
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.memory.store import MemoryStore
from embodied_mem.types import UInt8Array

_SILL = 0.3
"""A thing may reach this far below the height of its floor, metres."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class SnapshotEntry:
    """One kept picture."""

    number: int | None
    """Counts the snapshots that are kept, from 1; None for one that is no longer kept."""
    record: MemoryRecord
    fact: SnapshotFact
    room: str | None
    place: str | None = None

    @property
    def title(self) -> str:
        """What a reader calls it: `snapshot 3`."""
        return "earlier snapshot" if self.number is None else f"snapshot {self.number}"

    @property
    def heading(self) -> tuple[float, float, float] | None:
        """Position x, y in metres and the yaw of the view in radians, where the pose is known."""
        if self.record.pose is None:
            return None
        x, y, _, qw, qx, qy, qz = self.record.pose
        # The camera looks along its z axis: the third column of the rotation.
        return x, y, float(np.arctan2(2 * (qy * qz - qw * qx), 2 * (qx * qz + qw * qy)))

    @property
    def encoded(self) -> bytes:
        """The picture as a file, as fine as it is still held; empty where it is not."""
        return join(self.record.payload)

    def picture(self) -> UInt8Array | None:
        """Decodes the picture.

        Returns:
            (H, W, 3) RGB, or None where the memory no longer holds the picture.

        Raises:
            MemoryFileError: If the payload is not a picture.
        """
        if not self.record.payload:
            return None
        return decode_rgb(self.encoded, f"{self.title} ({self.record.id})")


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ObjectEntry:
    """One remembered object and the name of its room."""

    fact: ObjectFact
    room: str | None
    place: str | None
    geometry: bytes = b""
    """Its voxels, as `scene.geometry` packs them; empty where the record holds none."""

    @property
    def label(self) -> str:
        """Colour and category: `red mug`."""
        return describe(self.fact)


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class FloorMap:
    """The occupancy of one floor."""

    fact: MapFact
    grid: UInt8Array
    """(rows, columns): 0 unknown, 1 free, 2 occupied; row 0 at the smallest y."""
    height: float = 0.0
    """World height of the floor, metres; 0 where there is but one."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class MemoryView:
    """All that is believed now, each kind in the order of its records."""

    objects: list[ObjectEntry] = field(default_factory=list)
    places: list[PlaceFact] = field(default_factory=list)
    snapshots: list[SnapshotEntry] = field(default_factory=list)
    frontiers: list[FrontierFact] = field(default_factory=list)
    maps: list[FloorMap] = field(default_factory=list)
    walks: list[WalkFact] = field(default_factory=list)

    def object_labels(self) -> dict[str, str]:
        """Object id to `red mug`, for captions."""
        return {entry.fact.object_id: entry.label for entry in self.objects}

    def floor_of(self, place: str | None) -> int:
        """The floor that a place lies on; the lowest for an unknown place."""
        floors = {fact.place_id: fact.floor for fact in self.places}
        lowest = min((each.fact.floor for each in self.maps), default=0)
        return floors.get(place or "", lowest)

    def floor_at(self, place: str | None, z: float) -> int:
        """The floor of something at a world height in metres: its place's, or the one below it."""
        if len(self.maps) < 2 or any(fact.place_id == place for fact in self.places):
            return self.floor_of(place)
        below = [each for each in self.maps if each.height <= z + _SILL]
        highest = max(below, key=lambda each: each.height, default=self.maps[0])
        return highest.fact.floor


def read_view(memory: MemoryStore, *, viewer: str | None = None) -> MemoryView:
    """Reads what is believed now, as far as `viewer` may know it; see `Filter.viewer`.

    Raises:
        MemoryFileError: If a map's payload is not a picture.
    """
    places = [fact for _, fact in active(memory, PlaceFact, payload=False, viewer=viewer)]
    names = {fact.place_id: fact.name for fact in places}
    view = MemoryView(
        objects=[
            ObjectEntry(
                fact=fact,
                room=names.get(record.place or ""),
                place=record.place,
                geometry=record.payload[0] if record.payload else b"",
            )
            for record, fact in active(memory, ObjectFact, viewer=viewer)
        ],
        places=places,
        frontiers=[fact for _, fact in active(memory, FrontierFact, payload=False, viewer=viewer)],
        maps=[
            FloorMap(
                fact=fact,
                grid=_decode_grid(record),
                height=0.0 if record.pose is None else record.pose[2],
            )
            for record, fact in active(memory, MapFact, viewer=viewer)
        ],
        walks=[fact for _, fact in active(memory, WalkFact, payload=False, viewer=viewer)],
    )
    for number, (record, fact) in enumerate(active(memory, SnapshotFact, viewer=viewer), start=1):
        view.snapshots.append(_entry(view, record, fact, number))
    return view


def find_snapshot(memory: MemoryStore, view: MemoryView, record_id: str) -> SnapshotEntry | None:
    """Finds a snapshot by its record id, one that is no longer kept too; None if there is none."""
    for entry in view.snapshots:
        if entry.record.id == record_id:
            return entry
    try:
        record = memory.get(record_id)
    except DamagedRecordError:
        raise
    except StoreError:
        return None
    if record.content.get("type") != "snapshot":
        return None
    return _entry(view, record, msgspec.convert(record.content, SnapshotFact), None)


def _entry(
    view: MemoryView, record: MemoryRecord, fact: SnapshotFact, number: int | None
) -> SnapshotEntry:
    """Adds the room: where the record does not say it, that of most objects in the picture."""
    place = record.place
    if place is None:
        seen = set(fact.cluster) or set(fact.boxes)
        places = [o.place for o in view.objects if o.place and o.fact.object_id in seen]
        place = max(sorted(set(places)), key=places.count, default=None)
    room = next((each.name for each in view.places if each.place_id == place), None)
    return SnapshotEntry(number=number, record=record, fact=fact, room=room, place=place)


def describe(fact: ObjectFact) -> str:
    """Returns an object's colour and category as one reads them: `red mug`."""
    return f"{fact.colour} {fact.category}".strip()


def decode_rgb(data: bytes, what: str) -> UInt8Array:
    """Decodes a JPEG or PNG into (H, W, 3) RGB.

    Raises:
        MemoryFileError: If the bytes are not a picture; `what` names them.
    """
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if picture is None:
        raise MemoryFileError(f"{what} holds {len(data)} bytes that are not a picture")
    return np.ascontiguousarray(picture[..., ::-1]).astype(np.uint8, copy=False)


def encode_rgb(picture: UInt8Array, extension: str, *parameters: int) -> bytes:
    """Encodes an RGB picture as `.png` or `.jpg`."""
    _, data = cv2.imencode(extension, picture[..., ::-1], list(parameters))
    return bytes(data.tobytes())


def _decode_grid(record: MemoryRecord) -> UInt8Array:
    data = join(record.payload)
    grid = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE) if data else None
    if grid is None:
        raise MemoryFileError(f"the map {record.id} holds {len(data)} bytes that are not a picture")
    return grid.astype(np.uint8, copy=False)
