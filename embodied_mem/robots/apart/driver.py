"""A robot that another Python drives: its process started, and reached by a gateway."""

import time
from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import final

from embodied_mem.errors import BodyError
from embodied_mem.robots.apart.other_end import OtherEnd
from embodied_mem.robots.apart.process import ApartProcess
from embodied_mem.robots.driver import Check, RobotEvents, RobotInfo
from embodied_mem.robots.gateway.client import GatewayDriver
from embodied_mem.robots.gateway.options import GatewayOptions
from embodied_mem.robots.readings import Readings
from embodied_mem.robots.safety.config import GateConfig
from embodied_mem.robots.safety.gated import GatedCommand, GatedTrajectory
from embodied_mem.robots.safety.joint_limits import JointLimits


@final
class ApartDriver:
    """Starts a gateway in another Python and drives the robot through it.

    Implements `RobotDriver`. The other process has a gate of its own, with the same settings:
    should this one be killed or stand still, commands age there, and the robot is brought to rest.
    """

    def __init__(self, end: OtherEnd, gate: GateConfig) -> None:
        """Remembers the robot; nothing is started.

        Args:
            end: The robot, and the Python that drives it.
            gate: How the gate there is set, until `take_gate`.
        """
        self._end = end
        self._gate = gate
        self._limits = end.joint_limits
        self._process: ApartProcess | None = None
        self._link: GatewayDriver | None = None

    @property
    def info(self) -> RobotInfo:
        """What the robot is; readable while closed."""
        return self._end.info

    @property
    def joint_limits(self) -> JointLimits | None:
        """What its gate must keep; None where only the configuration can tell."""
        return self._limits

    def take_gate(self, gate: GateConfig, joint_limits: JointLimits | None) -> None:
        """Tells how the gate at the robot's end is to be set; before `open`."""
        self._gate = gate
        self._limits = joint_limits or self._end.joint_limits

    def open(self, events: RobotEvents) -> None:
        """Starts the process and connects to it.

        Raises:
            BodyError: If the process does not start, or does not reach the robot.
            EmbodiedMemError: If no Python that can drive it is found, or pyzmq is not installed.
        """
        if self._process is not None:
            raise BodyError(f"{self.info.name} is open already")
        self._process = ApartProcess(self._end, self._end.robot(self._gate, self._limits))
        try:
            # Known before it is open: its first news are read from within `open`.
            options = GatewayOptions(endpoint=self._process.endpoint)
            self._link = GatewayDriver(options, info=self.info)
            self._link.open(self._end.events(events))
        except BaseException:
            self.close()
            raise

    def enable(self) -> None:
        """Tells the gate at the robot's end that the deadman's switch is held at this moment."""
        self._opened()[1].enable()

    def checks(self) -> Sequence[Check]:
        """Returns the checks of the robot's end, of the link and of the process."""
        process, link = self._opened()
        found = f"{self._end.library} in process {process.pid}, which stops the robot without us"
        return (Check(name="gate process", verdict="ok", found=found), *link.checks())

    def read(self) -> Readings:
        """Returns the newest readings; a process that has ended is a fault."""
        process, link = self._process, self._link
        if process is None or link is None:  # what is being opened may wake whoever reads
            ages = dict.fromkeys(self.info.required, inf)
            return Readings(time=time.monotonic(), ages=ages, faults=("it is not open",))
        readings, ended = link.read(), process.ended
        return replace(readings, faults=(*readings.faults, ended)) if ended else readings

    def write(self, command: GatedCommand) -> None:
        """Sends one command.

        Raises:
            BodyError: If the link is down or the process has ended.
        """
        self._live().write(command)

    def write_trajectory(self, trajectory: GatedTrajectory) -> None:
        """Sends a whole trajectory; raises as `write`."""
        self._live().write_trajectory(trajectory)

    def announce_estop(self, reason: str) -> None:
        """Stops the robot at its own end, which tells everyone there."""
        self._opened()[1].announce_estop(reason)

    def announce_reset(self) -> None:
        """Ends the stop at the robot's end, which tells everyone there."""
        self._opened()[1].announce_reset()

    def close(self) -> None:
        """Closes the link, and has the process bring the robot to rest and end."""
        process, link = self._process, self._link
        self._process = self._link = None
        if link is not None:
            link.close()
        if process is not None:
            process.close()

    def _opened(self) -> tuple[ApartProcess, GatewayDriver]:
        if self._process is None or self._link is None:
            raise BodyError(f"{self.info.name} is closed; connect the robot first")
        return self._process, self._link

    def _live(self) -> GatewayDriver:
        process, link = self._opened()
        if process.ended:
            raise BodyError(process.ended)
        return link
