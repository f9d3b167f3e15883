"""Streams drawn at random, for tests and tiny instances; results are never taken from them."""

import numpy as np

from embodied_mem.allocation.inputs import GROUPS, ROOMS
from embodied_mem.types import AnyArray
from embodied_mem_envs.allocation.streams import MOST_OBJECTS, Streams


def synthetic_streams(
    rng: np.random.Generator,
    *,
    streams: int = 4,
    items: int = 120,
    things: int = 60,
    places: int = 6,
    moved: float = 0.1,
) -> Streams:
    """Draws streams in which an agent goes from place to place and sees part of what is there.

    Args:
        rng: Source of chance.
        streams: How many; every second one is held out.
        items: Candidates of each.
        things: In each house.
        places: In each house.
        moved: Share of the things that go to another place half-way.
    """
    parts = [_stream(rng, items, things, places, moved) for _ in range(streams)]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return Streams(
        item_start=np.arange(streams + 1) * items,
        object_start=np.arange(streams + 1) * things,
        seed=np.arange(streams),
        held_out=np.arange(streams) % 2 == 1,
        **joined,
    )


def _stream(
    rng: np.random.Generator, items: int, things: int, places: int, moved: float
) -> dict[str, AnyArray]:
    popularity = rng.dirichlet(np.ones(places))
    stay = rng.random(items) < 0.7
    place = np.zeros(items, np.int16)
    for index in range(items):
        place[index] = (
            place[index - 1] if index and stay[index] else rng.choice(places, p=popularity)
        )
    home = rng.integers(places, size=(2, things))
    moves = rng.random(things) < moved
    home[1] = np.where(moves, home[1], home[0])
    objects = np.full((items, MOST_OBJECTS), -1, np.int16)
    versions = np.zeros((items, MOST_OBJECTS), np.int16)
    for index in range(items):
        late = int(index >= items // 2)
        here = np.flatnonzero(home[late] == place[index])
        shown = rng.permutation(here)[: rng.integers(1, MOST_OBJECTS)]
        objects[index, : len(shown)] = shown
        versions[index, : len(shown)] = late * moves[shown]
    centre = rng.normal(size=(places, 16))
    embedding = centre[place] + 0.5 * rng.normal(size=(items, 16))
    full = rng.uniform(15e3, 40e3, items)
    return {
        "tick": np.arange(items) * 5,
        "visit": (np.arange(items) >= items // 2).astype(np.int16),
        "place": place,
        "room": rng.integers(ROOMS, size=places).astype(np.int16)[place],
        "bytes": np.stack([0.3 * full, full], axis=1).astype(np.float32),
        "embedding": (embedding / np.linalg.norm(embedding, axis=1, keepdims=True)).astype("f4"),
        "objects": objects,
        "versions": versions,
        "quality": rng.uniform(0.2, 1.0, (items, MOST_OBJECTS)).astype(np.float32),
        "group": rng.integers(GROUPS, size=things).astype(np.int16),
    }
