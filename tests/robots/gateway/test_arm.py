"""Trajectories over a gateway: checked at both ends, followed at one, and held when in doubt."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.robots.config import KnowsJointLimits, build_robot, load_robot
from embodied_mem.robots.gateway.client import make_gateway
from embodied_mem.robots.gateway.server import GatewayServer
from embodied_mem.robots.robot import Robot
from embodied_mem.robots.safety.config import ArmGateConfig, GateConfig
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.trajectory import Trajectory
from gateway_process import wait_until
from memory_robot import MemoryDriver, base_info

NAMES = ("shoulder", "elbow")
ARM = GateConfig(rate=50.0, zones=None, forward=None, turn=None, arm=ArmGateConfig())
LIMITS = JointLimits(
    low=(-2.0, -2.0),
    high=(2.0, 2.0),
    velocity=(2.0, 2.0),
    acceleration=(10.0, 10.0),
    reflex_acceleration=(50.0, 50.0),
    stop_acceleration=(5.0, 5.0),
    stop_jerk=(100.0, 100.0),
)


def arm_driver() -> MemoryDriver:
    info = base_info("arm", joints=NAMES, required=("joints",), observation_features={})
    return MemoryDriver(info=info, joints=np.zeros(2), pictures=False)


def reach(seconds: float, far: float = 0.5) -> Trajectory:
    """From 0 to `far` and to its opposite, smoothly."""
    share = np.linspace(0.0, 1.0, 60)
    smooth = far * (10.0 * share**3 - 15.0 * share**4 + 6.0 * share**5)
    return Trajectory(
        joints=NAMES, positions=np.column_stack([smooth, -smooth]), times=seconds * share
    )


Near = tuple[MemoryDriver, Robot, GatewayServer]


@pytest.fixture
def near() -> Iterator[Near]:
    driver = arm_driver()
    with (
        Robot(driver, ARM, joint_limits=LIMITS) as robot,
        GatewayServer(robot, "tcp://127.0.0.1:*") as server,
    ):
        yield driver, robot, server
        assert (server.broken, server.last_error) == (0, "")


@pytest.fixture
def brain(near: Near) -> Iterator[Robot]:
    far = make_gateway({"endpoint": near[2].endpoint})
    with Robot(far, ARM, joint_limits=LIMITS) as robot:
        wait_until(lambda: robot.readings.joints is not None)
        yield robot


def positions(driver: MemoryDriver) -> np.ndarray:
    return np.array([one.command.joints for one in driver.written if one.command.joints])


def test_a_trajectory_is_followed_to_its_end(near: Near, brain: Robot) -> None:
    followed = brain.follow(reach(1.0))
    assert (followed.status, followed.reason) == ("done", "")
    assert positions(near[0])[-1] == pytest.approx([0.5, -0.5], abs=0.03)
    assert abs(np.diff(positions(near[0]), axis=0)).max() < 0.04


def test_the_limits_of_the_robots_end_are_known_before_connecting(near: Near) -> None:
    far = make_gateway({"endpoint": near[2].endpoint})
    assert isinstance(far, KnowsJointLimits)
    assert far.joint_limits == LIMITS
    assert far.info.joints == NAMES
    robot = build_robot(load_robot("gateway", {"options.endpoint": near[2].endpoint}))
    assert robot.gate.joint_limits == LIMITS


def test_an_emergency_stop_at_the_robots_end_ends_a_trajectory(near: Near, brain: Robot) -> None:
    threading.Timer(0.6, lambda: near[1].estop("button")).start()
    followed = brain.follow(reach(2.0))
    assert followed.status == "stopped"
    assert "button" in followed.reason
    assert abs(positions(near[0])[-1]).max() < 0.3


def test_a_trajectory_that_only_the_robots_end_refuses_moves_nothing(near: Near) -> None:
    wider = JointLimits(
        low=(-3.0, -3.0),
        high=(3.0, 3.0),
        velocity=(9.0, 9.0),
        acceleration=LIMITS.acceleration,
        reflex_acceleration=LIMITS.reflex_acceleration,
        stop_acceleration=LIMITS.stop_acceleration,
        stop_jerk=LIMITS.stop_jerk,
    )
    far = make_gateway({"endpoint": near[2].endpoint})
    with Robot(far, ARM, joint_limits=wider) as brain:
        wait_until(lambda: brain.readings.joints is not None)
        followed = brain.follow(reach(3.0, far=2.5))
        assert followed.status != "done"
        assert "the robot's end refused: point" in followed.reason
        assert "the limit is" in followed.reason
    assert len(positions(near[0])) == 0 or abs(positions(near[0])).max() < 0.01


BRAIN = """
import sys, time
from test_arm import ARM, LIMITS, reach
from embodied_mem.robots.config import KnowsJointLimits, build_robot, load_robot
from embodied_mem.robots.gateway.client import make_gateway
from embodied_mem.robots.robot import Robot

with Robot(make_gateway({"endpoint": sys.argv[1]}), ARM, joint_limits=LIMITS) as brain:
    while brain.readings.joints is None:
        time.sleep(0.01)
    print("begins", flush=True)
    brain.follow(reach(4.0, far=1.5))
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_an_arm_whose_brain_is_gone_holds(near: Near, how: signal.Signals) -> None:
    here = Path(__file__).parent
    search = os.pathsep.join([str(here), str(here.parents[1] / "support")])
    process = subprocess.Popen(
        [sys.executable, "-c", BRAIN, near[2].endpoint],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": search},
    )
    try:
        wait_until(lambda: len(positions(near[0])) > 0 and positions(near[0])[-1][0] > 0.3, 20.0)
        process.send_signal(how)
        time.sleep(1.3)  # the watchdog, and the way to rest
        held = positions(near[0])[-1]
        assert held[0] < 1.4
        time.sleep(0.5)
        assert positions(near[0])[-1] == pytest.approx(held, abs=1e-6)
        steps = np.diff(positions(near[0]), axis=0) * ARM.rate
        assert abs(steps).max() < 2.0
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
