"""What a fused query costs in a large memory, and what fusing is worth: `bench store`.

The memory is a real one on the disk: records of a dozen words each, drawn by Zipf's law, one word
in all of them; clustered vectors of 384 dimensions; poses in a house of 40 rooms. Every query is
made from one record, the right one: some of its words, its vector and its pose with noise, and a
filter that it meets and at most a tenth of the records do. Wall time, one thread.
"""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from embodied_mem.memory.filter import Filter
from embodied_mem.memory.ranking import RetrieverConfig
from embodied_mem.memory.record import Add, Kind, MemoryRecord, RecordIds
from embodied_mem.memory.retriever import Retriever
from embodied_mem.memory.store import MemoryStore
from embodied_mem.types import Float32Array, Float64Array

Note = Callable[[str], None]
DIMENSION = 384
SPACE = "pictures"
COMMONEST = "thing"
_ROOMS = 40
_SIDE = 40.0
"""Metres of the floor's sides; rooms are strips of 1/8 by 1/5 of it."""
_VOCABULARY = 5000
_WORDS = 12
_CENTRES = 200
_SPREAD = 0.4
"""Length of a record's own part of its vector against the part of its cluster."""
_QUERY_NOISE = 2.0
"""Length of a query vector's noise; as large as to make the cosine with the right record 0.55."""
_PLACE_NOISE = 1.0
_SEED = 3


@dataclass(frozen=True, kw_only=True)
class _World:
    """Columns of all records, and the words that texts are made from."""

    texts: list[str]
    vectors: Float32Array
    positions: Float64Array
    kinds: list[Kind]
    lasts: int
    """Ticks that what a record tells holds in the world."""

    def place(self, index: int) -> str:
        x, y, _ = self.positions[index] / _SIDE
        return f"room {int(x * 8)} {int(y * 5)}"

    def record(self, index: int, ids: RecordIds) -> MemoryRecord:
        x, y, z = map(float, self.positions[index])
        return MemoryRecord(
            id=ids.new(index),
            kind=self.kinds[index],
            content={"text": self.texts[index]},
            place=self.place(index),
            pose=(x, y, z, 1.0, 0.0, 0.0, 0.0),
            valid_from=index,
            valid_to=index + self.lasts,
            recorded_at=index,
            embedding=self.vectors[index].tobytes(),
            space=SPACE,
        )


@dataclass(frozen=True, kw_only=True)
class _Query:
    """A question and the slot of its answer."""

    text: str
    vector: Float32Array
    pose: tuple[float, float, float]
    filter: Filter
    right: str


def bench_query(*, quick: bool, note: Note = print) -> dict[str, float]:
    """Measures queries by text, vector, pose and filter at once, and what each alone finds."""
    size, count = (20_000, 200) if quick else (100_000, 500)
    rng = np.random.default_rng(_SEED)
    world = _world(size, rng)
    with tempfile.TemporaryDirectory() as folder, MemoryStore(Path(folder) / "memory") as store:
        started, ids = time.perf_counter(), RecordIds(_SEED)
        names: list[str] = []
        for first in range(0, size, 1000):
            records = [world.record(i, ids) for i in range(first, min(first + 1000, size))]
            store.apply([Add(record=record) for record in records])
            names += [record.id for record in records]
        note(f"{size} records written in {time.perf_counter() - started:.1f} s")
        queries = [_query(world, names, rng, turn) for turn in range(count)]
        widest = max(len(store.select(query.filter)) for query in queries) / size
        note(f"filters let through {widest:.1%} of the records at most")
        return _times(store, queries, note) | _quality(store, queries, note)


def _times(store: MemoryStore, queries: list[_Query], note: Note) -> dict[str, float]:
    retriever = Retriever(store)
    walls, started = [], 0.0
    for number, query in enumerate([*queries[:20], *queries]):
        if number == 20:
            started = time.process_time()
        wall = time.perf_counter()
        _ask(retriever, query, 10)
        walls.append(1e3 * (time.perf_counter() - wall))
    cpu = 1e3 * (time.process_time() - started) / len(queries)
    p50, p95 = np.percentile(walls[20:], [50, 95])
    note(f"fused query: p50 {p50:.2f}, p95 {p95:.2f} ms of wall time, {cpu:.2f} ms of CPU")
    return {
        "fused_query_p50_ms": float(p50),
        "fused_query_p95_ms": float(p95),
        "fused_query_cpu_ms": cpu,
    }


