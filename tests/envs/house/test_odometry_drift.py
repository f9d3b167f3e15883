"""Odometry that drifts: as much as it says, the same under its seed, and through any body."""

import numpy as np
import pytest

from embodied_mem.errors import ConfigError
from embodied_mem.robots.body import Body
from embodied_mem.types import Command, Intrinsics, Observation
from embodied_mem_envs.house import CameraConfig, HouseBody, HouseConfig, generate_house
from embodied_mem_envs.house.body import body_pose
from embodied_mem_envs.house.odometry_drift import (
    BIASED,
    DriftingBody,
    OdometryConfig,
    OdometryDrift,
)

_INTRINSICS = Intrinsics.from_hfov(2, 2, 1.5)


def _at(x: float, y: float, yaw: float) -> Observation:
    pose = body_pose(x, y, yaw)
    return Observation(
        rgb=np.zeros((2, 2, 3), np.uint8),
        depth=np.zeros((2, 2), np.float32),
        intrinsics=_INTRINSICS,
        T_world_camera=pose,
        T_world_body=pose,
        tick=0,
    )


def _laps(config: OdometryConfig, seed: int, metres: float) -> float:
    """Walks round a square of 5 m and returns the error of the position at the end, m."""
    drift = OdometryDrift(config, seed)
    x = y = yaw = 0.0
    drift.observe(_at(x, y, yaw))
    told = _at(x, y, yaw)
    for step in range(round(metres / 0.25)):
        x, y = x + 0.25 * np.cos(yaw), y + 0.25 * np.sin(yaw)
        told = drift.observe(_at(x, y, yaw))
        if step % 20 == 19:
            for _ in range(3):
                yaw += np.pi / 6
                told = drift.observe(_at(x, y, yaw))
    return float(np.hypot(told.T_world_body[0, 3] - x, told.T_world_body[1, 3] - y))


@pytest.mark.parametrize("config", [OdometryConfig(), BIASED])
def test_the_drift_is_about_a_percent_of_the_way(config: OdometryConfig) -> None:
    ends = [_laps(config, seed, 200.0) for seed in range(12)]
    assert 0.004 < np.mean(ends) / 200.0 < 0.025


def test_the_same_seed_gives_the_same_drift() -> None:
    assert _laps(OdometryConfig(), 3, 20.0) == _laps(OdometryConfig(), 3, 20.0)
    assert _laps(OdometryConfig(), 3, 20.0) != _laps(OdometryConfig(), 4, 20.0)


def test_without_errors_poses_are_true() -> None:
    exact = OdometryConfig(yaw_per_turn=0, yaw_per_metre=0, way_per_metre=0, way_per_turn=0)
    assert _laps(exact, 1, 40.0) < 1e-9


def test_errors_must_be_sizes() -> None:
    with pytest.raises(ConfigError, match="yaw_bias"):
        OdometryConfig(yaw_bias=-0.1)


def test_any_body_can_drift() -> None:
    house = generate_house(2, HouseConfig(rooms=3))
    true = HouseBody(house, camera=CameraConfig(width=16, height=12))
    body: Body = DriftingBody(true, seed=1)
    assert isinstance(body, Body)
    body.connect()
    first = body.observe()
    np.testing.assert_allclose(first.T_world_body, true.true_transform, atol=1e-12)
    for _ in range(6):
        body.act(Command(turn=np.pi / 6))
    later = body.observe()
    assert np.abs(later.T_world_body - true.true_transform).max() > 1e-4
    mount = np.linalg.inv(first.T_world_body) @ first.T_world_camera
    np.testing.assert_allclose(later.T_world_body @ mount, later.T_world_camera, atol=1e-9)
    body.close()
