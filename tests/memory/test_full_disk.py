"""A disk that is full refuses what is new and costs nothing that was acknowledged."""

import numpy as np
import pytest

from embodied_mem.errors import StoreFullError
from embodied_mem.memory import MemoryStore
from embodied_mem_envs.bench.store.plain_model import PlainModel, unfound
from embodied_mem_envs.bench.store.power_medium import PowerCutMedium
from embodied_mem_envs.bench.store.scripted_load import (
    ARCHIVE,
    BUDGET,
    CHORES,
    Ledger,
    ScriptedLoad,
    carry_out,
)
from embodied_mem_envs.bench.store.simulated_disk import SimulatedDisk

STEPS = 120


@pytest.mark.parametrize(("seed", "budget"), [(1, None), (2, None), (3, BUDGET)])
def test_what_was_acknowledged_outlives_a_full_disk(seed: int, budget: int | None) -> None:
    rng = np.random.default_rng(seed)
    disk = SimulatedDisk()

    def open_store() -> MemoryStore:
        disk.room = float("inf")
        return MemoryStore(medium=PowerCutMedium(disk), budget_bytes=budget, archive_bytes=ARCHIVE)

    store = open_store()
    ledger, load = Ledger(PlainModel(), store.sequence), ScriptedLoad(seed, chores=CHORES)
    refused = 0
    for _ in range(STEPS):
        disk.room = float(rng.integers(0, 60_000)) if rng.random() < 0.4 else float("inf")
        step = load.step(ledger.model)
        after = ledger.foreseen(step)
        if step.chore == "reopen":
            try:
                store.close()
            except StoreFullError:
                refused += 1
            store = open_store()
        elif after is not None and carry_out(store, step):
            ledger.acknowledge(after, store.sequence)
        else:
            refused += step.chore is None
        assert ledger.model.differences(store) == []
    assert refused > 5, "the disk was never full"
    disk.room = float("inf")
    assert store.verify().ok
    store.close()
    with open_store() as again:
        assert ledger.model.differences(again) == []
        assert unfound(again, ledger.model) == []
        assert again.verify().ok
