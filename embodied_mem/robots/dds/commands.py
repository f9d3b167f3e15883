"""What a gate let through, as messages."""

from embodied_mem.robots.dds import messages
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Command


def twist(
    command: Command, *, stamped: bool, now: float, frame: str = "base_link"
) -> messages.Twist | messages.TwistStamped:
    """Returns a Twist, or a TwistStamped.

    Args:
        command: What is to be sent.
        stamped: Which of the two.
        now: On the robot's clock, s.
        frame: The body's frame (REP 105).
    """
    plain = messages.Twist(
        linear=messages.Vector3(x=command.forward), angular=messages.Vector3(z=command.turn)
    )
    if not stamped:
        return plain
    header = messages.Header(stamp=messages.stamp_of(now), frame_id=frame)
    return messages.TwistStamped(header=header, twist=plain)


def joint_trajectory(trajectory: Trajectory) -> messages.JointTrajectory:
    """Returns a trajectory that begins at once, whatever the robot's clock shows.

    Without velocities an arm interpolates linearly (joint_trajectory_controller's documentation,
    "Trajectory representation"), which is what the gate has checked.
    """
    points = []
    for seconds, row in zip(trajectory.times.tolist(), trajectory.positions.tolist(), strict=True):
        stamp = messages.stamp_of(seconds)
        after = messages.Duration(sec=stamp.sec, nanosec=stamp.nanosec)
        points.append(messages.JointTrajectoryPoint(positions=row, time_from_start=after))
    return messages.JointTrajectory(joint_names=list(trajectory.joints), points=points)
