"""A base's reference velocity: limits of speed, acceleration and jerk, and stops.

What is sent obeys the limits as finite differences over the time that really passed, however
irregular that is. Two axes keep the direction of a change, so that a base that speeds up drives
the curve it was asked for (`scale_velocities` of Nav2's velocity smoother,
`nav2_velocity_smoother/src/velocity_smoother.cpp`, `findEtaConstraint`).
"""

from math import copysign, inf, isfinite, sqrt
from typing import final

from embodied_mem.robots.safety.config import AxisLimits


@final
class AxisMotion:
    """Velocity and acceleration of one axis."""

    __slots__ = ("_free", "_gain", "_jerk", "_loss", "_nothing", "_period", "rate", "velocity")

    def __init__(self, limits: AxisLimits, period: float) -> None:
        """Begins at rest.

        Args:
            limits: What the axis is allowed; speeds are clipped by the caller.
            period: The usual time between two commands, s. After a longer silence no more speed
                is gained than in one period, since nobody was there to watch.
        """
        self._gain, self._loss, self._jerk = limits.acceleration, limits.deceleration, limits.jerk
        self._period = period
        self._nothing = 0.0 if self._jerk == inf else sqrt(2e-9 * self._jerk)
        self._free = self._gain == self._loss == self._jerk == inf
        self.velocity = 0.0
        """What was sent last, m/s or rad/s."""
        self.rate = 0.0
        """Its acceleration, m/s^2 or rad/s^2; 0 after a stop, which owes nothing to the jerk."""

    def reach(self, wanted: float, seconds: float) -> tuple[float, float, float]:
        """Returns how a velocity may change towards another within some time.

        The velocity never runs past what is wanted, although the acceleration must fall to zero
        until then: a_k is chosen such that v_k + a_k^2 / 2j stays short of it, which the next step
        can keep up whatever time passes until then.

        Args:
            wanted: Where to; one of the opposite sign is reached by way of rest.
            seconds: Since the last command, positive, s.

        Returns:
            (aim, step, least): the velocity that it moves towards, the largest change that the
            limits allow, and the smallest that the jerk allows; changes are signed.
        """
        velocity = self.velocity
        if self._free:
            return wanted, wanted - velocity, 0.0
        if velocity * wanted < 0.0:
            wanted = 0.0
        gap = wanted - velocity
        if abs(wanted) < abs(velocity):
            bound = self._loss * seconds
        else:
            bound = self._gain * min(seconds, self._period)
        if self._jerk == inf:
            return wanted, copysign(min(abs(gap), bound), gap), 0.0
        side = copysign(1.0, gap)
        change = self._jerk * seconds
        if abs(gap) <= self._nothing * seconds:
            step = abs(gap)
        else:
            step = seconds * (sqrt(change * change + 2.0 * self._jerk * abs(gap)) - change)
        low, high = (side * self.rate - change) * seconds, (side * self.rate + change) * seconds
        step = max(min(step, bound, high), low)
        return wanted, side * step, side * max(low, 0.0)

    def move(self, velocity: float, seconds: float) -> None:
        """Takes another velocity within some time, positive, s."""
        self.rate = 0.0 if self._free else (velocity - self.velocity) / seconds
        self.velocity = velocity

    def set(self, velocity: float) -> None:
        """Jumps to a velocity that was judged elsewhere; the acceleration begins anew."""
        self.velocity, self.rate = velocity, 0.0

    def slow_to(self, speed: float, seconds: float) -> None:
        """Brakes towards a speed of the same direction as hard as allowed, whatever the jerk."""
        size = abs(self.velocity)
        if size > speed:
            slower = speed if self._free else max(speed, size - self._loss * seconds)
            self.set(copysign(slower, self.velocity) if slower else 0.0)


@final
class BaseMotion:
    """The two axes of a base."""

    def __init__(self, forward: AxisLimits | None, turn: AxisLimits | None, period: float) -> None:
        """Begins at rest; an axis that is None never moves."""
        self.forward = None if forward is None else AxisMotion(forward, period)
        self.turn = None if turn is None else AxisMotion(turn, period)
        self.axes = tuple(axis for axis in (self.forward, self.turn) if axis is not None)
        """Those that can move."""

    @property
    def at_rest(self) -> bool:
        """Whether zero was sent last."""
        return all(axis.velocity == 0.0 for axis in self.axes)

    def velocities(self) -> tuple[float, float]:
        """Returns forward (m/s) and turn (rad/s) as they are to be sent."""
        forward, turn = self.forward, self.turn
        return (
            0.0 if forward is None else forward.velocity,
            0.0 if turn is None else turn.velocity,
        )

    def follow(self, forward: float, turn: float, cap: float, seconds: float) -> None:
        """Moves towards two velocities; both changes are cut by the same share.

        Args:
            forward: Wanted, within the limits of speed, m/s.
            turn: Wanted, within the limits of speed, rad/s.
            cap: Highest forward speed for what is ahead, m/s; kept with full deceleration.
            seconds: Since the last command, s; nothing changes within none.
        """
        if seconds <= 0.0:
            return
        before = 0.0 if self.forward is None else self.forward.velocity
        plans = [
            (axis, *axis.reach(wanted, seconds))
            for axis, wanted in ((self.forward, min(forward, cap)), (self.turn, turn))
            if axis is not None
        ]
        share = 1.0
        for axis, aim, step, _ in plans:
            gap = aim - axis.velocity
            if 0.0 < abs(step) < abs(gap) and step * gap > 0.0:
                share = min(share, step / gap)
        for axis, aim, step, least in plans:
            axis.move(_shared(axis.velocity, aim, step, least, share), seconds)
        if self.forward is not None and self.forward.velocity > cap:
            self.forward.set(before)
            self.forward.slow_to(cap, seconds)

    def brake(self, seconds: float) -> None:
        """Comes to rest as soon as the decelerations allow; one tick of it."""
        for axis in self.axes:
            axis.slow_to(0.0, seconds)

    def resume(self, forward: float, turn: float) -> None:
        """Begins anew from measured velocities, as far as they lie on the way from 0 to the last.

        Args:
            forward: m/s; one that is not finite counts as 0.
            turn: rad/s.
        """
        for axis, measured in ((self.forward, forward), (self.turn, turn)):
            if axis is not None:
                low, high = min(0.0, axis.velocity), max(0.0, axis.velocity)
                axis.set(min(max(measured, low), high) if isfinite(measured) else 0.0)

    def halt(self) -> None:
        """Stands at once."""
        for axis in self.axes:
            axis.set(0.0)


def _shared(velocity: float, aim: float, step: float, least: float, share: float) -> float:
    """Returns the next velocity of an axis that makes only a share of its way."""
    gap = aim - velocity
    if step * gap < 0.0:
        return velocity + step  # the jerk does not allow the right direction yet
    if share == 1.0 and step == gap:
        return aim
    change = share * gap
    if abs(change) > abs(step):
        change = step
    elif abs(change) < abs(least):
        change = least
    return velocity + change
