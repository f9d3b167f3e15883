"""Records as a walk leaves them, for the benchmarks: pictures in layers, vectors, words, places."""

from collections.abc import Iterator

import numpy as np

from embodied_mem.memory import MemoryRecord, RecordIds
from embodied_mem.memory.record import Pose

_COLOURS = ("red", "grey", "blue", "white", "green", "black", "brown", "yellow")
_THINGS = ("mug", "chair", "lamp", "book", "plant", "sofa", "bottle", "shoe", "towel", "bowl")
_ROOMS = ("kitchen", "bedroom", "hallway", "office", "bathroom", "living room")


def records(
    count: int, *, seed: int, dimension: int = 384, payload: int = 20_000, first_tick: int = 0
) -> Iterator[MemoryRecord]:
    """Yields full records: a payload of five layers, a unit vector, a text of a dozen words.

    Args:
        count: How many.
        seed: Of everything in them.
        dimension: Of the vectors; 0 for none.
        payload: Bytes of the layers in all; 0 for none.
        first_tick: Of the first record; each next one is a tick later.
    """
    rng = np.random.default_rng(seed)
    ids = RecordIds(seed)
    shares = [int(payload * share) for share in (0.1, 0.15, 0.2, 0.25)]
    sizes = [*shares, payload - sum(shares)] if payload else []
    for tick in range(first_tick, first_tick + count):
        thing, room = _THINGS[rng.integers(10)], _ROOMS[rng.integers(6)]
        vector = rng.normal(size=dimension).astype("<f4")
        yield MemoryRecord(
            id=ids.new(tick),
            kind="event",
            content={
                "text": f"{_COLOURS[rng.integers(8)]} {thing} {tick} seen in the {room} "
                f"beside the {_THINGS[rng.integers(10)]} while walking by"
            },
            place=f"place-{rng.integers(40)}",
            pose=_pose(rng),
            about=(f"{thing}-{rng.integers(60)}",),
            valid_from=tick,
            recorded_at=tick,
            embedding=(vector / max(float(np.linalg.norm(vector)), 1e-9)).tobytes(),
            space="bench",
            payload=tuple(rng.bytes(size) for size in sizes),
            losses=(0.3, 0.15, 0.08, 0.03, 0.0) if payload else (),
        )


def _pose(rng: np.random.Generator) -> Pose:
    x, y = rng.uniform(0, 20, 2)
    return (float(x), float(y), 1.0, 1.0, 0.0, 0.0, 0.0)
