"""Whether an arm keeps to the trajectory that it follows."""

from dataclasses import dataclass
from typing import Literal, final

import numpy as np

from embodied_mem.robots.safety.config import ArmGateConfig
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Float64Array

Status = Literal["none", "running", "done", "aborted", "stopped"]
"""`aborted`: a tolerance was violated; `stopped`: something else ended it before."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Progress:
    """How far the newest trajectory has come."""

    status: Status = "none"
    reason: str = ""
    """Why it was aborted or stopped."""
    worst_error: float = 0.0
    """Largest distance of a joint from where it should have been so far, rad."""


@final
class ToleranceMonitor:
    """Compares an arm with one trajectory, as ros2_control's joint trajectory controller does.

    Beyond the path tolerance while it runs, or not within the goal tolerance some time after its
    end, the trajectory is aborted; the caller holds the arm where it is.
    """

    def __init__(
        self, trajectory: Trajectory, config: ArmGateConfig, start: float, names: tuple[str, ...]
    ) -> None:
        self.trajectory = trajectory
        self.progress = Progress(status="running")
        """The newest judgement."""
        self._config, self._start, self._names = config, start, names
        self._times = trajectory.times

    def wanted(self, now: float) -> Float64Array:
        """Returns the (J,) positions that belong to a time, rad."""
        seconds = now - self._start
        after = int(np.searchsorted(self._times, seconds))
        positions = self.trajectory.positions
        if after == 0:
            return np.asarray(positions[0])
        if after == len(self._times):
            return np.asarray(positions[-1])
        before, end = self._times[after - 1], self._times[after]
        part = (seconds - before) / (end - before)
        return np.asarray(positions[after - 1] * (1.0 - part) + positions[after] * part)

    def judge(self, measured: Float64Array, when: float) -> Progress:
        """Judges one measurement.

        Args:
            measured: (J,) where the joints were, rad.
            when: At that time, s.

        Returns:
            The progress, kept in `progress` too.
        """
        away = np.abs(measured - self.wanted(when))
        joint = int(np.argmax(away))
        error = float(away[joint])
        worst = max(self.progress.worst_error, error)
        over = when - self._start - self.trajectory.seconds
        config = self._config
        status: Status = "running"
        reason = ""
        if not error <= config.path_tolerance:
            status = "aborted"
            reason = (
                f"{self._names[joint]} is {error:.3f} rad from its path, at most "
                f"{config.path_tolerance} rad is allowed"
            )
        elif over >= 0.0 and error <= config.goal_tolerance:
            status = "done"
        elif over > config.goal_seconds:
            status = "aborted"
            reason = (
                f"{self._names[joint]} is {error:.3f} rad from its goal {config.goal_seconds} s "
                f"after the end, at most {config.goal_tolerance} rad is allowed"
            )
        self.progress = Progress(status=status, reason=reason, worst_error=worst)
        return self.progress

    def stop(self, reason: str) -> None:
        """Ends a running trajectory for something else."""
        if self.progress.status == "running":
            worst = self.progress.worst_error
            self.progress = Progress(status="stopped", reason=reason, worst_error=worst)
