"""What happens with every message that comes in by rclpy."""

import time
from typing import Any, final

from embodied_mem.robots.driver import RobotEvents
from embodied_mem.robots.ros.assemble import RosState
from embodied_mem.robots.ros.estop import EstopTopics
from embodied_mem.robots.ros.topics import QosProfile, RosConfig
from embodied_mem.robots.ros2.messages import (
    calibration_fields,
    odometry_fields,
    raw_picture,
    seconds,
)
from embodied_mem.robots.ros2.node import RosNode, source_key, source_time

_CHANNELS = {"joint_states": "joints"}
"""Channels of readings whose name is not that of the topic's role."""

_FROM_ANYBODY = QosProfile(reliability="best_effort", depth=64)
"""Fits every publisher: who types `ros2 topic pub /e_stop ...` in a hurry gives no QoS, and would
never match a reader of latched messages."""


@final
class Intake:
    """Subscribes to all topics of a robot and hands their messages on."""

    def __init__(self, node: RosNode, state: RosState, events: RobotEvents) -> None:
        self._node, self._state, self._events = node, state, events
        self._estops = EstopTopics(events, joined=time.monotonic())
        self._stoppers: set[bytes] = set()
        self._newest_stop: tuple[bytes, float] | None = None
        takers = {
            "e_stop": self._estop,
            "e_stop_reset": self._estop_reset,
            "estopped": self._estopped,
            "enable": self._enable,
            "odom": self._odom,
            "joint_states": self._joints,
            "camera_info": self._camera_info,
            "depth": lambda message, _: self._picture("depth", message),
            "color": lambda message, _: self._picture("color", message),
            "instance": lambda message, _: self._picture("instance", message),
            "labels": self._labels,
            "battery": self._battery,
        }
        for role in state.config.subscribes:
            node.reader(role, takers[role], self._loser(role))
        node.reader("e_stop", self._estop, self._loser("e_stop"), quality=_FROM_ANYBODY)

    def forget_gone(self, present: set[bytes]) -> None:
        """Lets go of what publishers of `estopped` said that are there no longer.

        Args:
            present: Keys of those who are still there.
        """
        for key in self._stoppers - present:
            self._state.estopped(False, source=key)
        self._stoppers &= present

    def _loser(self, role: str) -> Any:
        channel = _CHANNELS.get(role, role)
        return lambda count, why: self._state.lose(channel, count, why=why)

    def _estop(self, message: Any, info: Any) -> None:
        sent = (source_key(info), source_time(info))
        if self._node.is_own("e_stop", info) or sent == self._newest_stop:
            return  # both readers get what is latched
        self._newest_stop = sent
        self._estops.stop(bool(message.data), sent[1], time.monotonic())

    def _estop_reset(self, message: Any, info: Any) -> None:
        if not self._node.is_own("e_stop_reset", info):
            self._estops.reset(bool(message.data), source_time(info))

    def _estopped(self, message: Any, info: Any) -> None:
        key = source_key(info)
        self._stoppers.add(key)
        self._state.estopped(bool(message.data), source=key)
        self._events.wake()

    def _enable(self, message: Any, _: Any) -> None:
        if message.data:
            self._events.enable()

    def _odom(self, message: Any, _: Any) -> None:
        if odometry_fields(message, self._state.odom, time.monotonic()):
            self._events.wake()

    def _joints(self, message: Any, _: Any) -> None:
        self._state.joints(
            stamp=seconds(message.header.stamp),
            names=message.name,
            positions=message.position,
            velocities=message.velocity,
            now=time.monotonic(),
        )

    def _camera_info(self, message: Any, _: Any) -> None:
        calibration_fields(message, self._state.camera_info)

    def _picture(self, channel: str, message: Any) -> None:
        now, stamp = time.monotonic(), seconds(message.header.stamp)
        if compressed(self._state.config, channel):
            whole = self._state.compressed(
                channel, stamp=stamp, kind=message.format, data=message.data, now=now
            )
        else:
            picture = raw_picture(message)
            whole = self._state.picture(channel, stamp=stamp, picture=picture, now=now)
        if whole:
            self._events.wake()

    def _labels(self, message: Any, _: Any) -> None:
        self._state.labels(message.data)

    def _battery(self, message: Any, _: Any) -> None:
        self._state.battery(message.percentage)


def compressed(config: RosConfig, channel: str) -> bool:
    """Tells whether a camera's channel comes compressed."""
    return (channel == "color" and config.compressed) or (
        channel == "depth" and config.compressed_depth
    )
