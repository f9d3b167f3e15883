"""What a body observes: several cameras, noise, drift, and instance ids that mean nothing later."""

import numpy as np
import pytest

from embodied_mem.errors import ConfigError
from embodied_mem.types import Command, Intrinsics
from embodied_mem_envs.house import (
    CameraConfig,
    HouseBody,
    HouseConfig,
    SensorNoise,
    generate_house,
)
from embodied_mem_envs.house.noise import PoseDrift, noisy_depth

TINY = CameraConfig(width=64, height=48)


def make_body(**extra: object) -> HouseBody:
    body = HouseBody(generate_house(2, HouseConfig(rooms=3)), TINY, **extra)  # type: ignore[arg-type]
    body.connect()
    return body


def test_an_observation_is_complete_and_fits_the_features() -> None:
    body = make_body()
    seen = body.observe()
    assert seen.intrinsics == Intrinsics.from_hfov(64, 48, np.pi / 2)
    assert seen.instance is not None
    assert set(seen.labels) == set(np.unique(seen.instance).tolist()) - {0}
    names = body.house.instance_to_object
    for number, category in seen.labels.items():
        assert body.house.object(names[number]).category == category
    features = body.observation_features
    assert features["rgb"].shape == seen.rgb.shape
    assert features["depth"].shape == seen.depth.shape
    assert set(seen.proprioception) == {"tilt", "collided"}


def test_camera_poses_follow_the_conventions() -> None:
    body = make_body()
    x, y, yaw = body.true_pose
    seen = body.observe()
    rotation = seen.T_world_camera[:3, :3]
    np.testing.assert_allclose(rotation.T @ rotation, np.eye(3), atol=1e-12)
    assert np.linalg.det(rotation) == pytest.approx(1.0)
    np.testing.assert_allclose(seen.T_world_camera[:3, 3], [x, y, 1.25], atol=1e-12)
    forward = rotation @ [0.0, 0.0, 1.0]
    tilt = -0.26
    expected = [np.cos(tilt) * np.cos(yaw), np.cos(tilt) * np.sin(yaw), np.sin(tilt)]
    np.testing.assert_allclose(forward, expected, atol=1e-12)
    assert (rotation @ [1.0, 0.0, 0.0])[2] == pytest.approx(0.0)  # x right: level
    assert (rotation @ [0.0, 1.0, 0.0])[2] < 0  # y down
    body.act(Command(tilt=0.2))
    higher = body.observe().T_world_camera[:3, 2]
    assert higher[2] > forward[2]


def test_the_floor_back_projects_to_height_zero() -> None:
    seen = make_body().observe()
    rows, columns = np.indices(seen.depth.shape)
    camera, z = seen.intrinsics, seen.depth.astype(float)
    local = np.stack(
        [(columns - camera.cx) / camera.fx * z, (rows - camera.cy) / camera.fy * z, z], axis=-1
    )
    world = local @ seen.T_world_camera[:3, :3].T + seen.T_world_camera[:3, 3]
    assert world[..., 2].min() > -2e-3
    floor = (np.abs(world[..., 2]) < 2e-3).mean()
    assert floor > 0.05


def test_several_cameras_look_several_ways() -> None:
    back = CameraConfig(name="back", width=32, height=24, yaw=np.pi, mount_height=0.6)
    body = make_body(more_cameras=(back,))
    seen = body.observe_all()
    assert list(seen) == ["front", "back"]
    front_axis, back_axis = (seen[n].T_world_camera[:3, 2] for n in ("front", "back"))
    assert front_axis[:2] @ back_axis[:2] < -0.9
    assert seen["back"].depth.shape == (24, 32)
    assert seen["back"].T_world_camera[2, 3] == pytest.approx(0.6)
    with pytest.raises(ConfigError, match="once"):
        make_body(more_cameras=(TINY,))


def test_instance_ids_hold_within_a_visit_and_change_between_visits() -> None:
    house = generate_house(2, HouseConfig(rooms=5))
    before = house.instance_to_object
    house.move("book-0", house.objects[0].room)
    assert house.instance_to_object == before
    house.new_visit()
    after = house.instance_to_object
    assert sorted(after.values()) == sorted(before.values())
    kept = sum(before.get(number) == name for number, name in after.items())
    assert kept <= 0.1 * len(before)
    assert 0 not in after and len(set(after)) == len(after)


