"""ROS messages to and from plain fields; imports their packages only when it is called."""

import importlib
from collections.abc import Callable
from typing import Any

from embodied_mem.errors import MissingExtraError
from embodied_mem.robots.ros.images import RawPicture
from embodied_mem.robots.ros.topics import RosConfig
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Command, Float64Array

BASE_FRAME = "base_link"
"""The frame in which a base is told to move (REP 105)."""

_NANO = 1_000_000_000


def message_type(name: str) -> Any:
    """Imports a message's class.

    Args:
        name: As ROS has it, such as `nav_msgs/msg/Odometry`.

    Raises:
        MissingExtraError: If its package is not installed.
    """
    package, _, kind = name.split("/")
    try:
        return getattr(importlib.import_module(f"{package}.msg"), kind)
    except ImportError as error:
        raise MissingExtraError(f"the ROS message {name}", "ros2") from error


def type_name(config: RosConfig, role: str) -> str:
    """Returns the name of the type that a topic carries.

    >>> type_name(RosConfig(stamped=True), "cmd_vel"), type_name(RosConfig(), "depth")
    ('geometry_msgs/msg/TwistStamped', 'sensor_msgs/msg/Image')
    """
    if role == "cmd_vel" and config.stamped:
        return "geometry_msgs/msg/TwistStamped"
    squeezed = {"color": config.compressed, "depth": config.compressed_depth}
    if squeezed.get(role, False):
        return "sensor_msgs/msg/CompressedImage"
    return _TYPES[role]


_TYPES = {
    "cmd_vel": "geometry_msgs/msg/Twist",
    "odom": "nav_msgs/msg/Odometry",
    "color": "sensor_msgs/msg/Image",
    "depth": "sensor_msgs/msg/Image",
    "instance": "sensor_msgs/msg/Image",
    "labels": "std_msgs/msg/String",
    "camera_info": "sensor_msgs/msg/CameraInfo",
    "joint_states": "sensor_msgs/msg/JointState",
    "joint_trajectory": "trajectory_msgs/msg/JointTrajectory",
    "e_stop": "std_msgs/msg/Bool",
    "e_stop_reset": "std_msgs/msg/Bool",
    "estopped": "std_msgs/msg/Bool",
    "enable": "std_msgs/msg/Bool",
    "battery": "sensor_msgs/msg/BatteryState",
}


def seconds(stamp: Any) -> float:
    """Returns a stamp or a duration of a message in seconds."""
    return float(stamp.sec + 1e-9 * stamp.nanosec)


def set_seconds(stamp: Any, value: float) -> None:
    """Writes seconds into a stamp or a duration of a message."""
    stamp.sec, stamp.nanosec = divmod(round(value * _NANO), _NANO)


def twist_message(config: RosConfig, command: Command, robot_time: float) -> Any:
    """Builds a Twist or a TwistStamped.

    Args:
        config: Tells which of both.
        command: Speeds in the body frame (REP 103).
        robot_time: What the robot's clock shows now, s: ros2_control takes the difference to its
            own for the command's age (diff_drive_controller, `cmd_vel_timeout`).
    """
    message = message_type(type_name(config, "cmd_vel"))()
    twist = message
    if config.stamped:
        set_seconds(message.header.stamp, robot_time)
        message.header.frame_id = BASE_FRAME
        twist = message.twist
    twist.linear.x = float(command.forward)
    twist.angular.z = float(command.turn)
    return message


def trajectory_message(trajectory: Trajectory) -> Any:
    """Builds a JointTrajectory that begins at once (a stamp of 0)."""
    message = message_type(_TYPES["joint_trajectory"])()
    make_point = message_type("trajectory_msgs/msg/JointTrajectoryPoint")
    message.joint_names = list(trajectory.joints)
    for positions, time in zip(trajectory.positions, trajectory.times, strict=True):
        point = make_point(positions=[float(value) for value in positions])
        set_seconds(point.time_from_start, float(time))
        message.points.append(point)
    return message


def joints_message(config: RosConfig, positions: Float64Array, reach_in: float) -> Any:
    """Builds a JointTrajectory of one point.

    Args:
        config: Names the joints.
        positions: (J,) rad.
        reach_in: When they are to be reached, s from now.
    """
    message = message_type(_TYPES["joint_trajectory"])()
    point = message_type("trajectory_msgs/msg/JointTrajectoryPoint")()
    point.positions = [float(value) for value in positions]
    set_seconds(point.time_from_start, reach_in)
    message.joint_names, message.points = list(config.joints), [point]
    return message


def raw_picture(message: Any) -> RawPicture:
    """Returns the fields of an Image; its bytes are not copied."""
    return RawPicture(
        encoding=message.encoding,
        height=message.height,
        width=message.width,
        step=message.step,
        bigendian=bool(message.is_bigendian),
        data=message.data,
    )


def odometry_fields(message: Any, take: Callable[..., bool], now: float) -> bool:
    """Hands the fields of an Odometry to `RosState.odom`."""
    place, turned = message.pose.pose.position, message.pose.pose.orientation
    linear, angular = message.twist.twist.linear, message.twist.twist.angular
    return take(
        stamp=seconds(message.header.stamp),
        position=(place.x, place.y, place.z),
        orientation=(turned.x, turned.y, turned.z, turned.w),
        linear=(linear.x, linear.y, linear.z),
        angular=(angular.x, angular.y, angular.z),
        now=now,
    )


def calibration_fields(message: Any, take: Callable[..., None]) -> None:
    """Hands the fields of a CameraInfo to `RosState.camera_info`."""
    take(
        width=message.width,
        height=message.height,
        k=[float(value) for value in message.k],
        p=[float(value) for value in message.p],
        d=[float(value) for value in message.d],
        binning=(message.binning_x, message.binning_y),
        origin=(message.roi.x_offset, message.roi.y_offset),
    )
