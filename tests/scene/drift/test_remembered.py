"""A memory with a corrector, through a real house: what is stored lies where it truly is."""

from dataclasses import replace

import numpy as np
import pytest

from embodied_mem.brain.build import build_hippocampus
from embodied_mem.brain.hippocampus import Hippocampus
from embodied_mem.brain.remember.corrections import CORRECTION_TAG, CORRECTS
from embodied_mem.memory import Filter
from embodied_mem.memory.facts import ObjectFact, active
from embodied_mem.scene.drift.corrector import DriftCorrector
from embodied_mem.types import Observation
from embodied_mem_envs.bench.tour import tour
from embodied_mem_envs.house import CameraConfig, House, HouseBody, HouseConfig, generate_house
from embodied_mem_envs.house.odometry_drift import OdometryConfig, OdometryDrift

_SEED = 1


@pytest.fixture(scope="module")
def house() -> House:
    return generate_house(5, HouseConfig(rooms=3))


@pytest.fixture(scope="module")
def walk(house: House) -> list[Observation]:
    body = HouseBody(house, camera=CameraConfig(width=160, height=120))
    body.connect()
    seen = []
    for tick, (pose, _) in enumerate(zip(tour(house, 5), range(90), strict=False)):
        body.place(*pose)
        seen.append(replace(body.observe(), tick=tick))
    return seen


def _remembered(walk: list[Observation], corrector: DriftCorrector | None) -> Hippocampus:
    plain = build_hippocampus(seed=5)
    memory = Hippocampus(plain.scene, plain.store, corrector=corrector)
    drift = OdometryDrift(OdometryConfig(), seed=_SEED)
    for each in walk:
        memory.observe(drift.observe(each))
    memory.consolidate()
    return memory


def _error(memory: Hippocampus, house: House) -> float:
    """Returns the median distance of stored objects from the nearest true one of the category."""
    true = {}
    for thing in house.truth()["objects"]:
        centre = 0.5 * (np.array(thing["box_min"]) + np.array(thing["box_max"]))
        true.setdefault(thing["category"], []).append(centre)
    facts = [fact for _, fact in active(memory.store, ObjectFact) if fact.state == "present"]
    assert len(facts) > 8
    return float(
        np.median(
            [
                np.linalg.norm(np.array(true[fact.category]) - fact.position, axis=1).min()
                for fact in facts
            ]
        )
    )


@pytest.fixture(scope="module")
def corrected(walk: list[Observation]) -> Hippocampus:
    return _remembered(walk, DriftCorrector())


def test_stored_objects_lie_where_they_are(
    house: House, walk: list[Observation], corrected: Hippocampus
) -> None:
    assert _error(corrected, house) < 0.06
    assert _error(_remembered(walk, None), house) > 2.0 * _error(corrected, house)
    table = corrected.scene.objects
    for record, fact in active(corrected.store, ObjectFact):
        row = table.ids.index(fact.object_id)
        np.testing.assert_allclose(fact.position, table.position(row), atol=1e-3)
        np.testing.assert_allclose(record.pose[:3], table.position(row), atol=1e-3)


def test_every_correction_is_on_record(corrected: Hippocampus) -> None:
    store = corrected.store
    events = store.query(Filter(kind="event"), payload=False)
    told = [each for each in events if each.content.get("type") == CORRECTION_TAG]
    assert len(told) >= 1
    for each in told:
        assert each.content["moved"] >= 1
        assert all(link.type == CORRECTS and link.id in store for link in each.links)


def test_snapshots_move_with_the_frame_they_show(
    walk: list[Observation], corrected: Hippocampus
) -> None:
    true = {each.tick: each.T_world_camera for each in walk}
    off = [
        np.linalg.norm(kept.T_world_camera[:3, 3] - true[kept.tick][:3, 3])
        for kept in corrected.scene.snapshots.frames()
    ]
    assert len(off) > 5
    assert np.median(off) < 0.06
