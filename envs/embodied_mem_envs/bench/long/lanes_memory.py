"""A memory of a realistic size, frames of a walk to take in beside it, and questions about it."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import count, islice
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
import numpy as np

from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.memory import Add, MemoryRecord, MemoryStore, Retriever
from embodied_mem.perception.descriptor import ColourShapeEmbedder
from embodied_mem.perception.instance import InstanceSegmenter
from embodied_mem.scene.graph import SceneGraph
from embodied_mem.types import Float32Array, Observation
from embodied_mem_envs.bench.store.workload import records
from embodied_mem_envs.bench.tour import tour
from embodied_mem_envs.house import CameraConfig, HouseBody, generate_house

SPACE: Final = "bench"
_CLUSTERS: Final = 200
_DIMENSION: Final = 384
_OWN: Final = 0.4
"""Length of a record's own part of its vector against the part of its cluster."""
_NOISE: Final = 2.0
"""Length of the noise of a query's vector: its cosine with the right record is about 0.5."""


class Query(NamedTuple):
    """What a retriever is asked."""

    text: str
    vector: Float32Array
    pose: tuple[float, float, float]

    def ask(self, retriever: Retriever) -> list[str]:
        """Returns the ids that are found."""
        found = retriever.query(self.text, self.vector, self.pose, space=SPACE)
        return [hit.id for hit in found.hits]


def stream(amount: int, *, seed: int, payload: int, first_tick: int = 0) -> Iterator[MemoryRecord]:
    """Yields records with texts, poses, payloads and vectors that lie in clusters."""
    rng = np.random.default_rng((seed, 1))
    centres = _unit(np.random.default_rng(7).normal(size=(_CLUSTERS, _DIMENSION)))
    plain = records(amount, seed=seed, dimension=0, payload=payload, first_tick=first_tick)
    for record in plain:
        own = _unit(rng.normal(size=(1, _DIMENSION)))[0]
        vector = _unit((centres[rng.integers(_CLUSTERS)] + _OWN * own)[None])[0]
        embedding = vector.astype("<f4").tobytes()
        yield msgspec.structs.replace(record, embedding=embedding, space=SPACE)


def make_base(folder: Path, size: int, *, seed: int) -> list[Query]:
    """Writes a memory into a folder, and returns questions, each made from a record of it."""
    rng = np.random.default_rng((seed, 2))
    queries = []
    with MemoryStore(folder) as store:
        batch: list[Add] = []
        for record in stream(size, seed=seed, payload=2000):
            batch.append(Add(record=record))
            if rng.random() < 400 / size:
                queries.append(_query(record, rng))
            if len(batch) == 500:
                store.apply(batch)
                batch = []
        store.apply(batch)
    return queries


def _query(record: MemoryRecord, rng: np.random.Generator) -> Query:
    words = str(record.content["text"]).split()
    x, y, z = (record.pose or (0.0,) * 7)[:3]
    noise = _unit(rng.normal(size=(1, _DIMENSION)))[0]
    vector = (record.vector + _NOISE * noise).astype(np.float32)
    dx, dy = rng.normal(0, 0.5, 2)
    return Query(" ".join(words[:3]), vector, (x + float(dx), y + float(dy), z))


def copied(base: Path, folder: Path) -> MemoryStore:
    """Opens a copy of a memory for writing."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(base, folder)
    return MemoryStore(folder)


def walk_frames(seed: int, amount: int, width: int, *, every: int = 1) -> list[Observation]:
    """Renders a walk through a house: one of `every` steps of it."""
    house = generate_house(seed)
    body = HouseBody(house, camera=CameraConfig(width=width, height=width * 3 // 4))
    body.connect()
    frames = []
    for x, y, yaw in islice(tour(house, seed), 0, amount * every, every):
        body.place(x, y, yaw)
        frames.append(body.observe())
    body.close()
    return frames


def without_end(frames: list[Observation]) -> Iterator[Observation]:
    """Yields the frames again and again, at ever later ticks."""
    for tick in count():
        yield replace(frames[tick % len(frames)], tick=tick)


def watcher(store: MemoryStore) -> Hippocampus:
    """Returns what takes frames in: segments them, and writes pictures, objects and vectors."""
    scene: Any = SceneGraph(InstanceSegmenter(), ColourShapeEmbedder())
    return Hippocampus(scene, store)


def _unit(rows: Any) -> Any:
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
