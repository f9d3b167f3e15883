"""Quotas for labels as an allocator of a real store."""

from typing import Final, final

import numpy as np

from embodied_mem.allocation.context import AllocationContext
from embodied_mem.allocation.groups import GROUP_NAMES, group_of
from embodied_mem.allocation.rules.label_quota import By, Label, LabelQuota
from embodied_mem.allocation.value_per_byte import LeastValuePerByte
from embodied_mem.allocation.view import StoreView
from embodied_mem.errors import DamagedRecordError
from embodied_mem.memory.record import Add, Delete, MemoryRecord, Noop, Operation

_LABEL: Final = "label"


@final
class QuotaAllocator:
    """Keeps as many records of each label as can be, whatever their size; see `LabelQuota`.

    The label of a record is its content's `label`, a list of names with the coarse ones first; a
    record of an object without one has its group and its category. What has neither is left to
    `LeastValuePerByte`, as candidate and as what may go, and nothing with a label goes for it
    unless that rule says so.

    Args:
        by: `depth,label` for labels that grow from coarse to fine, `label` for labels that stay.
        seed: Of what is drawn.
    """

    def __init__(self, by: By = "depth,label", *, seed: int = 0) -> None:
        self._quota = LabelQuota(by)
        self._rest = LeastValuePerByte()
        self._rng = np.random.default_rng(seed)

    def propose(
        self, view: StoreView, candidate: MemoryRecord, context: AllocationContext
    ) -> tuple[Operation, ...]:
        """Proposes DELETEs with the ADD, or a NOOP; see `Allocator`."""
        label = label_of(candidate)
        if label:
            self._quota.meet(label)
        missing = float(view.missing_bytes(candidate))
        if missing <= 0.0:
            return (Add(record=candidate),)
        positions = view.evictable(context, candidate).tolist() if label else []
        held = [(position, found) for position in positions if (found := _held(view, position))]
        going: list[int] = []
        while missing > 0.0 and held:
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


def _held(view: StoreView, position: int) -> Label:
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
