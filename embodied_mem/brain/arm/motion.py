"""Motions: planned once, then one posture a tick; jerk-limited by ruckig."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from types import ModuleType
from typing import Any

import numpy as np
from scipy.interpolate import CubicSpline

from embodied_mem.brain.arm.model import ArmModel
from embodied_mem.errors import MissingExtraError
from embodied_mem.types import Float64Array

LINE_STEP = 0.02
"""Distance of the poses of a tool's line that are solved, m; a spline joins them."""
LINE_TURN = 0.15
"""Turn between such poses, rad."""
FOLD = 0.6
"""Largest change of a joint between them, rad; more means that the arm would have to fold over."""


@dataclass(frozen=True, kw_only=True, slots=True)
class MotionLimits:
    """How briskly the arm may move; joint speeds are the model's own limits times `speed`."""

    speed: float = 0.85
    """Share of the joints' highest speeds."""
    acceleration: float = 9.0
    """Highest acceleration of every joint, rad/s^2."""
    jerk: float = 120.0
    """Highest jerk of every joint, rad/s^3."""
    seconds_per_tick: float = 0.005
    """How long one command lasts, s."""


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """A planned motion: where the joints are to be at the end of every tick."""

    joints: Float64Array
    """(T, J) rad; the last row is the goal."""
    commands: tuple[tuple[float, ...], ...] = field(init=False)
    """The same as tuples, as `Command.joints` takes them."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "commands", tuple(map(tuple, self.joints.tolist())))

    def __len__(self) -> int:
        """How many ticks it takes."""
        return len(self.joints)

    @property
    def goal(self) -> Float64Array:
        """(J,) joints at the end, rad."""
        return np.asarray(self.joints[-1])

    def then(self, *others: "Motion") -> "Motion":
        """Returns this motion with others after it."""
        return Motion(np.concatenate([self.joints, *(other.joints for other in others)]))


def joint_motion(
    model: ArmModel,
    waypoints: Sequence[Float64Array],
    limits: MotionLimits,
    *,
    velocity: Float64Array | None = None,
) -> Motion | None:
    """Plans through postures without a stop at those between, time-optimal from one to the next.

    Speeds at the postures between are zero for joints that turn back there and a share of the
    slower side's for the others.

    Args:
        model: Gives the joints' speeds.
        waypoints: Two or more (J,) postures; the first is where the arm is.
        limits: Of speed, acceleration and jerk.
        velocity: (J,) the arm's speed at the start, rad/s; at rest where None.

    Returns:
        The motion, or None where a joint would leave its range on the way.
    """
    ruckig = _ruckig()
    fastest = model.velocity * limits.speed
    speeds = _speeds_between(np.array(waypoints), fastest, limits)
    if velocity is not None:
        speeds[0] = np.clip(velocity, -fastest, fastest)
    legs = []
    for index in range(len(waypoints) - 1):
        ask = _input(ruckig, fastest, limits)
        ask.current_position, ask.target_position = waypoints[index], waypoints[index + 1]
        ask.current_velocity, ask.target_velocity = speeds[index], speeds[index + 1]
        legs.append(_calculate(ruckig, ask))
    joints = _sample(legs, limits)
    if (joints < model.lower).any() or (joints > model.upper).any():
        return None
    return Motion(joints)


def line_motion(
    model: ArmModel,
    start: Float64Array,
    poses: Sequence[Float64Array],
    limits: MotionLimits,
    *,
    metres_per_second: float,
) -> Motion | None:
    """Plans straight lines of the tool from one pose to the next without a stop between them.

    The poses are solved every `LINE_STEP`, a cubic spline joins the postures, and ruckig runs
    along it with limits that keep every joint's speed, acceleration and jerk.

    Args:
        model: Solves the poses.
        start: (J,) where the arm is, rad.
        poses: (4, 4) T_world_tool, one or more.
        limits: Of the joints.
        metres_per_second: Highest speed of the tool.

    Returns:
        The motion, or None where a pose on the way is out of reach or needs another fold.
    """
    postures, metres = [np.asarray(start, dtype=np.float64)], [0.0]
    here = model.tool_pose(start)
    for goal in poses:
        for pose in _between(here, goal):
            joints = model.solve(pose, postures[-1], restarts=0)
            if joints is None or np.abs(joints - postures[-1]).max() > FOLD:
                return None
            metres.append(metres[-1] + float(np.linalg.norm(pose[:3, 3] - here[:3, 3])))
            postures.append(joints)
            here = pose
    return _along(model, np.array(postures), np.array(metres), limits, metres_per_second)


def _along(
    model: ArmModel,
    postures: Float64Array,
    metres: Float64Array,
    limits: MotionLimits,
    metres_per_second: float,
) -> Motion:
    """Runs along a spline; its parameter is the time that the slowest joint needs at full speed."""
    ruckig = _ruckig()
    fastest = model.velocity * limits.speed
    share = (np.abs(np.diff(postures, axis=0)) / fastest).max(axis=1)
    ways = np.concatenate([[0.0], np.cumsum(np.maximum(share, 1e-6))])
    curve = CubicSpline(ways, postures, bc_type="natural")
    grid = np.linspace(0.0, ways[-1], 8 * len(ways))
    first, second = np.abs(curve(grid, 1)), np.abs(curve(grid, 2))
    steepest = float((np.diff(metres) / np.diff(ways)).max())
    slower = max(1.0, float((first / fastest).max()), steepest / metres_per_second)
    bent, steep = float(second.max()), max(float(first.max()), 1e-3)
    speed = min(1.0 / slower, np.sqrt(0.5 * limits.acceleration / max(bent, 1e-9)))
    stretch = 1.0
    while True:
        ask = ruckig.InputParameter(1)
        ask.current_position, ask.target_position = [0.0], [float(ways[-1])]
        ask.max_velocity = [speed / stretch]
        ask.max_acceleration = [0.5 * limits.acceleration / steep / stretch**2]
        ask.max_jerk = [0.5 * limits.jerk / steep / stretch**3]
        along = _sample([_calculate(ruckig, ask)], limits)[:, 0]
        joints = curve(np.clip(along, 0.0, ways[-1]))
        needed = _excess(np.concatenate([postures[:1], joints]), fastest, limits)
        if needed <= 1.0:
            return Motion(np.clip(joints, model.lower, model.upper))
        stretch *= max(1.05, needed)


def _excess(joints: Float64Array, fastest: Float64Array, limits: MotionLimits) -> float:
    """By how much (T, J) postures must be stretched in time to keep speed and acceleration."""
    tick = limits.seconds_per_tick
    speeds = np.diff(joints, axis=0) / tick
    accelerations = np.diff(speeds, axis=0, prepend=0.0 * speeds[:1]) / tick
    return max(
        float((np.abs(speeds) / fastest).max()),
        float(np.sqrt(np.abs(accelerations).max() / limits.acceleration)),
    )


def _between(here: Float64Array, goal: Float64Array) -> list[Float64Array]:
    """Returns poses on the straight way, the last one being the goal."""
    relative = here[:3, :3].T @ goal[:3, :3]
    angle = float(np.arccos(np.clip(0.5 * (np.trace(relative) - 1.0), -1.0, 1.0)))
    length = float(np.linalg.norm(goal[:3, 3] - here[:3, 3]))
    count = max(2, int(np.ceil(length / LINE_STEP)), int(np.ceil(angle / LINE_TURN)))
    poses = []
    for share in np.arange(1, count + 1) / count:
        pose = goal.copy()
        pose[:3, 3] = here[:3, 3] + share * (goal[:3, 3] - here[:3, 3])
        if angle > 1e-6 and share < 1.0:
            pose[:3, :3] = here[:3, :3] @ _turn(relative, share * angle, angle)
        poses.append(pose)
    return poses


def _turn(relative: Float64Array, angle: float, whole: float) -> Float64Array:
    """Returns the rotation by `angle` about the axis of one by `whole` (Rodrigues)."""
    skew = (relative - relative.T) / (2.0 * max(np.sin(whole), 1e-9))
    return np.asarray(np.eye(3) + np.sin(angle) * skew + (1 - np.cos(angle)) * skew @ skew)


def _speeds_between(
    waypoints: Float64Array, fastest: Float64Array, limits: MotionLimits
) -> Float64Array:
    """Returns (K, J) speeds at the waypoints; zero at both ends."""
    speeds = np.zeros_like(waypoints)
    ways = np.diff(waypoints, axis=0)
    for index in range(1, len(waypoints) - 1):
        before, after = ways[index - 1], ways[index]
        way = np.where(np.sign(before) == np.sign(after), before + after, 0.0)
        share = float((np.abs(way) / fastest).max())
        if share < 1e-9:
            continue
        shorter = np.minimum(np.abs(before), np.abs(after))
        stoppable = np.sqrt(limits.acceleration * shorter)
        wish = 0.6 * way / share
        speeds[index] = np.clip(wish, -0.5 * stoppable, 0.5 * stoppable)
    return speeds


def _input(ruckig: ModuleType, fastest: Float64Array, limits: MotionLimits) -> Any:
    """Returns ruckig's question for all joints, in phase where that is possible."""
    count = len(fastest)
    ask = ruckig.InputParameter(count)
    ask.max_velocity = fastest
    ask.max_acceleration = np.full(count, limits.acceleration)
    ask.max_jerk = np.full(count, limits.jerk)
    ask.synchronization = ruckig.Synchronization.Phase
    return ask


def _calculate(ruckig: ModuleType, ask: Any) -> Any:
    """Returns ruckig's trajectory."""
    trajectory = ruckig.Trajectory(ask.degrees_of_freedom)
    result = ruckig.Ruckig(ask.degrees_of_freedom).calculate(ask, trajectory)
    if result not in (ruckig.Result.Working, ruckig.Result.Finished):
        raise ValueError(f"ruckig found no trajectory: {result}")
    return trajectory


def _sample(legs: list[Any], limits: MotionLimits) -> Float64Array:
    """Returns (T, D) positions at the end of every tick of legs that follow one another."""
    tick = limits.seconds_per_tick
    rows, start = [], 0.0
    for leg in legs:
        end = start + leg.duration
        first, last = int(np.floor(start / tick)) + 1, int(np.floor(end / tick))
        rows += [leg.at_time(count * tick - start)[0] for count in range(first, last + 1)]
        start = end
    rows.append(legs[-1].at_time(legs[-1].duration)[0])
    return np.array(rows)


def _ruckig() -> ModuleType:
    try:
        import ruckig
    except ModuleNotFoundError as missing:
        raise MissingExtraError("moving an arm", "tabletop") from missing
    module: ModuleType = ruckig
    return module
