"""One cloud laid over another: known motions are found again, and what does not fit is refused."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError, ObservationError
from embodied_mem.scene.registration.align import AlignConfig, Alignment, Refusal, align, refine
from embodied_mem.scene.registration.clouds import Cloud, inverse_of, joined
from embodied_mem.scene.registration.open3d_loader import open3d_missing
from embodied_mem.scene.registration.search import SearchConfig, find_places, same_place, transform
from lidar_rooms import FLAT, room_cloud, somewhere

MISSING = open3d_missing()
needs_open3d = pytest.mark.skipif(MISSING is not None, reason=str(MISSING))
FEW = AlignConfig(search=SearchConfig(places=4))
ROOM = room_cloud(step=0.11)


@settings(max_examples=4, deadline=None)
@given(st.floats(-3.1, 3.1), st.floats(-20.0, 20.0), st.floats(-20.0, 20.0))
def test_a_slice_search_finds_any_motion_of_a_room(yaw: float, x: float, y: float) -> None:
    T = somewhere(yaw, x, y)
    best = find_places(ROOM.moved(inverse_of(T)), ROOM)[0]
    # The search looks up about the middle of what it moves, so that is where it must be right.
    middle = inverse_of(T)[:3, :3] @ np.array([2.5, 2.1, 1.0]) + inverse_of(T)[:3, 3]
    assert same_place(best.T, T, at=middle, apart=0.2, turned=0.08)
    assert best.score > 0.4


@needs_open3d
def test_a_part_of_a_room_is_laid_over_it_to_the_millimetre() -> None:
    T = somewhere(2.0, 3.0, -7.0)
    half = ROOM.only(ROOM.points[:, 0] < 3.2)
    found = align(half.moved(inverse_of(T)), ROOM, FEW)
    assert isinstance(found, Alignment), found.reasons
    np.testing.assert_allclose(found.T, T, atol=2e-3)
    assert found.fitness > 0.95
    assert found.tilt < 1e-3


@needs_open3d
def test_a_room_that_looks_the_same_from_two_sides_is_refused() -> None:
    bare = room_cloud(furniture=(), step=0.11)
    found = align(bare.moved(inverse_of(somewhere(0.3, 1.0, 1.0))), bare, FEW)
    assert isinstance(found, Refusal)
    assert "another place fits as well" in found.reasons[0]


@needs_open3d
def test_another_room_is_refused() -> None:
    other = room_cloud(6.6, 3.1, ((2.0, 1.0, 0.0, 3.5, 1.8, 0.7), (5.0, 0.1, 0.0, 6.0, 1.0, 2.0)))
    found = align(other, ROOM, FEW)
    assert isinstance(found, Refusal)
    assert found.best is not None
    assert isinstance(align(ROOM.only(np.zeros(len(ROOM), np.bool_)), ROOM), Refusal)


@needs_open3d
def test_a_corridor_is_known_to_be_loose_along_its_length() -> None:
    walls = ROOM.only((np.abs(ROOM.normals[:, 1]) > 0.9) | (ROOM.normals[:, 2] > 0.9))
    ends = (walls.points[:, 1] < 0.01) | (walls.points[:, 1] > 4.19) | (walls.points[:, 2] < 0.01)
    corridor = walls.only(ends)
    found = refine(corridor, corridor, np.eye(4))
    along, across = np.sqrt(np.diag(found.covariance))[3:5]
    assert along > 10.0 * across


@needs_open3d
def test_refine_is_the_same_every_time_and_keeps_upright() -> None:
    T = transform(0.06, 0.1, -0.08, 0.02)
    rng = np.random.default_rng(3)
    noise = rng.normal(0.0, 0.01, ROOM.points.shape).astype(np.float32)
    source = Cloud.of(ROOM.points + noise, ROOM.normals)
    first, second = (refine(source.moved(inverse_of(T)), ROOM, np.eye(4)) for _ in range(2))
    np.testing.assert_array_equal(first.T, second.T)
    assert first.T[2, 2] == 1.0
    np.testing.assert_allclose(first.T, T, atol=4e-3)


def test_thinning_keeps_the_two_faces_of_a_wall_apart() -> None:
    points = np.array([[0.01, 0.5, 1.0], [0.05, 0.5, 1.0], [0.02, 0.5, 1.0]], np.float32)
    normals = np.array([[1, 0, 0], [-1, 0, 0], [1, 0, 0]], np.float32)
    thin = Cloud.of(points, normals).thinned(0.2)
    assert sorted(thin.normals[:, 0].tolist()) == [-1.0, 1.0]
    assert sorted(thin.weights.tolist()) == [1.0, 2.0]
    twice = joined([Cloud.of(points, normals)] * 2).thinned(0.2)
    np.testing.assert_allclose(np.sort(twice.points, axis=0), np.sort(thin.points, axis=0))


def test_bad_input_is_told() -> None:
    with pytest.raises(ObservationError, match="expected"):
        Cloud.of(np.zeros((3, 3), np.float32), np.zeros((2, 3), np.float32))
    with pytest.raises(ConfigError, match="voxel"):
        ROOM.thinned(0.0)
    with pytest.raises(ConfigError, match="close"):
        AlignConfig(close=0.5, reach=0.2)
    assert len(FLAT) == 4
