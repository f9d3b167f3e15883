"""One joint's reference position: followed within limits, or brought to rest without a jolt.

Plain floats, joint by joint: for seven numbers that is several times cheaper than arrays.
"""

from math import ceil, copysign, inf, sqrt
from typing import final


@final
class JointMotion:
    """Where one joint is told to be, and how fast that moves.

    What is sent satisfies the limits as finite differences of successive positions, which is what
    a servo that gets one position a tick feels.
    """

    __slots__ = (
        "_acceleration",
        "_brake",
        "_change",
        "_clock",
        "_free_high",
        "_free_low",
        "_high",
        "_jerk",
        "_low",
        "_normal",
        "_seconds",
        "_speed",
        "_stop",
        "_target",
        "_urgent",
        "position",
        "rate",
        "velocity",
    )

    def __init__(
        self,
        *,
        low: float,
        high: float,
        velocity: float,
        acceleration: float,
        reflex_acceleration: float,
        stop_acceleration: float,
        stop_jerk: float,
        seconds_per_tick: float,
    ) -> None:
        self._low, self._high = low, high
        self._speed, self._acceleration = velocity, acceleration
        self._brake, self._jerk = min(stop_acceleration, acceleration), stop_jerk
        self._seconds = seconds_per_tick
        self._normal, self._urgent = acceleration, reflex_acceleration
        self._change = acceleration * seconds_per_tick
        stopping = velocity * velocity / (2.0 * acceleration) + velocity * seconds_per_tick
        self._free_low, self._free_high = low + stopping, high - stopping
        self._target = 0.0
        self._stop: tuple[float, ...] = ()
        self._clock = 0.0
        self.position = 0.0
        """rad."""
        self.velocity = 0.0
        """rad/s."""
        self.rate = 0.0
        """Acceleration during the last tick, rad/s^2."""

    def start(self, position: float) -> None:
        """Begins at rest; a joint that stands beyond a limit may only return.

        Args:
            position: Where the joint stands, rad.
        """
        self.position = self._target = position
        self.velocity = self.rate = 0.0
        self._stop = ()

    def follow(self, target: float) -> bool:
        """Moves towards a target for one tick.

        A stream of targets within the limits is followed exactly. What is too fast is followed as
        fast as allowed, braking in time so as not to overshoot, and a stream that was lost is
        caught up with.

        Args:
            target: Where the joint is to be at the end of the tick, rad.

        Returns:
            Whether the target was reached as asked; False where a limit cut in.
        """
        self._stop = ()
        seconds, change = self._seconds, self._change
        position, velocity = self.position, self.velocity
        inside = min(max(target, self._low), self._high)
        wanted = (inside - position) / seconds
        drift = (inside - self._target) / seconds
        # Arriving faster than the target itself moves would overshoot it on the next tick.
        smooth = -change <= wanted - velocity <= change and -change <= wanted - drift <= change
        free = self._free_low < position < self._free_high and -self._speed <= wanted <= self._speed
        if smooth and free:  # nearly every tick, and therefore in few steps
            self._target = self.position = inside
            self.velocity, self.rate = wanted, (wanted - velocity) / seconds
            return inside == target
        allowed = min(max(wanted, -self._room(-1.0)), self._room(1.0))
        if allowed != wanted or not smooth:
            allowed = self._approach(drift)
        self._target = inside
        self._move(min(max(allowed, velocity - change), velocity + change))
        return inside == target and allowed == wanted

    def hurry(self, on: bool) -> None:
        """Switches between the acceleration of work and that of reflexes."""
        self._acceleration = self._urgent if on else self._normal
        self._change = self._acceleration * self._seconds

    def coast(self) -> None:
        """Keeps the speed for one tick, as far as the limits allow."""
        self._stop = ()
        velocity = min(max(self.velocity, -self._room(-1.0)), self._room(1.0))
        self._move(velocity)
        self._target = self.position

    def brake(self) -> None:
        """Comes to rest without a jolt; one tick of it."""
        if self.velocity == 0.0 and self.rate == 0.0:
            return
        if not self._stop:
            self._stop = stop_profile(self.velocity, self.rate, self._brake, self._jerk)
            self._clock = 0.0
        self._clock += self._seconds
        # While an acceleration is taken back the speed still grows, but not beyond its limit.
        velocity = min(max(profile_velocity(self._stop, self._clock), -self._speed), self._speed)
        left = self._high - self.position if velocity > 0.0 else self.position - self._low
        room = braking_speed(max(0.0, left), 0.9 * self._acceleration, self._seconds)
        if abs(velocity) > room:  # so near the end of its travel that a gentle stop is too long
            hardest = abs(self.velocity) - self._change
            velocity = copysign(max(room, hardest), velocity)
        self._move(velocity)
        self._target = self.position
        if self.velocity == 0.0:
            self.rate = 0.0

    def halt(self) -> None:
        """Comes to rest with the deceleration of reflexes; one tick of it."""
        self._stop = ()
        size = max(0.0, abs(self.velocity) - self._urgent * self._seconds)
        self._move(copysign(size, self.velocity) if size else 0.0)
        self._target = self.position
        if self.velocity == 0.0:
            self.rate = 0.0

    def _move(self, velocity: float) -> None:
        position = self.position + velocity * self._seconds
        # Only what started outside can be beyond a limit; it may come back, never go further.
        low, high = min(self._low, self.position), max(self._high, self.position)
        bounded = min(max(position, low), high)
        if bounded != position:
            velocity = (bounded - self.position) / self._seconds
        self.rate = (velocity - self.velocity) / self._seconds
        self.position, self.velocity = bounded, velocity

    def _room(self, side: float) -> float:
        """Returns the highest speed from which the joint can stop before the end of its travel."""
        room = self._high - self.position if side > 0.0 else self.position - self._low
        return min(self._speed, braking_speed(max(0.0, room), self._acceleration, self._seconds))

    def _approach(self, drift: float) -> float:
        """Returns the velocity that closes the gap soonest without overshooting a moving target."""
        drift = min(max(drift, -self._speed), self._speed)
        gap = self._target - self.position
        closing = braking_speed(abs(gap), 0.9 * self._acceleration, self._seconds)
        return min(max(drift + copysign(closing, gap), -self._room(-1.0)), self._room(1.0))


