"""Straight motions of the tool, worked out as joint paths before anything moves.

franky has Cartesian motions of its own. They are not used: which way the joints take shows only
while they run, so that no gate could have checked it. Here the line is solved by the brain's own
kinematics first, and what goes to the robot is a joint path like any other.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from embodied_mem.errors import BodyError
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.robots.trajectory_log import slowed
from embodied_mem.types import Float64Array

if TYPE_CHECKING:
    from embodied_mem.brain.arm.model import ArmModel
    from embodied_mem.robots.followed import Followed
    from embodied_mem.robots.robot import Robot

EVERY = 0.05
"""Time between two points of the joint path, s."""


def tool_line(
    model: "ArmModel",
    start: Float64Array,
    poses: Sequence[Float64Array],
    *,
    joints: Sequence[str],
    limits: JointLimits,
    metres_per_second: float = 0.1,
) -> Trajectory:
    """Returns the joint path of straight lines of the tool from pose to pose.

    Args:
        model: The arm's kinematics (extra `tabletop`).
        start: (J,) where the arm is, rad.
        poses: (4, 4) T_world_tool, one or more.
        joints: Names of the robot's joints, as `RobotInfo.joints` has them.
        limits: What the path must keep.
        metres_per_second: Highest speed of the tool.

    Raises:
        BodyError: If a pose on the way is out of reach, or the arm would have to fold over.
        MissingExtraError: If ruckig is not installed.
    """
    from embodied_mem.brain.arm.motion import MotionLimits, line_motion

    pace = MotionLimits()
    motion = line_motion(model, start, poses, pace, metres_per_second=metres_per_second)
    if motion is None:
        raise BodyError("no joint path leads the tool straight there: it is out of reach")
    step = max(1, round(EVERY / pace.seconds_per_tick))
    ticks = [*range(0, len(motion), step), len(motion)]
    positions = np.concatenate([np.asarray(start)[None], motion.joints])[ticks]
    times = np.array(ticks) * pace.seconds_per_tick
    return slowed(Trajectory(joints=tuple(joints), positions=positions, times=times), limits)


def move_to(
    robot: "Robot",
    model: "ArmModel",
    T_world_tool: Float64Array,
    *,
    limits: JointLimits,
    metres_per_second: float = 0.1,
) -> "Followed":
    """Moves the tool straight to a pose, through the robot's gate, and waits for it.

    Raises:
        BodyError: If nothing is known of the joints, or the pose is out of reach.
        TrajectoryRefused: If the path is beyond a limit of the gate.
    """
    joints = robot.readings.joints
    if joints is None:
        raise BodyError("nothing is known of where the joints are")
    path = tool_line(
        model,
        joints,
        [T_world_tool],
        joints=robot.info.joints,
        limits=limits,
        metres_per_second=metres_per_second,
    )
    return robot.follow(path)
