"""A control loop on a thread of its own: goes on while the brain waits, not while it burns CPU.

All threads of a process share one interpreter lock; a brain that computes in Python without pause
delays these ticks. `process_host` does not have that weakness.
"""

import threading
from typing import final

from embodied_mem.brain.control.host import CommandSource, Mailbox, bring_to_rest
from embodied_mem.brain.control.lateness import Lateness, Pacer
from embodied_mem.brain.control.loop import ControlLoop
from embodied_mem.brain.control.reflexes import ReflexEvent
from embodied_mem.errors import BodyError
from embodied_mem.robots.arm import ArmState
from embodied_mem.types import Command


def run_in_thread(
    loop: ControlLoop, source: CommandSource | None = None, rate: float | None = None
) -> "ThreadHost":
    """Starts a loop, whose arm must be connected, on a daemon thread.

    Args:
        loop: What to run; nobody else may call its `sense` or `tick` from now on.
        source: Where commands come from; by default what is posted to the host.
        rate: Ticks a second; by default the arm's own.
    """
    return ThreadHost(loop, source, rate or 1.0 / loop.arm.seconds_per_tick)


@final
class ThreadHost:
    """Implements `ControlHost` on a thread; made by `run_in_thread`."""

    def __init__(self, loop: ControlLoop, source: CommandSource | None, rate: float) -> None:
        self._loop = loop
        self._mailbox = Mailbox()
        self._source = source or self._mailbox
        self._pacer = Pacer(rate)
        self._ending = threading.Event()
        self._error: Exception | None = None
        loop.sense()  # so that there is always a state
        self._thread = threading.Thread(target=self._run, name="control loop", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        """Whether the loop runs."""
        return self._thread.is_alive()

    @property
    def error(self) -> str:
        """Why the loop ended by itself; empty where it did not."""
        return "" if self._error is None else str(self._error)

    @property
    def stopped(self) -> str:
        """Why the arm is stopped until `clear`; empty where it is not."""
        return self._loop.stopped

    @property
    def lateness(self) -> Lateness:
        """How well the loop keeps its rate."""
        return self._pacer.lateness

    def post(self, command: Command) -> None:
        """Leaves a command for the next tick; only the newest counts.

        Raises:
            BodyError: If the loop does not run any more.
        """
        self._check()
        self._mailbox.post(command)

    def state(self) -> ArmState:
        """Returns the newest readings.

        Raises:
            BodyError: If the loop does not run any more.
        """
        self._check()
        assert self._loop.state is not None
        return self._loop.state

    def since(self, tick: int) -> tuple[ReflexEvent, ...]:
        """Returns the events from a tick on, oldest first."""
        return self._loop.since(tick)

    def stop(self, reason: str) -> None:
        """Asks for a safe stop until `clear`."""
        self._loop.stop(reason)

    def clear(self) -> None:
        """Ends a stop; the arm then waits for a fresh command."""
        self._loop.clear()

    def close(self) -> None:
        """Stops the arm safely, ends the loop and closes the arm; safe to call twice."""
        self._ending.set()
        self._thread.join()

    def _check(self) -> None:
        if not self._thread.is_alive():
            raise BodyError(f"the control loop has ended: {self.error or 'it was closed'}")

    def _run(self) -> None:
        try:
            while not self._ending.is_set():
                self._pacer.wait()
                self._loop.tick(self._source.take())
            bring_to_rest(self._loop, self._pacer, "the loop ends")
        except Exception as error:  # a thread has nobody to raise to: `error` and `post` tell
            self._error = error
        finally:
            self._loop.arm.close()
