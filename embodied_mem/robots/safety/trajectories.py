"""What a trajectory is checked for before anything of it is sent."""

from collections.abc import Sequence
from typing import final

import numpy as np

from embodied_mem.errors import TrajectoryRefused
from embodied_mem.robots.safety.config import ArmGateConfig
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Float64Array

_ROUNDING = 1e-6


@final
class TrajectoryChecks:
    """Checks of one arm; limits hold for the positions and for their finite differences."""

    def __init__(self, joints: Sequence[str], limits: JointLimits, config: ArmGateConfig) -> None:
        self._joints = tuple(joints)
        self._config = config
        self._low, self._high = np.array(limits.low), np.array(limits.high)
        self._velocity = np.array(limits.velocity)
        self._acceleration = np.array(limits.acceleration)

    def check(self, trajectory: Trajectory, measured: Float64Array | None) -> Trajectory:
        """Returns a copy whose columns are in the order of the robot's joints.

        It begins and ends at rest, as ros2_control's joint trajectory controller wants it.

        Args:
            trajectory: What is to be followed.
            measured: (J,) where the joints are now, rad.

        Raises:
            TrajectoryRefused: If it names other joints, is not finite, its times do not strictly
                increase, it begins elsewhere, or a position, a velocity or an acceleration is
                beyond its limit; the error says which point, joint and limit.
        """
        positions = self._ordered(trajectory)
        times = np.array(trajectory.times, dtype=np.float64)
        _check_times(times)
        self._refuse(
            ~np.isfinite(positions), positions, np.full(len(self._joints), np.inf), "position", ""
        )
        self.check_start(positions[0], measured)
        self._refuse(positions < self._low, positions, self._low, "position", "rad")
        self._refuse(positions > self._high, positions, self._high, "position", "rad")
        self._check_motion(positions, times)
        return Trajectory(joints=self._joints, positions=positions, times=times)

    def check_start(self, start: Float64Array, measured: Float64Array | None) -> None:
        """Refuses a beginning that is too far from where the arm is; raises as `check`."""
        if measured is None or not np.isfinite(measured).all():
            raise TrajectoryRefused("nothing is known of where the joints are")
        limit = self._config.start_tolerance
        away = np.abs(start - measured)
        joint = int(np.argmax(away))
        if not away[joint] <= limit:
            raise TrajectoryRefused(
                f"it begins {away[joint]:.3f} rad from where {self._joints[joint]} is, at most "
                f"{limit} rad is allowed",
                point=0,
                joint=self._joints[joint],
                limit=limit,
            )

    def _ordered(self, trajectory: Trajectory) -> Float64Array:
        given = trajectory.joints
        if len(set(given)) != len(given) or set(given) != set(self._joints):
            raise TrajectoryRefused(
                f"it is for the joints {', '.join(given)}; the robot has {', '.join(self._joints)}"
            )
        columns = [given.index(name) for name in self._joints]
        return np.array(trajectory.positions, dtype=np.float64)[:, columns]

    def _check_motion(self, positions: Float64Array, times: Float64Array) -> None:
        if len(times) < 2:
            return
        seconds = np.diff(times)
        with np.errstate(all="ignore"):  # what is not finite for points too near is refused
            velocities = np.diff(positions, axis=0) / seconds[:, None]
        fastest = self._velocity * (1.0 + _ROUNDING)
        slow = np.abs(velocities) <= fastest
        self._refuse(~slow, velocities, self._velocity, "speed", "rad/s", 1)
        # Speeds hold between points; from the middle of one piece to that of the next they change.
        rest = np.zeros((1, positions.shape[1]))
        changes = np.diff(np.concatenate((rest, velocities, rest)), axis=0)
        spans = 0.5 * (np.append(seconds, 0.0) + np.append(0.0, seconds))
        with np.errstate(all="ignore"):
            rates = changes / spans[:, None]
        gentle = np.abs(rates) <= self._acceleration * (1.0 + _ROUNDING)
        self._refuse(~gentle, rates, self._acceleration, "acceleration", "rad/s^2")

    def _refuse(
        self,
        wrong: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
        values: Float64Array,
        limits: Float64Array,
        what: str,
        unit: str,
        first: int = 0,
    ) -> None:
        """Refuses the first (row, joint) that is wrong; row 0 is the point `first`."""
        if not wrong.any():
            return
        row, joint = map(int, np.argwhere(wrong)[0])
        name, limit = self._joints[joint], float(limits[joint])
        allowed = f"; the limit is {limit:g} {unit}" if unit else "; it must be finite"
        raise TrajectoryRefused(
            f"point {row + first}: {what} of {name} is {values[row, joint]:.4g}{allowed}",
            point=row + first,
            joint=name,
            limit=limit if unit else None,
        )


def _check_times(times: Float64Array) -> None:
    """Raises TrajectoryRefused where times are not finite, from 0 on, and strictly increasing."""
    if not np.isfinite(times).all():
        point = int(np.argmin(np.isfinite(times)))
        raise TrajectoryRefused(f"point {point}: its time is {times[point]}", point=point)
    if times[0] < 0.0:
        raise TrajectoryRefused(f"point 0: its time is {times[0]} s, before the start", point=0)
    wrong = np.diff(times) <= 0.0
    if wrong.any():
        point = int(np.argmax(wrong)) + 1
        raise TrajectoryRefused(
            f"point {point}: its time {times[point]} s is not after that of the point before, "
            f"{times[point - 1]} s",
            point=point,
        )
