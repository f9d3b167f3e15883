"""The same stream of observations, and two memories that take it: ours and eMEM.

eMEM is given its vectors with each observation (`ObservationNode.embedding`, its own hook), so no
embedder runs in either. Searches and single adds go to its store directly, which spares it the
text formatting of its outer class; `EmemAsShipped` is that outer class, with its buffer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, final

import numpy as np

from embodied_mem.errors import MissingExtraError
from embodied_mem.memory import Add, MemoryRecord, MemoryStore, RecordIds
from embodied_mem.types import Float32Array, Float64Array
from embodied_mem_envs.bench.store.sentences import sentences

DIMENSION = 384
SPACE = "bench"
_CLUSTERS = 80
_SPREAD = 0.6


@dataclass(frozen=True, slots=True)
class Stream:
    """Text observations with positions and vectors, and queries into them."""

    ids: list[str]
    texts: list[str]
    positions: Float64Array
    """(n, 3), metres."""
    vectors: Float32Array
    """(n, DIMENSION), unit length, clustered as sentence embeddings are."""
    queries: Float32Array
    """(m, DIMENSION), unit length: observations seen again with noise."""

    def exact(self, k: int) -> list[set[str]]:
        """Returns the ids of the k nearest by cosine of each query."""
        best = np.argsort(-(self.queries @ self.vectors.T), axis=1, kind="stable")[:, :k]
        return [{self.ids[i] for i in row} for row in best.tolist()]


def make_stream(size: int, queries: int, seed: int) -> Stream:
    """Makes a stream; equal arguments make equal streams."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(_CLUSTERS, DIMENSION))
    vectors = centres[rng.integers(_CLUSTERS, size=size)]
    vectors = vectors + _SPREAD * rng.normal(size=(size, DIMENSION))
    asked = vectors[rng.integers(size, size=queries)]
    asked = asked + _SPREAD * rng.normal(size=asked.shape)
    ids = RecordIds(seed)
    return Stream(
        ids=[ids.new(tick) for tick in range(size)],
        texts=sentences(size, seed),
        positions=rng.uniform((0, 0, 0), (12, 9, 2), size=(size, 3)),
        vectors=_unit(vectors),
        queries=_unit(asked),
    )


def _unit(vectors: Float64Array) -> Float32Array:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


class Writable(Protocol):
    """Takes observations."""

    def add(self, stream: Stream, rows: range) -> None:
        """Adds observations as one batch; they are acknowledged on return."""
        ...

    def close(self) -> None:
        """Closes it."""
        ...


class Memory(Writable, Protocol):
    """Takes observations and finds them again."""

    def find(self, query: Float32Array, k: int) -> Sequence[str]:
        """Returns the ids of the k nearest, having read what they say."""
        ...

    def rows(self) -> int:
        """Returns how many observations are there, findable or not."""
        ...


@final
class Ours:
    """Our store on disk; every batch is durable when it returns."""

    def __init__(self, folder: Path) -> None:
        self.store = MemoryStore(folder / "store")

    def add(self, stream: Stream, rows: range) -> None:
        """Adds a batch."""
        self.store.apply([Add(record=_record(stream, row)) for row in rows])

    def find(self, query: Float32Array, k: int) -> list[str]:
        """Searches, and reads the records found, as the peer does."""
        slots, _ = self.store.search(query, k, space=SPACE)
        return [self.store.record_at(int(slot), payload=False).id for slot in slots]

    def rows(self) -> int:
        """Returns how many records there are."""
        return len(self.store)

    def close(self) -> None:
        """Closes the store."""
        self.store.close()


def _record(stream: Stream, row: int) -> MemoryRecord:
    x, y, z = stream.positions[row].tolist()
    return MemoryRecord(
        id=stream.ids[row],
        kind="event",
        content={"text": stream.texts[row]},
        pose=(x, y, z, 1.0, 0.0, 0.0, 0.0),
        valid_from=row,
        recorded_at=row,
        embedding=stream.vectors[row].tobytes(),
        space=SPACE,
    )


@final
class Emem:
    """eMEM's store, as its constructor sets it up; it commits every batch.

    SQLite runs with `synchronous=NORMAL` there: a commit outlasts the process, not a power cut.
    With `full_sync` its rows, not its vectors, are as durable as ours.
    """

    def __init__(self, folder: Path, *, full_sync: bool = False) -> None:
        self.store: Any = _part("store", "MemoryStore")(_config(folder))
        self._node = _part("types", "ObservationNode")
        if full_sync:
            self.store._db.execute("PRAGMA synchronous=FULL")

    def add(self, stream: Stream, rows: range) -> None:
        """Adds a batch."""
        self.store.add_observations_batch(
            [
                self._node(
                    id=stream.ids[row],
                    text=stream.texts[row],
                    coordinates=stream.positions[row],
                    timestamp=float(row),
                    embedding=stream.vectors[row],
                )
                for row in rows
            ]
        )

    def find(self, query: Float32Array, k: int) -> list[str]:
        """Searches by vector."""
        return [node.id for node in self.store.semantic_search_by_vector(query, n_results=k)]

    def rows(self) -> int:
        """Returns how many observations its database holds."""
        return int(self.store.count_observations())

    def close(self) -> None:
        """Closes the store, which is when it writes its vector index."""
        self.store.close()


@final
class EmemAsShipped:
    """eMEM's outer class with its defaults: it buffers observations and commits every five."""

    BUFFERED = 5

    def __init__(self, folder: Path) -> None:
        self._memory: Any = _part("memory", "SpatioTemporalMemory")(config=_config(folder))

    def add(self, stream: Stream, rows: range) -> None:
        """Adds observations one after the other."""
        for row in rows:
            x, y, z = stream.positions[row].tolist()
            self._memory.add(
                stream.texts[row],
                x=x,
                y=y,
                z=z,
                timestamp=float(row + 1),
                embedding=stream.vectors[row],
            )

    def close(self) -> None:
        """Closes it."""
        self._memory.close()


def _config(folder: Path) -> Any:
    paths = {"db_path": str(folder / "emem.db"), "hnsw_path": str(folder / "emem.hnsw")}
    return _part("config", "SpatioTemporalMemoryConfig")(embedding_dim=DIMENSION, **paths)


def _part(module: str, name: str) -> Any:
    try:
        return getattr(import_module(f"emem.{module}"), name)
    except ImportError:
        raise MissingExtraError("the comparison with eMEM", "peers") from None
