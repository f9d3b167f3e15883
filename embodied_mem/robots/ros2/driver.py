"""The driver `ros2`: rclpy in a process of its own, with a gate that outlives the brain."""

import importlib.util
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, final

from embodied_mem.robots.apart.driver import ApartDriver
from embodied_mem.robots.apart.other_end import HERE
from embodied_mem.robots.config import RobotConfig
from embodied_mem.robots.driver import RobotDriver, RobotEvents, RobotInfo
from embodied_mem.robots.ros.topics import robot_info
from embodied_mem.robots.ros2.environment import (
    network_variables,
    ros_environment,
    ros_interpreter,
)
from embodied_mem.robots.ros2.options import Ros2Options, ros2_options, ros2_table
from embodied_mem.robots.ros2.rclpy_driver import RclpyDriver
from embodied_mem.robots.safety.config import GateConfig
from embodied_mem.robots.safety.joint_limits import JointLimits


@final
class RosEnd:
    """Implements `OtherEnd` for a robot on ROS 2."""

    library = "rclpy"
    needs = "rclpy, numpy, msgspec and pyzmq (`bash launch/setup-ros.sh`)"
    joint_limits = None

    def __init__(self, options: Ros2Options) -> None:
        self._options = options
        self.patience = options.start_patience

    @property
    def info(self) -> RobotInfo:
        """What the robot is."""
        return robot_info(self._options.ros)

    def interpreter(self) -> Path:
        """Finds a Python that has rclpy; raises as `ros_interpreter`."""
        return ros_interpreter(self._options.python)

    def variables(self, packages: Path) -> dict[str, str]:
        """Returns its environment, which says where it may talk."""
        return ros_environment(
            packages,
            domain=self._options.ros.domain,
            discovery=self._options.discovery,
            static_peers=self._options.static_peers,
        )

    def robot(self, gate: GateConfig, joint_limits: JointLimits | None) -> RobotConfig:
        """Returns the robot, with a gate that is set as the one here."""
        return RobotConfig(
            driver="ros2",
            gate=gate,
            joint_limits=joint_limits,
            options=ros2_table(replace(self._options, python=HERE)),
        )

    def events(self, events: RobotEvents) -> RobotEvents:
        """Has a sign of life of the other gate count as the deadman's switch.

        The switch is a topic, and is watched by the gate at the robot's end. The gate here has the
        same settings but cannot see it.
        """

        def wake() -> None:
            events.enable()
            events.wake()

        return replace(events, wake=wake)


def make_ros2(options: Mapping[str, Any] | Ros2Options) -> RobotDriver:
    """Makes the driver `ros2` from the table `[options]` of a robot's file.

    Args:
        options: Fields of `RosConfig` and of `Ros2Options`. With `python = ""` in an interpreter
            that has rclpy, and with `here`, the driver works in this process.

    Raises:
        ConfigError: If a key is unknown, of another type or out of its range.
    """
    wanted = ros2_options(options)
    has_rclpy = wanted.python == "" and importlib.util.find_spec("rclpy") is not None
    if has_rclpy or wanted.python == HERE:
        os.environ.update(network_variables(wanted.discovery, wanted.static_peers))
        return RclpyDriver(wanted.ros)
    return ApartDriver(RosEnd(wanted), GateConfig())
