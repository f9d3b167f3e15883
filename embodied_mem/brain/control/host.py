"""What all hosts of a control loop offer the brain, wherever the loop runs."""

import threading
from typing import Protocol, final

from embodied_mem.brain.control.lateness import Lateness, Pacer
from embodied_mem.brain.control.loop import ControlLoop
from embodied_mem.brain.control.reflexes import ReflexEvent
from embodied_mem.robots.arm import ArmState
from embodied_mem.types import Command

_LONGEST_STOP = 2.0


class ControlHost(Protocol):
    """A control loop that keeps its own rate; nothing in here waits for the loop or the brain."""

    @property
    def alive(self) -> bool:
        """Whether the loop runs."""

    @property
    def error(self) -> str:
        """Why the loop ended by itself; empty where it did not."""

    @property
    def stopped(self) -> str:
        """Why the arm is stopped until `clear`; empty where it is not."""

    @property
    def lateness(self) -> Lateness:
        """How well the loop keeps its rate."""

    def post(self, command: Command) -> None:
        """Leaves a command for the next tick; only the newest counts.

        Raises:
            BodyError: If the loop does not run any more.
        """

    def state(self) -> ArmState:
        """Returns the newest readings.

        Raises:
            BodyError: If the loop does not run any more.
        """

    def since(self, tick: int) -> tuple[ReflexEvent, ...]:
        """Returns the events from a tick on, oldest first."""

    def stop(self, reason: str) -> None:
        """Asks for a safe stop until `clear`."""

    def clear(self) -> None:
        """Ends a stop; the arm then waits for a fresh command."""

    def close(self) -> None:
        """Stops the arm safely, ends the loop and releases the arm; safe to call twice."""


class CommandSource(Protocol):
    """Where a loop finds commands; it must never wait."""

    def take(self) -> Command | None:
        """Returns the newest command once, or None where nothing new came."""


@final
class Mailbox:
    """Holds the newest command between two threads; an older one that was not taken is lost."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._command: Command | None = None

    def post(self, command: Command) -> None:
        """Replaces what lies in the box."""
        with self._lock:
            self._command = command

    def take(self) -> Command | None:
        """Empties the box."""
        with self._lock:
            command, self._command = self._command, None
            return command


def bring_to_rest(loop: ControlLoop, pacer: Pacer, reason: str) -> None:
    """Stops an arm safely and waits until it rests, for two seconds at most."""
    loop.stop(reason)
    for _ in range(round(_LONGEST_STOP / pacer.lateness.period)):
        loop.tick(None)
        if loop.at_rest:
            return
        pacer.wait()
