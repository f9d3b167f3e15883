"""A robot on ROS 2 by rclpy, in this process: for inside a ROS environment."""

import time
from collections.abc import Mapping, Sequence
from typing import final

import numpy as np

from embodied_mem.errors import BodyError
from embodied_mem.robots.driver import Check, RobotEvents, RobotInfo
from embodied_mem.robots.readings import Readings
from embodied_mem.robots.ros.assemble import RosState
from embodied_mem.robots.ros.sensor_checks import RATE_SECONDS, sensor_checks
from embodied_mem.robots.ros.topics import RosConfig, robot_info
from embodied_mem.robots.ros2 import messages
from embodied_mem.robots.ros2.intake import Intake
from embodied_mem.robots.ros2.links import SAFETY, Link, link_checks, link_faults
from embodied_mem.robots.ros2.node import RosNode
from embodied_mem.robots.safety.gated import GatedCommand, GatedTrajectory

PATIENCE = 5.0
"""Peers and first messages are waited for so long at most, s."""
_FIRST_WORDS = 1.0
"""After so long, what comes and cannot be used is not just early, s."""
_LOOK_EVERY = 0.2
"""The graph is looked at this often, s; sooner where somebody comes or goes."""
_REACH_IN = 0.1
"""A streamed position is to be reached after this, s: two periods of 20 Hz, so that one that is
late does not make the arm stop in between."""


@final
class RclpyDriver:
    """Speaks to a robot's topics through rclpy; implements `RobotDriver`.

    All messages are handled in one thread of its own, all publishing is done in the caller's.
    """

    def __init__(self, config: RosConfig) -> None:
        """Remembers the robot; nothing is opened."""
        self._config = config
        self._state = RosState(config)
        self._node: RosNode | None = None
        self._intake: Intake | None = None

    @property
    def info(self) -> RobotInfo:
        """What the robot is; readable while closed."""
        return robot_info(self._config)

    def open(self, events: RobotEvents) -> None:
        """Joins the domain and begins to listen.

        Raises:
            BodyError: If it is open already, or the middleware does not start.
            MissingExtraError: If rclpy or a message package is not installed.
        """
        if self._node is not None:
            raise BodyError("the driver is open already")
        self._state = RosState(self._config)
        node = RosNode(self._config)
        try:
            for role in self._config.publishes:
                node.writer(role)
            self._intake = Intake(node, self._state, events)
            node.every(_LOOK_EVERY, self._look)
        except BaseException:
            node.close()
            raise
        self._node = node
        self._look()
        node.spin()

    def checks(self) -> Sequence[Check]:
        """Returns who is there and what comes; waits up to 5 s for peers and first messages."""
        node = self._opened()
        begun = time.monotonic()
        while not self._settled(node, waited := time.monotonic() - begun) and waited < PATIENCE:
            node.wait_for_change(min(0.1, PATIENCE - waited))
        time.sleep(RATE_SECONDS)
        links = self._links(node)
        now = time.monotonic()
        return (*link_checks(self._config, links), *sensor_checks(self._state, now))

    def read(self) -> Readings:
        """Returns the newest readings."""
        return self._state.read(time.monotonic())

    def write(self, command: GatedCommand) -> None:
        """Publishes one command.

        Raises:
            BodyError: If the driver is closed.
        """
        node = self._opened()
        if self._config.base:
            twist = messages.twist_message(self._config, command.command, self._robot_time())
            node.publish("cmd_vel", twist)
        if self._config.arm and command.command.joints is not None:
            positions = np.array(command.command.joints)
            message = messages.joints_message(self._config, positions, _REACH_IN)
            node.publish("joint_trajectory", message)

    def write_trajectory(self, trajectory: GatedTrajectory) -> None:
        """Publishes a whole trajectory.

        Raises:
            BodyError: If the robot has no arm or the driver is closed.
        """
        if not self._config.arm:
            raise BodyError(f"{self._config.name} has no arm: set `arm` and `joints`")
        message = messages.trajectory_message(trajectory.trajectory)
        self._opened().publish("joint_trajectory", message)

    def announce_estop(self, reason: str) -> None:
        """Latches a stop for everyone."""
        self._announce("e_stop")

    def announce_reset(self) -> None:
        """Latches the end of the stop; our own latched stop is taken back after it."""
        self._announce("e_stop_reset")
        self._announce("e_stop", False)

    def close(self) -> None:
        """Leaves the domain; safe to call twice."""
        node, self._node = self._node, None
        if node is not None:
            node.close()

    def _announce(self, role: str, value: bool = True) -> None:
        message = messages.message_type("std_msgs/msg/Bool")(data=value)
        self._opened().publish(role, message)

    def _opened(self) -> RosNode:
        if self._node is None:
            raise BodyError("the driver is closed; connect the robot first")
        return self._node

    def _robot_time(self) -> float:
        """Returns the robot's time, or 0, by which ROS means now, before its first stamp."""
        return self._state.robot_time(time.monotonic()) or 0.0

    def _links(self, node: RosNode) -> Mapping[str, Link]:
        roles = dict.fromkeys((*self._config.publishes, *self._config.subscribes))
        return {role: node.link(role) for role in roles}

    def _look(self) -> None:
        """Keeps what is wrong with the link up to date."""
        node, intake = self._node, self._intake
        if node is None or intake is None:
            return
        roles = dict.fromkeys((*self._config.peers, *SAFETY, *self._config.publishes))
        links = {role: node.link(role) for role in roles}
        self._state.link(link_faults(self._config, links))
        intake.forget_gone({peer.key for peer in links["estopped"].peers})

    def _settled(self, node: RosNode, waited: float) -> bool:
        """Whether all that is needed is there and has said something, or never will."""
        links = [node.link(role) for role in self._config.peers]
        if not all(link.peers for link in links):
            return False
        if waited > _FIRST_WORDS and (self._state.wrong or not all(link.fit for link in links)):
            return True
        spoken = all(age < float("inf") for age in self.read().ages.values())
        return spoken and all(link.connected for link in links)
