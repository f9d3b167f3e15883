"""Offers a walk's pictures to a store, and asks it questions on the way and in the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np

from embodied_mem.allocation import AllocationContext, Allocator, admit
from embodied_mem.memory import MemoryRecord, MemoryStore
from embodied_mem.types import Float64Array
from embodied_mem_envs.bench.allocation.pictures_questions import Judge, PictureQuestion
from embodied_mem_envs.bench.allocation.pictures_reader import Reader
from embodied_mem_envs.bench.allocation.pictures_records import place_id
from embodied_mem_envs.bench.allocation.pictures_store import LiveStore
from embodied_mem_envs.bench.allocation.pictures_walk import PictureWalk


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class Replay:
    """What came of one walk under one allocator and budget."""

    outcomes: Float64Array
    """(Q,) of each question, 0 to 1."""
    held: int
    """Records in the end."""
    bytes: int
    """Live bytes in the end."""

    @property
    def accuracy(self) -> float:
        """Mean outcome."""
        return float(self.outcomes.mean())


def replay(
    walk: PictureWalk,
    records: Sequence[MemoryRecord],
    questions: Sequence[PictureQuestion],
    judge: Judge,
    allocator: Allocator,
    limit: int | None,
) -> Replay:
    """Offers every candidate in turn, and asks each question once its candidate was decided about.

    Args:
        walk: The walk.
        records: A record of each of its candidates.
        questions: In the order in which they are asked.
        judge: Of the same walk.
        allocator: A fresh one.
        limit: Live bytes that may be held; None for all.
    """
    store = LiveStore(limit)
    reader = Reader(store.store)
    outcomes = np.zeros(len(questions))
    after = np.array([question.after for question in questions])
    visits: dict[str, int] = {}
    place = None
    for index, record in enumerate(records):
        here = place_id(int(walk.streams.place[index]))
        if here != place:
            place = here
            visits[place] = visits.get(place, 0) + 1
        x, y = walk.body[index].tolist()
        context = AllocationContext(
            tick=record.recorded_at, place=place, position=(x, y, 0.0), visits=dict(visits)
        )
        # It is a store in all that admitting takes; that one is final, so that this is none.
        admit(cast(MemoryStore, store), allocator, record, context)
        for row in np.flatnonzero(after == index).tolist():
            verdict = judge.ask(questions[row], reader)
            store.note_reads(verdict.records, record.recorded_at)
            outcomes[row] = verdict.outcome
    done = Replay(outcomes=outcomes, held=len(store.store), bytes=store.live_bytes)
    store.close()
    return done
