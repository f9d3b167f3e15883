"""What can be said of every slot at once: the inputs of rules and of learned allocators."""

from dataclasses import dataclass, fields
from typing import final

import numpy as np

from embodied_mem.allocation.context import AllocationContext
from embodied_mem.allocation.view import Slots, StoreView
from embodied_mem.memory.columns import KINDS, STATUSES
from embodied_mem.memory.record import MemoryRecord
from embodied_mem.types import Float64Array

_CELL = 1.0
"""Metres; records of one kind that stand in one cube of this side tell much the same."""


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class SlotFeatures:
    """One array a feature, one entry a record, in the order of `StoreView.slots`."""

    age: Float64Array
    """Ticks since it was recorded."""
    idle: Float64Array
    """Ticks since it was recorded or last read, whichever is later."""
    visits: Float64Array
    """How often the agent has come into its place; 0 where that is not known."""
    place_count: Float64Array
    """Records that lie in the same place, itself included."""
    reads: Float64Array
    citations: Float64Array
    novelty: Float64Array
    """In (0, 1]; 1 where no other record of its kind and status tells of the same."""
    bytes: Float64Array
    """Payload, vector and metadata."""
    level: Float64Array
    """Share of the payload's layers that are held; 1 where there is no payload."""
    loss: Float64Array
    """Error of the payload as held, 0 at full fidelity."""

    def matrix(self) -> Float64Array:
        """Returns all features as (records, features), in the order of the fields."""
        return np.stack([getattr(self, field.name) for field in fields(self)], axis=1)


def slot_features(view: StoreView, context: AllocationContext) -> SlotFeatures:
    """Computes the features of all records."""
    columns, slots = view.columns, view.slots
    recorded = columns.recorded_at[slots]
    last = np.maximum(recorded, columns.last_read[slots])
    place = columns.place[slots]
    layers = np.maximum(columns.layers[slots], 1)
    level = np.where(columns.layers[slots] > 0, columns.level[slots] / layers, 1.0)
    return SlotFeatures(
        age=np.maximum(context.tick - recorded, 0).astype(np.float64),
        idle=np.maximum(context.tick - last, 0).astype(np.float64),
        visits=_visits(view, context)[place + 1],
        place_count=np.bincount(place + 1)[place + 1].astype(np.float64),
        reads=columns.reads[slots].astype(np.float64),
        citations=columns.citations[slots].astype(np.float64),
        novelty=novelty(view),
        bytes=view.bytes,
        level=level,
        loss=columns.loss[slots].astype(np.float64),
    )


def _visits(view: StoreView, context: AllocationContext) -> Float64Array:
    """Returns the visits by place code + 1, so that the code -1 of no place finds 0."""
    size = int(view.columns.place[view.slots].max(initial=-1)) + 2
    visits = np.zeros(size)
    for place, count in context.visits.items():
        code = view.columns.known_code(place)
        if 0 <= code < size - 1:
            visits[code + 1] = count
    return visits


def novelty(view: StoreView) -> Float64Array:
    """Returns how little of each record the others tell again, in (0, 1].

    A record that is about entities shares each of them with the other records of its kind and
    status that are about it too: the mean over its entities of 1 / sqrt(records that share it).
    Any other record shares its cubic metre of its place in the same way.
    """
    columns, slots = view.columns, view.slots
    # Kind and status together: a superseded version takes nothing from the one that holds now.
    group = columns.kind[slots].astype(np.int64) * 8 + columns.status[slots]
    result = _crowding(view, group)
    about_slots, entities = view.incidence
    if not len(about_slots):
        return result
    at = np.searchsorted(slots, about_slots)
    shared = _counts(entities * 64 + group[at])
    total = np.bincount(at, 1 / np.sqrt(shared), minlength=len(slots))
    entities_of = np.bincount(at, minlength=len(slots))
    return np.where(entities_of > 0, total / np.maximum(entities_of, 1), result)


def _crowding(view: StoreView, group: Slots) -> Float64Array:
    columns, slots = view.columns, view.slots
    place = columns.place[slots].astype(np.int64)
    keys = (place + 1) * 64 + group
    cells = np.floor(columns.position[slots] / _CELL)
    posed = np.isfinite(cells).all(axis=1)
    cells = np.where(posed[:, None], np.clip(cells, -(2**15), 2**15 - 2), 2**15 - 1)
    cells = cells.astype(np.int64) + 2**15
    _, keys = np.unique(keys, return_inverse=True)
    cell = (cells[:, 0] << 32) | (cells[:, 1] << 16) | cells[:, 2]
    _, cell = np.unique(cell, return_inverse=True)
    return 1 / np.sqrt(_counts(keys.astype(np.int64) * (len(slots) + 1) + cell))


def candidate_novelty(view: StoreView, candidate: MemoryRecord) -> float:
    """Returns what `novelty` would say of a record if it were in the store."""
    columns, slots = view.columns, view.slots
    alike = (columns.kind[slots] == KINDS.index(candidate.kind)) & (
        columns.status[slots] == STATUSES.index(candidate.status)
    )
    if candidate.about:
        # Through the entities' own slots: nobody looks at every record for one candidate.
        group = np.zeros(columns.size, bool)
        group[slots[alike]] = True
        shared = [1 + int(group[view.slots_about(entity)].sum()) for entity in candidate.about]
        return float(np.mean(1 / np.sqrt(shared)))
    place = columns.known_code(candidate.place) if candidate.place else -1
    alike &= columns.place[slots] == place
    cells = np.floor(columns.position[slots[alike]] / _CELL)
    if candidate.pose is None:
        same = np.isnan(cells).any(axis=1)
    else:
        same = (cells == np.floor(np.array(candidate.pose[:3], np.float32) / _CELL)).all(axis=1)
    return float(1 / np.sqrt(1 + int(same.sum())))


def _counts(keys: Slots) -> Float64Array:
    """Returns for each entry how many entries have its key."""
    _, inverse, counts = np.unique(keys, return_inverse=True, return_counts=True)
    return counts[inverse].astype(np.float64)
