"""A small store with everything in it: layers, vectors of three fidelities, versions, links."""

from collections.abc import Callable, Iterator

import numpy as np

from embodied_mem.memory import Add, Delete, Link, MemoryRecord, MemoryStore, RecordIds, Update
from embodied_mem.memory.codec.pictures import progressive_picture
from embodied_mem.memory.record import Operation


def fill(
    store: MemoryStore,
    seed: int = 3,
    rounds: int = 4,
    after_batch: Callable[[], None] = lambda: None,
) -> None:
    """Adds, supersedes, lowers and deletes; equal arguments make equal stores."""
    for operations in batches(seed, rounds):
        store.apply(operations)
        after_batch()


def batches(seed: int, rounds: int) -> Iterator[list[Operation]]:
    """Yields what `fill` applies."""
    rng = np.random.default_rng(seed)
    ids = RecordIds(seed)
    for step in range(rounds):
        tick = 10 * step
        cup, shot, event, gone = (ids.new(tick) for _ in range(4))
        picture = progressive_picture(rng.integers(0, 256, (24, 24, 3)).astype(np.uint8))
        vectors = rng.normal(size=(3, 24)).astype("<f4")
        yield [
            Add(record=fact(cup, 1000 * seed + step, tick)),
            Add(
                record=MemoryRecord(
                    id=shot,
                    kind="snapshot",
                    content={"tick": tick},
                    place="kitchen",
                    pose=(1.0, step, 1.4, 1.0, 0.0, 0.0, 0.0),
                    about=(f"cup-{1000 * seed + step}", "table"),
                    valid_from=tick,
                    recorded_at=tick,
                    payload=picture.layers,
                    losses=picture.losses,
                    embedding=vectors[0].tobytes(),
                    space="look",
                    links=(Link("shows", cup),),
                )
            ),
            Add(
                record=MemoryRecord(
                    id=event,
                    kind="event",
                    content={
                        "text": f"the cat of house {seed} passed, {step}",
                        "loud": step > 1,
                    },
                    embedding=vectors[1].tobytes(),
                    space="words",
                    valid_from=tick,
                    recorded_at=tick,
                    links=(Link("shows", gone),),
                )
            ),
            Add(record=fact(gone, 1000 * seed + 100 + step, tick)),
        ]
        yield [Delete(id=gone)]
        moved = {"content": {"name": f"cup {seed} {step}", "on": "the shelf"}, "place": "hall"}
        yield [Update(id=cup, tick=tick + 5, changes=moved, supersede_as=ids.new(tick + 5))]
        if step % 2:
            yield [Update(id=shot, tick=tick, changes={"level": 3, "bits": 4})]
            yield [Update(id=event, tick=tick, changes={"bits": 1})]


def fact(record_id: str, number: int, tick: int) -> MemoryRecord:
    """Returns a fact about a cup."""
    return MemoryRecord(
        id=record_id,
        kind="fact",
        content={"name": f"cup {number}", "on": "the table", "size": [0.1, number / 7]},
        place="kitchen",
        about=(f"cup-{number}",),
        valid_from=tick,
        recorded_at=tick,
    )
