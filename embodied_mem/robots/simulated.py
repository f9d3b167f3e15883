"""Any simulated body as a robot: stepped on the wall clock, behind the same driver as real ones."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import inf
from typing import final

from embodied_mem.errors import BodyError
from embodied_mem.robots.arm import Arm
from embodied_mem.robots.body import Body
from embodied_mem.robots.driver import Check, RobotEvents, RobotInfo
from embodied_mem.robots.readings import Readings
from embodied_mem.robots.safety.gated import GatedCommand, GatedTrajectory
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.world_state import SimulationConfig as SimulationConfig
from embodied_mem.robots.world_state import (
    WorldState,
    frame_of,
    info_of,
    moved,
    slowed,
)
from embodied_mem.types import Command, Float64Array

_BACKLOG = 0.1
"""A world that is this late catches up; what is beyond is let go, so that it runs slower, s."""


@final
class BodyDriver:
    """Steps a body at its own tick on a thread; implements `RobotDriver`.

    It behaves as a base controller: it keeps the last velocity until it is told another, and stops
    where it hears nothing for `cmd_vel_timeout`. An arm holds its last positions.
    """

    def __init__(
        self,
        body: Body,
        config: SimulationConfig | None = None,
        *,
        odometry: Callable[[], Float64Array] | None = None,
    ) -> None:
        """Takes over a body that is not connected yet; nobody else may step it from now on.

        Args:
            body: The simulator; with an arm where it is an `Arm`.
            config: How to run it.
            odometry: Gives T_world_body, (4, 4), between pictures; the pose is that of the newest
                picture when None.
        """
        self._body, self._config = body, config or SimulationConfig()
        self._odometry = odometry
        self._arm = body if isinstance(body, Arm) else None
        self._info = info_of(body, self._arm, self._config)
        self._lock = threading.Lock()
        self._state = WorldState()
        self._command, self._told_at = Command(), -inf
        self._estopped = ""
        self._events: RobotEvents | None = None
        self._leave = threading.Event()
        self._thread: threading.Thread | None = None
        self._number = 0
        self._slipped = 0
        self.received: deque[tuple[float, Command]] = deque(maxlen=100_000)
        """What the body was told at its newest ticks, with monotonic times, s."""

    @property
    def info(self) -> RobotInfo:
        """What the robot is; readable while closed."""
        return self._info

    @property
    def joint_limits(self) -> JointLimits | None:
        """Limits of the arm by its URDF; None where there is no arm."""
        if self._arm is None:
            return None
        description = self._arm.description
        return JointLimits.of_urdf(description.urdf, description.joints)

    # -- the link ------------------------------------------------------------------------------

    def open(self, events: RobotEvents) -> None:
        """Connects the body and begins to step it.

        Raises:
            BodyError: If it is open already.
        """
        if self._thread is not None:
            raise BodyError(f"{self.info.name} is open already")
        self._events = events
        self._leave.clear()
        self._body.connect()
        self._look(time.monotonic())  # the first picture takes longest: buffers are built
        self._sense(inf, time.monotonic())
        self._thread = threading.Thread(
            target=self._live, name=f"world-{self.info.name}", daemon=True
        )
        self._thread.start()

    def checks(self) -> Sequence[Check]:
        """Returns how fast the world runs; waits for a first picture, 5 s at most."""
        end = time.monotonic() + 5.0
        while self._state.frame is None and time.monotonic() < end and not self._leave.wait(0.02):
            pass
        seen = self._state.frame is not None
        late = f"{self._slipped} ticks late so far"
        return (
            Check(name="camera", verdict="ok" if seen else "error", found=f"{self._number} frames"),
            Check(name="world", verdict="warning" if self._slipped else "ok", found=late),
        )

    def close(self) -> None:
        """Ends the world's thread and closes the body; safe to call twice."""
        self._leave.set()
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(5.0)
            self._body.close()

    # -- messages ------------------------------------------------------------------------------

    def read(self) -> Readings:
        """Returns the newest readings."""
        now, state = time.monotonic(), self._state
        at = {"odom": state.pose_at, "joints": state.arm_at}
        at["depth"] = state.frame.taken if state.frame is not None else -inf
        arm = state.arm
        return Readings(
            time=now,
            ages={name: now - at[name] for name in self._info.required},
            T_world_body=state.pose,
            forward=state.forward,
            turn=state.turn,
            joints=None if arm is None else arm.joints,
            joint_velocities=None if arm is None else arm.velocities,
            opening=None if arm is None else arm.opening,
            frame=state.frame,
            stopped=self._estopped,
            faults=(state.fault,) if state.fault else (),
            values=state.values or {},
        )

    def write(self, command: GatedCommand) -> None:
        """Takes a command for the ticks to come.

        Raises:
            BodyError: If the driver is closed or the simulator has failed.
        """
        if self._thread is None:
            raise BodyError(f"{self.info.name} is closed")
        if self._state.fault:
            raise BodyError(self._state.fault)
        with self._lock:
            self._command, self._told_at = command.command, time.monotonic()

    def write_trajectory(self, trajectory: GatedTrajectory) -> None:
        """Refuses: points are streamed.

        Raises:
            BodyError: Always.
        """
        raise BodyError(f"{self.info.name} takes trajectories point by point")

    def announce_estop(self, reason: str) -> None:
        """Keeps the base at rest whatever it is told, as a base's own e-stop does."""
        self._estopped = reason or "emergency stop"

    def announce_reset(self) -> None:
        """Lets the base move again."""
        with self._lock:
            self._command = replace(self._command, forward=0.0, turn=0.0, tilt=0.0)
        self._estopped = ""

    # -- the world -----------------------------------------------------------------------------

    def _live(self) -> None:
        seconds = self._body.seconds_per_tick / self._config.time_scale
        due = next_picture = time.monotonic()
        try:
            while not self._leave.wait(max(0.0, due - time.monotonic())):
                now = time.monotonic()
                if now >= next_picture:
                    self._look(now)
                    next_picture = max(next_picture + 1.0 / self._config.camera_hz, now)
                self._step(seconds)
                due += seconds
                late = time.monotonic() - due
                if late > _BACKLOG:
                    self._slipped += int(late / seconds)
                    due += late
            self._step(seconds)  # the last that was written is to be carried out too
        except Exception as error:
            self._state = replace(self._state, fault=f"the simulator failed: {error!r}")
            self._wake()

    def _step(self, seconds: float) -> None:
        now = time.monotonic()
        command = self._due_command(now)
        self.received.append((now, command))
        self._body.act(slowed(command, self._config.time_scale))
        self._sense(seconds, now)

    def _sense(self, seconds: float, now: float) -> None:
        arm = None if self._arm is None else self._arm.sense()
        state = self._state
        if arm is not None:
            state = replace(state, arm=arm, arm_at=now)
        if self._odometry is not None:
            state = moved(state, self._odometry(), seconds, now)
        self._state = state

    def _due_command(self, now: float) -> Command:
        with self._lock:
            command, told_at = self._command, self._told_at
        if self._estopped or now - told_at > self._config.cmd_vel_timeout:
            return replace(command, forward=0.0, turn=0.0, tilt=0.0)
        return command

    def _look(self, now: float) -> None:
        seen = self._body.observe()
        self._number += 1
        frame = frame_of(seen, now, self._number)
        state = replace(self._state, frame=frame, values=dict(seen.proprioception))
        if self._odometry is None:
            before = self._state.frame
            since = now - before.taken if before is not None else inf
            state = moved(state, seen.T_world_body, since, now)
        self._state = state
        self._wake()

    def _wake(self) -> None:
        if self._events is not None:
            self._events.wake()
