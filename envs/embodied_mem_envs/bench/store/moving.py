"""Where objects that move are, and where they were: `bench store`.

Each way of remembering watches the same walk and is asked in turns. "Where is it now" is asked of
every object seen so far on every 20th tick of the last two thirds of the walk; "where was it at t"
at the end, of every object at random ticks since it was first seen. Right is the room in which it
really was, moves that nobody saw included.
"""

import tempfile
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, final

import numpy as np

from embodied_mem.memory import MemoryRecord, MemoryStore
from embodied_mem.memory.filter import Filter
from embodied_mem_envs.bench.store.moving_memories import SPACE, AddOnly, OnConflict, Senses
from embodied_mem_envs.bench.store.moving_senses import PlainSenses
from embodied_mem_envs.bench.store.moving_world import MovingWorld, MovingWorldConfig, Visit

Note = Callable[[str], None]
BUDGET = 1 << 20
"""Bytes for the memories with a budget; the superseding one would like half as much again."""
_SEEDS = (0, 1, 2)
_ASK_EVERY = 20
_PAST_QUESTIONS = 20
_FOUND = 10


def bench_moving(*, quick: bool, note: Note = print) -> dict[str, float]:
    """Measures all ways of remembering on several worlds; returns means over the worlds."""
    rows: list[dict[str, float]] = []
    for seed in _SEEDS[:1] if quick else _SEEDS:
        rows.append(one_world(seed, MovingWorldConfig()))
        told = ", ".join(f"{name} {value:.3f}" for name, value in rows[-1].items())
        note(f"moving objects, world {seed}: {told}")
    return {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}


def one_world(seed: int, config: MovingWorldConfig) -> dict[str, float]:
    """Measures all ways of remembering on one world."""
    metrics: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, keep_history in (("", True), ("delete_", False)):
            path = Path(folder) / f"{name}store"
            with MemoryStore(path, budget_bytes=BUDGET) as store:
                memory = OnConflict(store, PlainSenses(), keep_history=keep_history)
                metrics |= _on_conflict(name, seed, config, memory)
    return metrics | _add_only(seed, config)


def _on_conflict(
    name: str, seed: int, config: MovingWorldConfig, memory: OnConflict
) -> dict[str, float]:
    store = memory.store
    world, reader = MovingWorld(seed, config), _Validity(store)
    exceeded = _watch(world, memory, [reader], store)
    columns, slots = store.columns, store.columns.slots()
    pictures = slots[columns.layers[slots] > 0]
    return {
        **reader.accuracies(name, seed, world),
        f"moving_{name}active_records": float(len(store.select(Filter(kind="fact")))),
        f"moving_{name}records": float(len(slots)),
        f"moving_{name}budget_exceeded": float(exceeded),
        f"moving_{name}layers_held": float(
            columns.level[pictures].sum() / columns.layers[pictures].sum()
        ),
    }


def _add_only(seed: int, config: MovingWorldConfig) -> dict[str, float]:
    with MemoryStore() as store:
        world, senses = MovingWorld(seed, config), PlainSenses(pictures=False)
        newest = _Newest(store)
        blind: list[_Reader] = [
            _MostSimilar(store, senses, world, seed),
            _Majority(store, senses, world),
            _Usual(store),
        ]
        _watch(world, AddOnly(store, senses), [newest, *blind], store)
        # Whichever reading without recency does best speaks for ADD-only.
        each = [reader.accuracies("add_only_", seed, world) for reader in blind]
        return {
            **{what: max(reading[what] for reading in each) for what in each[0]},
            **newest.accuracies("add_only_recency_", seed, world),
            "moving_add_only_active_records": float(len(store.select(Filter(kind="fact")))),
        }


class _Memory(Protocol):
    def remember(self, visit: Visit) -> None: ...


def _watch(
    world: MovingWorld, memory: _Memory, readers: "Sequence[_Reader]", store: MemoryStore
) -> int:
    """Walks through a world; returns after how many batches the budget was exceeded."""
    first_seen: dict[str, int] = {}
    exceeded = 0
    for visit in world.walk():
        memory.remember(visit)
        exceeded += store.budget_bytes is not None and store.disk_bytes > store.budget_bytes
        for sighting in visit.sightings:
            first_seen.setdefault(sighting.object_id, visit.tick)
        if visit.tick % _ASK_EVERY == 0 and visit.tick > world.ticks // 3:
            for reader in readers:
                reader.ask_now(world, visit.tick, first_seen)
    for reader in readers:
        reader.first_seen, reader.last_tick = first_seen, visit.tick
    return exceeded


