"""One look at an arm: what its control unit tells, in plain numbers and words."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from embodied_mem.types import Float64Array

MODE_REASONS: Final = {
    "Reflex": "a reflex has stopped the arm; look why, then reset",
    "UserStopped": "the arm's emergency stop or enabling device is pressed; release it",
    "Guiding": "somebody guides the arm by hand",
    "AutomaticErrorRecovery": "the arm is recovering from an error",
    "Other": "the arm takes no commands; activate FCI and unlock its joints in Desk",
}
"""Why an arm in a mode of libfranka's `RobotMode` will not move; `Idle` and `Move` are well."""


@dataclass(frozen=True, kw_only=True, slots=True, eq=False)
class ArmSnapshot:
    """The arm's state at one moment."""

    arrived: float
    """When it came, on this machine's monotonic clock, s."""
    robot_time: int
    """The control unit's own clock, ms."""
    joints: Float64Array
    """(7,) measured positions, rad."""
    velocities: Float64Array
    """(7,) measured speeds, rad/s."""
    efforts: Float64Array
    """(7,) measured torques, Nm."""
    commanded: Float64Array
    """(7,) positions that the arm is told at the moment, rad."""
    commanded_velocities: Float64Array
    """(7,) speeds that it is told, rad/s."""
    force: float
    """Force from outside on the hand, N."""
    success_rate: float
    """Part of the last 100 commands that reached the control unit in time, 0 to 1."""
    moving: bool
    """Whether a motion is carried out."""
    trouble: str
    """Why it will not move; empty where it would."""

    @classmethod
    def of(cls, state: Any, *, arrived: float, moving: bool) -> "ArmSnapshot":
        """Reads a `franky.RobotState`."""
        wrench = np.array(state.O_F_ext_hat_K)
        return cls(
            arrived=arrived,
            robot_time=int(state.time.to_msec()),
            joints=np.array(state.q),
            velocities=np.array(state.dq),
            efforts=np.array(state.tau_J),
            commanded=np.array(state.q_d),
            commanded_velocities=np.array(state.dq_d),
            force=float(np.linalg.norm(wrench[:3])),
            success_rate=float(state.control_command_success_rate),
            moving=moving,
            trouble=trouble_of(state.robot_mode.name, str(state.current_errors)),
        )


def trouble_of(mode: str, errors: str) -> str:
    """Returns why an arm will not move; empty where it would.

    Args:
        mode: Name of a `franky.RobotMode`.
        errors: Text of `franky.Errors`, such as `["cartesian_reflex"]`.

    >>> trouble_of("Idle", "[]")
    ''
    >>> trouble_of("UserStopped", "[]")
    "the arm's emergency stop or enabling device is pressed; release it"
    """
    reason = MODE_REASONS.get(mode, "")
    named = errors.strip("[] ").replace('"', "")
    if named and not reason:
        reason = "the arm has an error; look why, then reset"
    return f"{reason} ({named})" if named else reason
