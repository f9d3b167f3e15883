"""The driver `ros2`: rclpy in a process of its own, with a gate that outlives the brain."""

import importlib.util
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, final

from embodied_mem.errors import BodyError
from embodied_mem.robots.driver import Check, RobotDriver, RobotEvents, RobotInfo
from embodied_mem.robots.gateway.client import GatewayDriver
from embodied_mem.robots.gateway.options import GatewayOptions
from embodied_mem.robots.readings import Readings
from embodied_mem.robots.ros.topics import robot_info
from embodied_mem.robots.ros2.environment import network_variables, ros_interpreter
from embodied_mem.robots.ros2.options import Ros2Options, ros2_options
from embodied_mem.robots.ros2.process import RosProcess
from embodied_mem.robots.ros2.rclpy_driver import RclpyDriver
from embodied_mem.robots.safety.config import GateConfig
from embodied_mem.robots.safety.gated import GatedCommand, GatedTrajectory
from embodied_mem.robots.safety.joint_limits import JointLimits


@final
class Ros2Driver:
    """Starts a gateway in a ROS environment and drives the robot through it.

    Implements `RobotDriver`. Should this process be killed or stand still, commands age in the
    other one and its gate brings the robot to rest; it then ends by itself.
    """

    def __init__(
        self,
        options: Ros2Options,
        *,
        gate: GateConfig | None = None,
        joint_limits: JointLimits | None = None,
    ) -> None:
        """Remembers the robot; nothing is started.

        Args:
            options: Its topics, and which Python has rclpy.
            gate: How the gate in the other process is set; as the one here is (`take_gate`).
            joint_limits: Limits of its arm's joints.
        """
        self._options = options
        self._gate = gate or GateConfig()
        self._joint_limits = joint_limits
        self._process: RosProcess | None = None
        self._link: GatewayDriver | None = None

    @property
    def info(self) -> RobotInfo:
        """What the robot is; readable while closed."""
        return robot_info(self._options.ros)

    def take_gate(self, gate: GateConfig, joint_limits: JointLimits | None) -> None:
        """Tells how the gate at the robot's end is to be set; before `open`."""
        self._gate, self._joint_limits = gate, joint_limits

    def open(self, events: RobotEvents) -> None:
        """Starts the process and connects to it.

        Raises:
            BodyError: If no Python with rclpy is found, or the process does not start or fails.
            MissingExtraError: If pyzmq is not installed.
        """
        if self._process is not None:
            raise BodyError(f"{self.info.name} is open already")
        python = ros_interpreter(self._options.python)
        process = RosProcess(python, self._options, self._gate, self._joint_limits)
        try:
            link = GatewayDriver(GatewayOptions(endpoint=process.endpoint), info=self.info)
            link.open(_as_seen_from_here(events))
        except BaseException:
            process.close()
            raise
        self._process, self._link = process, link

    def checks(self) -> Sequence[Check]:
        """Returns the checks of the robot's end, of the link and of the process."""
        process, link = self._opened()
        found = f"rclpy in process {process.pid}, which brings the robot to rest without us"
        return (Check(name="gate process", verdict="ok", found=found), *link.checks())

    def read(self) -> Readings:
        """Returns the newest readings; a process that has ended is a fault."""
        process, link = self._process, self._link
        if process is None or link is None:  # what is being opened may wake whoever reads
            ages = dict.fromkeys(self.info.required, float("inf"))
            return Readings(time=time.monotonic(), ages=ages, faults=("it is not open",))
        readings = link.read()
        if process.status is None:
            return readings
        return replace(readings, faults=(*readings.faults, self._ended(process)))

    def write(self, command: GatedCommand) -> None:
        """Sends one command.

        Raises:
            BodyError: If the link is down or the process has ended.
        """
        self._live().write(command)

    def write_trajectory(self, trajectory: GatedTrajectory) -> None:
        """Sends a whole trajectory; raises as `write`."""
        self._live().write_trajectory(trajectory)

    def announce_estop(self, reason: str) -> None:
        """Stops the robot at its own end, which tells everyone on ROS."""
        self._opened()[1].announce_estop(reason)

    def announce_reset(self) -> None:
        """Ends the stop at the robot's end, which tells everyone on ROS."""
        self._opened()[1].announce_reset()

    def close(self) -> None:
        """Closes the link, and has the process bring the robot to rest and end."""
        process, link = self._process, self._link
        self._process = self._link = None
        if link is not None:
            link.close()
        if process is not None:
            process.close()

    def _opened(self) -> tuple[RosProcess, GatewayDriver]:
        if self._process is None or self._link is None:
            raise BodyError(f"{self.info.name} is closed; connect the robot first")
        return self._process, self._link

    def _live(self) -> GatewayDriver:
        process, link = self._opened()
        if process.status is not None:
            raise BodyError(self._ended(process))
        return link

    def _ended(self, process: RosProcess) -> str:
        words = process.last_words.splitlines()
        return f"the ROS process ended with status {process.status}: {words[-1:]}; reconnect"


def make_ros2(options: Mapping[str, Any] | Ros2Options) -> RobotDriver:
    """Makes the driver `ros2` from the table `[options]` of a robot's file.

    Args:
        options: Fields of `RosConfig` and of `Ros2Options`. With `python = ""`, and in an
            interpreter that has rclpy, the driver works in this process.

    Raises:
        ConfigError: If a key is unknown, of another type or out of its range.
    """
    wanted = ros2_options(options)
    if wanted.python == "" and importlib.util.find_spec("rclpy") is not None:
        os.environ.update(network_variables(wanted.discovery, wanted.static_peers))
        return RclpyDriver(wanted.ros)
    return Ros2Driver(wanted)


def _as_seen_from_here(events: RobotEvents) -> RobotEvents:
    """The deadman's switch is a topic, and is watched by the gate at the robot's end.

    The gate here has the same settings but cannot see the switch; for it, a sign of life from the
    other gate is as good as the switch.
    """

    def wake() -> None:
        events.enable()
        events.wake()

    return replace(events, wake=wake)
