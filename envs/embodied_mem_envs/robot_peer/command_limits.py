"""Judges a stream of velocity commands by limits of speed and acceleration.

Written anew on purpose, not shared with the gate that is to keep these limits.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import inf, isfinite
from typing import Protocol

SILENCE = 0.4
"""After so long without a command the robot is no longer where the last one left it, s."""
_ROUNDING = 1e-6


class AxisBounds(Protocol):
    """Limits of one axis, such as `AxisLimits`."""

    @property
    def fastest(self) -> float:
        """Highest speed, m/s or rad/s."""

    @property
    def slowest(self) -> float:
        """Highest speed the other way, negative."""

    @property
    def acceleration(self) -> float:
        """Highest gain of speed."""

    @property
    def deceleration(self) -> float:
        """Highest loss of speed."""


class Bounds(Protocol):
    """Limits of a base, such as `GateConfig`; an axis without limits must stand still."""

    @property
    def forward(self) -> AxisBounds | None:
        """Along the way."""

    @property
    def turn(self) -> AxisBounds | None:
        """Of turning."""

    @property
    def rate(self) -> float:
        """Commands a second."""


@dataclass(frozen=True, slots=True)
class TimedCommand:
    """A command and what held when it came."""

    t: float
    """When it was sent, s."""
    forward: float
    turn: float
    true: tuple[float, float]
    """How fast the robot truly was, m/s and rad/s."""
    emergency: bool
    """Whether it is a zero that an emergency stop allows to come at once."""


@dataclass(frozen=True, slots=True)
class Excess:
    """How far commands were beyond limits; all 0 where none was."""

    count: int
    """Commands that were out of limits."""
    forward: float
    """Worst speed beyond the limit along the way, m/s."""
    turn: float
    """Worst yaw rate beyond the limit, rad/s."""
    hurry: float
    """By how much the worst change of speed came sooner than limits allow, s. A step from a to b
    that needs 0.3 s and came after 0.05 s hurries by 0.25; some milliseconds are jitter."""


def excesses(commands: Sequence[TimedCommand], limits: Bounds, slack: float) -> Excess:
    """Judges a stream; see `WireLog.worst_excess`."""
    speeds = [_beyond([c.forward for c in commands], limits.forward)]
    speeds.append(_beyond([c.turn for c in commands], limits.turn))
    hurries = [0.0] * len(commands)
    for pick, axis in ((0, limits.forward), (1, limits.turn)):
        if axis is not None:
            found = _hurries(commands, pick, axis, 1.0 / limits.rate)
            hurries = [max(a, b) for a, b in zip(hurries, found, strict=True)]
    bad = [
        forward > _ROUNDING or turn > _ROUNDING or hurry > slack
        for forward, turn, hurry in zip(*speeds, hurries, strict=True)
    ]
    worst = [max(values, default=0.0) for values in (*speeds, hurries)]
    return Excess(sum(bad), *worst)


def _beyond(values: Sequence[float], axis: AxisBounds | None) -> list[float]:
    low, high = (0.0, 0.0) if axis is None else (axis.slowest, axis.fastest)
    return [max(v - high, low - v, 0.0) if isfinite(v) else inf for v in values]


def _hurries(
    commands: Sequence[TimedCommand], pick: int, axis: AxisBounds, period: float
) -> list[float]:
    """Returns by how many seconds each command comes too soon after any one before it."""
    up, down = _seconds_to(axis.acceleration, axis.deceleration)
    result: list[float] = []
    before = -inf
    rising = falling = 0.0
    for command in commands:
        value, t = (command.forward, command.turn)[pick], command.t
        if not isfinite(value):
            result.append(inf)
            continue
        if t - before > SILENCE:
            rising = up(command.true[pick]) - (t - period)
            falling = down(command.true[pick]) + (t - period)
        before = t
        if command.emergency:
            rising, falling = up(value) - t, down(value) + t
            result.append(0.0)
            continue
        result.append(max(0.0, up(value) - t - rising, falling - down(value) - t))
        rising = min(rising, up(value) - t)
        falling = max(falling, down(value) + t)
    return result


def _seconds_to(
    gain: float, loss: float
) -> tuple[Callable[[float], float], Callable[[float], float]]:
    """Returns how long it takes from standing to a speed, on the way up and on the way down.

    The difference of two speeds' times is how long the change between them takes at least.
    """

    def up(value: float) -> float:
        return value / (gain if value > 0.0 else loss)

    def down(value: float) -> float:
        return value / (loss if value > 0.0 else gain)

    return up, down
