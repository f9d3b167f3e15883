"""Offers a walk's pictures to a store, and asks it questions on the way and in the end."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import cast, final

import numpy as np

from embodied_mem.allocation import AllocationContext, Allocator, admit
from embodied_mem.allocation.demand import DemandProfile
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


@final
@dataclass(frozen=True, eq=False)
class Offer:
    """The candidates of a walk as records, and the questions that come with them."""

    walk: PictureWalk
    records: Sequence[MemoryRecord]
    """One a candidate."""
    questions: Sequence[PictureQuestion]
    """In the order in which they are asked."""
    judge: Judge

    def replay(self, allocator: Allocator, limit: int | None) -> Replay:
        """Offers each candidate in turn, and asks what is asked once it has been decided about.

        Args:
            allocator: A fresh one.
            limit: Live bytes that may be held; None for all.
        """
        store = LiveStore(limit)
        reader, demand = Reader(store.store), DemandProfile()
        outcomes = np.zeros(len(self.questions))
        after = np.array([question.after for question in self.questions])
        for index, record in enumerate(self.records):
            context = self._context(index, demand)
            # It is a store in all that admitting takes; that class is final, so it cannot be one.
            admit(cast(MemoryStore, store), allocator, record, context)
            for row in np.flatnonzero(after == index).tolist():
                verdict = self.judge.ask(self.questions[row], reader)
                store.note_reads(verdict.records, record.recorded_at)
                demand.note(self.questions[row].descriptor, verdict.outcome)
                outcomes[row] = verdict.outcome
        done = Replay(outcomes=outcomes, held=len(store.store), bytes=store.live_bytes)
        store.close()
        return done

    def _context(self, index: int, demand: DemandProfile) -> AllocationContext:
        visits, place = self._visits[index]
        x, y = self.walk.body[index].tolist()
        return AllocationContext(
            tick=self.records[index].recorded_at,
            place=place,
            position=(x, y, 0.0),
            visits=visits,
            demand=demand,
        )

    @cached_property
    def _visits(self) -> list[tuple[dict[str, int], str]]:
        """How often the agent had come into each place by each candidate, and where it was."""
        counts: list[tuple[dict[str, int], str]] = []
        visits: dict[str, int] = {}
        before = ""
        for number in self.walk.streams.place.tolist():
            place = place_id(number)
            if place != before:
                visits = {**visits, place: visits.get(place, 0) + 1}
                before = place
            counts.append((visits, place))
        return counts
