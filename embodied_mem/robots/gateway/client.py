"""The driver of a robot that a gateway serves: the wire is ZeroMQ, the rest is as for any robot."""

import threading
import time
from collections.abc import Mapping, Sequence
from typing import final

from embodied_mem.errors import BodyError
from embodied_mem.files import expanded
from embodied_mem.robots.driver import Check, RobotEvents, RobotInfo
from embodied_mem.robots.gateway.control_link import ControlLink
from embodied_mem.robots.gateway.convert import checks_of, info_of, limits_of, readings_of
from embodied_mem.robots.gateway.handshake import shake_hands
from embodied_mem.robots.gateway.keys import ClientKeys, load_client_keys
from embodied_mem.robots.gateway.link_checks import link_checks
from embodied_mem.robots.gateway.options import GatewayOptions
from embodied_mem.robots.gateway.picture_link import PictureLink
from embodied_mem.robots.gateway.replies import State, Welcome
from embodied_mem.robots.readings import CameraFrame, Readings
from embodied_mem.robots.safety.gated import GatedCommand, GatedTrajectory
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.settings import read_config

_ECHO = 0.3
"""For so long after the robot's end has told of a stop, what is sent may be an echo of it, s."""
_FIRST_PICTURE = 2.0
"""How long the checks wait for a first picture, s."""
_PATIENCE_OF_CHECKS = 8.0
"""The robot's end may wait 5 s for its peers, s."""


