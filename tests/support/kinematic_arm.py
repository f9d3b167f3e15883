"""An arm without dynamics: it is where it was told to be one tick ago, and feels what a test says.

For the layers that need an arm's border and nothing of its physics.
"""

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from embodied_mem.errors import BodyError
from embodied_mem.robots.arm import ArmDescription, ArmState
from embodied_mem.robots.body import Feature
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.types import Command, Observation

JOINTS = 7


def wide_limits(**changes: tuple[float, ...]) -> JointLimits:
    """Limits like those of a Panda, the same for each joint."""
    values = {
        "low": -2.8,
        "high": 2.8,
        "velocity": 2.0,
        "acceleration": 10.0,
        "reflex_acceleration": 50.0,
        "stop_acceleration": 5.0,
        "stop_jerk": 100.0,
    }
    return JointLimits(
        **{name: changes.get(name, (value,) * JOINTS) for name, value in values.items()}
    )


class KinematicArm:
    """Implements `Arm`; fields that a test sets are what the next `sense` says."""

    radius = 0.1
    seconds_per_tick = 0.005
    observation_features: Mapping[str, Feature] = {}
    action_features: Mapping[str, Feature] = {}
    cameras = ("front",)
    description = ArmDescription(
        urdf=Path("none.urdf"),
        joints=tuple(f"joint_{index}" for index in range(JOINTS)),
        tool_frame="tool",
        home=(0.0,) * JOINTS,
    )

    def __init__(self) -> None:
        self.ticks = 0
        self.sent: list[Command] = []
        self.joints = np.zeros(JOINTS)
        self.opening, self.grip, self.contact = 0.08, 0.0, 0.0
        self.stuck = False
        """Whether the joints stay where they are."""
        self.frozen = False
        """Whether the readings do not change any more."""
        self.closed = False

    def connect(self) -> None:
        """Needs no link."""

    def close(self) -> None:
        self.closed = True

    def sense(self) -> ArmState:
        return ArmState(
            tick=self.ticks,
            joints=self.joints,
            velocities=np.zeros(JOINTS),
            efforts=np.zeros(JOINTS),
            opening=self.opening,
            grip=self.grip,
            contact=self.contact,
        )

    def observe(self, camera: str = "front") -> Observation:
        raise NotImplementedError("this arm has no camera")

    def act(self, command: Command) -> Command:
        self.sent.append(command)
        if not self.frozen:
            self.ticks += 1
        if command.joints is not None and not self.stuck:
            self.joints = np.array(command.joints)
        return command


def broken_arm() -> KinematicArm:
    raise BodyError("there is no such arm")


class LoggingArm(KinematicArm):
    """Writes one line a tick to the file that the environment's ARM_LOG names."""

    def connect(self) -> None:
        self._log = Path(os.environ["ARM_LOG"])

    def act(self, command: Command) -> Command:
        sent = super().act(command)
        self._note({"time": time.monotonic(), "joint": self.joints[0]})
        return sent

    def close(self) -> None:
        self._note({"closed": 1.0})

    def _note(self, what: dict[str, float]) -> None:
        with self._log.open("a") as file:
            file.write(json.dumps(what) + "\n")


class TouchingArm(KinematicArm):
    """Meets something after a while."""

    TOUCHES_AT = 50

    def act(self, command: Command) -> Command:
        sent = super().act(command)
        self.contact = 90.0 if self.ticks >= self.TOUCHES_AT else 0.0
        return sent
