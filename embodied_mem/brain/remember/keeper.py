"""Writes batches into the store, and has an allocator decide where there is no room for one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import final

import msgspec

from embodied_mem.allocation import AllocationContext, Allocator, StoreView
from embodied_mem.brain.remember.ledger import Outcome
from embodied_mem.errors import BudgetError
from embodied_mem.memory import Add, Delete, MemoryRecord, MemoryStore, Update
from embodied_mem.memory.columns import Columns
from embodied_mem.memory.record import Operation

_TRIES = 8
"""Times that room is made for one record before it is refused after all."""


@final
class Keeper:
    """Keeps what fits. A store lowers fidelity by itself; only records are decided about here."""

    def __init__(self, store: MemoryStore, allocator: Allocator) -> None:
        self.store = store
        self.allocator = allocator

    def apply(self, operations: Sequence[Operation], context: AllocationContext) -> Outcome:
        """Applies a batch; where it does not fit, as much of it as the allocator finds worth it.

        Raises:
            StoreFullError: If the disk is full or read-only.
        """
        try:
            results = self.store.apply(operations)
        except BudgetError:
            return self._apply_singly(operations, context)
        return Outcome(renamed=_renamed(operations, results))

    def _apply_singly(self, operations: Sequence[Operation], context: AllocationContext) -> Outcome:
        """Deletes first, then adds and changes one after the other, each with room made for it."""
        deletes = [op for op in operations if isinstance(op, Delete)]
        self.store.apply(deletes)
        gone = {op.id for op in deletes}
        refused: set[str] = set()
        renamed: dict[str, str] = {}
        for operation in operations:
            if not isinstance(operation, Add | Update):
                continue
            if isinstance(operation, Update) and operation.id not in self.store:
                refused.add(_target(operation))
                continue
            outcome = self._fit(operation, context)
            refused.update(outcome.refused)
            gone.update(outcome.evicted)
            renamed.update(outcome.renamed)
        return Outcome(refused=refused, evicted=gone, renamed=renamed)

    def _fit(self, operation: Add | Update, context: AllocationContext) -> Outcome:
        """Makes room for one operation and applies it, or refuses it."""
        operation, candidate = self._candidate(operation)
        if isinstance(operation, Update):
            kept = context.protected_ids | {operation.id}
            context = replace(context, protected_ids=kept)
        gone: set[str] = set()
        pressure = 0
        for _ in range(_TRIES):
            view = StoreView(_Pressed(self.store, pressure))
            proposed = self.allocator.propose(view, candidate, context)
            if not any(isinstance(each, Add) for each in proposed):
                break
            batch = [operation if isinstance(each, Add) else each for each in proposed]
            room = [each for each in proposed if not _concerns(each, candidate.id)]
            leaving = {each.id for each in room if isinstance(each, Delete)}
            try:
                results = self.store.apply(batch)
            except BudgetError:
                # Bytes are free only once what frees them is durable.
                try:
                    self.store.apply(room)
                except BudgetError:  # too many records link to what would go
                    break
                pressure += view.bytes_needed(candidate)
                gone |= leaving
                continue
            return Outcome(evicted=gone | leaving, renamed=_renamed(batch, results))
        return Outcome(refused={_target(operation)}, evicted=gone)

    def _candidate(self, operation: Add | Update) -> tuple[Add | Update, MemoryRecord]:
        """Returns the operation without links to what is gone, and the record that it makes."""
        if isinstance(operation, Add):
            record = self._linked(operation.record)
            return Add(record=record), record
        slot = self.store.slot_of(operation.id)
        whole = operation.supersede_as is not None
        old = self.store.record_at(slot, payload=whole)
        changes = dict(operation.changes)
        record = self._linked(msgspec.structs.replace(old, **changes, id=_target(operation)))
        if "links" in changes:
            changes["links"] = record.links
        return msgspec.structs.replace(operation, changes=changes), record

    def _linked(self, record: MemoryRecord) -> MemoryRecord:
        links = tuple(link for link in record.links if link.id in self.store)
        return msgspec.structs.replace(record, links=links)


@final
class _Pressed:
    """A store that pretends to take less, so that an allocator makes more room."""

    def __init__(self, store: MemoryStore, pressure: int) -> None:
        self._store = store
        self._pressure = pressure

    @property
    def columns(self) -> Columns:
        """The store's."""
        return self._store.columns

    @property
    def about(self) -> Mapping[str, set[int]]:
        """The store's."""
        return self._store.about

    @property
    def budget_bytes(self) -> int | None:
        """The store's."""
        return self._store.budget_bytes

    @property
    def capacity_bytes(self) -> int | None:
        """The store's, less the pressure."""
        capacity = self._store.capacity_bytes
        return None if capacity is None else capacity - self._pressure

    def slot_of(self, record_id: str) -> int:
        """The store's."""
        return self._store.slot_of(record_id)

    def record_at(self, slot: int, *, payload: bool = True) -> MemoryRecord:
        """The store's."""
        return self._store.record_at(slot, payload=payload)

    def __contains__(self, record_id: object) -> bool:
        return record_id in self._store


def _target(operation: Add | Update) -> str:
    """Returns the id of the record that an operation makes or changes."""
    if isinstance(operation, Add):
        return operation.record.id
    return operation.supersede_as or operation.id


def _concerns(operation: Operation, record_id: str) -> bool:
    if isinstance(operation, Add):
        return operation.record.id == record_id
    return getattr(operation, "id", None) == record_id


def _renamed(operations: Sequence[Operation], results: Sequence[str | None]) -> dict[str, str]:
    return {
        operation.record.id: result
        for operation, result in zip(operations, results, strict=True)
        if isinstance(operation, Add) and result is not None and result != operation.record.id
    }
