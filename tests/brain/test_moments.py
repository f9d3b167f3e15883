"""Moments of a stream: bounded vectors, pictures only of what is new, in true time and place."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.brain.build import build_hippocampus
from embodied_mem.brain.remember.moments import MomentMemory
from embodied_mem.memory import MemoryRecord, MemoryStore
from embodied_mem.memory.episodic import Episodes, PictureVectors
from embodied_mem.memory.stream import PictureCarrier
from embodied_mem.types import Observation
from embodied_mem_envs.bench.scene import observations
from embodied_mem_envs.house import HouseConfig, generate_house

SIZE = 8


@pytest.fixture(scope="module")
def walk() -> list[Observation]:
    stream = observations(generate_house(3, HouseConfig(rooms=3)), 3, 96, 72)
    return [replace(seen, tick=tick) for tick, seen in zip(range(40), stream, strict=False)]


def moments_of(store: MemoryStore) -> list[MemoryRecord]:
    return [r for r in store.records() if r.content.get("type") == "moment"]


def test_moments_are_bounded_and_lie_where_and_when_they_were_seen(
    walk: list[Observation], tmp_path: Path
) -> None:
    hippocampus = build_hippocampus(path=tmp_path / "w.mem", seed=3)
    memory = MomentMemory(hippocampus, size=SIZE)
    carrier = PictureCarrier()
    shown = {}
    for count, observation in enumerate(walk, start=1):
        memory.observe(observation)
        shown[observation.tick] = carrier(observation.rgb)
        if count in (20, 40):
            memory.consolidate()
    moments = moments_of(hippocampus.store)
    new = [record for record in moments if record.content["new"]]
    assert len(new) == memory.novelty.taken and 1 < len(new) < len(walk) / 2
    assert all(bool(record.payload) == record.content["new"] for record in moments)
    ring = set(memory.buffer.ticks.tolist())
    plain = {record.valid_from for record in moments if not record.content["new"]}
    assert plain == ring - {record.valid_from for record in new} and len(ring) == SIZE
    cameras = {seen.tick: seen.T_world_camera[:3, 3] for seen in walk}
    for record in moments:
        assert record.valid_from == record.valid_to == record.content["tick"]
        assert np.allclose(record.vector, shown[record.valid_from], atol=1e-6)
        here = cameras[record.valid_from]
        assert record.pose is not None and np.allclose(record.pose[:3], here, atol=1e-5)
        assert record.place == hippocampus.scene.place_at(here)
    assert any(record.place for record in moments)
    episodes = Episodes(store=hippocampus.store, vectors=PictureVectors())
    assert len(episodes.entries) >= len(moments)
    assert hippocampus.store.verify().ok
    hippocampus.store.close()


def test_what_the_hippocampus_keeps_is_the_same_with_moments_and_without(
    walk: list[Observation],
) -> None:
    plain, kept = build_hippocampus(seed=3), build_hippocampus(seed=3)
    memory = MomentMemory(kept, size=SIZE)
    for observation in walk[:12]:
        plain.observe(observation)
        memory.observe(observation)
    plain.consolidate()
    memory.consolidate()
    memory.consolidate()  # there is nothing left to do
    moments = moments_of(kept.store)
    others = [record for record in kept.store.records() if record not in moments]
    assert moments and others == list(plain.store.records())
