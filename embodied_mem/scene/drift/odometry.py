"""How far odometry may be trusted: the doubt that grows with the way and with every turn."""

from dataclasses import dataclass
from typing import Final, final

import numpy as np

from embodied_mem.scene.drift.planar import between, rotation
from embodied_mem.types import Float64Array


@dataclass(frozen=True, kw_only=True, slots=True)
class OdometryDoubt:
    """Expected errors of the odometry; the variances grow in proportion to way and turn.

    The form is that of Thrun, Burgard and Fox, "Probabilistic Robotics" (2005), section 5.4.
    """

    yaw_per_turn: float = 0.02
    """Standard deviation of the yaw after a turn of one radian, rad."""
    yaw_per_metre: float = 0.02
    """The same after one metre, rad."""
    way_per_metre: float = 0.04
    """Standard deviation of the way after one metre, m."""
    way_per_turn: float = 0.01
    """The same after a turn of one radian, m."""


_OUT_OF_SIGHT, _OUT_OF_VIEW = 0.5, 0.6
"""Way, m, and turn, rad, after which a view may show nothing that was seen before."""
_USUAL: Final = 2.706
"""Nine of ten squares of a standard normal number are smaller."""
_EXCELLENT, _TRUSTED, _WORST = 0.25, 0.1, 4.0
"""Odometry that errs less than the first of what is expected is as good as true: the second."""


def doubt_from(squares: Float64Array) -> float:
    """Returns by how much odometry errs more than expected, judged by what vision says of it.

    Vision errs too, so that of good odometry nothing finer can be told than that it is good.

    Args:
        squares: (n, 3) squared errors over their expected variances. What nine of ten of the worst
            of the three components stay below decides: a few slips of the wheels do not.
    """
    scale = float(np.sqrt(np.percentile(squares, 90, axis=0).max() / _USUAL))
    return _TRUSTED if scale < _EXCELLENT else min(max(scale, 1.0), _WORST)


@final
class Odometry:
    """Follows the odometry: where it is, and how much it has moved and turned in all."""

    def __init__(self, doubt: OdometryDoubt) -> None:
        self._doubt = doubt
        self.pose: Float64Array = np.zeros(3)
        """(3,) as last told."""
        self.scale = 1.0
        """By how much more it errs than expected."""
        self._way = self._turn = 0.0

    def begin(self, pose: Float64Array) -> None:
        """Hears the first (3,) pose."""
        self.pose = np.asarray(pose, np.float64).copy()

    def copy(self) -> "Odometry":
        """Returns it as it is now."""
        same = Odometry(self._doubt)
        same.pose, same.scale = self.pose, self.scale
        same._way, same._turn = self._way, self._turn
        return same

    def advance(self, pose: Float64Array) -> tuple[Float64Array, Float64Array, Float64Array]:
        """Hears the next (3,) pose.

        Returns:
            The (3,) move in the frame of the last pose; (3, 3) how an error of the last pose goes
            over to this one; (3, 3) the covariance that the move adds; both in the body's frame.
        """
        move = between(self.pose, pose)
        self.pose = np.asarray(pose, np.float64).copy()
        way, turn = float(np.hypot(move[0], move[1])), abs(float(move[2]))
        self._way += way
        self._turn += turn
        back = rotation(move[2]).T
        F = np.eye(3)
        F[:2, :2] = back
        F[:2, 2] = back @ np.array([-move[1], move[0]])
        return move, F, self.scale**2 * self._spread(way, turn)

    def doubt_until(self, later: "Odometry") -> Float64Array:
        """Returns the (3, 3) expected covariance of the way from here to a later place."""
        way, turn = later._way - self._way, later._turn - self._turn
        spread = self._spread(way, turn)
        # An error of the yaw on the way puts the end aside.
        aside = spread[2, 2] * (0.5 * way) ** 2
        return spread + np.diag([aside + 1e-6, aside + 1e-6, 1e-6])

    def went_since(self, earlier: "Odometry") -> float:
        """Returns the way and the turn since an earlier place, in what hides all that was seen.

        After less than 1, a view still shows some of what was seen from there.
        """
        way, turn = self._way - earlier._way, self._turn - earlier._turn
        return max(way / _OUT_OF_SIGHT, turn / _OUT_OF_VIEW)

    def _spread(self, way: float, turn: float) -> Float64Array:
        doubt = self._doubt
        along = doubt.way_per_metre**2 * way + doubt.way_per_turn**2 * turn
        yaw = doubt.yaw_per_metre**2 * way + doubt.yaw_per_turn**2 * turn
        return np.diag([along, along, yaw])
