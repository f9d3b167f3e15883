"""What has passed a safety gate: the only thing that a driver sends.

The objects cannot be made elsewhere by mistake: making one needs the stamp, which `SafetyGate`
alone takes from this module (a test looks through the code for others).
"""

from typing import final

from embodied_mem.errors import BodyError
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Command


@final
class Stamp:
    """Proof of having passed a gate; there is one, and only gates use it."""

    __slots__ = ()


GATE_STAMP = Stamp()


@final
class GatedCommand:
    """A command within all limits, or a stop; made by a `SafetyGate` only."""

    __slots__ = ("command", "stop", "urgent")

    def __init__(self, stamp: Stamp, command: Command, *, stop: str = "", urgent: bool = False):
        """Wraps what a gate lets through.

        Args:
            stamp: Proof that a gate is asking.
            command: What is to be sent now.
            stop: Why the robot is being stopped; empty where it is not.
            urgent: Whether it is an emergency stop: zero at once, not a ramp.

        Raises:
            BodyError: If anything but a gate asks.
        """
        if stamp is not GATE_STAMP:
            raise BodyError("only a SafetyGate may let commands through; send them to a Robot")
        self.command = command
        self.stop = stop
        self.urgent = urgent


@final
class GatedTrajectory:
    """A trajectory whose every point was checked; made by a `SafetyGate` only."""

    __slots__ = ("trajectory",)

    def __init__(self, stamp: Stamp, trajectory: Trajectory) -> None:
        """Wraps what a gate lets through; raises as `GatedCommand`."""
        if stamp is not GATE_STAMP:
            raise BodyError("only a SafetyGate may let trajectories through; ask a Robot")
        self.trajectory = trajectory
