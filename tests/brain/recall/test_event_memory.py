"""A real robot in a real house: what its hand and eyes tell becomes events that last."""

from pathlib import Path

import numpy as np

from embodied_mem.brain.build import MemoryConfig, build_hippocampus
from embodied_mem.brain.recall import EventMemory, read_history
from embodied_mem.memory import Filter, MemoryStore
from embodied_mem.types import Observation
from embodied_mem_envs.house.body import CameraConfig
from embodied_mem_envs.tasks.recall.config import RecallConfig
from embodied_mem_envs.tasks.recall.tale import Tale

CONFIG = RecallConfig(rooms=3, visits=2, carries=2, camera=CameraConfig(width=128, height=96))


def test_events_outlive_the_process_part(tmp_path: Path) -> None:
    tale = Tale(5, CONFIG)
    hippocampus = build_hippocampus(MemoryConfig(allocator="value"), path=tmp_path, seed=5)
    memory = EventMemory(hippocampus)
    for happening in tale.happen():
        if isinstance(happening, Observation):
            memory.observe(happening)
        else:
            memory.new_visit()
    memory.consolidate()
    memory.consolidate()  # again: nothing is written twice
    hippocampus.store.close()
    tale.robot.close()

    with MemoryStore.read(tmp_path) as store:
        history = read_history(store)
        events = store.query(Filter(kind="event", session="visit-1"))
        first = tale.log.carries[0]
        during = store.query(Filter(kind="event", valid_at=first.picked + 1))
    assert [(c.visit, c.picked, c.placed) for c in history.carries] == [
        (c.visit, c.picked, c.placed) for c in tale.log.carries
    ]
    for seen, true in zip(history.carries, tale.log.carries, strict=True):
        assert seen.category == true.thing.category
        assert seen.source.room == true.source.room.category
        for own, truth in ((seen.source, true.source), (seen.target, true.target)):
            assert np.linalg.norm(np.subtract(own.centre, truth.thing.position)) < 0.3
    true_stays = tale.log.stays(tale.house)
    assert len(history.stays) == len(true_stays)
    assert {event.content["visit"] for event in events} == {1}
    assert any(event.content["type"] == "carry" for event in during)


def test_what_was_not_seen_before_is_held_all_the_same() -> None:
    tale = Tale(5, CONFIG)
    pictures = [h for h in tale.happen() if isinstance(h, Observation)]
    first = tale.log.carries[0]
    start = next(i for i, seen in enumerate(pictures) if seen.tick == first.picked)
    hippocampus = build_hippocampus(MemoryConfig(allocator="value"), seed=1)
    memory = EventMemory(hippocampus)
    with hippocampus.store as store:
        for seen in pictures[start : start + first.placed - first.picked + 3]:
            memory.observe(seen)
        memory.consolidate()
        carries = read_history(store).carries
    assert len(carries) == 1
    assert carries[0].category in (first.thing.category, "object")
    assert np.linalg.norm(np.subtract(carries[0].target.centre, first.thing.position)) < 0.3
