"""Stairs that exploring does not come by are looked for, by bodies that climb alone."""

import numpy as np
import pytest

from embodied_mem.brain.brain import Brain
from embodied_mem.brain.build import build_hippocampus
from embodied_mem.brain.stair_search import StairSearch
from embodied_mem_envs.house import CameraConfig, HouseBody, HouseConfig, generate_house


@pytest.fixture(scope="module")
def explored():
    """Explored to the end: its stairs rise behind a parapet, away from every frontier."""
    body = HouseBody(
        generate_house(3, HouseConfig(rooms=3, floors=2)), CameraConfig(width=128, height=96)
    )
    brain = Brain(body, build_hippocampus(seed=3))
    brain.connect()
    brain.explore(700)
    return brain


def test_stairs_that_no_frontier_leads_to_are_found(explored):
    assert explored.exploration.finished
    assert len(explored.hippocampus.scene.floors) == 2


def test_a_body_that_climbs_looks_from_places_apart(explored, monkeypatch):
    scene = explored.hippocampus.scene
    monkeypatch.setattr(type(scene), "floors", property(lambda self: (self.storeys.current,)))
    monkeypatch.setattr(type(scene), "stairs", property(lambda self: ()))
    wide = np.where(scene.occupancy.traversable(0.3), scene.occupancy.clearance(), 0.0)
    here = scene.occupancy.centres_of([np.unravel_index(wide.argmax(), wide.shape)])[0]
    search = StairSearch(0.2)
    search.note(here)
    places = []
    while (place := search.next(scene, here)) is not None:
        places.append(place)
    assert 1 <= len(places) <= 12
    together = np.array([here, *places])
    gaps = np.linalg.norm(together[:, None] - together[None], axis=2)
    assert gaps[~np.eye(len(together), dtype=bool)].min() >= 1.2
    assert StairSearch(0.0).next(scene, here) is None


def test_nothing_is_looked_for_once_another_floor_is_known(explored):
    here = explored.hippocampus.latest.T_world_body[:2, 3]
    assert StairSearch(0.2).next(explored.hippocampus.scene, here) is None