def test_the_same_seed_gives_the_same_noisy_pictures() -> None:
    pictures = []
    for seed in (1, 1, 2):
        body = make_body(noise=SensorNoise(), seed=seed)
        body.act(Command(forward=0.25))
        pictures.append(body.observe())
    np.testing.assert_array_equal(pictures[0].depth, pictures[1].depth)
    np.testing.assert_array_equal(pictures[0].T_world_camera, pictures[1].T_world_camera)
    assert (pictures[0].depth != pictures[2].depth).any()
    assert (pictures[0].T_world_camera != pictures[2].T_world_camera).any()


def test_depth_noise_grows_with_the_square_of_the_distance() -> None:
    rng = np.random.default_rng(0)
    noise = SensorNoise(baseline=0.0, dropout=0.0, edge_shift=0.0)
    spread = []
    for distance in (1.0, 2.0, 4.0):
        flat = np.full((120, 160), distance, np.float32)
        spread.append(float((noisy_depth(flat, 80.0, noise, rng) - distance).std()))
    assert spread[0] == pytest.approx(0.0012, rel=0.1)
    assert spread[1] / spread[0] == pytest.approx(4.0, rel=0.1)
    assert spread[2] / spread[1] == pytest.approx(4.0, rel=0.1)


def test_disparity_is_quantised_and_edges_drop_out() -> None:
    rng = np.random.default_rng(0)
    noise = SensorNoise(depth_sigma=0.0, dropout=0.0, edge_shift=0.0)
    ramp = np.linspace(3.0, 3.5, 160, dtype=np.float32)[None].repeat(120, 0)
    steps = np.unique(noisy_depth(ramp, 80.0, noise, rng))
    # At 3.25 m a step of an eighth of a pixel is z^2 / (f b) / 8 with f = 320 at 640 pixels.
    assert np.diff(steps).mean() == pytest.approx(3.25**2 / (320 * 0.075) / 8, rel=0.1)
    edge = np.full((120, 160), 1.0, np.float32)
    edge[:, 80:] = 3.0
    out = noisy_depth(edge, 80.0, noise, rng)
    assert (out[:, 79:81] == 0).all() and (out[:, :70] > 0).all() and (out[:, 90:] > 0).all()


def test_far_and_missing_depth_stays_missing() -> None:
    rng = np.random.default_rng(0)
    depth = np.zeros((48, 64), np.float32)
    depth[:, 32:] = 9.0
    assert not noisy_depth(depth, 32.0, SensorNoise(), rng).any()


def test_drift_grows_as_that_of_wheels() -> None:
    ends = []
    for seed in range(300):
        drift = PoseDrift(SensorNoise(), np.random.default_rng(seed), (0.0, 0.0, 0.0))
        for step in range(40):
            drift.advance((0.25 * step, 0.0, 0.0), (0.25 * (step + 1), 0.0, 0.0))
        ends.append(drift.pose)
    along, across, turned = np.std(ends, axis=0)
    assert along == pytest.approx(0.004 * np.sqrt(10.0), rel=0.15)
    assert turned == pytest.approx(0.002 * np.sqrt(10.0), rel=0.15)
    # The yaw error of every step swings all of the way that follows: 0.002 * s^1.5 / sqrt(3).
    assert across == pytest.approx(
        np.hypot(0.004 * np.sqrt(10.0), 0.002 * np.sqrt(1e3 / 3)), rel=0.15
    )


def test_a_body_at_rest_does_not_drift_and_a_placed_one_starts_anew() -> None:
    body = make_body(noise=SensorNoise())
    body.act(Command())
    x, y, yaw = body.true_pose
    np.testing.assert_allclose(body.observe().T_world_body[:2, 3], (x, y))
    for _ in range(6):
        body.act(Command(forward=0.25, turn=0.5))
    assert not np.allclose(body.observe().T_world_body[:2, 3], body.true_pose[:2], atol=1e-6)
    body.place(x, y, yaw)
    np.testing.assert_allclose(body.observe().T_world_body[:2, 3], (x, y))


@pytest.mark.parametrize(
    "wrong", [{"width": 1}, {"hfov": 3.2}, {"mount_height": 5.0}, {"tilt": 2.0}, {"forward": 0.5}]
)
def test_a_camera_out_of_range_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ConfigError, match="expected"):
        CameraConfig(**wrong)  # type: ignore[arg-type]


def test_noise_out_of_range_is_refused() -> None:
    with pytest.raises(ConfigError, match="dropout"):
        SensorNoise(dropout=1.5)
