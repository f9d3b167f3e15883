"""What an evaluated agent gets of the simulator: the arm's border, and nothing behind it."""

import time
from collections.abc import Mapping
from typing import final

from embodied_mem.robots.arm import Arm, ArmDescription, ArmState
from embodied_mem.robots.body import Feature
from embodied_mem.types import Command, Observation


@final
class ArmOnly:
    """An arm that can be sensed and moved but not asked for the truth or changed by hand.

    It also counts the CPU that the simulator takes, so that what is left is the agent's own.
    """

    def __init__(self, arm: Arm) -> None:
        # Kept as functions of the border: there is no attribute that leads to the simulator.
        self._sense, self._observe, self._act = arm.sense, arm.observe, arm.act
        self.description: ArmDescription = arm.description
        self.cameras: tuple[str, ...] = arm.cameras
        self.observation_features: Mapping[str, Feature] = arm.observation_features
        self.action_features: Mapping[str, Feature] = arm.action_features
        self.radius = arm.radius
        self.seconds_per_tick = arm.seconds_per_tick
        self.simulator_cpu = 0.0
        """CPU that the simulator took, s."""

    def connect(self) -> None:
        """Does nothing: it is connected already."""

    def close(self) -> None:
        """Does nothing: whoever opened the simulator closes it."""

    def sense(self) -> ArmState:
        """Returns the newest joint readings."""
        return self._sense()

    def observe(self, camera: str = "front") -> Observation:
        """Returns the newest observation of a camera."""
        started = time.process_time()
        seen = self._observe(camera)
        self.simulator_cpu += time.process_time() - started
        return seen

    def act(self, command: Command) -> Command:
        """Carries out one tick."""
        started = time.process_time()
        sent = self._act(command)
        self.simulator_cpu += time.process_time() - started
        return sent
