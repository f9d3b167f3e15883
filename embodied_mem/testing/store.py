"""Checks a store: batches are atomic and durable, the budget is hard, and history is kept."""

from collections.abc import Callable

import numpy as np

from embodied_mem.errors import BudgetError, StoreError
from embodied_mem.memory import MemoryRecord, MemoryStore
from embodied_mem.memory.record import Add, Delete, Operation, RecordIds, Update
from embodied_mem.testing.expect import expect, expect_error


def check_store(open_store: Callable[[], MemoryStore]) -> None:
    """Checks a store on a medium or with settings of your own.

    Args:
        open_store: Opens it, empty at first; called again after it was closed, it must open what
            was left. It needs a budget of 1 to 64 MiB.

    Raises:
        ContractError: If anything that `MemoryStore` promises does not hold.
    """
    store = open_store()
    try:
        expect(len(store) == 0, f"it holds {len(store)} records; begin with an empty one")
        budget = store.budget_bytes
        fitting = budget is not None and 1 << 20 <= budget <= 64 << 20
        expect(fitting, f"budget_bytes is {budget}; this check needs 1 to 64 MiB")
        ids = _check_batches(store)
        _check_versions(store, ids)
        _check_budget(store)
    finally:
        before = store.digest()
        store.close()
    again = open_store()
    try:
        expect(again.digest() == before, "opened again it holds something else")
        report = again.verify()
        expect(report.ok, f"opened again it is damaged: {report.damages}")
    finally:
        again.close()


def _check_batches(store: MemoryStore) -> list[str]:
    """A batch happens as a whole or not at all."""
    maker = RecordIds(seed=1)
    ids = [maker.new(tick) for tick in range(3)]
    store.apply([Add(record=_fact(each, index)) for index, each in enumerate(ids)])
    expect(len(store) == 3, f"three records were added, it holds {len(store)}")
    content = store.get(ids[1]).content
    expect(content == {"number": 1}, f"a record came back as {content}")
    before = store.digest()
    bad: list[Operation] = [Add(record=_fact(maker.new(9), 9)), Delete(id="0" * 32)]
    expect_error(StoreError, lambda: store.apply(bad), "deleting what is not there must fail")
    expect(store.digest() == before, "half of a batch that failed was carried out")
    return ids


def _check_versions(store: MemoryStore, ids: list[str]) -> None:
    """A superseded record keeps its content, and its validity ends."""
    newer = RecordIds(seed=2).new(20)
    change = Update(id=ids[0], tick=20, changes={"content": {"number": 7}}, supersede_as=newer)
    store.apply([change])
    old, new = store.get(ids[0]), store.get(newer)
    expect(old.content == {"number": 0}, f"the old version now says {old.content}")
    expect(new.content == {"number": 7}, f"the new version says {new.content}")
    expect(
        old.superseded_at == 20, f"the old version was superseded at {old.superseded_at}, not 20"
    )
    store.apply([Delete(id=ids[2])])
    expect(ids[2] not in store, "a deleted record is still there")


def _check_budget(store: MemoryStore) -> None:
    """Never more on the disk than the budget, however much is put in."""
    budget = store.budget_bytes
    assert budget is not None
    rng, maker = np.random.default_rng(5), RecordIds(seed=3)
    size, put = max(budget // 40, 4096), 0
    for tick in range(60):
        layers = tuple(rng.bytes(size // 4) for _ in range(4))
        record = MemoryRecord(
            id=maker.new(100 + tick),
            kind="snapshot",
            payload=layers,
            losses=(0.5, 0.2, 0.1, 0.0),
            recorded_at=100 + tick,
        )
        try:
            store.apply([Add(record=record)])
            put += size
        except BudgetError:
            break
        expect(
            store.disk_bytes <= budget,
            f"{store.disk_bytes} bytes lie on the disk; the budget is {budget}",
        )
    expect(put > budget // 2, f"only {put} bytes were taken in with a budget of {budget}")


def _fact(record_id: str, number: int) -> MemoryRecord:
    return MemoryRecord(
        id=record_id, kind="fact", content={"number": number}, recorded_at=number, valid_from=number
    )
