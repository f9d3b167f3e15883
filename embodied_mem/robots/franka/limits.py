"""How far and how fast the joints of Franka Robotics' arms may move, and how much of it we use.

Sources: "Robot and interface specifications", limits in joint space, of Franka Robotics' FCI
documentation for the FR3 and the Panda (FER); the FR3's position-dependent speeds are those of
libfranka, include/franka/rate_limiting.h.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from embodied_mem.errors import ConfigError
from embodied_mem.robots.safety.joint_limits import JointLimits

JOINT_COUNT: Final = 7


@dataclass(frozen=True, kw_only=True, slots=True)
class ArmTable:
    """What the manufacturer states of one arm, joint by joint."""

    low: tuple[float, ...]
    """Lowest positions, rad."""
    high: tuple[float, ...]
    """Highest positions, rad."""
    velocity: tuple[float, ...]
    """Highest speeds, rad/s."""
    acceleration: tuple[float, ...]
    """Highest accelerations, rad/s^2."""
    jerk: tuple[float, ...]
    """Highest changes of the acceleration, rad/s^3."""
    used_velocity: tuple[float, ...]
    """Speeds that commands may use unless the configuration says less, rad/s."""
    used_acceleration: tuple[float, ...]
    """Accelerations that commands may use unless the configuration says otherwise, rad/s^2."""


FR3: Final = ArmTable(
    low=(-2.7437, -1.7837, -2.9007, -3.0421, -2.8065, 0.5445, -3.0159),
    high=(2.7437, 1.7837, 2.9007, -0.1518, 2.8065, 4.5169, 3.0159),
    velocity=(2.62, 2.62, 2.62, 2.62, 5.26, 4.18, 5.26),
    acceleration=(10.0,) * JOINT_COUNT,
    jerk=(5000.0,) * JOINT_COUNT,
    # franky-control 2.0.0 plans with a Panda's speeds at most, whichever arm it was built for.
    used_velocity=(2.175, 2.175, 2.175, 2.175, 2.61, 2.61, 2.61),
    # A joint that always can stop before its end (less MARGIN) with these never exceeds what the
    # FR3 allows at that position (`fr3_speed_window`), which would be a reflex. A tenth is left.
    used_acceleration=(4.5, 1.8, 2.6, 2.6, 5.0, 3.5, 5.0),
)
"""Franka Research 3, with System 5 or its simulator."""

PANDA: Final = ArmTable(
    low=(-2.8973, -1.7628, -2.8973, -3.0718, -2.8973, -0.0175, -2.8973),
    high=(2.8973, 1.7628, 2.8973, -0.0698, 2.8973, 3.7525, 2.8973),
    velocity=(2.175, 2.175, 2.175, 2.175, 2.61, 2.61, 2.61),
    acceleration=(15.0, 7.5, 10.0, 12.5, 15.0, 20.0, 20.0),
    jerk=(7500.0, 3750.0, 5000.0, 6250.0, 7500.0, 10000.0, 10000.0),
    used_velocity=(2.175, 2.175, 2.175, 2.175, 2.61, 2.61, 2.61),
    used_acceleration=(5.0, 3.75, 5.0, 5.0, 5.0, 5.0, 5.0),
)
"""Franka Emika Robot (Panda); needs a franky-control built for its protocol."""

TABLES: Final = {"fr3": FR3, "panda": PANDA}

MARGIN: Final = 0.04
"""Distance kept from the end of a joint's travel, rad."""

_WINDOW_OFFSET = (0.30, 0.20, 0.20, 0.30, 0.35, 0.35, 0.35)
_WINDOW_SLOPE = (12.0, 5.17, 7.0, 8.0, 34.0, 11.0, 34.0)
_WINDOW_HIGH = (2.7501, 1.7918, 2.9065, -0.1458, 2.8101, 4.5205, 3.0196)
_WINDOW_LOW = (-2.7501, -1.7918, -2.9065, -3.0481, -2.8101, 0.54092, -3.0196)


def fr3_speed_window(joint: int, position: float) -> tuple[float, float]:
    """Returns the lowest and the highest speed that an FR3 allows at a position, rad/s.

    libfranka's `computeLowerLimitsJointVelocity` and `computeUpperLimitsJointVelocity`.

    >>> fr3_speed_window(0, 0.0)
    (-2.62, 2.62)
    """
    fastest, offset = FR3.velocity[joint], _WINDOW_OFFSET[joint]
    slope = _WINDOW_SLOPE[joint]
    above = max(0.0, _WINDOW_HIGH[joint] - position)
    below = max(0.0, position - _WINDOW_LOW[joint])
    high = min(fastest, max(0.0, sqrt(slope * above) - offset))
    low = min(fastest, max(0.0, sqrt(slope * below) - offset))
    return -low, high


def arm_limits(
    model: str,
    *,
    low: Sequence[float] = (),
    high: Sequence[float] = (),
    velocity: Sequence[float] = (),
    acceleration: Sequence[float] = (),
) -> JointLimits:
    """Returns the limits of an arm, narrowed by those of a configuration; never widened.

    Args:
        model: `fr3` or `panda`.
        low: Lowest positions, rad; empty for the arm's own.
        high: Highest positions, rad.
        velocity: Highest speeds, rad/s.
            Empty, or above it, for `ArmTable.used_velocity`.
        acceleration: Highest accelerations of what is commanded, rad/s^2; empty for
            `ArmTable.used_acceleration`, the arm's own at most.

    Raises:
        ConfigError: If a list has not seven numbers, or leaves a joint no room.
    """
    table = TABLES[model]
    for name, values in (("low", low), ("high", high), ("velocity", velocity)):
        if values and len(values) != JOINT_COUNT:
            raise ConfigError(f"{name} has {len(values)} joints; expected {JOINT_COUNT}")
    if acceleration and len(acceleration) != JOINT_COUNT:
        raise ConfigError(f"acceleration has {len(acceleration)} joints; expected {JOINT_COUNT}")
    used = _least(table.acceleration, acceleration or table.used_acceleration)
    return JointLimits(
        low=tuple(map(max, (value + MARGIN for value in table.low), low or table.low)),
        high=tuple(map(min, (value - MARGIN for value in table.high), high or table.high)),
        velocity=_least(table.used_velocity, velocity or table.used_velocity),
        acceleration=used,
        reflex_acceleration=table.acceleration,
        stop_acceleration=tuple(0.5 * value for value in used),
        stop_jerk=tuple(10.0 * value for value in used),
    )


def _least(own: Sequence[float], asked: Sequence[float]) -> tuple[float, ...]:
    return tuple(map(min, own, asked))
