"""An arm of Franka Robotics as a `RobotDriver`.

Cartesian motions go through `franka/cartesian.py`, which turns them into joint paths: franky's own
Cartesian motions choose the joints' way while they run, so that no gate could look at it before.
"""

import threading
import time
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from typing import Final, final

import numpy as np

from embodied_mem.errors import BodyError
from embodied_mem.robots.apart.other_end import HERE
from embodied_mem.robots.driver import Check, RobotDriver, RobotEvents, RobotInfo
from embodied_mem.robots.franka.apart import GATE, FrankaEnd
from embodied_mem.robots.franka.checks import SnapshotSource, arm_checks
from embodied_mem.robots.franka.config import FrankaConfig
from embodied_mem.robots.franka.fingers import Fingers
from embodied_mem.robots.franka.info import franka_info
from embodied_mem.robots.franka.link import FrankaLink
from embodied_mem.robots.franka.motions import StreamPlanner, path_knots
from embodied_mem.robots.readings import Readings
from embodied_mem.robots.safety.gated import GatedCommand, GatedTrajectory
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.settings import read_config

RETRY: Final = 1.0
"""Pause between two attempts to reach an arm that was lost, s."""
SHORTEST_PERIOD: Final = 0.01
"""A piece of a stream lasts as long as the pause before it, and at least this long, s."""
FIRST_PERIOD: Final = 0.02
"""Time for the first piece of a stream, s."""
LONGEST_PERIOD: Final = 0.1
"""A longer pause ends a stream, s."""
UNMOVED: Final = 1e-4
"""A first position this near to where the arm is told to be needs no motion, rad."""


