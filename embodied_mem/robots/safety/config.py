"""How a safety gate is set. Defaults follow Nav2 and ros2_control where they have one."""

from dataclasses import dataclass, field

from embodied_mem.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class AxisLimits:
    """Limits of one axis of a base."""

    fastest: float
    """Highest speed forward or to the left, m/s or rad/s."""
    slowest: float
    """Highest speed backward or to the right, given negative, m/s or rad/s."""
    acceleration: float
    """Highest gain of speed, m/s^2 or rad/s^2."""
    deceleration: float
    """Highest loss of speed, m/s^2 or rad/s^2; an emergency stop alone is quicker."""
    jerk: float = float("inf")
    """Highest change of the acceleration, m/s^3 or rad/s^3."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ZoneConfig:
    """Collision zones before the body, from raw depth (as Nav2's collision monitor has them)."""

    stop: float = 0.1
    """Free space before the body's edge below which it does not drive forward, m."""
    slow: float = 0.4
    """Free space below which it drives at `slow_share` of its speed at most, m."""
    slow_share: float = 0.4
    """Part of the highest speed that is allowed in the slow zone."""
    seconds_to_collision: float = 1.0
    """It never drives faster than would cover the free space in this time, s."""
    corridor: float = 0.9
    """Half the width of the path that must be clear, in body radii; below 1 lets it graze."""
    height: float = 1.5
    """What hangs higher than this does not stop the body, m."""
    step_over: float = 0.08
    """What is lower than this does not stop the body, m."""
    min_points: int = 3
    """So many depth points must agree, against noise."""
    min_valid: float = 0.02
    """A picture with a smaller part of valid depth is a blind camera: the robot stops."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmGateConfig:
    """What an arm's commands and trajectories are checked for."""

    start_tolerance: float = 0.05
    """A trajectory must begin this near to where the arm is, rad."""
    path_tolerance: float = 0.05
    """While it runs, a joint may be this far from where it should be, rad."""
    goal_tolerance: float = 0.03
    """At its end, rad."""
    goal_seconds: float = 1.0
    """How long the arm may take after the end to come within the goal tolerance, s."""
    max_step: float = 0.35
    """A streamed position further than this from where the arm is gets refused, rad."""


@dataclass(frozen=True, kw_only=True, slots=True)
class GateConfig:
    """All settings of a `SafetyGate`; numbers in brackets are rows of the table in the docs."""

    rate: float = 20.0
    """Commands are streamed at this rate while a task runs, Hz (1)."""
    watchdog: float = 0.5
    """A command older than this is no longer followed: the robot is brought to rest, s (2)."""
    forward: AxisLimits | None = field(
        default_factory=lambda: AxisLimits(
            fastest=0.5, slowest=-0.25, acceleration=1.0, deceleration=1.5, jerk=20.0
        )
    )
    """Limits along the way (3); None where there is no base."""
    turn: AxisLimits | None = field(
        default_factory=lambda: AxisLimits(
            fastest=1.5, slowest=-1.5, acceleration=3.2, deceleration=3.2, jerk=60.0
        )
    )
    """Limits of turning (3); None where there is no base."""
    deadman: float | None = None
    """Motion only while an enable message is younger than this, s (7); None needs none."""
    stale: float = 0.4
    """A required sensor older than this stops the robot, s (8)."""
    frozen: float = 0.6
    """A sensor that shows the very same for this long while the robot moves stops it, s (8)."""
    zones: ZoneConfig | None = field(default_factory=ZoneConfig)
    """Collision zones (9); None where nothing looks ahead."""
    arm: ArmGateConfig | None = None
    """Checks of an arm (10, 11); None where there is none."""

    def __post_init__(self) -> None:
        """Checks ranges.

        Raises:
            ConfigError: If a rate or a time is not positive, or an axis cannot stop.
        """
        for name in ("rate", "watchdog", "stale", "frozen"):
            if not getattr(self, name) > 0.0:
                raise ConfigError(f"{name} is {getattr(self, name)}; expected more than 0")
        for name in ("forward", "turn"):
            axis: AxisLimits | None = getattr(self, name)
            if axis is None:
                continue
            positive = (axis.fastest, axis.acceleration, axis.deceleration, axis.jerk)
            if not all(value > 0.0 for value in positive) or axis.slowest > 0.0:
                raise ConfigError(
                    f"{name} needs positive limits, and `slowest` 0 or negative, got {axis}"
                )
