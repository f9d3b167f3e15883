from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from embodied_mem.perception import Frame, make_frame
from embodied_mem.recordings.alignment import estimate_alignment
from embodied_mem.recordings.reader import ground_pose
from embodied_mem.types import Float64Array
from recording_folders import walk

VIEWS = walk(5)


def moved_frames(T_recording_world: Float64Array, noise: float = 0.0) -> list[Frame]:
    rng = np.random.default_rng(2)
    frames = []
    for view in VIEWS:
        depth = view.depth + rng.normal(0.0, noise, view.depth.shape) * view.depth**2
        pose = T_recording_world @ view.T_world_camera
        seen = replace(
            view,
            depth=np.where(view.depth > 0, depth, 0.0).astype(np.float32),
            T_world_camera=pose,
        )
        frames.append(make_frame(seen, 1))
    return frames


@given(angles=st.tuples(*[st.floats(-3.1, 3.1)] * 3), shift=st.floats(-5, 5))
@settings(max_examples=15, deadline=None)
def test_up_and_floor_are_found_whatever_the_recordings_world(
    angles: tuple[float, float, float], shift: float
) -> None:
    T_recording_world = np.eye(4)
    T_recording_world[:3, :3] = Rotation.from_euler("zyx", angles).as_matrix()
    T_recording_world[:3, 3] = shift, -shift, 0.5 * shift
    aligned = estimate_alignment(moved_frames(T_recording_world, 0.0015), False)
    found = aligned @ T_recording_world
    assert np.rad2deg(np.arccos(min(found[2, 2], 1.0))) < 1.0
    assert abs(found[2, 3]) < 0.02
    np.testing.assert_allclose(aligned[:3, :3] @ aligned[:3, :3].T, np.eye(3), atol=1e-9)
    assert np.linalg.det(aligned[:3, :3]) == pytest.approx(1.0)


def test_an_upright_world_is_not_turned_and_only_slightly_lifted() -> None:
    lifted = np.eye(4)
    lifted[2, 3] = 0.08
    aligned = estimate_alignment(moved_frames(lifted), True)
    np.testing.assert_array_equal(aligned[:3, :3], np.eye(3))
    assert aligned[2, 3] == pytest.approx(-0.08, abs=0.01)
    lifted[2, 3] = 0.9
    np.testing.assert_array_equal(estimate_alignment(moved_frames(lifted), True), np.eye(4))


def test_without_any_surface_the_cameras_up_is_taken() -> None:
    frames = [make_frame(replace(view, depth=np.zeros_like(view.depth)), 1) for view in VIEWS]
    aligned = estimate_alignment(frames, False)
    assert np.isfinite(aligned).all()
    assert aligned[2, 2] > 0.7


def test_a_camera_that_looks_straight_down_still_has_a_heading() -> None:
    down = np.eye(4)
    down[:3, :3] = np.array([[0, -1, 0], [-1, 0, 0], [0, 0, -1]]).T
    down[:3, 3] = 1.0, 2.0, 3.0
    body = ground_pose(down)
    np.testing.assert_allclose(body[:3, 3], [1.0, 2.0, 0.0])
    np.testing.assert_allclose(body[:3, 0], -down[:3, 1], atol=1e-9)
