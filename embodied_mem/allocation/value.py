"""What a record is worth: a documented guess from what is known of it, to be beaten by learning."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from embodied_mem.allocation.context import AllocationContext
from embodied_mem.allocation.features import candidate_novelty, slot_features
from embodied_mem.allocation.view import StoreView
from embodied_mem.memory.columns import KINDS, STATUSES
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.types import Float64Array


@dataclass(frozen=True, kw_only=True, slots=True)
class ValueConfig:
    """The value of a record is a product: kind x status x use x novelty x recency.

    use is 1 + log2(1 + reads + `citation` x citations). recency falls from 1 to `floor` with a
    `half_life`, counted from when the record was made or last read.
    """

    fact: float = 4.0
    """Weight of a fact: small, and most questions are about one."""
    summary: float = 8.0
    """Weight of a summary: a map or a place stands for many records."""
    skill: float = 6.0
    """Weight of a skill."""
    snapshot: float = 6.0
    """Weight of a snapshot: the evidence that answers are shown with."""
    event: float = 1.0
    """Weight of an event."""
    frontier: float = 0.5
    """Weight of a frontier: it is gone once it has been walked to."""
    superseded: float = 0.25
    """Share of the value that is left to a version that no longer holds."""
    tombstone: float = 0.05
    """Share of the value that is left to the mark of a forgotten record."""
    citation: float = 4.0
    """How many reads a citation in an answer counts for."""
    half_life: float = 2000.0
    """Ticks after which the part of the value that fades has halved."""
    floor: float = 0.2
    """Share of the value that never fades: an old record of something rare stays worth it."""
    fine: float = 0.3
    """Share of the value that the payload's finer layers carry."""


_STATUS_SHARE: Final = {"archived": "superseded", "tombstone": "tombstone"}


def slot_values(view: StoreView, context: AllocationContext, config: ValueConfig) -> Float64Array:
    """Returns the value of every record, in the order of `StoreView.slots`."""
    features = slot_features(view, context)
    kinds = np.array([getattr(config, kind) for kind in KINDS])
    statuses = np.array([_status_share(config, status) for status in STATUSES])
    use = 1 + np.log2(1 + features.reads + config.citation * features.citations)
    recency = config.floor + (1 - config.floor) * 0.5 ** (features.idle / config.half_life)
    columns, slots = view.columns, view.slots
    worth = kinds[columns.kind[slots]] * statuses[columns.status[slots]]
    value: Float64Array = worth * use * features.novelty * recency
    return value


def candidate_value(view: StoreView, candidate: MemoryRecord, config: ValueConfig) -> float:
    """Returns the value of a record that has just been made and never read."""
    weight = float(getattr(config, candidate.kind))
    share = _status_share(config, candidate.status)
    return weight * share * candidate_novelty(view, candidate)


def _status_share(config: ValueConfig, status: str) -> float:
    return float(getattr(config, _STATUS_SHARE[status])) if status in _STATUS_SHARE else 1.0
