"""Hands clients' commands to the robot, the newest of each, from a thread that may wait."""

import threading
import time
from collections.abc import Callable
from typing import final

from embodied_mem.errors import BodyError
from embodied_mem.robots.driver import Check
from embodied_mem.robots.followed import Followed
from embodied_mem.robots.gateway.sessions import Session
from embodied_mem.robots.robot import Robot
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Command

_MOST_FOLLOWED = 4
"""Trajectories that end because newer ones begin; more at a time is no use of an arm."""


@final
class Hand:
    """What of the gateway may wait for the robot, so that the thread that listens never does."""

    def __init__(self, robot: Robot, tell: Callable[[], None]) -> None:
        """Prepares to wait for commands.

        Args:
            robot: The robot, connected.
            tell: Called when something that was asked for is there; from any thread.
        """
        self._robot, self._tell = robot, tell
        self._turn = threading.Condition()
        self._commands: dict[Session, tuple[Command, float]] = {}
        self._closing = self._checking = False
        self._following = self._age = 0
        self.checks: tuple[Check, ...] | None = None
        """The newest checks; None while there are none to give."""
        self._thread = threading.Thread(target=self._run, name="gateway-hand", daemon=True)

    def start(self) -> None:
        """Begins to hand over."""
        self._thread.start()

    def command(self, session: Session, command: Command, expires: float) -> None:
        """Takes a client's newest command in place of an older one."""
        with self._turn:
            self._commands[session] = (command, expires)
            self._turn.notify_all()

    def forget(self) -> None:
        """Drops what was not handed over yet."""
        with self._turn:
            self._age += 1
            self._commands.clear()

    def ask_checks(self) -> None:
        """Begins to check, unless it is being done."""
        with self._turn:
            if self._checking:
                return
            self._checking, self.checks = True, None
        threading.Thread(target=self._check, name="gateway-checks", daemon=True).start()

    def follow(self, session: Session, trajectory: Trajectory) -> None:
        """Begins a trajectory; one that runs ends.

        Raises:
            BodyError: If too many are ending still.
        """
        with self._turn:
            if self._following >= _MOST_FOLLOWED:
                raise BodyError("too many trajectories at a time")
            self._following += 1
            self._commands.pop(session, None)
        session.following = "running"
        threading.Thread(
            target=self._follow, args=(session, trajectory), name="gateway-follow", daemon=True
        ).start()

    def close(self) -> None:
        """Ends; what was not handed over is dropped."""
        with self._turn:
            self._closing = True
            self._commands.clear()
            self._turn.notify_all()
        if self._thread.is_alive():
            self._thread.join(3.0)

    def _run(self) -> None:
        while True:
            with self._turn:
                self._turn.wait_for(lambda: self._commands or self._closing)
                if self._closing:
                    return
                commands, self._commands = self._commands, {}
                age = self._age
            for session, (command, expires) in commands.items():
                if age == self._age:
                    self._hand_over(session, command, expires)

    def _hand_over(self, session: Session, command: Command, expires: float) -> None:
        now = time.monotonic()
        if now > expires:
            session.refuse("the robot's end was too slow: the command had become too old", now)
            return
        try:
            self._robot.send(command, owner=session.owner)
            session.forgive()
        except Exception as error:
            session.refuse(str(error), now)

    def _check(self) -> None:
        try:
            checks = self._robot.checks()
        except Exception as error:
            checks = (Check(name="robot's end", verdict="error", found=str(error)),)
        with self._turn:
            self.checks, self._checking = checks, False
        self._tell()

    def _follow(self, session: Session, trajectory: Trajectory) -> None:
        try:
            followed: Followed = self._robot.follow(trajectory, owner=session.owner)
            session.following = f"{followed.status} {followed.reason}".rstrip()
        except Exception as error:
            session.following = f"refused: {error}"
            session.refuse(str(error), time.monotonic(), firmly=True)
        finally:
            with self._turn:
                self._following -= 1
            self._tell()
