"""A robot as a body: any driver behind a safety gate, streamed to from a thread of its own."""

import time
import warnings
from collections.abc import Mapping
from types import TracebackType
from typing import Self, final

from embodied_mem.errors import BodyError
from embodied_mem.robots.body import Feature
from embodied_mem.robots.driver import Check, PassesEnable, RobotDriver, RobotInfo
from embodied_mem.robots.followed import Followed, follow
from embodied_mem.robots.health import Health
from embodied_mem.robots.pace import Pace
from embodied_mem.robots.readings import CameraFrame, Readings
from embodied_mem.robots.robot_words import checks_of, silence_of
from embodied_mem.robots.safety.config import GateConfig
from embodied_mem.robots.safety.gate import SafetyGate
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.safety.owners import BRAIN, Owner
from embodied_mem.robots.shutdown import guard, unguard
from embodied_mem.robots.stream import Stream
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Command, Observation

_CHECK_PATIENCE = 5.0
"""Peers and first messages are waited for at most so long, s (14)."""


@final
class Robot:
    """One robot for one brain; implements `embodied_mem.robots.Body`.

    Everything that moves the robot passes its `SafetyGate`. Commands are streamed at the gate's
    rate from a thread, so that ramps, watchdog and emergency stops do not wait for the brain.
    """

    def __init__(
        self,
        driver: RobotDriver,
        gate: SafetyGate | GateConfig | None = None,
        *,
        joint_limits: JointLimits | None = None,
        owner: Owner = BRAIN,
        patience: float = 5.0,
        signals: bool = True,
    ) -> None:
        """Puts a gate before a driver; nothing is opened yet.

        Args:
            driver: The robot's wire; nobody else may use it from now on.
            gate: A gate, or how to set one.
            joint_limits: Limits of an arm's joints, where `gate` is only a config.
            owner: In whose name `send` and `act` command.
            patience: How long `observe` waits for a picture, s.
            signals: Whether SIGTERM and SIGINT bring the robot to rest before they do what they
                would have done; only where it is connected from the main thread.
        """
        if not isinstance(gate, SafetyGate):
            gate = SafetyGate(gate or GateConfig(), driver.info, joint_limits=joint_limits)
        self.gate = gate
        self.owner = owner
        self.patience = patience
        self._driver = driver
        self._signals = signals
        self._stream: Stream | None = None
        self._connected_at = 0.0
        self._last_frame = self._last_tick = -1
        self._pace = Pace(driver.info.seconds_per_tick)

    # -- what it is ----------------------------------------------------------------------------

    @property
    def info(self) -> RobotInfo:
        """What the robot is; readable while disconnected."""
        return self._driver.info

    @property
    def observation_features(self) -> Mapping[str, Feature]:
        """What `observe` gives; readable while disconnected."""
        return self.info.observation_features

    @property
    def action_features(self) -> Mapping[str, Feature]:
        """The fields of `Command` with their limits; readable while disconnected."""
        return self.info.action_features

    @property
    def radius(self) -> float:
        """Radius in metres of the upright cylinder that contains the body."""
        return self.info.radius

    @property
    def seconds_per_tick(self) -> float:
        """How long one `act` lasts."""
        return self.info.seconds_per_tick

    # -- the link ------------------------------------------------------------------------------

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._close("it was closed" if kind is None else f"{kind.__name__} in the program")

    def connect(self) -> None:
        """Opens the link and begins to stream; sends nothing before somebody commands.

        Raises:
            BodyError: If the robot cannot be reached, or is connected already.
            MissingExtraError: If a library is not installed.
        """
        if self._stream is not None:
            raise BodyError(f"{self.info.name} is connected already; close it first")
        stream = Stream(self._driver, self.gate)
        try:
            self._driver.open(stream.events)
            self._look()
        except BaseException:
            self._driver.close()
            raise
        self._stream = stream
        self._connected_at = time.monotonic()
        self._last_frame = self._last_tick = -1
        guard(stream, signals=self._signals)
        stream.start()

    def close(self) -> None:
        """Brings the robot to rest, tells it so and closes the link; safe to call twice."""
        self._close("it was closed")

    def __del__(self) -> None:
        stream = getattr(self, "_stream", None)
        if stream is not None and not stream.closed:
            stream.abandon()
            warnings.warn(
                f"{stream.name} was never closed and is being stopped; use `with Robot(...)`",
                ResourceWarning,
                stacklevel=2,
                source=self,
            )

    def checks(self) -> tuple[Check, ...]:
        """Returns what is to be looked at before anything moves; waits 5 s at most for peers.

        Raises:
            BodyError: If the robot is not connected.
        """
        stream = self._require_stream()
        end = time.monotonic() + _CHECK_PATIENCE
        rows = self._driver.checks()
        while not (stream.steady and self._fresh()) and time.monotonic() < end:
            if not stream.wait(0.1):
                break
        return (*rows, *checks_of(self.readings, self.gate.config, stream.rate))

    # -- moving --------------------------------------------------------------------------------

    def send(self, command: Command, *, owner: Owner | None = None) -> Command:
        """Hands a command over, has it sent at once and returns what was really sent.

        It is followed until the next one, for the gate's `watchdog` at most.

        Args:
            command: What to do; velocities are limited, joint positions checked.
            owner: In whose name, if not the robot's usual owner.

        Raises:
            BodyError: If the robot is not connected.
            CommandRefused: If the command is malformed or somebody of more right has the robot.
        """
        return self._require_stream().request(command, owner or self.owner)

    def act(self, command: Command) -> Command:
        """Carries out one tick of a command and returns what was really sent last.

        Ticks end at absolute times, so that delays of the caller do not add up; whoever comes too
        late begins a new row of ticks rather than hurry after the old one.

        Raises:
            BodyError: As `send`.
        """
        stream = self._require_stream()
        sent = stream.request(command, self.owner)
        end = self._pace.next(time.monotonic())
        # Long ticks outlast the watchdog; a caller that is waiting here is alive.
        renew = time.monotonic() + 0.5 * self.gate.config.watchdog
        while (now := time.monotonic()) < end:
            if now >= renew:
                sent = stream.request(command, self.owner)
                renew = now + 0.5 * self.gate.config.watchdog
            if not stream.wait(min(end, renew) - now):
                break
        return stream.last if stream.running else sent

    def follow(self, trajectory: Trajectory, *, owner: Owner | None = None) -> Followed:
        """Has an arm follow a whole trajectory, and waits until it is at the end or has stopped.

        Raises:
            BodyError: If the robot is not connected or has no arm.
            TrajectoryRefused: If a point is beyond a limit; nothing was sent then.
        """
        stream = self._require_stream()
        checked = self.gate.check(trajectory, self._look())
        return follow(stream, self.gate, checked, owner or self.owner)

    def estop(self, reason: str = "asked for by the program") -> None:
        """Stops the robot at once and keeps it stopped until `reset`; safe from any thread."""
        if self._stream is None:
            self.gate.estop(reason, source=self.owner.name)
            return
        self._stream.estop(reason, source=self.owner.name)
        self._driver.announce_estop(reason)

    def reset(self) -> bool:
        """Ends an emergency stop; the robot moves only on a command that comes afterwards.

        Returns:
            Whether the robot is free now.
        """
        free = self.gate.reset()
        if free and self._stream is not None:
            self._driver.announce_reset()
            # The very next command is to count, without a tick in between.
            self._look()
        return free

    def enable(self) -> None:
        """Tells that the deadman's switch is held at this moment, and the robot's end, too."""
        self.gate.enable(time.monotonic())
        if self._stream is not None and isinstance(self._driver, PassesEnable):
            self._driver.enable()

    # -- sensing -------------------------------------------------------------------------------

    def observe(self) -> Observation:
        """Returns the newest picture that was not returned before; waits for one if need be.

        Raises:
            BodyError: If the robot is not connected, or no new picture came within `patience`;
                the message says which sensors are silent, and why.
        """
        stream = self._require_stream()
        give_up = time.monotonic() + self.patience
        while True:
            readings = self._driver.read()
            if readings.frame is not None and readings.frame.number > self._last_frame:
                return self._observation(readings.frame, readings)
            left = give_up - time.monotonic()
            if left <= 0.0:
                raise BodyError(silence_of(self.info.name, readings, self.patience))
            if not stream.wait(left):
                stream.require_running()

    @property
    def readings(self) -> Readings:
        """The newest readings of all sensors.

        Raises:
            BodyError: If the robot is not connected.
        """
        self._require_stream()
        return self._driver.read()

    @property
    def last_sent(self) -> Command:
        """What was sent last; zero before anything was."""
        return Command() if self._stream is None else self._stream.last

    @property
    def health(self) -> Health:
        """How the robot is doing; never raises."""
        stream, gate = self._stream, self.gate
        owner = "" if gate.owner is None else gate.owner.name
        if stream is None:
            return Health(
                connected=False, stopped="not connected", latched=gate.latched, owner=owner
            )
        readings = stream.readings
        return Health(
            connected=stream.running,
            stopped=gate.stopped,
            latched=gate.latched,
            owner=owner,
            ages=dict(readings.ages),
            faults=tuple(dict.fromkeys((*readings.faults, *stream.faults))),
            lost=dict(readings.lost),
            sent=stream.sent,
            refused=stream.refused,
            rate_hz=stream.rate,
            late=stream.late,
        )

    # -- inside --------------------------------------------------------------------------------

    def _require_stream(self) -> Stream:
        if self._stream is None:
            raise BodyError(f"{self.info.name} is not connected; call connect() first")
        return self._stream

    def _look(self) -> Readings:
        """Lets the gate judge what is known now rather than at its last tick."""
        readings = self._driver.read()
        self.gate.look(readings, time.monotonic())
        return readings

    def _close(self, reason: str) -> None:
        stream, self._stream = self._stream, None
        if stream is not None:
            stream.close(reason)
            unguard(stream)

    def _observation(self, frame: CameraFrame, readings: Readings) -> Observation:
        ticks = int((frame.taken - self._connected_at) // self.seconds_per_tick)
        self._last_tick = max(ticks, self._last_tick + 1)
        self._last_frame = frame.number
        held = float(bool(self.gate.stopped))
        return Observation(
            rgb=frame.rgb,
            depth=frame.depth,
            intrinsics=frame.intrinsics,
            T_world_camera=frame.T_world_camera,
            T_world_body=frame.T_world_body,
            tick=self._last_tick,
            seconds_per_tick=self.seconds_per_tick,
            instance=frame.instance,
            labels=frame.labels,
            proprioception={"collided": 0.0, **readings.values, "held": held},
            agent=self.info.name,
            camera=frame.camera,
        )

    def _fresh(self) -> bool:
        return all(age <= self.gate.config.stale for age in self.readings.ages.values())
