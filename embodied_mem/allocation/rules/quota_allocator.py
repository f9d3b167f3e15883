"""Quotas for labels, or for places, as an allocator of a real store."""

from typing import Final, Literal, final

import numpy as np

from embodied_mem.allocation.context import AllocationContext
from embodied_mem.allocation.groups import GROUP_NAMES, group_of
from embodied_mem.allocation.rules.label_quota import By, Label, LabelQuota
from embodied_mem.allocation.value_per_byte import LeastValuePerByte
from embodied_mem.allocation.view import Slots, StoreView
from embodied_mem.errors import DamagedRecordError
from embodied_mem.memory.columns import KINDS
from embodied_mem.memory.episodic.place_memory import PlaceMemory
from embodied_mem.memory.record import Add, Delete, MemoryRecord, Noop, Operation

_LABEL: Final = "label"
_EPISODIC: Final = ("snapshot", "event")
"""Kinds of records that places have quotas for: what was seen and done."""


@final
class QuotaAllocator:
    """Keeps as many records of each label as can be, whatever their size; see `LabelQuota`.

    The label of a record is its content's `label`, a list of names with the coarse ones first; a
    record of an object without one has its group and its category. What has neither is left to
    `LeastValuePerByte`, as candidate and as what may go, and nothing with a label goes for it
    unless that rule says so.

    By `place`, snapshots and events have their place for a label, and `PlaceMemory` says which of
    them goes: a place borrows what room no other needs.

    Args:
        by: `depth,label` for labels that grow from coarse to fine, `label` for labels that stay,
            `place` for places.
        seed: Of what is drawn.
        places: By `place`: how many entries a place may have; as many as there are bytes for where
            None.
    """

    def __init__(
        self,
        by: By | Literal["place"] = "depth,label",
        *,
        seed: int = 0,
        places: PlaceMemory | None = None,
    ) -> None:
        self._places: PlaceMemory | None = None
        self._quota: LabelQuota | PlaceMemory
        if by == "place":
            self._quota = self._places = places or PlaceMemory()
        else:
            self._quota = LabelQuota(by)
        self._rest = LeastValuePerByte()
        self._rng = np.random.default_rng(seed)

    def propose(
        self, view: StoreView, candidate: MemoryRecord, context: AllocationContext
    ) -> tuple[Operation, ...]:
        """Proposes DELETEs with the ADD, or a NOOP; see `Allocator`."""
        label = self._label_of(candidate)
        if label:
            self._quota.meet(label)
        missing = float(view.missing_bytes(candidate))
        if missing <= 0.0 and self._places is None:
            return (Add(record=candidate),)
        held = self._held(view, view.evictable(context, candidate)) if label else []
        going: list[int] = []
        while held and (missing > 0.0 or self._full(held, label)):
            chosen = self._quota.choose([found for _, found in held], label, self._rng)
            if chosen is None:
                return (Noop(),)
            position, _ = held.pop(chosen)
            going.append(position)
            missing -= float(view.bytes[position])
        if missing > 0.0:
            return self._rest.propose(view, candidate, context)
        ids = view.ids(view.slots[going])
        return (*(Delete(id=each) for each in ids), Add(record=candidate))

    # -- inside --------------------------------------------------------------------------------

    def _label_of(self, record: MemoryRecord) -> Label:
        if self._places is None:
            return label_of(record)
        return (record.place,) if record.place and record.kind in _EPISODIC else ()

    def _full(self, held: list[tuple[int, Label]], label: Label) -> bool:
        return self._places is not None and self._places.full([own for _, own in held], label)

    def _held(self, view: StoreView, positions: Slots) -> list[tuple[int, Label]]:
        """Returns what may go and has a label: the positions in the view, and the labels."""
        if self._places is None:
            found = ((position, _read(view, position)) for position in positions.tolist())
            return [(position, label) for position, label in found if label]
        columns, slots = view.columns, view.slots[positions]
        kinds = [KINDS.index(kind) for kind in _EPISODIC]
        chosen = np.isin(columns.kind[slots], kinds) & (columns.place[slots] >= 0)
        positions, slots = positions[chosen], slots[chosen]
        order = sorted(
            range(len(slots)),
            key=lambda at: (int(columns.recorded_at[slots[at]]), columns.ids[slots[at]]),
        )
        return [
            (int(positions[at]), (str(columns.name(int(columns.place[slots[at]]))),))
            for at in order
        ]


def _read(view: StoreView, position: int) -> Label:
    """Returns the label of a record that is held; empty where it cannot be read."""
    try:
        return label_of(view.record_at(int(view.slots[position]), payload=False))
    except DamagedRecordError:
        return ()


def label_of(record: MemoryRecord) -> Label:
    """Returns the label of a record, coarse first; empty where it has none.

    >>> label_of(MemoryRecord(id="0" * 32, kind="fact", content={"category": "armchair"}))
    ('seating', 'armchair')
    """
    label = record.content.get(_LABEL)
    if isinstance(label, list | tuple) and all(isinstance(name, str) for name in label):
        return tuple(label)
    category = record.content.get("category")
    if record.kind == "fact" and isinstance(category, str):
        return GROUP_NAMES[group_of(category)], category
    return ()
