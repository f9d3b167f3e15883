"""A robot whose ROS 2 topics are read and written by Cyclone DDS alone, in this process."""

import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, final

import numpy as np

from embodied_mem.errors import BodyError
from embodied_mem.robots.dds.participant import DdsLink, DdsNetwork
from embodied_mem.robots.driver import Check, RobotEvents, RobotInfo
from embodied_mem.robots.readings import Readings
from embodied_mem.robots.ros.assemble import RosState
from embodied_mem.robots.ros.estop import EstopTopics
from embodied_mem.robots.ros.options import ros_config
from embodied_mem.robots.ros.sensor_checks import RATE_SECONDS, sensor_checks
from embodied_mem.robots.ros.topics import RosConfig, robot_info
from embodied_mem.robots.safety.gated import GatedCommand, GatedTrajectory
from embodied_mem.robots.settings import read_config
from embodied_mem.robots.trajectory import Trajectory

_NETWORK = ("interface", "peers", "lease")
_REACH_IN = 0.1
"""A streamed position of an arm is to be reached after this, s: two periods of 20 Hz, so that one
that is late does not make the arm stop in between."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DdsOptions:
    """All settings of a `DdsDriver`."""

    ros: RosConfig = field(default_factory=RosConfig)
    """The robot's topics."""
    network: DdsNetwork = field(default_factory=DdsNetwork)
    """Where DDS talks; its domain is that of `ros`."""
    patience: float = 5.0
    """How long `checks` waits for peers and their first messages, s."""


@final
class DdsDriver:
    """Speaks to a robot's topics through Cyclone DDS; implements `RobotDriver`.

    Everything that comes is handled in one thread, which waits and never polls. Everything that is
    sent is sent in the caller's thread.
    """

    def __init__(self, options: DdsOptions) -> None:
        """Remembers the robot; nothing is opened."""
        self._config = options.ros
        self._network = replace(options.network, domain=options.ros.domain)
        self._patience = options.patience
        self._state = RosState(self._config)
        self._session: Any = None
        self._guard = threading.Lock()

    @property
    def info(self) -> RobotInfo:
        """What the robot is; readable while closed."""
        return robot_info(self._config)

    def open(self, events: RobotEvents) -> None:
        """Joins the domain and begins to listen.

        Raises:
            BodyError: If it is open already, or the domain cannot be joined.
            ConfigError: If this process is in the domain already, with other settings.
            MissingExtraError: If cyclonedds is not installed.
        """
        with self._guard:
            if self._session is not None:
                raise BodyError(f"{self._config.name} is open already")
            link = DdsLink(self._network)
            from embodied_mem.robots.dds.session import DdsSession

            self._state = RosState(self._config)
            estop = EstopTopics(events, joined=time.monotonic())
            self._session = DdsSession(link, self._config, self._state, events, estop)

    def checks(self) -> Sequence[Check]:
        """Returns who is there and what comes; waits for peers and first messages."""
        session = self._opened()
        session.wait(self._settled, self._patience)
        time.sleep(RATE_SECONDS)
        return (*session.checks(), *sensor_checks(self._state, time.monotonic()))

    def read(self) -> Readings:
        """Returns the newest readings."""
        return self._state.read(time.monotonic())

    def write(self, command: GatedCommand) -> None:
        """Sends one command.

        Raises:
            BodyError: If the link is closed or broken.
        """
        session = self._opened()
        if self._config.base:
            session.write_twist(command.command, self._robot_time())
        joints = command.command.joints
        if self._config.arm and joints is not None:
            session.write_trajectory(
                Trajectory(
                    joints=self._config.joints,
                    positions=np.array([joints]),
                    times=np.array([_REACH_IN]),
                )
            )

    def write_trajectory(self, trajectory: GatedTrajectory) -> None:
        """Sends a whole trajectory.

        Raises:
            BodyError: If the robot has no arm, or the link is closed or broken.
        """
        if not self._config.arm:
            raise BodyError(f"{self._config.name} has no arm: set `arm` and `joints`")
        self._opened().write_trajectory(trajectory.trajectory)

    def announce_estop(self, reason: str) -> None:
        """Latches a stop for everyone, late joiners too."""
        self._opened().write_bool("e_stop", True)

    def announce_reset(self) -> None:
        """Latches the end of the stop; our own latched stop is taken back after it."""
        self._opened().write_bool("e_stop_reset", True)
        self._opened().write_bool("e_stop", False)

    def close(self) -> None:
        """Leaves the domain; safe to call twice."""
        with self._guard:
            session, self._session = self._session, None
        if session is not None:
            session.close()

    def _opened(self) -> Any:
        session = self._session
        if session is None:
            raise BodyError(f"{self._config.name} is closed; connect the robot first")
        return session

    def _robot_time(self) -> float:
        """Returns the robot's time, or 0, by which ROS means now, before its first stamp."""
        return self._state.robot_time(time.monotonic()) or 0.0

    def _settled(self) -> bool:
        """Whether so much came of every required channel that its rate is known."""
        return all(self._state.rate(channel) > 0.0 for channel in self._config.needed)


def make_dds(options: Mapping[str, Any] | DdsOptions) -> DdsDriver:
    """Makes the driver `dds` from the table `[options]` of a robot's file.

    Args:
        options: Fields of `RosConfig`; `interface`, `peers` and `lease` of `DdsNetwork`;
            `patience` of `DdsOptions`.

    >>> make_dds({"namespace": "r1", "domain": 3, "interface": "lo"}).info.name
    'ros'

    Raises:
        ConfigError: If a key is unknown, of another type or out of its range.
    """
    if isinstance(options, DdsOptions):
        return DdsDriver(options)
    table = dict(options)
    parts = {
        "network": {key: table.pop(key) for key in _NETWORK if key in table},
        **{key: table.pop(key) for key in ("patience",) if key in table},
    }
    return DdsDriver(read_config(DdsOptions, {"ros": ros_config(table), **parts}, "options"))