def braking_speed(room: float, deceleration: float, seconds: float) -> float:
    """Returns the highest speed that can be braked within a distance in whole ticks.

    >>> round(braking_speed(0.1, 10.0, 0.005), 3)
    1.389
    >>> braking_speed(0.0, 10.0, 0.005)
    0.0
    """
    # v + (v - at) + (v - 2at) + ... = room / t, over the terms above 0, solved for v. The quicker
    # root without whole ticks would have to brake up to an eighth harder in the last of them.
    if room == inf:
        return inf
    step = deceleration * seconds
    ticks = max(1, ceil(0.5 * sqrt(1.0 + 8.0 * room / (step * seconds)) - 0.5))
    return room / (ticks * seconds) + 0.5 * step * (ticks - 1)


def stop_profile(
    velocity: float, rate: float, deceleration: float, jerk: float
) -> tuple[float, ...]:
    """Plans the quickest stop from a speed and an acceleration with bounded jerk.

    Three phases: the deceleration rises, stays and falls again (the time-optimal velocity control
    of Kroeger and Wahl, "Online Trajectory Generation", IEEE Transactions on Robotics 26(1), 2010,
    section IV, for one axis and the target velocity 0).

    Args:
        velocity: Speed at the beginning, rad/s.
        rate: Acceleration at the beginning, rad/s^2.
        deceleration: Bound of the deceleration, rad/s^2.
        jerk: Bound of its change, rad/s^3.

    Returns:
        (v0, a0, j, t1, t2, t3): what is at the beginning, the signed jerk of the first phase
        (the third has its opposite) and how long the phases last, s.
    """
    side = -1.0 if velocity + rate * abs(rate) / (2.0 * jerk) > 0.0 else 1.0
    start, needed = side * rate, -side * velocity
    peak = sqrt(max(0.0, jerk * needed + 0.5 * start * start))
    steady = 0.0
    if peak > max(deceleration, start):
        peak = max(deceleration, start)
        steady = (needed - (peak * peak - 0.5 * start * start) / jerk) / peak
    return (velocity, rate, side * jerk, max(0.0, peak - start) / jerk, steady, peak / jerk)


def profile_velocity(profile: tuple[float, ...], seconds: float) -> float:
    """Returns the velocity of a stop some seconds after its beginning, rad/s; 0 after its end."""
    velocity, rate, jerk, rise, steady, fall = profile
    if seconds >= rise + steady + fall:
        return 0.0
    part = min(seconds, rise)
    velocity += rate * part + 0.5 * jerk * part * part
    rate += jerk * part
    seconds -= part
    part = min(seconds, steady)
    velocity += rate * part
    seconds -= part
    return velocity + rate * seconds - 0.5 * jerk * seconds * seconds
