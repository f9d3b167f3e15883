"""Kinematics of the simulator's own arm."""

import pathlib

import numpy as np
import pytest

from embodied_mem.brain.arm.cover import cover
from embodied_mem.brain.arm.model import ArmModel
from embodied_mem.errors import ConfigError
from embodied_mem.robots.arm import ArmDescription

pybullet_data = pytest.importorskip("pybullet_data")
JOINTS = tuple(f"panda_joint{number}" for number in range(1, 8))


def description(**changes):
    fields = {
        "urdf": pathlib.Path(pybullet_data.getDataPath()) / "franka_panda" / "panda.urdf",
        "joints": JOINTS,
        "tool_frame": "panda_grasptarget",
        "home": (0.0, -0.5, 0.0, -2.3, 0.0, 1.8, 0.785),
    }
    return ArmDescription(**{**fields, **changes})


@pytest.fixture(scope="module")
def model():
    return ArmModel(description())


def down(x, y, z, yaw):
    cosine, sine = np.cos(yaw), np.sin(yaw)
    return np.array([[cosine, sine, 0, x], [sine, -cosine, 0, y], [0, 0, -1, z], [0, 0, 0, 1.0]])


def test_poses_over_the_table_are_reached_within_the_limits(model):
    rng = np.random.default_rng(3)
    for _ in range(60):
        pose = down(
            rng.uniform(0.28, 0.58), rng.uniform(-0.46, 0.46), rng.uniform(0.01, 0.25),
            rng.uniform(-1.57, 1.57),
        )  # fmt: skip
        joints = model.solve(pose, model.home)
        assert joints is not None
        np.testing.assert_allclose(model.tool_pose(joints), pose, atol=3e-4)
        assert (joints >= model.lower).all() and (joints <= model.upper).all()


def test_a_pose_out_of_reach_has_no_solution(model):
    assert model.solve(down(1.4, 0.0, 0.1, 0.0), model.home) is None


def test_a_moved_base_moves_the_world(model):
    shift = np.eye(4)
    shift[:3, 3] = 0.1, -0.2, 0.3
    moved = ArmModel(description(T_world_base=tuple(map(tuple, shift))))
    np.testing.assert_allclose(moved.tool_pose(model.home), shift @ model.tool_pose(model.home))
    pose = shift @ down(0.4, 0.1, 0.1, 0.5)
    np.testing.assert_allclose(moved.tool_pose(moved.solve(pose, moved.home)), pose, atol=3e-4)
    spheres, there = model.spheres(model.home), moved.spheres(model.home)
    np.testing.assert_allclose(
        there[:, :3] - spheres[:, :3], np.tile(shift[:3, 3], (len(spheres), 1))
    )


def test_spheres_contain_the_meshes_that_the_simulator_shows(model):
    """PyBullet itself says where the links' boxes are and where rays hit them."""
    bullet = pytest.importorskip("pybullet")
    client = bullet.connect(bullet.DIRECT)
    try:
        body = bullet.loadURDF(str(description().urdf), useFixedBase=True, physicsClientId=client)
        joints = np.array([0.4, -0.3, 0.2, -2.0, 0.3, 1.9, 0.1])
        for index, value in enumerate([*joints]):
            bullet.resetJointState(body, index, value, physicsClientId=client)
        for index in (9, 10):
            bullet.resetJointState(body, index, 0.015, physicsClientId=client)
        rng = np.random.default_rng(0)
        goal = model.tool_pose(joints)[:3, 3] + rng.normal(0, 0.12, (3000, 3))
        start = goal + rng.normal(0, 1, goal.shape)
        hits = bullet.rayTestBatch(start.tolist(), goal.tolist(), physicsClientId=client)
        points = np.array([hit[3] for hit in hits if hit[0] == body])
    finally:
        bullet.disconnect(client)
    assert len(points) > 300
    spheres = model.spheres(joints, 0.03)
    gaps = np.linalg.norm(points[:, None] - spheres[:, :3], axis=2) - spheres[:, 3]
    assert gaps.min(axis=1).max() < 0.004


def test_what_is_held_moves_with_the_tool(model):
    held = np.array([[0.0, 0.0, 0.03, 0.02]])
    joints = model.home + 0.2
    sphere = model.spheres(joints, held=held)[-1]
    there = model.tool_pose(joints) @ np.array([0.0, 0.0, 0.03, 1.0])
    np.testing.assert_allclose(sphere, [*there[:3], 0.02], atol=1e-9)
    np.testing.assert_array_equal(model.spheres_along(joints[None])[0], model.spheres(joints))


def test_an_unknown_joint_is_refused():
    with pytest.raises(ConfigError, match="elbow"):
        ArmModel(description(joints=(*JOINTS, "elbow")))


def test_a_cover_contains_its_mesh():
    corners = np.array([[0, 0, 0], [0.3, 0, 0], [0, 0.1, 0], [0, 0, 0.1]])
    faces = np.array([[0, 1, 2], [0, 1, 3], [0, 2, 3], [1, 2, 3]])
    spheres = cover(corners, faces)
    weights = np.random.default_rng(0).dirichlet(np.ones(3), 200)
    points = np.einsum("nk,fkd->fnd", weights, corners[faces]).reshape(-1, 3)
    gaps = np.linalg.norm(points[:, None] - spheres[:, :3], axis=2) - spheres[:, 3]
    assert gaps.min(axis=1).max() < 1e-9
    assert spheres[:, 3].max() < 0.0851
