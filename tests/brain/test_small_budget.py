"""A walk within a budget that is much too small: never exceeded, and still good for answers."""

from pathlib import Path

import numpy as np
import pytest

from embodied_mem.brain.brain import Brain
from embodied_mem.brain.build import MemoryConfig, build_hippocampus
from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.brain.memory_folder import StoreConfig
from embodied_mem.errors import BudgetError
from embodied_mem.memory import Add, Filter, MemoryRecord, MemoryStore, RecordIds
from embodied_mem.memory.facts import ObjectFact, SnapshotFact, WalkFact, active
from embodied_mem_envs.house import CameraConfig, House, HouseBody, HouseConfig, generate_house

MIB = 1 << 20


@pytest.fixture(scope="module")
def house() -> House:
    return generate_house(5, HouseConfig(rooms=3))


def disk_bytes(path: Path) -> int:
    """Returns what `du` counts of the live store."""
    entries = [path, *(each for each in path.iterdir() if each.name != "archive")]
    return sum(each.lstat().st_blocks * 512 for each in entries)


def walk(house: House, hippocampus: Hippocampus, path: Path, width: int, ticks: int) -> int:
    """Walks; returns the most that the store took after a frame."""
    most = [0]
    body = HouseBody(house, CameraConfig(width=width, height=width * 3 // 4))
    brain = Brain(body, hippocampus)
    brain.connect()
    brain.explore(ticks, on_tick=lambda: most.append(max(most[-1], disk_bytes(path))))
    brain.close()
    hippocampus.consolidate()
    return max(most[-1], disk_bytes(path))


def fill(store: MemoryStore) -> set[str]:
    """Fills a store with records that it cannot make smaller."""
    ids, rng, held = RecordIds(77), np.random.default_rng(0), set[str]()
    for number in range(1000):
        payload = (rng.bytes(9000),)
        old = MemoryRecord(id=ids.new(0), kind="event", content={"n": number}, payload=payload)
        try:
            store.apply([Add(record=old)])
        except BudgetError:
            return held
        held.add(old.id)
    raise AssertionError("the store never was full")


# tests/allocation/test_allocators.py says what each allocator lets go of; here one must do.
@pytest.mark.parametrize(
    "allocator",
    [
        pytest.param("fifo", marks=pytest.mark.slow),
        pytest.param("coverage_coarse", marks=pytest.mark.slow),
        "value",
    ],
)
def test_old_records_make_room_where_no_fidelity_is_left(
    house: House, tmp_path: Path, allocator: str
) -> None:
    path = tmp_path / "full.mem"
    config = MemoryConfig(allocator=allocator, store=StoreConfig(budget_bytes=MIB))
    hippocampus = build_hippocampus(config, path=path)
    with hippocampus.store as store:
        old = fill(store)
        assert walk(house, hippocampus, path, width=160, ticks=90) <= MIB
        given_up = {each for each in old if each not in store}
        assert 0 < len(given_up) < len(old)
        known = {fact.object_id for _, fact in active(store, ObjectFact)}
        assert len(known) == hippocampus.scene.objects.live.sum() >= 15
        assert len(list(active(store, WalkFact))) == 1
        assert "bedroom" in hippocampus.recall("Where is the bed?").text
        assert store.verify().ok


def test_fidelity_falls_before_anything_is_lost(house: House, tmp_path: Path) -> None:
    path = tmp_path / "small.mem"
    config = MemoryConfig(store=StoreConfig(budget_bytes=MIB))
    hippocampus = build_hippocampus(config, path=path)
    with hippocampus.store as store:
        store.apply([Add(record=_ballast(640_000))])
        assert walk(house, hippocampus, path, width=320, ticks=80) <= MIB
        shots = [record for record, _ in active(store, SnapshotFact)]
        assert {fact.object_id for _, fact in active(store, ObjectFact)} == {
            hippocampus.scene.objects.ids[row] for row in hippocampus.scene.objects.rows()
        }
        assert min(record.level for record in shots) < max(len(record.losses) for record in shots)
        assert all(record.losses for record in shots)
        picture = hippocampus.recall("Where is the bed?").citations[0].snapshot
        assert picture in {record.id for record in shots}
        assert len(store.query(Filter(kind="event"))) == 2
        assert store.verify().ok


def _ballast(size: int) -> MemoryRecord:
    payload = (np.random.default_rng(1).bytes(size),)
    return MemoryRecord(id="0" * 32, kind="event", content={"text": "ballast"}, payload=payload)
