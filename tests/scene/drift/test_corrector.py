"""A robot on a round through a room whose odometry drifts, and one whose poses are true."""

from dataclasses import replace

import numpy as np
import pytest

from embodied_mem.scene.drift.corrector import DriftCorrector
from embodied_mem.scene.drift.planar import compose, planar
from embodied_mem.types import Float64Array, Observation
from embodied_mem_envs.house.odometry_drift import OdometryConfig, OdometryDrift
from tests.scene.drift.rooms import look, rounds

_FRAMES = 120


def _errors(true: Float64Array, believed: list[Observation]) -> Float64Array:
    told = np.array([planar(each.T_world_body) for each in believed])
    return np.hypot(*(told - true)[:, :2].T)


@pytest.fixture(scope="module")
def walk() -> list[Observation]:
    return [look(pose, tick) for tick, pose in enumerate(rounds(_FRAMES))]


def test_what_drifts_is_put_right(walk: list[Observation]) -> None:
    true = rounds(_FRAMES)
    drift, corrector = OdometryDrift(OdometryConfig(), seed=5), DriftCorrector()
    drifted = [drift.observe(each) for each in walk]
    corrected = [corrector.correct(each) for each in drifted]
    assert _errors(true, drifted).max() > 0.3
    assert _errors(true, corrected).mean() < 0.06
    assert _errors(true, corrected)[-30:].max() < 0.12
    camera = corrected[-1].T_world_camera
    np.testing.assert_allclose(
        np.linalg.inv(corrected[-1].T_world_body) @ camera,
        np.linalg.inv(walk[-1].T_world_body) @ walk[-1].T_world_camera,
        atol=1e-9,
    )


def test_true_poses_stay_what_they_are(walk: list[Observation]) -> None:
    corrector = DriftCorrector()
    corrected = [corrector.correct(each) for each in walk]
    assert _errors(rounds(_FRAMES), corrected).mean() < 0.02
    assert _errors(rounds(_FRAMES), corrected).max() < 0.1
    np.testing.assert_allclose(corrected[0].T_world_body, walk[0].T_world_body, atol=1e-12)


def test_the_same_walk_is_corrected_the_same(walk: list[Observation]) -> None:
    def told() -> bytes:
        drift, corrector = OdometryDrift(OdometryConfig(), seed=2), DriftCorrector()
        return b"".join(
            corrector.correct(drift.observe(each)).T_world_camera.tobytes() for each in walk[:40]
        )

    assert told() == told()


def test_views_that_do_not_fit_are_not_believed(walk: list[Observation]) -> None:
    """Who is carried off gets no correction, and no map of it: odometry is gone by."""
    corrector = DriftCorrector()
    for each in walk[:60]:
        corrector.correct(each)
    before = corrector.T_map_odom.copy()
    keyframes = len(corrector.localiser.keyframes)
    refused = corrector.localiser.refused
    corrector.correct(replace(walk[60], depth=walk[34].depth))
    moved = np.linalg.inv(before) @ corrector.T_map_odom
    assert np.hypot(*moved[:2, 3]) < 0.05
    assert corrector.localiser.refused == refused + 1
    assert len(corrector.localiser.keyframes) == keyframes


def test_a_camera_without_depth_leaves_odometry_alone(walk: list[Observation]) -> None:
    corrector = DriftCorrector()
    blind = replace(walk[0], depth=np.zeros_like(walk[0].depth))
    for pose in rounds(5):
        seen = replace(blind, T_world_body=look(pose).T_world_body)
        assert np.isfinite(corrector.correct(seen).T_world_body).all()
    np.testing.assert_allclose(corrector.T_map_odom, np.eye(4), atol=1e-12)
    assert not corrector.localiser.keyframes


def test_what_is_held_does_not_grow_on_known_ground(walk: list[Observation]) -> None:
    corrector = DriftCorrector()
    for each in walk:
        corrector.correct(each)
    held = corrector.localiser.nbytes
    keyframes = len(corrector.localiser.keyframes)
    for each in walk[-30:]:
        corrector.correct(each)
    assert len(corrector.localiser.keyframes) <= keyframes + 2
    assert corrector.localiser.nbytes <= 1.05 * held


def test_odometry_of_a_turned_frame_is_put_right_all_the_same(walk: list[Observation]) -> None:
    """The map has the frame of the first pose, whatever that is."""
    shift = np.array([3.0, -2.0, 0.7])
    corrector = DriftCorrector()
    told = []
    for each in walk[:50]:
        pose = compose(shift, planar(each.T_world_body))
        turned = look(planar(each.T_world_body))
        c, s = np.cos(shift[2]), np.sin(shift[2])
        T = np.eye(4)
        T[:2, :2], T[:2, 3] = [[c, -s], [s, c]], shift[:2]
        turned = replace(
            turned, T_world_body=T @ turned.T_world_body, T_world_camera=T @ turned.T_world_camera
        )
        told.append(np.hypot(*(planar(corrector.correct(turned).T_world_body) - pose)[:2]))
    assert np.mean(told) < 0.02
