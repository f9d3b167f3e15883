"""The border to one kind of robot: a driver reads sensors and writes what a gate let through."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from embodied_mem.robots.body import Feature
from embodied_mem.robots.readings import Readings
from embodied_mem.robots.safety.gated import GatedCommand, GatedTrajectory
from embodied_mem.types import Command


@dataclass(frozen=True, kw_only=True, slots=True)
class RobotInfo:
    """What a robot is; known before it is connected."""

    name: str
    """How it is called in messages and recordings."""
    observation_features: Mapping[str, Feature]
    """What `observe` gives."""
    action_features: Mapping[str, Feature]
    """The fields of `Command` that it takes, with the robot's own limits."""
    radius: float
    """Radius of the upright cylinder that contains the body, m."""
    seconds_per_tick: float
    """How long the brain's tick is, s."""
    joints: tuple[str, ...] = ()
    """Names of the arm's joints; empty where there is no arm."""
    required: tuple[str, ...] = ()
    """Channels of `Readings.ages` that must be fresh for the robot to move."""
    follows_trajectories: bool = False
    """Whether it takes whole trajectories; otherwise they are streamed point by point."""
    always_streams: bool = False
    """Whether it wants to be told at the fixed rate even while nobody commands it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """One line of the table that is printed before anything moves."""

    name: str
    """What was looked at, such as `cmd_vel subscriber`."""
    verdict: Literal["ok", "warning", "error"]
    """Whether it is as it should be; nothing moves while one is an error."""
    found: str
    """What was found, with numbers."""
    expected: str = ""
    """What was expected, and what to do about it."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RobotEvents:
    """What a driver tells at once, from any of its threads, rather than in `Readings`."""

    estop: Callable[[str, float], None]
    """Somebody asks for an emergency stop: why, and when (the message's stamp in s; stops and
    resets of one clock are ordered by it)."""
    reset: Callable[[float], None]
    """Somebody ends an emergency stop; ignored where it is not newer than the stop."""
    enable: Callable[[], None]
    """The deadman's switch is held at this moment."""
    wake: Callable[[], None] = field(default=lambda: None)
    """New readings are worth a look before the next period."""


@runtime_checkable
class RobotDriver(Protocol):
    """One robot's wire. It decides nothing: limits, stops and owners are the gate's.

    Only `Robot` (robots/robot.py) may hold a driver, and only a `SafetyGate` can make what `write`
    takes, so that no command can reach a robot around its gate.
    """

    @property
    def info(self) -> RobotInfo:
        """What the robot is; readable while closed."""

    def open(self, events: RobotEvents) -> None:
        """Opens the link and begins to listen; sends nothing that moves.

        Raises:
            BodyError: If the robot cannot be reached at all.
            MissingExtraError: If a library is not installed.
        """

    def checks(self) -> Sequence[Check]:
        """Returns what is to be checked before anything moves; peers are waited for, 5 s at most.

        A missing peer, an incompatible QoS and a foreign owner of a command topic are errors.
        """

    def read(self) -> Readings:
        """Returns the newest readings; never waits, and is safe from any thread."""

    def write(self, command: GatedCommand) -> Command | None:
        """Sends one command now; called at a fixed rate, and at once for an emergency stop.

        Returns:
            What the robot says that it took, where it limits further and tells; None otherwise.

        Raises:
            BodyError: If the link is down.
        """

    def write_trajectory(self, trajectory: GatedTrajectory) -> None:
        """Sends a whole trajectory, where `info.follows_trajectories`; it begins at once."""

    def announce_estop(self, reason: str) -> None:
        """Tells everyone on the wire, late joiners too, that the robot must not move."""

    def announce_reset(self) -> None:
        """Tells everyone on the wire that the emergency stop has ended."""

    def close(self) -> None:
        """Closes the link; the last command was a stop already. Safe to call twice."""


@runtime_checkable
class PassesEnable(Protocol):
    """A driver behind which there is another gate with a deadman's switch."""

    def enable(self) -> None:
        """Tells that gate that the switch is held at this moment."""
