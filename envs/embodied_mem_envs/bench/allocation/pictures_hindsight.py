"""What could be kept by who knew the questions: a reachable mark that every allocator stays below.

A greedy choice, by questions answered per byte, of the candidates to keep from their arrival to the
end, each coarse or in full (Khuller, Moss and Naor, 1999: budgeted maximum coverage). It gives up
what could be gained by dropping a record after its last question, and by any level between.
"""

from collections.abc import Mapping, Sequence
from typing import final

import numpy as np

from embodied_mem.allocation import AllocationContext, StoreView
from embodied_mem.allocation.value_per_byte import COARSE_LEVEL
from embodied_mem.memory import Add, MemoryRecord, Update
from embodied_mem.memory.record import Noop, Operation
from embodied_mem.types import BoolArray, Float64Array
from embodied_mem_envs.bench.allocation.pictures_questions import Judge, PictureQuestion


@final
class Foreknown:
    """Takes in what it was told to, at the level that it was told, and refuses all else.

    Args:
        levels: Layers to keep by record id; all of them where it is -1.
    """

    def __init__(self, levels: Mapping[str, int]) -> None:
        self._levels = levels

    def propose(
        self, view: StoreView, candidate: MemoryRecord, context: AllocationContext
    ) -> tuple[Operation, ...]:
        """Proposes an ADD of what is to be kept."""
        level = self._levels.get(candidate.id)
        if level is None:
            return (Noop(),)
        add = Add(record=candidate)
        if level < 0:
            return (add,)
        return (add, Update(id=candidate.id, tick=context.tick, changes={"level": level}))


def foreknown(
    records: Sequence[MemoryRecord], questions: Sequence[PictureQuestion], judge: Judge, limit: int
) -> Foreknown:
    """Chooses what to keep of a walk's records under a bound on live bytes, knowing the questions.

    Args:
        records: One a candidate.
        questions: That will be asked.
        judge: Of the same walk.
        limit: Live bytes that may be held.
    """
    full = np.array([StoreView.bytes_needed(record) for record in records], np.float64)
    fine = np.array([sum(map(len, record.payload[COARSE_LEVEL:])) for record in records])
    helps, weight = judge.helps(records, questions, COARSE_LEVEL)
    chosen = _greedy(helps, weight, full - fine, full, limit)
    return Foreknown(
        {
            records[index].id: COARSE_LEVEL if level == 0 else -1
            for index, level in enumerate(chosen)
            if level >= 0
        }
    )


def _greedy(
    helps: BoolArray, weight: Float64Array, coarse: Float64Array, full: Float64Array, limit: int
) -> list[int]:
    """Returns for each record 0 for coarse, 1 for full, -1 for neither.

    Args:
        helps: (2, N, P) whether a record, coarse or in full, answers each part of a question.
        weight: (P,) of each part.
        coarse: (N,) bytes.
        full: (N,) bytes.
        limit: Bytes that may be taken.
    """
    open_weight = weight.copy()
    level = np.full(len(full), -1)
    left = 0.995 * limit
    while True:
        cost = np.stack(
            [np.where(level < 0, coarse, np.inf), np.where(level < 0, full, full - coarse)]
        )
        cost[1, level == 1] = np.inf
        gain = helps @ open_weight / cost
        gain[cost > left] = 0.0
        best = int(gain.argmax())
        which, index = divmod(best, len(full))
        if gain.flat[best] <= 0:
            return [int(each) for each in level]
        left -= cost[which, index]
        level[index] = which
        open_weight[helps[which, index]] = 0.0