def _index(object_id: str) -> int:
    return int(object_id.removeprefix("obj-"))


@dataclass
class _Reader(ABC):
    """A way to read an answer out of a store, and how often it was right."""

    store: MemoryStore
    now: list[bool] = field(default_factory=list)
    first_seen: dict[str, int] = field(default_factory=dict)
    last_tick: int = 0

    @abstractmethod
    def place(self, object_id: str, tick: int | None) -> str | None:
        """Says where an object was at a tick, or is now."""

    def ask_now(self, world: MovingWorld, tick: int, known: dict[str, int]) -> None:
        """Asks where everything is."""
        self.now += [self.place(i, None) == world.place(_index(i), tick) for i in known]

    def accuracies(self, prefix: str, seed: int, world: MovingWorld) -> dict[str, float]:
        """Asks where everything was, and returns both accuracies."""
        rng = np.random.default_rng(seed)
        past = [
            self.place(object_id, tick) == world.place(_index(object_id), tick)
            for object_id, first in self.first_seen.items()
            for tick in rng.integers(first, self.last_tick + 1, size=_PAST_QUESTIONS).tolist()
        ]
        suffix = "place_accuracy" if not prefix else "accuracy"
        return {
            f"{prefix}current_{suffix}": float(np.mean(self.now)),
            f"{prefix}past_{suffix}": float(np.mean(past)),
        }


@final
class _Validity(_Reader):
    """One query each: what is active, or what was valid then."""

    def place(self, object_id: str, tick: int | None) -> str | None:
        found = self.store.query(Filter(about=object_id, kind="fact", valid_at=tick), payload=False)
        return max(found, key=lambda record: record.valid_from).place if found else None


@final
class _Newest(_Reader):
    """ADD-only with recency: the last sighting up to then."""

    def place(self, object_id: str, tick: int | None) -> str | None:
        found = self.store.query(Filter(about=object_id, kind="fact"), payload=False)
        found = [record for record in found if tick is None or record.recorded_at <= tick]
        return max(found, key=lambda record: record.recorded_at).place if found else None


@final
class _Usual(_Reader):
    """ADD-only without recency, the most generous: where most sightings of the object were."""

    def place(self, object_id: str, tick: int | None) -> str | None:
        return _most_common(self.store.query(Filter(about=object_id, kind="fact"), payload=False))


def _most_common(records: list[MemoryRecord]) -> str | None:
    return Counter(record.place for record in records).most_common(1)[0][0] if records else None


class _Similar(_Reader, ABC):
    """ADD-only as Mem0 reads it: similarity over all records, no recency."""

    def __init__(self, store: MemoryStore, senses: Senses, world: MovingWorld) -> None:
        super().__init__(store)
        self._senses = senses
        self._names = world.names

    def _search(self, object_id: str, k: int) -> tuple[list[int], list[float]]:
        question = f"where is the {self._names[_index(object_id)]}"
        slots, scores = self.store.search(self._senses.embed(question), k, space=SPACE)
        return slots.tolist(), scores.tolist()


@final
class _MostSimilar(_Similar):
    """The first one found; among equally similar ones any."""

    def __init__(self, store: MemoryStore, senses: Senses, world: MovingWorld, seed: int) -> None:
        super().__init__(store, senses, world)
        self._rng = np.random.default_rng(seed)

    def place(self, object_id: str, tick: int | None) -> str | None:
        slots, scores = self._search(object_id, 5 * _FOUND)
        best = [s for s, score in zip(slots, scores, strict=True) if score >= scores[0] - 1e-5]
        return self.store.record_at(best[self._rng.integers(len(best))], payload=False).place


@final
class _Majority(_Similar):
    """What most of the first ten say."""

    def place(self, object_id: str, tick: int | None) -> str | None:
        slots, _ = self._search(object_id, _FOUND)
        return _most_common([self.store.record_at(slot, payload=False) for slot in slots])