@final
class FrankaDriver:
    """Drives one arm by franky-control; the gate in front of it has checked all that it sends.

    Streamed positions become motions that replace one another, each of which ends at rest by
    itself; whole paths are carried out as they are. After a reflex the arm stays stopped until
    somebody resets the robot; nothing here recovers by itself.
    """

    def __init__(self, config: FrankaConfig) -> None:
        self._config = config
        self._limits = config.limits()
        self._planner = StreamPlanner(self._limits)
        self._link: FrankaLink | None = None
        self._fingers: Fingers | None = None
        self._snapshots: SnapshotSource | None = None
        self._watcher: threading.Thread | None = None
        self._recovering: threading.Thread | None = None
        self._over = threading.Event()
        self._lost = ""
        self._broken_off = ""
        self._written = float("-inf")
        self._last: tuple[float, ...] | None = None
        self._halted = False

    @property
    def info(self) -> RobotInfo:
        """What the robot is; readable while closed."""
        return franka_info(self._config)

    @property
    def joint_limits(self) -> JointLimits:
        """What its gate must keep: the arm's limits, narrowed by the configuration."""
        return self._limits

    # -- the link ------------------------------------------------------------------------------

    def open(self, events: RobotEvents) -> None:
        """Connects and begins to read the state; moves nothing.

        Raises:
            BodyError: If the arm or its hand cannot be reached.
            MissingExtraError: If franky-control is not installed.
        """
        self._over.clear()
        self._lost = self._broken_off = ""
        self._forget_stream()
        link = FrankaLink(self._config)
        self._snapshots = SnapshotSource(link.look())
        self._fingers = Fingers(self._config) if self._config.gripper else None
        self._link = link
        self._watcher = threading.Thread(target=self._watch, name="franka-state", daemon=True)
        self._watcher.start()

    def checks(self) -> Sequence[Check]:
        """Returns what is to be checked before anything moves; takes a third of a second."""
        if self._link is None or self._snapshots is None:
            return (Check(name="control unit", verdict="error", found=self._lost or "closed"),)
        return tuple(arm_checks(self._config, self._link, self._snapshots, self._fingers))

    def close(self) -> None:
        """Closes the link; the arm holds where it is. Safe to call twice."""
        self._over.set()
        for thread in (self._watcher, self._recovering):
            if thread is not None and thread is not threading.current_thread():
                thread.join(3.0)
        if self._fingers is not None:
            self._fingers.close()
        if self._link is not None:
            self._link.close()
        self._link = self._fingers = None

    # -- reading -------------------------------------------------------------------------------

    def read(self) -> Readings:
        """Returns the newest readings; never waits."""
        now, snapshots, fingers = time.monotonic(), self._snapshots, self._fingers
        if snapshots is None:
            return Readings(time=now, ages={"joints": float("inf")}, faults=("it is not open",))
        newest = snapshots.newest
        opening = None if fingers is None else fingers.opening
        values = {"force": newest.force, "success_rate": newest.success_rate}
        if fingers is not None:
            values |= {"holding": float(fingers.holding), "missed": float(fingers.missed)}
        return Readings(
            time=now,
            ages={"joints": now - snapshots.advanced},
            T_world_body=np.eye(4),
            joints=newest.joints,
            joint_velocities=newest.velocities,
            opening=opening,
            stopped=newest.trouble or self._broken_off,
            faults=tuple(filter(None, (self._lost, fingers.lost if fingers else ""))),
            values=values,
        )

    def _watch(self) -> None:
        """Reads the state at its rate, and reaches for the arm again where it was lost."""
        period = 1.0 / self._config.state_rate
        while not self._over.wait(period if not self._lost else RETRY):
            try:
                self._look()
                self._lost = ""
            except BodyError as error:
                self._lost = str(error)
                link, self._link = self._link, None
                self._forget_stream()
                if link is not None:
                    link.close()

    def _look(self) -> None:
        assert self._snapshots is not None
        link = self._link
        if link is None:
            link = FrankaLink(self._config)
            self._snapshots.put(link.look())
            self._link = link
            return
        self._snapshots.put(link.look())
        failure = link.failure()
        if failure:
            self._broken_off = f"the arm broke its motion off: {failure}; look why, then reset"
            self._forget_stream()

    # -- writing -------------------------------------------------------------------------------

    def write(self, command: GatedCommand) -> None:
        """Sends one command now.

        Raises:
            BodyError: If the link is down, or the arm does not take it.
        """
        link = self._open_link()
        if command.urgent:
            self._halt(link)
            return
        asked = command.command
        if asked.gripper is not None and self._fingers is not None:
            self._fingers.want(asked.gripper)
        if asked.joints is not None:
            self._stream(link, asked.joints)

    def write_trajectory(self, trajectory: GatedTrajectory) -> None:
        """Sends a whole path; it begins at once.

        Raises:
            BodyError: If the link is down, or the arm does not take it.
        """
        link = self._open_link()
        self._forget_stream()
        knots = path_knots(trajectory.trajectory)
        if knots:
            self._halted = False
            link.go(knots)

    def announce_estop(self, reason: str) -> None:
        """Halts at once; FCI has nobody else to tell."""
        link = self._link
        if link is not None:
            self._halt(link)

    def announce_reset(self) -> None:
        """Lets the arm recover where a reflex has stopped it; returns at once."""
        snapshots, link = self._snapshots, self._link
        if snapshots is None or link is None:
            return
        if self._recovering is not None and self._recovering.is_alive():
            return
        if snapshots.newest.trouble or self._broken_off:
            self._recovering = threading.Thread(
                target=self._recover, args=(link,), name="franka-recovery", daemon=True
            )
            self._recovering.start()

    def _recover(self, link: FrankaLink) -> None:
        self._broken_off = link.recover()

    def _stream(self, link: FrankaLink, joints: tuple[float, ...]) -> None:
        """Replaces what is carried out by the way to the next position of a stream."""
        assert self._snapshots is not None
        now = time.monotonic()
        pause, self._written = now - self._written, now
        newest = self._snapshots.newest
        if pause > LONGEST_PERIOD:
            self._planner.start(newest.commanded, newest.commanded_velocities)
            near = np.abs(newest.commanded - np.array(joints)).max() < UNMOVED
            if near and not newest.moving:
                return
            pause = FIRST_PERIOD
        seconds = max(pause, SHORTEST_PERIOD)
        knots = self._planner.piece(joints, seconds)
        at_rest = len(knots) == 1 and joints == self._last
        self._last = joints
        if not at_rest:
            self._halted = False
            link.go(knots)

    def _halt(self, link: FrankaLink) -> None:
        """Stops as fast as the arm may, once; the gate's ramp to the same end is not needed."""
        if self._halted:
            return
        self._halted = True
        self._forget_stream()
        link.halt()
        if self._fingers is not None:
            self._fingers.halt()

    def _forget_stream(self) -> None:
        self._last = None
        self._written = float("-inf")

    def _open_link(self) -> FrankaLink:
        link = self._link
        if link is None:
            raise BodyError(self._lost or f"{self._config.name} is not open")
        return link


def make_franka(options: Mapping[str, object]) -> RobotDriver:
    """Makes the driver `franka` from the table `[options]` of a robot's file.

    Where franky-control is installed the driver works in this process; otherwise, or where
    `python` names an interpreter, in one of its own that is reached by a gateway.

    Raises:
        ConfigError: If a key is unknown, of another type or out of its range.
    """
    config = read_config(FrankaConfig, options, "options")
    in_this = config.python == HERE or (not config.python and find_spec("franky") is not None)
    if in_this:
        return FrankaDriver(config)
    from embodied_mem.robots.apart.driver import ApartDriver  # needs pyzmq

    return ApartDriver(FrankaEnd(config), GATE)