def _ask(retriever: Retriever, query: _Query, k: int) -> list[str]:
    found = retriever.query(
        query.text, query.vector, query.pose, k=k, filter=query.filter, space=SPACE
    )
    return [hit.id for hit in found.hits]


def _quality(store: MemoryStore, queries: list[_Query], note: Note) -> dict[str, float]:
    """Returns how often the right record comes first: by all signals, and by each alone."""
    metrics = {}
    configs = {
        "fused": RetrieverConfig(),
        "semantic": RetrieverConfig(lexical=0, place=0, recency=0, fidelity=0),
        "lexical": RetrieverConfig(semantic=0, place=0, recency=0, fidelity=0),
        "place": RetrieverConfig(semantic=0, lexical=0, recency=0, fidelity=0),
    }
    for name, config in configs.items():
        retriever = Retriever(store, config=config)
        first = [_ask(retriever, query, 1) == [query.right] for query in queries]
        metrics[f"{name}_first"] = float(np.mean(first))
    told = ", ".join(f"{name} {value:.3f}" for name, value in metrics.items())
    note(f"the right record comes first: {told}")
    return metrics


def _world(size: int, rng: np.random.Generator) -> _World:
    share = 1 / np.arange(1, _VOCABULARY + 1)
    chosen = rng.choice(_VOCABULARY, (size, _WORDS), p=share / share.sum())
    words = np.array([_word(n) for n in range(_VOCABULARY)])
    texts = [" ".join([COMMONEST, *dict.fromkeys(row)]) for row in words[chosen].tolist()]
    centres = _unit(rng.normal(size=(_CENTRES, DIMENSION)))
    vectors = np.empty((size, DIMENSION), np.float32)
    for first in range(0, size, 10_000):
        part = slice(first, min(first + 10_000, size))
        own = _unit(rng.normal(size=(part.stop - first, DIMENSION)))
        cluster = centres[rng.integers(_CENTRES, size=part.stop - first)]
        vectors[part] = _unit(cluster + _SPREAD * own)
    kinds: list[Kind] = ["fact", "snapshot", "event"]
    drawn = rng.choice(3, size, p=[0.85, 0.08, 0.07])
    return _World(
        texts=texts,
        vectors=vectors,
        positions=rng.uniform(0, [_SIDE, _SIDE, 2.0], (size, 3)),
        kinds=[kinds[n] for n in drawn],
        lasts=size // 100,
    )


def _query(world: _World, names: list[str], rng: np.random.Generator, turn: int) -> _Query:
    """Makes a question; `turn` goes through the kinds of filters and of words."""
    size = len(names)
    index = int(rng.integers(size))
    if turn % 4 == 3:
        index = int(rng.choice([i for i in range(index - 60, index + 60) if _rare(world, i)]))
    held = world.texts[index].split()[1:]
    words = [str(word) for word in rng.permutation(held)[: 1 + turn // 4 % 3]]
    if turn % 2:
        words.append(COMMONEST)
    if turn % 10 == 9:
        words = [COMMONEST]
    noise = _unit(rng.normal(size=(1, DIMENSION)))[0]
    x, y, z = world.positions[index] + rng.normal(0, _PLACE_NOISE, 3)
    span = size // 12
    start = max(0, index - int(rng.integers(span)))
    filters = (
        Filter(place=world.place(index)),
        Filter(between=(start, start + span)),
        Filter(near=((float(x), float(y)), 6.0)),
        Filter(kind=world.kinds[index]),
    )
    return _Query(
        text=" ".join(words),
        vector=(world.vectors[index] + _QUERY_NOISE * noise).astype(np.float32),
        pose=(float(x), float(y), float(z)),
        filter=filters[turn % 4],
        right=names[index],
    )


def _rare(world: _World, index: int) -> bool:
    return 0 <= index < len(world.kinds) and world.kinds[index] != "fact"


def _word(number: int) -> str:
    """Spells a number in syllables, as words that no stemmer touches: 0 is bababa."""
    syllables = ["ba", "de", "ki", "lo", "mu", "na", "po", "ra", "ti", "vo", "za", "gu", "sa", "ho"]
    parts = []
    for _ in range(4):
        number, digit = divmod(number, len(syllables))
        parts.append(syllables[digit])
    return "".join(parts)


def _unit(rows: Float64Array) -> Float64Array:
    unit: Float64Array = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit
