"""A small furnished flat as a memory holds it: real records in a real store."""

from collections.abc import Sequence

import msgspec

from embodied_mem.memory.facts import ObjectFact, PlaceFact, SnapshotFact, WalkFact
from embodied_mem.memory.record import Add, MemoryRecord, Pose, RecordIds, Update
from embodied_mem.memory.store import MemoryStore

Triple = tuple[float, float, float]

PLACES = (
    PlaceFact(place_id="place-0", category="kitchen", name="kitchen", centroid=(2.0, 2.0),
              area=12.0, neighbours=("place-1",)),
    PlaceFact(place_id="place-1", category="living room", name="living room", centroid=(7.0, 2.0),
              area=20.0, neighbours=("place-0", "place-2", "place-4")),
    PlaceFact(place_id="place-2", category="bedroom", name="bedroom", centroid=(12.0, 2.0),
              area=14.0, neighbours=("place-1",)),
    PlaceFact(place_id="place-3", category="bedroom", name="bedroom 2", centroid=(12.0, 7.0),
              area=10.0, neighbours=("place-4",)),
    PlaceFact(place_id="place-4", category="office", name="office", centroid=(7.0, 7.0),
              area=9.0, neighbours=("place-1", "place-3")),
    PlaceFact(place_id="place-5", category="room", name="room", centroid=(2.0, 7.0), area=3.0),
)  # fmt: skip


def thing(
    object_id: str,
    colour: str,
    place: str | None,
    centre: Triple,
    size: Triple,
    *,
    category: str | None = None,
    on: str | None = None,
    state: str = "present",
    confidence: float = 0.9,
    views: int = 8,
    ticks: tuple[int, int] = (10, 100),
) -> tuple[ObjectFact, str | None]:
    """Makes an object's fact; its category is its id without the number."""
    half = [side / 2 for side in size]
    content = {
        "type": "object",
        "object_id": object_id,
        "category": category or object_id.rsplit("-", 1)[0],
        "colour": colour,
        "position": centre,
        "box_min": tuple(c - h for c, h in zip(centre, half, strict=True)),
        "box_max": tuple(c + h for c, h in zip(centre, half, strict=True)),
        "state": state,
        "confidence": confidence,
        "views": views,
        "first_tick": ticks[0],
        "last_tick": ticks[1],
        "on": on,
    }
    return msgspec.convert(content, ObjectFact), place


KITCHEN, LIVING, BEDROOM, BEDROOM_2, OFFICE, NAMELESS = (f"place-{i}" for i in range(6))

THINGS = (
    thing("refrigerator-1", "white", KITCHEN, (0.5, 0.5, 0.9), (0.7, 0.7, 1.8)),
    thing("kitchen counter-2", "beige", KITCHEN, (2.0, 0.4, 0.45), (2.0, 0.6, 0.9)),
    thing("stove-3", "black", KITCHEN, (3.5, 0.4, 0.45), (0.6, 0.6, 0.9)),
    thing("mug-4", "red", KITCHEN, (2.2, 0.4, 0.95), (0.08, 0.08, 0.1), on="kitchen counter-2",
          ticks=(20, 312)),
    thing("mug-5", "white", OFFICE, (7.2, 7.4, 0.8), (0.08, 0.08, 0.1), on="desk-20"),
    thing("chair-6", "brown", KITCHEN, (2.0, 2.5, 0.45), (0.5, 0.5, 0.9)),
    thing("chair-7", "brown", KITCHEN, (2.8, 2.5, 0.45), (0.5, 0.5, 0.9)),
    thing("chair-8", "white", LIVING, (8.5, 3.4, 0.45), (0.5, 0.5, 0.92)),
    thing("sofa-9", "grey", LIVING, (7.0, 0.6, 0.4), (2.0, 0.9, 0.8)),
    thing("coffee table-10", "brown", LIVING, (7.0, 2.0, 0.2), (1.0, 0.6, 0.4)),
    thing("television-11", "black", LIVING, (7.0, 3.8, 1.0), (1.2, 0.1, 0.7)),
    thing("potted plant-12", "green", LIVING, (5.4, 0.4, 0.5), (0.4, 0.4, 1.0)),
    thing("floor lamp-13", "yellow", LIVING, (8.4, 0.4, 0.8), (0.3, 0.3, 1.6)),
    thing("book-14", "blue", LIVING, (7.0, 2.0, 0.42), (0.2, 0.15, 0.04)),
    thing("bed-15", "blue", BEDROOM, (12.0, 1.2, 0.3), (1.6, 2.0, 0.6)),
    thing("nightstand-16", "brown", BEDROOM, (13.1, 0.4, 0.25), (0.4, 0.4, 0.5)),
    thing("table lamp-17", "orange", BEDROOM, (13.1, 0.4, 0.7), (0.2, 0.2, 0.4),
          on="nightstand-16"),
    thing("bed-18", "red", BEDROOM_2, (12.0, 7.0, 0.3), (1.0, 2.0, 0.5)),
    thing("wardrobe-19", "white", BEDROOM, (11.0, 3.6, 1.0), (1.2, 0.6, 2.0)),
    thing("desk-20", "brown", OFFICE, (7.0, 7.5, 0.37), (1.4, 0.7, 0.74)),
    thing("office chair-21", "black", OFFICE, (7.0, 6.7, 0.5), (0.6, 0.6, 1.0)),
    thing("laptop-22", "grey", OFFICE, (6.8, 7.5, 0.8), (0.35, 0.25, 0.05), on="desk-20"),
    thing("printer-23", "white", OFFICE, (5.4, 7.6, 0.5), (0.5, 0.4, 0.3)),
    thing("backpack-24", "purple", OFFICE, (5.5, 6.2, 0.2), (0.3, 0.3, 0.4), state="missing",
          ticks=(30, 150)),
    thing("vase-25", "pink", LIVING, (7.3, 2.1, 0.5), (0.15, 0.15, 0.2), on="coffee table-10",
          state="moved", ticks=(15, 290)),
    thing("globe-26", "blue", OFFICE, (8.2, 7.8, 0.9), (0.3, 0.3, 0.4), confidence=0.3),
    thing("toaster-27", "grey", KITCHEN, (1.3, 0.4, 1.0), (0.3, 0.2, 0.2), views=1),
    thing("suitcase-28", "red", None, (2.0, 8.0, 0.3), (0.5, 0.3, 0.6), state="unknown"),
    thing("object-29", "green", NAMELESS, (2.0, 7.0, 0.2), (0.3, 0.3, 0.4)),
    thing("surfboard-30", "yellow", NAMELESS, (1.4, 7.0, 0.9), (0.5, 0.1, 1.8)),
)  # fmt: skip

