"""What tells one kind of robot in another Python from the next."""

from pathlib import Path
from typing import Protocol

from embodied_mem.robots.config import RobotConfig
from embodied_mem.robots.driver import RobotEvents, RobotInfo
from embodied_mem.robots.safety.config import GateConfig
from embodied_mem.robots.safety.joint_limits import JointLimits

HERE = "here"
"""Value of a driver's option `python` that means this interpreter, and no other."""


class OtherEnd(Protocol):
    """A robot that is driven by a library of another Python."""

    @property
    def library(self) -> str:
        """The library that drives it, as messages name it."""

    @property
    def needs(self) -> str:
        """What its Python must have, and how to get it."""

    @property
    def patience(self) -> float:
        """How long its process may take to reach the robot, s."""

    @property
    def info(self) -> RobotInfo:
        """What the robot is."""

    @property
    def joint_limits(self) -> JointLimits | None:
        """How its joints may move, where that is known."""

    def interpreter(self) -> Path:
        """Finds its Python.

        Raises:
            BodyError: If the one asked for cannot be run.
            EmbodiedMemError: If none is found; says what to do.
        """

    def variables(self, packages: Path) -> dict[str, str]:
        """Returns its environment variables.

        Args:
            packages: A folder that holds `embodied_mem` and nothing else.
        """

    def robot(self, gate: GateConfig, joint_limits: JointLimits | None) -> RobotConfig:
        """Returns what is to be driven there, in that interpreter and no other.

        Args:
            gate: How the gate here is set.
            joint_limits: Of the arm's joints.
        """

    def events(self, events: RobotEvents) -> RobotEvents:
        """Returns what the link to it is to tell, made of what the robot here listens to."""
