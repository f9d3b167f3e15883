"""Where a body was at a given stamp: a short history of odometry, checked as it comes in."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import acos, atan2, cos, isfinite, sin, sqrt
from typing import final

import numpy as np

from embodied_mem.errors import ObservationError
from embodied_mem.types import Float64Array

Quaternion = tuple[float, float, float, float]
"""x, y, z, w."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OdometrySample:
    """One odometry message, checked; stamp on the robot's clock."""

    stamp: float
    """s."""
    position: tuple[float, float, float]
    """In the world (the robot's `odom` frame), m."""
    orientation: Quaternion
    """Of unit length."""
    forward: float
    """Speed along the body's x axis, m/s."""
    turn: float
    """Yaw rate, rad/s."""


def odometry_sample(
    *,
    stamp: float,
    position: Sequence[float],
    orientation: Sequence[float],
    linear: Sequence[float],
    angular: Sequence[float],
    planar: bool = True,
) -> OdometrySample:
    """Checks what an odometry message says.

    Args:
        stamp: On the robot's clock, s.
        position: x, y, z in the world, m.
        orientation: Quaternion x, y, z, w.
        linear: Speeds in the body frame, m/s.
        angular: Turning rates in the body frame, rad/s.
        planar: Whether to keep only x, y and yaw.

    Raises:
        ObservationError: If a number is not finite, or the quaternion's length is not near 1
            (all zeros is a message that nobody filled in).
    """
    numbers = (stamp, *position, *orientation, *linear, *angular)
    if not all(map(isfinite, numbers)):
        raise ObservationError(f"odometry holds numbers that are not finite: {numbers}")
    x, y, z, w = (float(part) for part in orientation)
    length = sqrt(x * x + y * y + z * z + w * w)
    if not 0.9 < length < 1.1:
        raise ObservationError(f"a quaternion in odometry has length {length:.3f}; expected 1")
    x, y, z, w = x / length, y / length, z / length, w / length
    place = (float(position[0]), float(position[1]), float(position[2]))
    if planar:
        yaw = atan2(2.0 * (w * z + x * y), 1.0 - 2.0 * (y * y + z * z))
        x, y, z, w = 0.0, 0.0, sin(0.5 * yaw), cos(0.5 * yaw)
        place = (place[0], place[1], 0.0)
    return OdometrySample(
        stamp=stamp,
        position=place,
        orientation=(x, y, z, w),
        forward=float(linear[0]),
        turn=float(angular[2]),
    )


@final
class OdometryHistory:
    """The newest odometry, by stamp."""

    def __init__(self, *, seconds: float = 5.0, slack: float = 0.03) -> None:
        """Begins empty.

        Args:
            seconds: How far back it reaches, s.
            slack: How far a stamp may lie before or after what is known, s; the nearest pose is
                given there. At 50 Hz and 1.5 rad/s, 0.03 s are 2.6 degrees at most.
        """
        self._seconds, self._slack = seconds, slack
        self._stamps: list[float] = []
        self._samples: list[OdometrySample] = []

    @property
    def newest(self) -> OdometrySample | None:
        """The newest sample."""
        return self._samples[-1] if self._samples else None

    def add(self, sample: OdometrySample) -> bool:
        """Appends a sample.

        A stamp that is older than the newest begins a new history if the clock was set back (by
        more than a tenth of a second), and is a message that overtook another otherwise.

        Returns:
            Whether it is new: False where its stamp is not newer.
        """
        newest = self._stamps[-1] if self._stamps else -float("inf")
        if sample.stamp < newest - 0.1 or sample.stamp > newest + self._seconds:
            self._stamps, self._samples = [], []
        elif sample.stamp <= newest:
            return False
        self._stamps.append(sample.stamp)
        self._samples.append(sample)
        if self._stamps[0] < sample.stamp - 2.0 * self._seconds:
            first = bisect_left(self._stamps, sample.stamp - self._seconds)
            del self._stamps[:first], self._samples[:first]
        return True

    def pose(self, stamp: float) -> Float64Array | None:
        """Returns T_world_body (4, 4) at a stamp, or None where that is not known.

        Positions are interpolated linearly, rotations along the shortest way (slerp).
        """
        if not self._stamps or not self._stamps[0] - self._slack <= stamp <= self.until:
            return None
        after = bisect_left(self._stamps, stamp)
        if after == 0:
            return pose_matrix(self._samples[0].position, self._samples[0].orientation)
        if after == len(self._stamps):
            return pose_matrix(self._samples[-1].position, self._samples[-1].orientation)
        one, other = self._samples[after - 1], self._samples[after]
        part = (stamp - one.stamp) / (other.stamp - one.stamp)
        place = [a + part * (b - a) for a, b in zip(one.position, other.position, strict=True)]
        return pose_matrix(place, slerp(one.orientation, other.orientation, part))

    @property
    def since(self) -> float:
        """The first stamp that is known; infinite before there is any."""
        return self._stamps[0] if self._stamps else float("inf")

    @property
    def until(self) -> float:
        """The last stamp for which a pose can be given."""
        return self._stamps[-1] + self._slack if self._stamps else -float("inf")

    def covers(self, stamp: float) -> bool:
        """Tells whether odometry has come that is as new as a stamp."""
        return bool(self._stamps) and stamp <= self._stamps[-1]


def slerp(start: Quaternion, end: Quaternion, part: float) -> Quaternion:
    """Interpolates between two unit quaternions along the shortest way (Shoemake, 1985)."""
    dot = sum(a * b for a, b in zip(start, end, strict=True))
    sign = 1.0 if dot >= 0.0 else -1.0
    angle = acos(min(1.0, abs(dot)))
    if angle < 1e-6:
        first, second = 1.0 - part, part
    else:
        first, second = sin((1.0 - part) * angle) / sin(angle), sin(part * angle) / sin(angle)
    x, y, z, w = (first * a + sign * second * b for a, b in zip(start, end, strict=True))
    length = sqrt(x * x + y * y + z * z + w * w)
    return (x / length, y / length, z / length, w / length)


def pose_matrix(position: Sequence[float], orientation: Quaternion) -> Float64Array:
    """Returns the (4, 4) matrix of a position (m) and a unit quaternion."""
    x, y, z, w = orientation
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w), position[0]],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w), position[1]],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y), position[2]],
            [0.0, 0.0, 0.0, 1.0],
        ]
    )
