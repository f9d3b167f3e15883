"""An arm of seven joints with a servo of first order that follows timed points."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp
from typing import final

import numpy as np

from embodied_mem.types import Float64Array

JOINTS = tuple(f"panda_joint{number}" for number in range(1, 8))
HOME = (0.0, -0.785, 0.0, -2.356, 0.0, 1.571, 0.785)
_LOW = np.array([-2.8973, -1.7628, -2.8973, -3.0718, -2.8973, -0.0175, -2.8973])
_HIGH = np.array([2.8973, 1.7628, 2.8973, -0.0698, 2.8973, 3.7525, 2.8973])
"""Ends of travel: Franka Robotics, "Robot and interface specifications" of the Panda, rad."""
_SPEED = np.array([2.175, 2.175, 2.175, 2.175, 2.61, 2.61, 2.61])
"""Highest joint speeds, same source, rad/s."""
_LAG = 0.03
"""Time constant of the servo, s."""


@dataclass(frozen=True, slots=True, eq=False)
class _Path:
    positions: Float64Array
    times: Float64Array
    began: float

    def at(self, now: float) -> Float64Array:
        moment = now - self.began
        return np.array([np.interp(moment, self.times, column) for column in self.positions.T])


@final
class ServoArm:
    """Holds where it is until a trajectory comes; the newest one wins."""

    def __init__(self) -> None:
        self.positions: Float64Array = np.array(HOME)
        self.velocities: Float64Array = np.zeros(len(JOINTS))
        self._goal = self.positions.copy()
        self._path: _Path | None = None
        self.stuck: int | None = None
        """Index of a joint that does not move whatever is asked."""

    def follow(
        self,
        joints: Sequence[str],
        positions: Sequence[Sequence[float]],
        times: Sequence[float],
        now: float,
    ) -> str:
        """Begins a trajectory from where the arm is, and drops the one before.

        Args:
            joints: Names of all joints, in the order of the columns.
            positions: One row a point, rad.
            times: Seconds after the start of every point.
            now: The start, s.

        Returns:
            Why it was refused; empty where it was not. No points means: hold here.
        """
        if not len(positions):
            self.hold()
            return ""
        if sorted(joints) != sorted(JOINTS):
            return f"joints are {list(joints)}; expected {list(JOINTS)}"
        if any(len(row) != len(JOINTS) for row in positions):
            return "a point has another number of positions than there are joints"
        order = [list(joints).index(name) for name in JOINTS]
        table = np.asarray(positions, np.float64)[:, order]
        moments = np.asarray(times, np.float64)
        if not np.isfinite(table).all() or not np.isfinite(moments).all():
            return "a number is not finite"
        if moments[0] < 0.0 or (np.diff(moments) <= 0.0).any():
            return "times do not rise"
        if moments[0] > 0.0:
            table = np.vstack([self.positions, table])
            moments = np.concatenate([[0.0], moments])
        self._path = _Path(table, moments, now)
        return ""

    def hold(self) -> None:
        """Stays where it is and forgets its trajectory."""
        self._path = None
        self._goal = self.positions.copy()

    def step(self, now: float, seconds: float, *, estopped: bool) -> None:
        """Moves on by one step of physics of some seconds that ends now."""
        if estopped and self._path is not None:
            self.hold()
        if self._path is not None:
            self._goal = np.clip(self._path.at(now), _LOW, _HIGH)
            if now - self._path.began > self._path.times[-1]:
                self._path = None
        change = (self._goal - self.positions) * (1.0 - exp(-seconds / _LAG))
        change = np.clip(change, -_SPEED * seconds, _SPEED * seconds)
        if self.stuck is not None:
            change[self.stuck] = 0.0
        self.velocities = change / seconds
        self.positions = self.positions + change
