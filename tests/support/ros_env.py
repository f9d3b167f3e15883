"""Finds the interpreter with real rclpy for tests, or says why there is none."""

import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from embodied_mem.errors import BodyError
from embodied_mem.robots.apart.interpreter import lay_package
from embodied_mem.robots.config import RobotConfig, build_robot
from embodied_mem.robots.robot import Robot
from embodied_mem.robots.ros2.environment import ros_environment, ros_interpreter
from embodied_mem.robots.safety.config import ArmGateConfig, GateConfig
from embodied_mem.robots.safety.joint_limits import JointLimits

IMPORTS = "import msgspec, numpy, zmq, cv2, rclpy, geometry_msgs.msg, nav_msgs.msg, sensor_msgs.msg"
JOINTS = tuple(f"panda_joint{number}" for number in range(1, 8))
"""Of the peer's arm."""
JOINT_LIMITS = JointLimits(
    low=(-2.9, -1.8, -2.9, -3.1, -2.9, -0.1, -2.9),
    high=(2.9, 1.8, 2.9, -0.05, 2.9, 3.8, 2.9),
    velocity=(1.5,) * 7,
    acceleration=(5.0,) * 7,
    reflex_acceleration=(25.0,) * 7,
    stop_acceleration=(2.5,) * 7,
    stop_jerk=(50.0,) * 7,
)


@cache
def missing_ros() -> str:
    """Returns why rclpy cannot be used here; empty where it can."""
    try:
        python = ros_interpreter()
    except BodyError as error:
        return str(error)
    variables = dict(os.environ)
    variables.pop("_ROS_WHEELS_BOOTSTRAP_COMPLETE", None)
    tried = subprocess.run(
        [str(python), "-c", IMPORTS], env=variables, capture_output=True, text=True, timeout=60
    )
    if tried.returncode != 0:
        return f"{python} cannot import what the driver needs: {tried.stderr.strip()[-200:]}"
    return ""


def ros_python() -> Path:
    """Returns the interpreter, or skips the test with the reason."""
    if reason := missing_ros():
        pytest.skip(reason)
    return ros_interpreter()


def ros_variables(folder: Path, domain: int, discovery: str = "LOCALHOST") -> Mapping[str, str]:
    """Returns the environment variables of an rclpy process with our package."""
    return ros_environment(lay_package(folder), domain=domain, discovery=discovery)


def ros_options(domain: int, **more: object) -> dict[str, Any]:
    """Returns options of the driver `ros2` for the peer robot."""
    camera = {"x": 0.0, "z": 1.25, "tilt": -0.26}
    size = {"width": 160, "height": 120, "radius": 0.18}
    return {"domain": domain, "camera": camera, **size, **more}


def ros_robot(domain: int, *, arm: bool = False, gate: GateConfig | None = None, **more: object):
    """Builds a robot of the driver `ros2` as a file would; not connected."""
    gate = gate or GateConfig(arm=ArmGateConfig() if arm else None)
    limbs = {"arm": "arm", "joints": list(JOINTS)} if arm else {}
    config = RobotConfig(
        driver="ros2",
        gate=gate,
        joint_limits=JOINT_LIMITS if arm else None,
        options=ros_options(domain, **limbs, **more),
    )
    robot: Robot = build_robot(config)
    return robot
