"""The other vendor's robot: rclpy on Fast DDS, heard and steered by the driver without any ROS."""

import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.robots.safety.gated import GATE_STAMP, GatedCommand, GatedTrajectory
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Command
from peer import own_domain
from ros_env import ros_python, ros_variables

OPTIONS = {"width": 16, "height": 12, "arm": "arm", "joints": ("a", "b")}


class RclpyRobot:
    """The running process."""

    def __init__(self, domain: int, folder: Path) -> None:
        self.domain = domain
        self.heard: list[dict] = []
        self.process = subprocess.Popen(
            [str(ros_python()), str(Path(__file__).with_name("rclpy_robot.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=dict(ros_variables(folder, domain)),
        )
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        for line in self.process.stdout:
            self.heard.append(json.loads(line))

    def of(self, kind: str) -> list[dict]:
        return [one for one in self.heard if one["kind"] == kind]

    def tell(self, line: str) -> None:
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        self._thread.join()
        self.process.stdin.close()
        self.process.stdout.close()


@pytest.fixture
def robot(tmp_path: Path) -> Iterator[RclpyRobot]:
    with own_domain() as domain:
        one = RclpyRobot(domain, tmp_path)
        yield one
        one.end()


def test_everything_goes_both_ways(robot, connect):
    one = connect(robot.domain, **OPTIONS).ready()
    assert {check.verdict for check in one.driver.checks()} == {"ok"}
    readings = one.driver.read()
    assert readings.forward == 0.25
    assert readings.T_world_body[0, 3] == 3.0
    assert readings.joints.tolist() == [1.0, 2.0]
    assert readings.joint_velocities.tolist() == [0.1, 0.2]
    assert readings.frame.rgb[0, 0].tolist() == [9, 8, 200]
    assert readings.frame.depth[0, 0] == pytest.approx(2.0)
    assert readings.frame.intrinsics.cx == 7.5

    one.driver.write(GatedCommand(GATE_STAMP, Command(forward=0.1, turn=-0.2)))
    path = Trajectory(
        joints=("a", "b"), positions=np.array([[1.0, 2.0], [1.1, 2.2]]), times=np.array([0.0, 1.5])
    )
    one.driver.write_trajectory(GatedTrajectory(GATE_STAMP, path))
    one.until(lambda _: robot.of("cmd_vel") and robot.of("path"))
    assert robot.of("cmd_vel")[0]["value"] == [0.1, -0.2]
    assert robot.of("path")[0]["names"] == ["a", "b"]
    assert robot.of("path")[0]["positions"] == path.positions.tolist()
    assert robot.of("path")[0]["times"] == [0.0, 1.5]

    one.driver.announce_estop("a test")
    one.until(lambda one: one.driver.read().stopped)
    assert robot.of("e_stop")[0]["value"] and one.owner.told == []
    robot.tell("stop")
    one.until(lambda one: one.owner.told)
    assert one.owner.told[0][0] == "stop"
    robot.tell("end")
    one.until(lambda one: "no robot subscribes to /cmd_vel" in one.faults)


def test_what_does_not_fit_is_named(robot, connect):
    latched = {"qos": {"odom": {"durability": "transient_local"}}}
    one = connect(robot.domain, stamped=True, **OPTIONS, **latched)
    one.until(lambda one: "durability: offered volatile, requested transient_local" in one.faults)
    one.until(lambda one: "geometry_msgs/msg/Twist, ours" in one.faults)
