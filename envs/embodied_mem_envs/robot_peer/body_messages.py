"""Odometry, joints and battery as ROS messages."""

from collections.abc import Sequence
from math import cos, nan, sin

from embodied_mem.robots.dds.messages import (
    BatteryState,
    Header,
    JointState,
    Odometry,
    Point,
    Pose,
    PoseWithCovariance,
    Quaternion,
    Twist,
    TwistWithCovariance,
    Vector3,
    stamp_of,
)
from embodied_mem.types import Float64Array
from embodied_mem_envs.robot_peer.arm import JOINTS
from embodied_mem_envs.robot_peer.base import BaseState

_SECONDS_OF_BATTERY = 4.0 * 3600.0


def odometry(
    state: BaseState, origin: tuple[float, float, float], clock: float, *, broken: bool
) -> Odometry:
    """Returns the pose in the `odom` frame and the true velocity (REP 105, REP 103).

    Args:
        state: The true state in the house.
        origin: x, y, yaw of the `odom` frame in the house.
        clock: When, on the robot's own clock, s.
        broken: Whether its numbers are not finite.
    """
    dx, dy, yaw = state.x - origin[0], state.y - origin[1], state.yaw - origin[2]
    c, s = cos(origin[2]), sin(origin[2])
    x = nan if broken else c * dx + s * dy
    return Odometry(
        header=Header(stamp=stamp_of(clock), frame_id="odom"),
        child_frame_id="base_link",
        pose=PoseWithCovariance(
            pose=Pose(
                position=Point(x=x, y=c * dy - s * dx),
                orientation=Quaternion(z=sin(0.5 * yaw), w=cos(0.5 * yaw)),
            )
        ),
        twist=TwistWithCovariance(
            twist=Twist(
                linear=Vector3(x=nan if broken else state.forward), angular=Vector3(z=state.turn)
            )
        ),
    )


def joint_state(positions: Float64Array, velocities: Float64Array, clock: float) -> JointState:
    """Returns the joints of the arm, in another order than they are commanded in.

    Joint states come by name and in any order; who reads them by position is wrong.
    """
    order: Sequence[int] = range(len(JOINTS) - 1, -1, -1)
    return JointState(
        header=Header(stamp=stamp_of(clock)),
        name=[JOINTS[index] for index in order],
        position=[float(positions[index]) for index in order],
        velocity=[float(velocities[index]) for index in order],
    )


def battery(seconds: float) -> BatteryState:
    """Returns what is left after so many seconds of running."""
    return BatteryState(
        voltage=24.0, present=True, percentage=max(0.0, 1.0 - seconds / _SECONDS_OF_BATTERY)
    )
