"""Candidates get into the real store within its budget, as one batch each, or not at all."""

from pathlib import Path

import msgspec
import pytest

from candidates import candidates
from embodied_mem.allocation import AllocationContext, LeastValuePerByte, admit, make_allocator
from embodied_mem.allocation.view import StoreView
from embodied_mem.memory import Add, Delete, MemoryRecord, MemoryStore, Noop, Update
from embodied_mem.memory.record import Operation

BUDGET = 2 << 20


@pytest.mark.parametrize("name", ["fifo", "value"])
@pytest.mark.parametrize("where", ["disk", "memory"])
def test_a_long_stream_stays_within_the_budget(tmp_path: Path, name: str, where: str) -> None:
    stream = candidates(2, 500, payload=40_000, dimension=128)
    protected = {record.id: record for record in stream[5:60:10]}
    path = tmp_path / "memory" if where == "disk" else None
    with MemoryStore(path, budget_bytes=BUDGET) as store:
        allocator = make_allocator(name)
        late = 0
        for index, candidate in enumerate(stream):
            context = AllocationContext(tick=index, protected_ids=frozenset(protected))
            before = store.sequence
            admission = admit(store, allocator, candidate, context)
            assert store.disk_bytes <= BUDGET
            assert (store.sequence > before) is not admission.refused
            assert (candidate.id in store) is not admission.refused
            assert not any(record_id in store for record_id in admission.evicted)
            late += not admission.refused and index > 400
        assert late > 10  # it never ends up refusing everything
        for record_id, record in protected.items():
            if record_id in store:
                held = msgspec.structs.replace(store.get(record_id), level=-1)
                assert held == record
        assert len(set(protected) & {record.id for record in store.records()}) == len(protected)


def test_the_estimate_of_bytes_is_what_the_store_counts(tmp_path: Path) -> None:
    with MemoryStore(tmp_path / "memory") as store:
        for candidate in candidates(6, 40):
            before = StoreView(store).used_bytes
            estimate = StoreView(store).bytes_needed(candidate)
            store.apply([Add(record=candidate)])
            taken = StoreView(store).used_bytes - before
            assert abs(estimate - taken) <= 24 + 0.05 * taken


def test_what_became_of_it_is_told() -> None:
    first, second, third = candidates(7, 3)

    class Scripted:
        def propose(self, *_: object) -> tuple[Operation, ...]:
            return script

    with MemoryStore() as store:
        context = AllocationContext(tick=9)
        script: tuple[Operation, ...] = (Noop(),)
        refused = admit(store, Scripted(), first, context)
        assert (refused.stored, refused.refused, len(store)) == (None, True, 0)
        script = (Add(record=second), Add(record=third))
        assert admit(store, Scripted(), second, context).stored == second.id
        picture = MemoryRecord(id="e" * 32, kind="snapshot", payload=(b"a", b"b"))
        script = (
            Delete(id=second.id),
            Add(record=picture),
            Update(id=picture.id, tick=9, changes={"level": 1}),
        )
        admission = admit(store, Scripted(), picture, context)
        assert admission.stored == picture.id
        assert (admission.evicted, admission.lowered) == ((second.id,), (picture.id,))
        assert store.get(picture.id).payload == (b"a",)


def test_what_the_store_cannot_hold_is_refused_with_its_reason() -> None:
    class AddAll:
        def propose(self, _: object, candidate: MemoryRecord, *__: object) -> tuple[Operation, ...]:
            return (Add(record=candidate),)

    with MemoryStore(budget_bytes=BUDGET) as store:
        large = MemoryRecord(id="d" * 32, kind="snapshot", payload=(bytes(BUDGET),))
        admission = admit(store, AddAll(), large, AllocationContext(tick=0))
        assert admission.refused
        assert "do not fit into the budget" in admission.why
        assert len(store) == 0


def test_a_fact_told_again_costs_no_other_record() -> None:
    with MemoryStore(budget_bytes=BUDGET) as store:
        fact = MemoryRecord(id="0" * 32, kind="fact", content={"cup": "red"}, about=("cup",))
        for tick in range(100):
            again = msgspec.structs.replace(fact, id=f"{tick:032x}", recorded_at=tick)
            admission = admit(store, LeastValuePerByte(), again, AllocationContext(tick=tick))
            assert admission.stored == fact.id
        assert len(store) == 1
