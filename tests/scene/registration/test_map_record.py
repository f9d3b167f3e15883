"""What is kept of a map's geometry comes back as it was, layer by layer, or says what is wrong."""

from dataclasses import replace

import msgspec
import numpy as np
import pytest

from embodied_mem.errors import StoreError
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.record import Add, MemoryRecord, Pose
from embodied_mem.scene.registration.clouds import Cloud
from embodied_mem.scene.registration.map_cloud import FloorSpace, MapCloud
from embodied_mem.scene.registration.map_record import (
    decode_map,
    encode_map,
    map_records,
    pose_matrix,
    read_map,
)
from embodied_mem.scene.registration.search import transform
from embodied_mem.scene.registration.surfels import in_order
from lidar_rooms import room_cloud

STATES = np.random.default_rng(0).integers(0, 3, (42, 50), dtype=np.uint8)
FLOOR = FloorSpace(states=STATES, corner=(-3, 7), cell=0.1, height=0.02)
TILTED = room_cloud(step=0.1).moved(transform(0.4, -6.0, 3.0, 0.0))
MAP = MapCloud(cloud=TILTED.thinned(0.12), voxel=0.12, floors=(FLOOR,), heights=(0.02,))


def same_surfaces(kept: Cloud, true: Cloud) -> None:
    """Tells by each point's distance to the true plane: where in it, it lies says nothing."""
    away = np.einsum("ij,ij->i", kept.points - true.points, true.normals)
    assert np.abs(away).max() < 0.012
    assert np.einsum("ij,ij->i", kept.normals, true.normals).min() > 0.998
    assert np.linalg.norm(kept.points - true.points, axis=1).max() < 0.12


def test_geometry_comes_back_within_millimetres_of_its_planes() -> None:
    fact, layers = encode_map(MAP)
    back = decode_map(fact, layers)
    upright = np.abs(MAP.cloud.normals[:, 2]) < 0.5
    standing = in_order(MAP.cloud.only(upright), 0.12)
    lying = in_order(MAP.cloud.only(~upright), 0.12)
    same_surfaces(back.cloud.only(np.arange(len(standing))), standing)
    same_surfaces(back.cloud.only(np.arange(len(standing), len(back.cloud))), lying)
    np.testing.assert_array_equal(back.floors[0].states, STATES)
    assert back.floors[0].corner == (-3, 7)
    assert back.heights == (0.02,)
    assert sum(map(len, layers)) < 8 * len(MAP.cloud)


def test_every_prefix_of_the_layers_decodes() -> None:
    fact, layers = encode_map(MAP)
    counts = [len(decode_map(fact, layers[:held]).cloud) for held in (1, 2, 3)]
    assert counts == [fact.upright, len(MAP.cloud), len(MAP.cloud)]
    with pytest.raises(StoreError, match="no layer"):
        decode_map(fact, ())


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_damaged_layers_are_told(layer: int) -> None:
    fact, layers = encode_map(MAP)
    broken = [data if k != layer else data[: len(data) // 2] for k, data in enumerate(layers)]
    with pytest.raises(StoreError, match="decode"):
        decode_map(fact, broken)
    with pytest.raises(StoreError, match="numbers of points"):
        decode_map(msgspec.structs.replace(fact, upright=3), layers)


def record(name: str, observer: str, pose: Pose, known: MapCloud = MAP) -> MemoryRecord:
    fact, layers = encode_map(known)
    return MemoryRecord(
        id=name * 32,
        kind="summary",
        content=msgspec.to_builtins(fact),
        observer=observer,
        pose=pose,
        payload=layers,
    )


HERE: Pose = (0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0)


def test_a_memory_moved_to_another_frame_moves_the_pose_alone() -> None:
    store = MemoryStore()
    store.apply([Add(record=record("a", "agent", HERE))])
    T = transform(0.5, 2.0, -1.0, 0.1)
    store.migrate(frame=T)
    kept = read_map(store)
    assert kept is not None
    np.testing.assert_allclose(kept[1], T, atol=1e-5)
    assert map_records(store)[0].payload == encode_map(MAP)[1]


def test_surfaces_of_several_observers_are_joined_as_the_viewer_may_know() -> None:
    store = MemoryStore()
    part = replace(MAP, cloud=MAP.cloud.only(MAP.cloud.points[:, 0] < -4.0))
    half = np.sqrt(0.5)
    turned: Pose = (1.0, 2.0, 0.0, half, 0.0, 0.0, half)
    store.apply([Add(record=record("a", "robot-a", HERE))])
    store.apply([Add(record=record("b", "robot-b", turned, part))])
    both, alone = read_map(store), read_map(store, viewer="robot-b")
    assert both is not None
    assert alone is not None
    assert len(both[0].cloud) > len(MAP.cloud)
    assert len(alone[0].cloud) == len(part.cloud)
    np.testing.assert_allclose(alone[1], pose_matrix(turned))
    assert read_map(MemoryStore()) is None


def test_a_tilted_pose_is_refused() -> None:
    with pytest.raises(StoreError, match="tilted"):
        pose_matrix((0.0, 0.0, 0.0, 0.9, 0.3, 0.3, 0.0))
