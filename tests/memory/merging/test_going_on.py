"""A later visit goes on from the memory of two robots, and what it learns merges in turn."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.brain.build import build_hippocampus
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.facts import ObjectFact, PlaceFact, active
from embodied_mem.memory.merging import following
from embodied_mem_envs.bench.long.merge_walks import WalkConfig, walk_house
from embodied_mem_envs.house import CameraConfig, HouseBody, HouseConfig, generate_house


@pytest.fixture(scope="module")
def robots(tmp_path_factory: pytest.TempPathFactory) -> tuple[MemoryStore, MemoryStore]:
    """What two robots remember of a small house, on one clock and in one frame."""
    T = np.eye(4)
    T[:2, 3] = 3.0, -1.0
    config = WalkConfig(seed=3, share=0.34, rooms=3, width=96, T_b_world=T)
    walks = walk_house(config, tmp_path_factory.mktemp("walks"))
    a, b = MemoryStore.read(walks.a), MemoryStore.read(walks.b)
    b.migrate(np.linalg.inv(T), ticks=following(a, b))
    return a, b


def test_a_visit_goes_on_from_both_and_doubles_nothing(
    robots: tuple[MemoryStore, MemoryStore], tmp_path: Path
) -> None:
    a, b = robots
    both = a.merge(b)
    both.export(tmp_path / "both")
    hippocampus = build_hippocampus(seed=both.seed, session="later", resume=tmp_path / "both")
    known = [fact.object_id for _, fact in active(both, ObjectFact)]
    scene = hippocampus.scene
    assert sorted(scene.objects.ids[row] for row in scene.objects.rows()) == sorted(known)
    house = generate_house(3, HouseConfig(rooms=3))
    body = HouseBody(house, camera=CameraConfig(width=96, height=72))
    body.connect()
    for tick in range(12):
        x, y, yaw = house.start
        body.place(x, y, yaw + tick * np.pi / 6)
        hippocampus.observe(dataclasses.replace(body.observe(), tick=tick))
    hippocampus.consolidate()
    later = hippocampus.store
    names = [fact.object_id for _, fact in active(later, ObjectFact)]
    assert len(set(names)) == len(names)
    assert len(names) <= len(known) + 2
    again = later.merge(a)
    assert again.digest() == a.merge(later).digest()
    assert again.merge(b).digest() == later.merge(a.merge(b)).digest()
    assert len(list(active(again, ObjectFact))) <= len(names) + 2
    places = [place.name for _, place in active(again, PlaceFact)]
    assert len(set(places)) == len(places)
