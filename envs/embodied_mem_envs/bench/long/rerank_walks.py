"""Questions about what a walk through a house left in memory.

The records are the product's own: objects, rooms, pictures and frontiers, with the links that
observing and consolidation wrote. Which of them a question needs is read off their facts.
"""

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from embodied_mem.brain.build import MemoryConfig, build_hippocampus
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.consolidation import consolidate_memory
from embodied_mem.memory.facts import ObjectFact, SnapshotFact, active
from embodied_mem_envs.bench.long.rerank_cases import Case
from embodied_mem_envs.bench.tour import tour
from embodied_mem_envs.evaluation.paraphrases import PLAIN, WAYS
from embodied_mem_envs.house import HouseConfig, generate_house
from embodied_mem_envs.house.body import CameraConfig, HouseBody

_ASKS: Final = {
    "where": (PLAIN["where"], *WAYS["where"]),
    "nearest": ("Which {x} is nearest?", "I need a {x}", "Is there a {x} close to me?"),
    "picture": ("Show me the {x}.", "Show me a picture of the {x}.", "What did the {x} look like?"),
    "near": (PLAIN["near"], *WAYS["near"]),
}
_NEAR: Final = 1.0


class _Thing(NamedTuple):
    id: str
    fact: ObjectFact


def walked(seed: int, count: int) -> Iterator[Case]:
    """Yields questions about a house that was walked through.

    `where` needs the records of the things so called, `nearest` that of the nearest of a category,
    `picture` the snapshots in which it shows, `near` the records of what lies within a metre.
    """
    store = walked_memory(seed)
    things = [_Thing(record.id, fact) for record, fact in active(store, ObjectFact, payload=False)]
    shots = [(record.id, fact) for record, fact in active(store, SnapshotFact, payload=False)]
    rng = np.random.default_rng([seed, 8])
    for _ in range(count):
        fact = things[int(rng.integers(len(things)))].fact
        kind = str(rng.choice(sorted(_ASKS)))
        name, pose = f"{fact.colour} {fact.category}", None
        meant = [
            each
            for each in things
            if (each.fact.colour, each.fact.category) == (fact.colour, fact.category)
        ]
        if kind == "where":
            needed = {each.id for each in meant}
        elif kind == "picture":
            shown = {each.fact.object_id for each in meant}
            needed = {key for key, shot in shots if shown & shot.boxes.keys()}
        elif kind == "near":
            needed = {each.id for each in things if _beside(each, meant)}
        else:
            other = things[int(rng.integers(len(things)))].fact.position
            name, pose = fact.category, (other[0], other[1], 1.0)
            needed = {_nearest(things, fact.category, other)}
        if needed:
            text = str(rng.choice(_ASKS[kind])).format(x=name)
            yield Case(
                store=store, text=text, needed=frozenset(needed), kind=kind, pose=pose, expand=1
            )


def walked_memory(seed: int) -> MemoryStore:
    """Walks through a house of five rooms, looks around in each, and consolidates."""
    house = generate_house(seed, HouseConfig(rooms=5))
    body = HouseBody(house, CameraConfig(width=160, height=120), seed=seed)
    memory = build_hippocampus(MemoryConfig(), seed=seed)
    body.connect()
    try:
        for tick, (x, y, yaw) in enumerate(tour(house, seed, rounds=1)):
            if tick % 2 == 0:
                body.place(x, y, yaw)
                body.tick = tick
                memory.observe(body.observe())
    finally:
        body.close()
    memory.consolidate()
    consolidate_memory(memory.store)
    return memory.store


def _beside(thing: _Thing, meant: Sequence[_Thing]) -> bool:
    if thing in meant:
        return False
    return any(math.dist(thing.fact.position, each.fact.position) <= _NEAR for each in meant)


def _nearest(things: Sequence[_Thing], category: str, spot: Sequence[float]) -> str:
    alike = [each for each in things if each.fact.category == category]
    return min(alike, key=lambda each: math.dist(each.fact.position[:2], spot[:2])).id