@final
class GatewayDriver:
    """Reads and writes a robot through its gateway; implements `RobotDriver`.

    The gate that counts sits at the robot's end: whatever happens to this process or the network,
    the commands age there and the robot is brought to rest. `write` keeps no queue. `read` never
    waits: readings age from the moment at which they were put together at the robot's end, mapped
    to this machine's clock by the round trips.
    """

    def __init__(self, options: GatewayOptions, *, info: RobotInfo | None = None) -> None:
        """Prepares a link.

        Args:
            options: Where the gateway is, and as whom to come.
            info: What the robot is, where that is known; otherwise the gateway is asked now, by a
                short handshake. Either way `open` makes sure that it is that robot's name.

        Raises:
            BodyError: If the gateway has to be asked and does not answer, or refuses.
            ConfigError: If a key cannot be read.
        """
        self.options = options
        self._keys: ClientKeys | None = None
        if options.keys is not None:
            self._keys = load_client_keys(expanded(options.keys))
        self.joint_limits: JointLimits | None = None
        """Limits of the joints as the robot's end told them; None where `info` was given."""
        if info is None:
            told = shake_hands(options, self._keys).info
            info, self.joint_limits = info_of(told), limits_of(told)
        self._info = info
        self._control: ControlLink | None = None
        self._pictures: PictureLink | None = None
        self._events: RobotEvents | None = None
        self._frame: CameraFrame | None = None
        self._seen = threading.Event()
        self._stops = 0
        self._latched = False
        self._urgent = False
        self._echo_until = float("-inf")
        self._changed = ""

    @property
    def info(self) -> RobotInfo:
        """What the robot is; readable while closed."""
        return self._info

    @property
    def state(self) -> State | None:
        """The newest that the robot's end told of itself; None where nothing has come."""
        return None if self._control is None else self._control.state

    def round_trip(self, share: float) -> float:
        """Returns a percentile of the newest 2000 round trips, s; NaN before the first.

        Args:
            share: Which one, such as 50 or 99.
        """
        return float("nan") if self._control is None else self._control.clock.percentile(share)

    # -- RobotDriver ---------------------------------------------------------------------------

    def open(self, events: RobotEvents) -> None:
        """Connects to the gateway and begins to listen.

        Raises:
            BodyError: If it does not answer, refuses, or another robot is there.
        """
        if self._control is not None:
            raise BodyError(f"{self._info.name} is open already")
        welcome = shake_hands(self.options, self._keys)
        self._events = events
        self._frame = None
        self._seen.clear()
        self._check_name(welcome)
        if self._changed:
            raise BodyError(self._changed)
        control = ControlLink(
            self.options, self._keys, on_state=self._on_state, on_welcome=self._check_name
        )
        self._control = control
        try:
            control.start()
        except BodyError:
            self.close()
            raise
        self._pictures = PictureLink(
            self.options,
            self._keys,
            largest=max(welcome.picture_bytes, 64 * 1024),
            here=lambda remote: control.clock.here(remote),
            on_frame=self._on_frame,
        )

    def checks(self) -> Sequence[Check]:
        """Returns the checks of the robot's end and of the link.

        Raises:
            BodyError: If it is not open.
        """
        control = self._require()
        begun = time.monotonic()
        try:
            theirs = checks_of(control.ask_checks(_PATIENCE_OF_CHECKS))
        except BodyError as error:
            theirs = (Check(name="robot's end", verdict="error", found=str(error)),)
        if any(len(feature.shape) > 1 for feature in self._info.observation_features.values()):
            self._seen.wait(max(0.0, begun + _FIRST_PICTURE - time.monotonic()))
        return (*link_checks(control, encrypted=self._keys is not None), *theirs)

    def read(self) -> Readings:
        """Returns the newest readings; never waits, and is safe from any thread."""
        now = time.monotonic()
        control, frame = self._control, self._frame
        state = None if control is None else control.state
        if control is None or state is None or state.readings is None:
            faults = self._faults(control, now) or ("the robot's end has told nothing yet",)
            ages = dict.fromkeys(self._info.required, float("inf"))
            return Readings(time=now, ages=ages, frame=frame, faults=faults)
        older = max(0.0, now - control.clock.here(state.readings.time))
        return readings_of(
            state.readings,
            now=now,
            older=older,
            seen=float("inf") if frame is None else now - frame.taken,
            frame=frame,
            stopped=self._why_stopped(state, now),
            faults=self._faults(control, now),
            lost={"gateway commands": control.outbox.dropped, "gateway replies": control.broken},
        )

    def write(self, command: GatedCommand) -> None:
        """Sends a command in place of any that was not sent yet.

        Raises:
            BodyError: If the link is down; an emergency stop is kept for when it is back.
        """
        control = self._require()
        now = time.monotonic()
        if not command.urgent:
            self._urgent = False
        elif not self._urgent and not self._latched and now > self._echo_until:
            # An emergency stop of the gate here; not one that the robot's end has told of.
            self._urgent = True
            control.outbox.halt(command.stop)
        fault = self._link_fault(control, now)
        if fault:
            control.outbox.forget()
            raise BodyError(fault)
        control.outbox.drive(command.command, command.stop, now)
        control.wake()

    def write_trajectory(self, trajectory: GatedTrajectory) -> None:
        """Sends a whole trajectory; the robot's end checks it again, and begins at once.

        Raises:
            BodyError: If the link is down.
        """
        control = self._require()
        now = time.monotonic()
        fault = self._link_fault(control, now)
        if fault:
            raise BodyError(fault)
        control.outbox.follow(trajectory.trajectory, now)
        control.wake()

    def announce_estop(self, reason: str) -> None:
        """Stops the robot at its own end too; said again until the gateway has confirmed it."""
        control = self._control
        if control is not None:
            self._urgent = True
            control.outbox.halt(reason)
            control.wake()

    def announce_reset(self) -> None:
        """Ends the emergency stop at the robot's end, unless a newer one came there meanwhile."""
        control = self._control
        if control is not None:
            self._urgent = False
            control.outbox.reset(self._stops)
            control.wake()

    def enable(self) -> None:
        """Tells the robot's end that the deadman's switch is held at this moment."""
        control = self._require()
        control.outbox.enable()
        control.wake()

    def close(self) -> None:
        """Says goodbye and closes; safe to call twice."""
        control, pictures = self._control, self._pictures
        self._control = self._pictures = None
        if control is not None:
            control.close()
        if pictures is not None:
            pictures.close()

    # -- from the links' threads ---------------------------------------------------------------

    def _on_state(self, state: State) -> None:
        events = self._events
        if events is None:
            return
        newer = state.stops > self._stops
        was, self._latched = self._latched, bool(state.latched)
        self._stops = state.stops
        if state.latched and (newer or not was):
            events.estop(state.latched, time.monotonic())
        elif was and not state.latched:
            events.reset(time.monotonic())
        events.wake()

    def _on_frame(self, frame: CameraFrame) -> None:
        self._frame = frame
        self._seen.set()
        if self._events is not None:
            self._events.wake()

    def _check_name(self, welcome: Welcome) -> None:
        # Who was latched here stays so if the robot's end was started anew and has forgotten it.
        self._stops, self._latched = 0, False
        here = welcome.info
        if here.name != self._info.name or here.joints != self._info.joints:
            self._changed = (
                f"{self.options.endpoint} serves {here.name} with joints {list(here.joints)}; "
                f"expected {self._info.name} with {list(self._info.joints)}"
            )
        else:
            self._changed = ""

    # -- inside --------------------------------------------------------------------------------

    def _require(self) -> ControlLink:
        if self._control is None:
            raise BodyError(f"{self._info.name} is not open; call open() first")
        return self._control

    def _link_fault(self, control: ControlLink, now: float) -> str:
        """Returns what is wrong with the link; empty where nothing is."""
        silent = now - control.heard
        if self._changed or silent <= self.options.patience:
            return self._changed
        why = f" ({control.refused})" if control.refused else ""
        return f"no answer from the gateway at {self.options.endpoint} for {silent:.1f} s{why}"

    def _faults(self, control: ControlLink | None, now: float) -> tuple[str, ...]:
        if control is None:
            return ("the gateway is not connected",)
        fault = self._link_fault(control, now)
        if fault:
            return (fault,)
        state = control.state
        if state is not None and state.driven_by:
            return (f"{state.driven_by} drives the robot",)
        if state is not None and state.refused:
            return (f"the robot's end refused: {state.refused}",)
        return ()

    def _why_stopped(self, state: State, now: float) -> str:
        why = f"emergency stop at the robot's end: {state.latched}" if state.latched else ""
        if state.readings is not None:
            why = why or state.readings.stopped
        if why:
            self._echo_until = now + _ECHO
        return why


def make_gateway(options: Mapping[str, object]) -> GatewayDriver:
    """Makes the driver `gateway` from the table `[options]` of a robot's file.

    Args:
        options: Fields of `GatewayOptions`.

    Raises:
        ConfigError: If an option is wrong.
        BodyError: If the gateway does not answer.
        MissingExtraError: If ZeroMQ is not installed.
    """
    return GatewayDriver(read_config(GatewayOptions, options, "options"))
