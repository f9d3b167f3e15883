"""How far, how fast and how hard an arm's joints may move."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Self
from xml.etree import ElementTree

from embodied_mem.errors import ConfigError


@dataclass(frozen=True, kw_only=True, slots=True)
class JointLimits:
    """Limits of every joint, in the order of `ArmState.joints`."""

    low: tuple[float, ...]
    """Lowest positions, rad."""
    high: tuple[float, ...]
    """Highest positions, rad."""
    velocity: tuple[float, ...]
    """Highest speeds, rad/s."""
    acceleration: tuple[float, ...]
    """Highest accelerations of what is commanded, rad/s^2."""
    reflex_acceleration: tuple[float, ...]
    """Decelerations where something was hit, rad/s^2: as much as the drives can give."""
    stop_acceleration: tuple[float, ...]
    """Decelerations of a safe stop, rad/s^2: gentler, so that what is carried stays in the hand."""
    stop_jerk: tuple[float, ...]
    """How fast the deceleration of a safe stop may change, rad/s^3."""

    def __post_init__(self) -> None:
        """Checks sizes, signs and order.

        Raises:
            ConfigError: If the lists differ in length, a limit is not finite and positive, or a
                joint has no room.
        """
        names = (
            "high",
            "velocity",
            "acceleration",
            "reflex_acceleration",
            "stop_acceleration",
            "stop_jerk",
        )
        for name in names:
            if len(getattr(self, name)) != len(self.low):
                raise ConfigError(
                    f"{name} has {len(getattr(self, name))} joints, low has {len(self)}"
                )
        for name in names[1:]:
            if not all(isfinite(value) and value > 0.0 for value in getattr(self, name)):
                raise ConfigError(f"{name} must be positive and finite, got {getattr(self, name)}")
        for low, high in zip(self.low, self.high, strict=True):
            if not low < high:
                raise ConfigError(f"a joint needs room to move, got limits {low} to {high}")

    def __len__(self) -> int:
        return len(self.low)

    @classmethod
    def of_urdf(
        cls,
        urdf: Path,
        joints: Sequence[str],
        *,
        acceleration: float = 10.0,
        margin: float = 0.01,
    ) -> Self:
        """Reads positions and speeds from an arm's description.

        A URDF knows no accelerations; the default is what Franka Robotics states for every joint
        of its FR3 ("Robot and interface specifications", limits in joint space).

        Args:
            urdf: The description.
            joints: Names of the moving joints, in order.
            acceleration: Highest acceleration of every joint, rad/s^2. Reflexes brake with five
                times as much, safe stops with half of it, reached within a twentieth of a second.
            margin: Distance kept from the end of a joint's travel, rad.

        Raises:
            ConfigError: If the description lacks a joint or its limits.
        """
        found = {joint.get("name"): joint for joint in ElementTree.parse(urdf).iter("joint")}
        rows = []
        for name in joints:
            limit = found[name].find("limit") if name in found else None
            if limit is None:
                raise ConfigError(f"{urdf} has no limits of a joint {name!r}")
            rows.append([float(limit.get(key, "nan")) for key in ("lower", "upper", "velocity")])
        same = (1.0,) * len(rows)
        return cls(
            low=tuple(row[0] + margin for row in rows),
            high=tuple(row[1] - margin for row in rows),
            velocity=tuple(row[2] for row in rows),
            acceleration=tuple(acceleration * one for one in same),
            reflex_acceleration=tuple(5.0 * acceleration * one for one in same),
            stop_acceleration=tuple(0.5 * acceleration * one for one in same),
            stop_jerk=tuple(10.0 * acceleration * one for one in same),
        )
