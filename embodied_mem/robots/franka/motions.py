"""What an arm is told: a stream of positions or a whole path, as pieces that each end at rest.

The controller plans every piece anew from where it is, with bounded jerk (Ruckig), and makes the
1 kHz stream of it. A piece that is not followed by another brakes by itself: an arm whose master
dies between two commands is never left with a speed to keep.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Float64Array

GRACE = 1.0
"""For so many periods a stream's speed is kept while the next position is late."""
BRAKING = 0.8
"""Share of the limit with which a piece is planned to brake."""
SHORTEST = 0.02
"""Shorter parts of a path are joined with the next, s."""


@dataclass(frozen=True, slots=True)
class Knot:
    """Where the joints pass, how fast, and how long after the knot before."""

    position: tuple[float, ...]
    """rad."""
    velocity: tuple[float, ...]
    """rad/s."""
    seconds: float
    """Least time from the knot before, s; 0 for as soon as possible."""


@final
class StreamPlanner:
    """Turns positions that come one a period into pieces; keeps the last two."""

    def __init__(self, limits: JointLimits) -> None:
        self._limits = limits
        self._low, self._high = np.array(limits.low), np.array(limits.high)
        self._fastest = np.array(limits.velocity)
        self._hardest = np.array(limits.reflex_acceleration)
        self._brake = BRAKING * np.array(limits.acceleration)
        self._before: Float64Array = np.zeros(len(limits))
        self._speed: Float64Array = np.zeros(len(limits))

    def start(self, position: Float64Array, velocity: Float64Array) -> None:
        """Begins a stream where the arm is commanded to be, (J,) rad, at its speed, rad/s."""
        self._before, self._speed = position, velocity

    def piece(self, target: Sequence[float], seconds: float) -> tuple[Knot, ...]:
        """Returns the way to a new position, on from it for a while, and to rest.

        Args:
            target: (J,) where the joints are to be after the period, rad.
            seconds: How long the period is.
        """
        position = np.array(target)
        mean = (position - self._before) / seconds
        # Speed at the end of the period: the mean speed lies in its middle. Whoever stops, stops;
        # and a step, such as back to where a stuck arm is, is no reason to go on beyond it.
        ending = 1.5 * mean - 0.5 * self._speed
        smooth = np.abs(mean - self._speed) <= self._hardest * seconds
        ending = np.where(smooth & (ending * mean > 0.0), ending, 0.0)
        up, down = self._stoppable(self._high - position), self._stoppable(position - self._low)
        velocity = np.clip(ending, -np.minimum(down, self._fastest), np.minimum(up, self._fastest))
        self._before, self._speed = position, mean
        if not velocity.any():
            return (_knot(position, velocity, seconds),)
        coast = self._room(position, velocity, GRACE * seconds)
        onward = position + coast * velocity
        rest = onward + np.sign(velocity) * velocity**2 / (2.0 * self._brake)
        rest = np.clip(rest, np.minimum(self._low, position), np.maximum(self._high, position))
        knots = [_knot(position, velocity, seconds)]
        if coast > 0.0:
            knots.append(_knot(onward, velocity, coast))
        return (*knots, _knot(rest, np.zeros_like(rest), 0.0))

    def _stoppable(self, room: Float64Array) -> Float64Array:
        """Returns the (J,) speeds that can be braked within so much room."""
        return np.asarray(np.sqrt(2.0 * self._brake * np.maximum(room, 0.0)))

    def _room(self, position: Float64Array, velocity: Float64Array, longest: float) -> float:
        """Returns how long the speed can be kept with room to brake before every joint's end."""
        braking = velocity**2 / (2.0 * self._brake)
        ahead = np.where(velocity > 0.0, self._high - position, position - self._low) - braking
        moving = velocity != 0.0
        times = ahead[moving] / np.abs(velocity[moving])
        return float(min(longest, max(0.0, times.min(initial=longest))))


def path_knots(trajectory: Trajectory) -> tuple[Knot, ...]:
    """Returns the knots of a whole path that begins where the arm is.

    Speeds at inner knots are those of a Catmull-Rom spline (Catmull and Rom 1974, for unequal
    times), 0 where a joint turns back; the ends are at rest.
    """
    times, positions = _thinned(trajectory)
    # The control unit counts whole milliseconds; rounding every step would add up.
    times = np.round(times, 3)
    steps = np.diff(times)[:, None]
    speeds = np.diff(positions, axis=0) / steps
    velocities = np.zeros_like(positions)
    if len(times) > 2:
        before, after = steps[:-1], steps[1:]
        mixed = (after * speeds[:-1] + before * speeds[1:]) / (before + after)
        same_way = speeds[:-1] * speeds[1:] > 0.0
        velocities[1:-1] = np.where(same_way, mixed, 0.0)
    wait = float(times[0])
    first = (_knot(positions[0], velocities[0], wait),) if wait > 0.0 else ()
    return first + tuple(
        _knot(position, velocity, float(seconds))
        for position, velocity, seconds in zip(
            positions[1:], velocities[1:], steps[:, 0], strict=True
        )
    )


def _thinned(trajectory: Trajectory) -> tuple[Float64Array, Float64Array]:
    """Returns times and positions without knots that are nearer than `SHORTEST` to another."""
    times = trajectory.times
    kept = [0]
    for index in range(1, len(times)):
        if times[index] - times[kept[-1]] >= SHORTEST - 1e-9:
            kept.append(index)
    if kept[-1] != len(times) - 1:
        kept[-1 if len(kept) > 1 else len(kept) :] = [len(times) - 1]
    return times[kept], trajectory.positions[kept]


def _knot(position: Float64Array, velocity: Float64Array, seconds: float) -> Knot:
    return Knot(tuple(position.tolist()), tuple(velocity.tolist()), seconds)
