"""Joints by name, as sensor_msgs/JointState has them, put into the arm's order."""

from collections.abc import Sequence
from math import isfinite
from typing import final

import numpy as np

from embodied_mem.errors import ObservationError
from embodied_mem.types import Float64Array


@final
class JointNames:
    """Collects joints that may come in several messages and in any order."""

    def __init__(self, names: Sequence[str], *, together: float = 0.1) -> None:
        """Begins empty.

        Args:
            names: The arm's joints, in the order of `RobotInfo.joints`.
            together: Parts whose stamps differ by more are not of one moment, s.
        """
        self._names, self._together = tuple(names), together
        self._parts: dict[str, tuple[float, float, float]] = {}

    def add(
        self,
        stamp: float,
        names: Sequence[str],
        positions: Sequence[float],
        velocities: Sequence[float],
    ) -> tuple[Float64Array, Float64Array | None] | None:
        """Takes one message.

        Args:
            stamp: On the robot's clock, s.
            names: Which joints; those of other parts of the robot are passed over.
            positions: rad, one a name.
            velocities: rad/s, one a name, or none at all.

        Returns:
            (J,) positions and velocities (None where they are not measured), once every joint is
            known at this stamp; None where this message brought nothing of the arm.

        Raises:
            ObservationError: If lists differ in length, a joint is named twice, or one of the
                arm's numbers is not finite.
        """
        if len(positions) != len(names) or len(velocities) not in (0, len(names)):
            raise ObservationError(
                f"joint_states names {len(names)} joints, with {len(positions)} positions and "
                f"{len(velocities)} velocities"
            )
        if len(set(names)) != len(names):
            raise ObservationError("joint_states names a joint twice")
        speeds = velocities if len(velocities) else [float("nan")] * len(names)
        new = {
            name: (stamp, float(position), float(speed))
            for name, position, speed in zip(names, positions, speeds, strict=True)
            if name in self._names
        }
        if not all(isfinite(one[1]) for one in new.values()) or (
            len(velocities) and not all(isfinite(one[2]) for one in new.values())
        ):
            raise ObservationError("joint_states holds numbers that are not finite")
        if not new:
            return None
        self._parts.update(new)
        parts = [self._parts.get(name) for name in self._names]
        whole = [one for one in parts if one is not None and abs(stamp - one[0]) <= self._together]
        if len(whole) != len(self._names):
            return None
        speed = np.array([one[2] for one in whole])
        return np.array([one[1] for one in whole]), speed if np.isfinite(speed).all() else None
