"""An arm that is driven from another environment: its process started, and reached by a gateway."""

import time
from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import final

from embodied_mem.errors import BodyError
from embodied_mem.robots.driver import Check, RobotEvents, RobotInfo
from embodied_mem.robots.franka.config import FrankaConfig
from embodied_mem.robots.franka.info import franka_info
from embodied_mem.robots.franka.process import FrankaProcess
from embodied_mem.robots.gateway.client import GatewayDriver
from embodied_mem.robots.gateway.options import GatewayOptions
from embodied_mem.robots.readings import Readings
from embodied_mem.robots.safety.config import ArmGateConfig, GateConfig
from embodied_mem.robots.safety.gated import GatedCommand, GatedTrajectory
from embodied_mem.robots.safety.joint_limits import JointLimits


@final
class FrankaApart:
    """Implements `RobotDriver` for an interpreter that has no franky-control.

    The other process has a gate of its own, with the same settings: should this one be killed or
    stand still, commands age there, and the arm is brought to rest and holds.
    """

    def __init__(self, config: FrankaConfig) -> None:
        """Remembers the arm; nothing is started."""
        self._config = config
        self._gate = GateConfig(rate=50.0, forward=None, turn=None, zones=None, arm=ArmGateConfig())
        self._limits = config.limits()
        self._process: FrankaProcess | None = None
        self._link: GatewayDriver | None = None

    @property
    def info(self) -> RobotInfo:
        """What the robot is; readable while closed."""
        return franka_info(self._config)

    @property
    def joint_limits(self) -> JointLimits:
        """What its gate must keep: the arm's limits, narrowed by the configuration."""
        return self._limits

    def take_gate(self, gate: GateConfig, joint_limits: JointLimits | None) -> None:
        """Tells how the gate at the arm's end is to be set; before `open`."""
        self._gate = gate
        self._limits = joint_limits or self._config.limits()

    def open(self, events: RobotEvents) -> None:
        """Starts the process and connects to it.

        Raises:
            BodyError: If the process does not start or does not reach the arm.
            MissingExtraError: If no Python with franky-control is found, or pyzmq is missing.
        """
        if self._process is not None:
            raise BodyError(f"{self._config.name} is open already")
        self._process = FrankaProcess(self._config, self._gate, self._limits)
        try:
            # Known before it is open: its first news are read from within `open`.
            options = GatewayOptions(endpoint=self._process.endpoint)
            self._link = GatewayDriver(options, info=self.info)
            self._link.open(events)
        except BaseException:
            self.close()
            raise

    def checks(self) -> Sequence[Check]:
        """Returns the checks of the arm's end, of the link and of the process."""
        process, link = self._opened()
        found = f"franky-control in process {process.pid}, which stops the arm without us"
        return (Check(name="gate process", verdict="ok", found=found), *link.checks())

    def read(self) -> Readings:
        """Returns the newest readings; a process that has ended is a fault."""
        process, link = self._process, self._link
        if process is None or link is None:
            closed = f"{self._config.name} is closed"
            return Readings(time=time.monotonic(), ages={"joints": inf}, faults=(closed,))
        readings, ended = link.read(), process.ended
        return replace(readings, faults=(*readings.faults, ended)) if ended else readings

    def write(self, command: GatedCommand) -> None:
        """Sends one command.

        Raises:
            BodyError: If the link is down or the process has ended.
        """
        self._live().write(command)

    def write_trajectory(self, trajectory: GatedTrajectory) -> None:
        """Sends a whole path; raises as `write`."""
        self._live().write_trajectory(trajectory)

    def announce_estop(self, reason: str) -> None:
        """Stops the arm at its own end."""
        self._opened()[1].announce_estop(reason)

    def announce_reset(self) -> None:
        """Ends the stop at the arm's end, and lets the arm recover from a reflex."""
        self._opened()[1].announce_reset()

    def close(self) -> None:
        """Closes the link, and has the process bring the arm to rest and end."""
        process, link = self._process, self._link
        self._process = self._link = None
        if link is not None:
            link.close()
        if process is not None:
            process.close()

    def _opened(self) -> tuple[FrankaProcess, GatewayDriver]:
        if self._process is None or self._link is None:
            raise BodyError(f"{self._config.name} is closed; connect the robot first")
        return self._process, self._link

    def _live(self) -> GatewayDriver:
        process, link = self._opened()
        if process.ended:
            raise BodyError(process.ended)
        return link
