"""From streams to pictures: what of a house can be answered from a store that holds a part of it.

Held-out houses are walked over several visits, with things moved in between. Each candidate picture
becomes a real record and is offered to a real store under a byte budget; questions about the house
are answered from that store alone and judged by the truth. Budgets are shares of what all
candidates take in full: JPEG at quality 85, a float16 vector, and the metadata.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from embodied_mem.allocation import Allocator, make_allocator
from embodied_mem.memory import MemoryRecord
from embodied_mem_envs.allocation.recording_walk import WalkConfig
from embodied_mem_envs.bench.allocation.pictures_cache import cached_walk
from embodied_mem_envs.bench.allocation.pictures_looks import Recogniser
from embodied_mem_envs.bench.allocation.pictures_questions import (
    Judge,
    PictureQuestion,
    draw_questions,
)
from embodied_mem_envs.bench.allocation.pictures_records import records_of, unlimited_bytes
from embodied_mem_envs.bench.allocation.pictures_replay import replay
from embodied_mem_envs.bench.allocation.pictures_walk import WALK, PictureWalk

Note = Callable[[str], None]
MakeAllocator = Callable[[], Allocator]

FIRST_SEED: Final = 5000
BUDGETS: Final = (5, 10, 20)
"""Percent of what all candidates take in full."""


@dataclass(frozen=True, kw_only=True, slots=True)
class PicturesConfig:
    """How much is measured."""

    houses: int = 8
    """Houses, with seeds 5000, 5001, ..."""
    question_seeds: int = 3
    """Sets of questions that are asked about each walk."""
    walk: WalkConfig = WALK
    """How the houses are walked."""


@dataclass(frozen=True, slots=True, eq=False)
class _House:
    walk: PictureWalk
    records: list[MemoryRecord]
    judge: Judge
    unlimited: int

    def ask(
        self, questions: Sequence[PictureQuestion], allocator: Allocator, limit: int | None
    ) -> float:
        """Replays the walk under an allocator, and returns the share of right answers."""
        done = replay(self.walk, self.records, questions, self.judge, allocator, limit)
        return done.accuracy


def bench_pictures(*, quick: bool, note: Note = print) -> dict[str, float]:
    """Measures everything and returns metrics by name."""
    config = PicturesConfig(houses=1, question_seeds=1) if quick else PicturesConfig()
    fixed: dict[str, MakeAllocator] = {
        name: partial(make_allocator, name) for name in ("fifo", "value")
    }
    accuracy = measure(config, fixed, note)
    metrics = {f"pictures_{name}": float(np.mean(values)) for name, values in accuracy.items()}
    for budget in BUDGETS:
        metrics[f"pictures_best_fixed_{budget}"] = max(
            metrics[f"pictures_{name}_{budget}"] for name in fixed
        )
    return metrics


def measure(
    config: PicturesConfig, allocators: Mapping[str, MakeAllocator], note: Note
) -> dict[str, list[float]]:
    """Replays every walk under every allocator and budget.

    Returns:
        The accuracies over houses and question seeds, in the same order for all, of `unlimited` and
        of each `{allocator}_{budget}`.
    """
    accuracy: dict[str, list[float]] = {}
    for house in _houses(config, note):
        for seed in range(config.question_seeds):
            questions = draw_questions(house.walk, seed)
            whole = house.ask(questions, make_allocator("fifo"), None)
            accuracy.setdefault("unlimited", []).append(whole)
            for name, make in allocators.items():
                for budget in BUDGETS:
                    found = house.ask(questions, make(), house.unlimited * budget // 100)
                    accuracy.setdefault(f"{name}_{budget}", []).append(found)
        note(f"pictures: house {house.walk.streams.seed[0]}: {len(house.walk)} candidates")
    return accuracy


def _houses(config: PicturesConfig, note: Note) -> Iterator[_House]:
    for seed in range(FIRST_SEED, FIRST_SEED + config.houses):
        walk = cached_walk(seed, config.walk, note=note)
        records = records_of(walk)
        yield _House(walk, records, Judge(walk, Recogniser(walk)), unlimited_bytes(records))
