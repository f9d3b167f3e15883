"""Keeps what is worth most per byte: lowers and drops the least, and refuses what is itself least.

Greedy knapsack: every record is one item, or two where its payload has finer layers to lose (the
fine layers, and the rest, which goes only after them). Items go in the order of their value per
byte until the candidate fits.
"""

from dataclasses import dataclass, fields
from typing import Final, final

import numpy as np

from embodied_mem.allocation.context import AllocationContext
from embodied_mem.allocation.value import ValueConfig, candidate_value, slot_values
from embodied_mem.allocation.view import Slots, StoreView
from embodied_mem.errors import DamagedRecordError
from embodied_mem.memory.record import Add, Delete, MemoryRecord, Noop, Operation, Update
from embodied_mem.types import BoolArray, Float64Array

COARSE_LEVEL: Final = 2
"""Layers that a lowered payload keeps: a picture's averages and low frequencies."""
_FINE_BYTES: Final = 0.7
"""Share of a payload's bytes that lowering frees, as most pictures have it; a first guess, which
is measured where it matters."""


@dataclass(slots=True)
class _Items:
    """What can be given up, cheapest per byte first."""

    at: Slots
    """Position in `StoreView.slots`."""
    drops: BoolArray
    """Whether the whole record goes, or only its fine layers."""
    value: Float64Array
    bytes: Float64Array
    measured: BoolArray
    """Whether the bytes are known; those of fine layers are guessed at first."""

    def in_order(self, order: Slots) -> "_Items":
        """Returns the same items in another order."""
        return _Items(*(getattr(self, field.name)[order] for field in fields(self)))

    def measure(self, index: int, view: StoreView) -> None:
        """Replaces the guess of what lowering a record frees by what it frees."""
        slot = int(view.slots[self.at[index]])
        try:
            freed = sum(view.layer_bytes(slot)[COARSE_LEVEL:])
        except DamagedRecordError:
            freed = 0  # nothing to be gained from layers that cannot be read
        (whole,) = np.flatnonzero((self.at == self.at[index]) & self.drops)
        self.bytes[whole] += self.bytes[index] - freed
        self.bytes[index] = freed
        self.measured[index] = True


@final
class LeastValuePerByte:
    """Makes room by what has least value per byte; see `ValueConfig` for what has value."""

    def __init__(self, config: ValueConfig | None = None) -> None:
        self.config = config or ValueConfig()

    def propose(
        self, view: StoreView, candidate: MemoryRecord, context: AllocationContext
    ) -> tuple[Operation, ...]:
        """Proposes UPDATEs of levels and DELETEs with the ADD, or a NOOP.

        The candidate gets in at full fidelity, or coarse, whichever gains more over what has to
        go for it; it is refused where neither gains anything.
        """
        missing = view.missing_bytes(candidate)
        if missing <= 0:
            return (Add(record=candidate),)
        items = self._items(view, context, candidate)
        worth = candidate_value(view, candidate, self.config)
        best: tuple[float, Slots, bool] | None = None
        for coarse, gain, needed in self._ways_in(candidate, worth, missing):
            chosen = _enough(view, items, needed)
            if chosen is None:
                continue
            gain -= float(items.value[chosen].sum())
            if gain > 0 and (best is None or gain > best[0]):
                best = gain, chosen, coarse
        if best is None:
            return (Noop(),)
        _, chosen, coarse = best
        lower = Update(id=candidate.id, tick=context.tick, changes={"level": COARSE_LEVEL})
        return (
            *_operations(view, items, chosen, context.tick),
            Add(record=candidate),
            *((lower,) if coarse else ()),
        )

    def _ways_in(
        self, candidate: MemoryRecord, worth: float, missing: int
    ) -> list[tuple[bool, float, int]]:
        """Lists whether coarse, the value in the store, and the bytes that are missing."""
        ways = [(False, worth, missing)]
        fine = sum(map(len, candidate.payload[COARSE_LEVEL:]))
        if fine:
            ways.append((True, worth * (1 - self.config.fine), missing - fine))
        return ways

    def _items(
        self, view: StoreView, context: AllocationContext, candidate: MemoryRecord
    ) -> _Items:
        at = view.evictable(context, candidate)
        slots = view.slots[at]
        value = slot_values(view, context, self.config)[at]
        size = view.bytes[at]
        fine_bytes = _FINE_BYTES * view.columns.payload_bytes[slots]
        fine_value = self.config.fine * value
        # Worth lowering first only where the fine layers are worth less per byte than the rest.
        split = (view.columns.level[slots] > COARSE_LEVEL) & (
            fine_value * (size - fine_bytes) < (value - fine_value) * fine_bytes
        )
        items = _Items(
            at=np.concatenate([at, at[split]]),
            drops=np.arange(len(at) + int(split.sum())) < len(at),
            value=np.concatenate([np.where(split, value - fine_value, value), fine_value[split]]),
            bytes=np.concatenate([np.where(split, size - fine_bytes, size), fine_bytes[split]]),
            measured=np.arange(len(at) + int(split.sum())) < len(at),
        )
        recorded = view.columns.recorded_at[view.slots[items.at]]
        density = items.value / items.bytes
        order = np.lexsort((items.at, recorded, density))
        return items.in_order(order)


def _enough(view: StoreView, items: _Items, needed: float) -> Slots | None:
    """Returns the cheapest items that really free enough, or None where all of them do not."""
    while True:
        chosen = _cheapest(items, needed)
        if chosen is None:
            return None
        dropped = set(items.at[chosen[items.drops[chosen]]].tolist())
        guessed = [
            index
            for index in chosen[~items.measured[chosen]].tolist()
            if int(items.at[index]) not in dropped
        ]
        if not guessed:
            return chosen
        for index in guessed:
            items.measure(index, view)


def _cheapest(items: _Items, needed: float) -> Slots | None:
    """Returns the items to give up, or None where all of them are not enough."""
    if needed <= 0:
        return np.empty(0, np.intp)
    freed = np.cumsum(items.bytes)
    enough = int(np.searchsorted(freed, needed))
    if enough == len(freed):
        return None
    # The last item may be so large that some before it need not go.
    surplus = float(freed[enough]) - needed
    chosen, dropped = [], set()
    for index in range(enough, -1, -1):
        size, at = float(items.bytes[index]), int(items.at[index])
        if size <= surplus and at not in dropped:
            surplus -= size
            continue
        chosen.append(index)
        if items.drops[index]:
            dropped.add(at)
    return np.array(chosen[::-1], np.intp)


def _operations(view: StoreView, items: _Items, chosen: Slots, tick: int) -> list[Operation]:
    dropped = np.unique(items.at[chosen[items.drops[chosen]]])
    lowered = np.setdiff1d(items.at[chosen[~items.drops[chosen]]], dropped)
    operations: list[Operation] = [Delete(id=i) for i in view.ids(view.slots[dropped])]
    operations += [
        Update(id=i, tick=tick, changes={"level": COARSE_LEVEL})
        for i in view.ids(view.slots[lowered])
    ]
    return operations
