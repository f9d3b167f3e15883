"""Finds the interpreter with real rclpy for tests, or says why there is none."""

import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from embodied_mem.errors import BodyError
from embodied_mem.robots.ros2.environment import lay_package, ros_environment, ros_interpreter

IMPORTS = "import msgspec, numpy, zmq, cv2, rclpy, geometry_msgs.msg, nav_msgs.msg, sensor_msgs.msg"


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


def ros_variables(folder: Path, domain: int) -> Mapping[str, str]:
    """Returns the environment variables of an rclpy process on loopback with our package."""
    return ros_environment(lay_package(folder), domain=domain, discovery="LOCALHOST")
