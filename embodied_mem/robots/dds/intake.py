"""Which DDS type every topic has, and how its messages reach a `RosState`."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, final

from embodied_mem.robots.dds import messages
from embodied_mem.robots.driver import RobotEvents
from embodied_mem.robots.ros.assemble import RosState
from embodied_mem.robots.ros.estop import EstopTopics
from embodied_mem.robots.ros.images import RawPicture
from embodied_mem.robots.ros.topics import RosConfig

Take = Callable[[Any, float], None]
"""Takes a message and when it came, on the monotonic clock, s."""


def message_type(config: RosConfig, role: str) -> type[Any]:
    """Returns the type of a topic's messages."""
    if role == "cmd_vel":
        return messages.TwistStamped if config.stamped else messages.Twist
    if (role == "color" and config.compressed) or (role == "depth" and config.compressed_depth):
        return messages.CompressedImage
    types: Mapping[str, type[Any]] = {
        "odom": messages.Odometry,
        "color": messages.Image,
        "depth": messages.Image,
        "instance": messages.Image,
        "camera_info": messages.CameraInfo,
        "labels": messages.String,
        "joint_states": messages.JointState,
        "joint_trajectory": messages.JointTrajectory,
        "battery": messages.BatteryState,
    }
    return types.get(role, messages.Bool)


def channel_of(role: str) -> str:
    """Returns the channel by which lost messages of a topic are counted."""
    return "joints" if role == "joint_states" else role


@final
class Intake:
    """Hands the fields of messages on, each to where it belongs."""

    def __init__(self, state: RosState, events: RobotEvents, estop: EstopTopics) -> None:
        """Begins.

        Args:
            state: Gets what sensors say.
            events: Is woken when readings are worth a look.
            estop: Gets stops and resets.
        """
        self._state, self._events, self._estop = state, events, estop

    def take(self, role: str) -> Take:
        """Returns what is done with the messages of a topic."""
        if role in ("color", "depth", "instance"):
            return partial(self._picture, role)
        takes: Mapping[str, Take] = {
            "e_stop": lambda message, now: self._estop.stop(message.data, _sent(message), now),
            "e_stop_reset": lambda message, now: self._estop.reset(message.data, _sent(message)),
            "estopped": self._estopped,
            "enable": self._enable,
            "odom": self._odom,
            "joint_states": self._joints,
            "camera_info": self._camera_info,
            "labels": lambda message, now: self._state.labels(message.data),
            "battery": lambda message, now: self._state.battery(message.percentage),
        }
        return takes[role]

    def _odom(self, message: messages.Odometry, now: float) -> None:
        place, turned = message.pose.pose.position, message.pose.pose.orientation
        linear, angular = message.twist.twist.linear, message.twist.twist.angular
        if self._state.odom(
            stamp=messages.time_of(message.header.stamp),
            position=(place.x, place.y, place.z),
            orientation=(turned.x, turned.y, turned.z, turned.w),
            linear=(linear.x, linear.y, linear.z),
            angular=(angular.x, angular.y, angular.z),
            now=now,
        ):
            self._events.wake()

    def _picture(self, channel: str, message: Any, now: float) -> None:
        stamp = messages.time_of(message.header.stamp)
        if isinstance(message, messages.CompressedImage):
            done = self._state.compressed(
                channel, stamp=stamp, kind=message.format, data=message.data, now=now
            )
        else:
            picture = RawPicture(
                encoding=message.encoding,
                height=message.height,
                width=message.width,
                step=message.step,
                bigendian=bool(message.is_bigendian),
                data=message.data,
            )
            done = self._state.picture(channel, stamp=stamp, picture=picture, now=now)
        if done:
            self._events.wake()

    def _camera_info(self, message: messages.CameraInfo, now: float) -> None:
        self._state.camera_info(
            width=message.width,
            height=message.height,
            k=message.k,
            p=message.p,
            d=message.d,
            binning=(message.binning_x, message.binning_y),
            origin=(message.roi.x_offset, message.roi.y_offset),
        )

    def _joints(self, message: messages.JointState, now: float) -> None:
        self._state.joints(
            stamp=messages.time_of(message.header.stamp),
            names=message.name,
            positions=message.position,
            velocities=message.velocity,
            now=now,
        )

    def _estopped(self, message: messages.Bool, now: float) -> None:
        self._state.estopped(message.data, source=_writer(message))
        self._events.wake()

    def _enable(self, message: messages.Bool, now: float) -> None:
        if message.data:
            self._events.enable()


def _sent(message: Any) -> float:
    """Returns when a message was sent, by its sender's clock, s."""
    return 1e-9 * float(message.sample_info.source_timestamp)


def _writer(message: Any) -> int:
    return int(message.sample_info.publication_handle)
