"""The whole brain walks both floors of a house that it knows nothing of."""

from pathlib import Path

import numpy as np
import pytest

from embodied_mem.memory import MemoryStore
from embodied_mem.memory.facts import ObjectFact, active
from embodied_mem_envs.evaluation.explore_run import ExploreConfig, explore_house
from embodied_mem_envs.house import HouseConfig, generate_house


# tests/brain/test_climbing.py explores both floors of a smaller house, test_watch.py counts them.
@pytest.mark.slow
def test_both_floors_are_walked_and_remembered(tmp_path: Path) -> None:
    house = generate_house(9, HouseConfig(floors=2, rooms=5))
    visit = explore_house(house, tmp_path / "house.mem", ExploreConfig(width=128, max_ticks=700))
    assert visit.floor_covered > 0.95
    above = {thing.id for thing in house.objects if house.floor_of(thing.id) == 1}
    assert len(above & set(visit.shown)) > 0.6 * len(above)
    store = MemoryStore.read(visit.memory)
    heights = np.array([f.position[2] for _, f in active(store, ObjectFact, payload=False)])
    assert (heights > house.levels[1]).any() and (heights < house.levels[1]).any()
