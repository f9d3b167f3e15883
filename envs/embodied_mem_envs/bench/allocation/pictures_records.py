"""A real record of each candidate of a walk, and what all of them take in full."""

from collections.abc import Sequence
from typing import Final

import msgspec

from embodied_mem.allocation import StoreView
from embodied_mem.allocation.groups import room_index
from embodied_mem.memory import MemoryRecord
from embodied_mem.memory.facts import KIND_OF, SnapshotFact
from embodied_mem.memory.record import RecordIds
from embodied_mem.scene.room_types import UNKNOWN_ROOM, room_types
from embodied_mem_envs.bench.allocation.pictures_walk import PictureWalk

SPACE: Final = "colour-shape"
_ROOMS: Final = {room_index(name): name for name in (*room_types(), UNKNOWN_ROOM)}
"""A name of each type of room; of those that are not told apart, that of no type."""


def records_of(walk: PictureWalk) -> list[MemoryRecord]:
    """Returns a record of each candidate: picture in layers, boxes, categories and positions."""
    ids = RecordIds(int(walk.streams.seed[0]))
    return [_record(walk, index, ids) for index in range(len(walk))]


def thing_id(number: int) -> str:
    """Returns the id of one of a stream's things."""
    return f"object-{number:04d}"


def place_id(number: int) -> str:
    """Returns the id of one of a stream's places."""
    return f"place-{number:04d}"


def _record(walk: PictureWalk, index: int, ids: RecordIds) -> MemoryRecord:
    streams = walk.streams
    shown = [(int(n), column) for column, n in enumerate(streams.objects[index]) if n >= 0]
    things = tuple(thing_id(number) for number, _ in shown)
    tick = int(streams.tick[index])
    fact = SnapshotFact(
        tick=tick,
        cluster=things,
        boxes={
            name: _box(walk.boxes[index, column].tolist())
            for name, (_, column) in zip(things, shown, strict=True)
        },
        width=walk.size[0],
        height=walk.size[1],
        quality={
            name: round(float(streams.quality[index, column]), 4)
            for name, (_, column) in zip(things, shown, strict=True)
        },
    )
    content = msgspec.to_builtins(fact)
    content["room"] = _ROOMS[int(streams.room[index])]
    content["categories"] = {
        name: walk.categories[n] for name, (n, _) in zip(things, shown, strict=True)
    }
    content["positions"] = {
        name: [round(float(value), 2) for value in walk.position[index, column]]
        for name, (_, column) in zip(things, shown, strict=True)
    }
    x, y, z, qw, qx, qy, qz = map(float, walk.pose[index])
    return MemoryRecord(
        id=ids.new(tick),
        kind=KIND_OF[SnapshotFact],
        content=content,
        place=place_id(int(streams.place[index])),
        pose=(x, y, z, qw, qx, qy, qz),
        about=things,
        valid_from=tick,
        recorded_at=tick,
        embedding=walk.descriptor[index].astype("<f4").tobytes(),
        space=SPACE,
        payload=walk.layers[index],
        losses=tuple(map(float, walk.losses[index])),
    )


def _box(box: list[int]) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = box
    return x0, y0, x1, y1


def unlimited_bytes(records: Sequence[MemoryRecord]) -> int:
    """Returns what all records take in full, with their vectors in float16."""
    return sum(
        StoreView.bytes_needed(msgspec.structs.replace(record, embedding=b""))
        + len(record.embedding) // 2
        for record in records
    )
