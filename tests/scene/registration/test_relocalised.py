"""What follows from where a visit began: it goes on in the remembered frame, and memories meet."""

from dataclasses import replace

import numpy as np
import pytest

from embodied_mem.scene.registration.align import Alignment, Refusal
from embodied_mem.scene.registration.between import register_maps
from embodied_mem.scene.registration.clouds import empty, inverse_of
from embodied_mem.scene.registration.map_cloud import FloorSpace, MapCloud
from embodied_mem.scene.registration.open3d_loader import open3d_missing
from embodied_mem.scene.registration.relocalised import RelocalisedMemory
from embodied_mem.scene.registration.relocaliser import (
    GivenUp,
    Relocaliser,
    RelocaliserConfig,
)
from embodied_mem.scene.registration.search import transform
from embodied_mem.types import Intrinsics, Observation
from lidar_rooms import FLAT, room_cloud, somewhere

MISSING = open3d_missing()
needs_open3d = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
CAMERA = Intrinsics.from_hfov(32, 24, 1.5)


class Diary:
    """Notes where the body stood in what it was told."""

    def __init__(self) -> None:
        self.poses: list[tuple[float, float]] = []

    def observe(self, observation: Observation) -> None:
        x, y = observation.T_world_body[:2, 3].tolist()
        self.poses.append((x, y))

    def consolidate(self) -> None:
        self.poses.append((np.inf, np.inf))


def glance(x: float) -> Observation:
    body = transform(0.0, x, 0.0, 0.0)
    return Observation(
        rgb=np.zeros((24, 32, 3), np.uint8),
        depth=np.zeros((24, 32), np.float32),
        intrinsics=CAMERA,
        T_world_camera=body,
        T_world_body=body,
        tick=0,
    )


def test_nothing_is_taken_in_before_it_is_known_where() -> None:
    diary = Diary()
    blind = Relocaliser(MapCloud(cloud=empty(), voxel=0.1), RelocaliserConfig(first=2, patience=3))
    memory = RelocalisedMemory(diary, blind)
    for step in range(5):
        memory.observe(glance(float(step)))
    assert isinstance(memory.whereabouts, GivenUp)
    assert diary.poses == []
    assert [seen.T_world_body[0, 3] for seen in memory.waiting] == [0.0, 1.0, 2.0]


def test_an_observation_is_told_in_the_remembered_frame() -> None:
    T = somewhere(np.pi / 2, 4.0, 0.0)
    moved = glance(1.0).told_in(T)
    np.testing.assert_allclose(moved.T_world_body[:3, 3], (4.0, 1.0, 0.0), atol=1e-12)
    np.testing.assert_allclose(moved.T_world_camera, moved.T_world_body)


def floor_of(free: tuple[tuple[float, float, float, float], ...]) -> FloorSpace:
    """Makes a floor that is free in rectangles x0, y0, x1, y1, m."""
    states = np.zeros((60, 60), np.uint8)
    for x0, y0, x1, y1 in free:
        states[round(y0 * 10) : round(y1 * 10), round(x0 * 10) : round(x1 * 10)] = 1
    return FloorSpace(states=states, corner=(0, 0), cell=0.1, height=0.0)


@needs_open3d
def test_two_memories_of_one_room_are_laid_over_each_other() -> None:
    room = room_cloud(step=0.1)
    ours = MapCloud(cloud=room, voxel=0.12)
    T = somewhere(-1.1, 6.0, 2.0)
    theirs = MapCloud(cloud=room.moved(inverse_of(T)), voxel=0.12)
    found = register_maps(theirs, ours)
    assert isinstance(found, Alignment), found.reasons
    np.testing.assert_allclose(found.T, T, atol=5e-3)


@needs_open3d
def test_memories_that_contradict_each_other_are_refused() -> None:
    free = floor_of(((1.8, 0.8, 4.2, 1.5), (0.8, 2.4, 4.2, 4.0)))
    ours = MapCloud(cloud=room_cloud(step=0.1), voxel=0.12, floors=(free,))
    filled = room_cloud(furniture=(*FLAT, (1.9, 2.5, 0.0, 4.1, 3.9, 1.2)), step=0.1)
    found = register_maps(replace(ours, cloud=filled, floors=()), ours)
    assert isinstance(found, Refusal)
    assert any("free" in reason for reason in found.reasons)
    assert isinstance(register_maps(MapCloud(cloud=empty(), voxel=0.1), ours), Refusal)