POSE: Pose = (7.0, 5.0, 1.25, 0.5, -0.5, 0.5, -0.5)
SNAPSHOTS = (
    SnapshotFact(tick=40, cluster=("sofa-9", "coffee table-10"), width=640, height=480,
                 boxes={"sofa-9": (10, 200, 300, 400), "coffee table-10": (200, 300, 400, 450),
                        "floor lamp-13": (300, 100, 340, 380)}),
    SnapshotFact(tick=60, cluster=("floor lamp-13", "mug-4"), width=640, height=480,
                 boxes={"floor lamp-13": (5, 5, 30, 90), "mug-4": (100, 100, 120, 130),
                        "sofa-9": (0, 0, 640, 480)}),
    SnapshotFact(tick=80, cluster=(), width=640, height=480,
                 boxes={"bed-15": (0, 0, 50, 50), "bed-18": (0, 0, 9, 9)}),
    SnapshotFact(tick=90, cluster=(), width=640, height=480, boxes={"bed-15": (0, 0, 90, 90)}),
)  # fmt: skip


def store_of(things: Sequence[tuple[ObjectFact, str | None]]) -> MemoryStore:
    """Stores the flat with other things in it; the vase once stood in the bedroom."""
    store = MemoryStore(session="test", seed=3)
    ids = RecordIds(seed=3)
    for place in PLACES:
        store.apply([_add(ids, 1, "summary", place, about=(place.place_id,))])
    for fact, room in things:
        if fact.object_id == "vase-25":
            _add_moved_vase(store, ids, fact, room)
            continue
        record = _add(ids, fact.first_tick, "fact", fact, about=(fact.object_id,), place=room)
        store.apply([record])
    for snapshot in SNAPSHOTS:
        record = _add(ids, snapshot.tick, "snapshot", snapshot, about=snapshot.cluster, pose=POSE)
        store.apply([record])
    walk = WalkFact(
        path=((1.0, 1.0), (8.4, 1.5)), length=7.4, frames=320, first_tick=0, last_tick=320
    )
    store.apply([_add(ids, 320, "event", walk)])
    return store


def _add(
    ids: RecordIds,
    tick: int,
    kind: str,
    fact: msgspec.Struct,
    *,
    about: tuple[str, ...] = (),
    place: str | None = None,
    pose: Pose | None = None,
) -> Add:
    record = MemoryRecord(
        id=ids.new(tick),
        kind=kind,  # type: ignore[arg-type]
        content=msgspec.to_builtins(fact),
        about=about,
        place=place,
        pose=pose,
        valid_from=tick,
        recorded_at=tick,
    )
    return Add(record=record)


def _add_moved_vase(store: MemoryStore, ids: RecordIds, now: ObjectFact, room: str | None) -> None:
    first, _ = thing("vase-25", "pink", BEDROOM, (13.1, 0.5, 0.6), (0.15, 0.15, 0.2))
    add = _add(ids, 15, "fact", first, about=("vase-25",), place=BEDROOM)
    changes = {"content": msgspec.to_builtins(now), "place": room}
    store.apply([add])
    store.apply([Update(id=add.record.id, tick=200, changes=changes, supersede_as=ids.new(200))])
