"""An arm's reference positions at the fixed period, all joints together."""

from collections.abc import Sequence
from math import inf
from typing import final

from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.safety.joint_motion import JointMotion

_EARLY = 0.25


@final
class ArmMotion:
    """Where an arm's joints are told to be; engaged from the first command to the end of a stop.

    A servo that gets one position a period feels differences over periods, not over the times at
    which a loaded machine calls: steps are counted on a grid of periods, at most one a call.
    """

    def __init__(self, limits: JointLimits, period: float) -> None:
        """Begins disengaged.

        Args:
            limits: Of every joint.
            period: Between two positions, s.
        """
        self.limits = limits
        self.engaged = False
        """Whether positions are sent at all."""
        self._period = period
        self._due = -inf
        self._motions = [motion_of(limits, joint, period) for joint in range(len(limits))]

    @property
    def positions(self) -> tuple[float, ...]:
        """Where the joints are told to be, rad."""
        return tuple([motion.position for motion in self._motions])

    @property
    def at_rest(self) -> bool:
        """Whether no joint is told to move."""
        return not self.engaged or all(motion.velocity == 0.0 for motion in self._motions)

    @property
    def fastest(self) -> float:
        """Highest speed of a joint at which positions are told, rad/s."""
        return max(abs(motion.velocity) for motion in self._motions)

    def engage(self, measured: Sequence[float], velocities: Sequence[float] | None = None) -> None:
        """Takes over from where the arm is, at rest or at a measured speed, rad and rad/s."""
        for joint, motion in enumerate(self._motions):
            motion.start(measured[joint])
            if velocities is not None:
                speed = self.limits.velocity[joint]
                motion.velocity = min(max(velocities[joint], -speed), speed)
        self.engaged = True

    def release(self) -> None:
        """Sends no positions any more."""
        self.engaged = False

    def due(self, now: float) -> bool:
        """Tells whether a period has passed since the last step; counts it as made."""
        if now < self._due - _EARLY * self._period:
            return False
        late = now - self._due
        self._due = self._due + self._period if late < self._period else now + self._period
        return True

    def follow(self, targets: Sequence[float]) -> bool:
        """Moves towards targets for one period; tells whether they were reached as asked."""
        exact = True
        for motion, target in zip(self._motions, targets, strict=True):
            exact = motion.follow(target) and exact
        return exact

    def brake(self) -> None:
        """Comes to rest without a jolt; one period of it."""
        for motion in self._motions:
            motion.brake()

    def halt(self) -> None:
        """Comes to rest as fast as the drives can; one period of it."""
        for motion in self._motions:
            motion.halt()

    def hurry(self, on: bool) -> None:
        """Switches between the acceleration of work and that of reflexes."""
        for motion in self._motions:
            motion.hurry(on)


def motion_of(limits: JointLimits, joint: int, period: float) -> JointMotion:
    """Returns the motion of one joint under its limits, one step a period (s)."""
    return JointMotion(
        low=limits.low[joint],
        high=limits.high[joint],
        velocity=limits.velocity[joint],
        acceleration=limits.acceleration[joint],
        reflex_acceleration=limits.reflex_acceleration[joint],
        stop_acceleration=limits.stop_acceleration[joint],
        stop_jerk=limits.stop_jerk[joint],
        seconds_per_tick=period,
    )
