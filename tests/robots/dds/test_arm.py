"""An arm over the wire: whole trajectories, streamed positions, and holding where it is."""

import threading

import numpy as np
import pytest

from embodied_mem.robots.safety.gated import GATE_STAMP, GatedCommand, GatedTrajectory
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Command
from embodied_mem_envs.robot_peer.arm import HOME, JOINTS

ARM = {"arm": "arm", "joints": JOINTS, "required": ("joints",)}


def far(one) -> float:
    """How far the arm is from home, rad."""
    joints = one.driver.read().joints
    return 0.0 if joints is None else float(np.abs(joints - HOME).max())


def test_a_trajectory_is_followed_and_a_position_holds_it(peer, connect):
    robot = peer("--arm")
    one = connect(robot.domain, **ARM).ready()
    assert one.driver.info.follows_trajectories
    readings = one.driver.read()
    assert readings.joints == pytest.approx(HOME, abs=1e-3)
    assert readings.joint_velocities == pytest.approx(np.zeros(7), abs=1e-3)
    goal = np.array(HOME) + 0.2
    path = Trajectory(joints=JOINTS, positions=np.array([HOME, goal]), times=np.array([0.0, 1.0]))
    one.driver.write_trajectory(GatedTrajectory(GATE_STAMP, path))
    one.until(lambda one: far(one) > 0.199)
    assert one.driver.read().joints == pytest.approx(goal, abs=2e-3)
    back = Trajectory(joints=JOINTS, positions=np.array([goal, HOME]), times=np.array([0.0, 2.0]))
    one.driver.write_trajectory(GatedTrajectory(GATE_STAMP, back))
    one.until(lambda one: far(one) < 0.15)
    here = tuple(one.driver.read().joints)
    one.driver.write(GatedCommand(GATE_STAMP, Command(joints=here), stop="a test"))
    threading.Event().wait(0.5)
    held = one.driver.read()
    assert held.joints == pytest.approx(here, abs=0.05)
    assert np.abs(held.joint_velocities).max() < 0.01
    taken = robot.log.trajectories
    assert [one["refused"] for one in taken] == ["", "", ""]
    assert taken[0]["times"] == [0.0, 1.0] and len(taken[2]["times"]) == 1


def test_commands_without_positions_leave_the_arm_alone(peer, connect):
    robot = peer("--arm")
    one = connect(robot.domain, **ARM).ready()
    for _ in range(5):
        one.driver.write(GatedCommand(GATE_STAMP, Command(forward=0.1)))
        threading.Event().wait(0.05)
    robot.until(lambda log: len(log.commands) == 5)
    assert robot.log.trajectories == ()
