"""A robot that forgets in the middle of a visit goes on, and does not write it again."""

from embodied_mem.brain.build import build_hippocampus
from embodied_mem.memory.facts import ObjectFact, active
from embodied_mem_envs.house.body import CameraConfig
from embodied_mem_envs.tasks.mixed_session.tour import HouseTour


def test_what_is_forgotten_while_the_robot_looks_stays_forgotten() -> None:
    hippocampus = build_hippocampus()
    tour = HouseTour(4, rooms=3, camera=CameraConfig(width=96, height=72))
    for observation in tour.look_around(1, 0):
        hippocampus.observe(observation)
    hippocampus.consolidate()
    store = hippocampus.store
    known = {record.id: fact.object_id for record, fact in active(store, ObjectFact)}
    gone = sorted(known.values())[0]
    report = store.forget(about=gone)
    assert report.by_kind["fact"] == 1 and report.pictures
    before = len(store)
    for tick in (20, 90):  # the second time after what is refused is offered again
        for observation in tour.look_around(1, tick):
            hippocampus.observe(observation)
        hippocampus.consolidate()
    left = {fact.object_id for _, fact in active(store, ObjectFact)}
    assert gone not in left and len(left) >= len(known) - 1 and len(store) >= before
    assert store.verify().ok
    tour.close()
