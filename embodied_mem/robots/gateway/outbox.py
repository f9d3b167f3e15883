"""What a client still has to say: one slot a kind, so that nothing old is ever sent late."""

import threading
from dataclasses import dataclass
from typing import final

from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Command


@dataclass(frozen=True, kw_only=True, slots=True)
class Unsent:
    """What is to be sent now."""

    drive: tuple[Command, str, float] | None = None
    """The newest command, why it is a stop, and when it was given (monotonic, s)."""
    follow: tuple[Trajectory, float] | None = None
    """The newest trajectory, and when it was given (monotonic, s)."""
    reset: int | None = None
    """How many emergency stops of others were known when a reset was asked for."""
    enable: bool = False
    ask: bool = False


@final
class Outbox:
    """Slots that any thread fills and the link's thread empties; the newest of a kind wins."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._drive: tuple[Command, str, float] | None = None
        self._follow: tuple[Trajectory, float] | None = None
        self._reset: int | None = None
        self._enable = self._ask = False
        self._halt: tuple[int, str] | None = None
        self._halts = 0
        self.dropped = 0
        """Commands that a newer one replaced before they were sent."""

    def drive(self, command: Command, stop: str, now: float) -> None:
        """Takes a command in place of one that was not sent yet."""
        with self._lock:
            self.dropped += self._drive is not None
            self._drive = (command, stop, now)

    def follow(self, trajectory: Trajectory, now: float) -> None:
        """Takes a trajectory; commands from before it are forgotten."""
        with self._lock:
            self._drive, self._follow = None, (trajectory, now)

    def halt(self, reason: str) -> None:
        """Takes an emergency stop, which stays until `halted`; what moves is forgotten."""
        with self._lock:
            self._halts += 1
            self._halt = (self._halts, reason or "emergency stop")
            self._drive = self._follow = None
            self._reset = None

    def reset(self, stops: int) -> None:
        """Takes the end of an emergency stop.

        Args:
            stops: How many the gateway has told of; one that comes until this is sent is not ended.
        """
        with self._lock:
            self._halt, self._reset = None, stops

    def enable(self) -> None:
        """Takes that the deadman's switch is held."""
        with self._lock:
            self._enable = True

    def ask(self) -> None:
        """Takes a wish for the checks of the robot's end."""
        with self._lock:
            self._ask = True

    @property
    def halting(self) -> tuple[int, str] | None:
        """The emergency stop that is not confirmed yet, counted, and why; None where none is."""
        return self._halt

    def halted(self, count: int) -> None:
        """The gateway has confirmed that emergency stop."""
        with self._lock:
            if self._halt is not None and self._halt[0] == count:
                self._halt = None

    def forget(self) -> None:
        """Drops what moves, because the link is down."""
        with self._lock:
            self._drive = self._follow = None

    def take(self, *, oldest: float, hold: bool) -> Unsent:
        """Empties the slots.

        Args:
            oldest: What moves and was given before this is dropped (monotonic, s).
            hold: Whether the gateway is behind, so that a command waits for a newer one.
        """
        with self._lock:
            drive, follow = self._drive, self._follow
            if drive is not None and drive[2] < oldest:
                drive, self._drive = None, None
                self.dropped += 1
            if follow is not None and follow[1] < oldest:
                follow = None
            if hold:
                drive = None
            else:
                self._drive = None
            unsent = Unsent(
                drive=drive, follow=follow, reset=self._reset, enable=self._enable, ask=self._ask
            )
            self._follow = None
            self._reset = None
            self._enable = self._ask = False
            return unsent
