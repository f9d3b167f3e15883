"""Straight lines of the tool: worked out as joint paths, checked, and carried out over FCI."""

import numpy as np
import pytest

from embodied_mem.errors import BodyError
from embodied_mem.robots.config import build_robot, load_robot
from embodied_mem.robots.franka.cartesian import move_to, tool_line
from embodied_mem.robots.franka.limits import arm_limits
from franka_env import PATIENT, FrankaServer, franka_python
from franka_paths import PARAMETERS as FILE

pytest.importorskip("pinocchio")
pytest.importorskip("pybullet_data")

LIMITS = arm_limits("fr3")
JOINTS = tuple(f"fr3_joint{k}" for k in range(1, 8))
START = np.array([0.0, 0.0, 0.0, -1.57, 0.0, 1.57, 0.785])


@pytest.fixture(scope="module")
def model():
    from embodied_mem.brain.arm.model import ArmModel
    from embodied_mem_envs.tabletop.panda import panda_description

    return ArmModel(panda_description())


def moved(model, way: list[float]) -> np.ndarray:
    pose = model.tool_pose(START).copy()
    pose[:3, 3] += way
    return pose


def test_a_line_is_straight_and_within_all_limits(model) -> None:
    goal = moved(model, [0.0, 0.12, -0.1])
    path = tool_line(model, START, [goal], joints=JOINTS, limits=LIMITS, metres_per_second=0.1)
    assert path.positions[0] == pytest.approx(START)
    tools = np.array([model.tool_pose(row)[:3, 3] for row in path.positions])
    assert tools[-1] == pytest.approx(goal[:3, 3], abs=5e-4)
    along = (goal[:3, 3] - tools[0]) / np.linalg.norm(goal[:3, 3] - tools[0])
    away = (tools - tools[0]) - np.outer((tools - tools[0]) @ along, along)
    assert np.linalg.norm(away, axis=1).max() < 1e-3
    speeds = np.linalg.norm(np.diff(tools, axis=0), axis=1) / np.diff(path.times)
    assert speeds.max() < 0.11
    joint_speeds = np.abs(np.diff(path.positions, axis=0)) / np.diff(path.times)[:, None]
    assert (joint_speeds <= np.array(LIMITS.velocity)).all()


def test_a_pose_out_of_reach_is_an_error(model) -> None:
    with pytest.raises(BodyError, match="out of reach"):
        tool_line(model, START, [moved(model, [1.0, 0.0, 0.0])], joints=JOINTS, limits=LIMITS)


@pytest.mark.slow
def test_the_tool_goes_where_it_is_told(model, franka_server: FrankaServer) -> None:
    overrides = {
        "options.host": "127.0.0.1",
        "options.python": str(franka_python()),
        **{f"gate.arm.{name}": value for name, value in PATIENT.items()},
    }
    with build_robot(load_robot(FILE, overrides), signals=False) as robot:
        goal = moved(model, [0.05, 0.1, -0.08])
        followed = move_to(robot, model, goal, limits=LIMITS)
        assert followed.reason == ""
        assert followed.status == "done"
        franka_server.wait_until_idle()  # what is closed before is stopped within the tolerance
    received = franka_server.received()
    tool = model.tool_pose(received.commanded[-1])
    assert tool[:3, 3] == pytest.approx(goal[:3, 3], abs=1e-3)
    tools = np.array([model.tool_pose(row)[:3, 3] for row in received.commanded[::50]])
    along = goal[:3, 3] - tools[0]
    along /= np.linalg.norm(along)
    away = (tools - tools[0]) - np.outer((tools - tools[0]) @ along, along)
    assert np.linalg.norm(away, axis=1).max() < 2e-3
