"""Robots are brought to rest however the program ends: an exit, a signal, a forgotten robot (12).

A signal's handler may run in the middle of anything that the main thread does, also while it holds
a lock that stopping needs. It therefore only writes a byte to a pipe; a thread that waits there
stops all robots, and then sends the signal again, so that whoever handled it before gets it.
"""

import atexit
import os
import select
import signal
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol, final

_SIGNALS = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)
)
"""SIGHUP: the terminal or the connection to it has gone."""


class Stoppable(Protocol):
    """A robot that moves unless it is told not to."""

    def end(self, reason: str) -> None:
        """Begins to bring it to rest; returns at once."""

    def close(self, reason: str = "") -> None:
        """Waits until it is at rest, and lets go of it; safe to call twice."""

    def estop(self, reason: str) -> None:
        """Stops it at once, braking as hard as it can."""


@final
class _Guard:
    """Who is to be stopped in this process; there is one."""

    def __init__(self) -> None:
        self.live: dict[int, Stoppable] = {}
        self._lock = threading.RLock()  # the garbage collector may come in between
        self._before: dict[int, Any] = {}
        self._pipe: tuple[int, int] | None = None
        self._process = os.getpid()
        self._passing_on = self._at_exit = False
        self.stopping = False
        """Whether a signal is being answered; ends when it is passed on."""

    def add(self, robot: Stoppable, *, signals: bool) -> None:
        """Has a robot stopped at the end; signals are handled from the main thread only."""
        self._renew_after_fork()
        with self._lock:
            self.live[id(robot)] = robot
            if not self._at_exit:
                atexit.register(self._exit)
                self._at_exit = True
        if signals and threading.current_thread() is threading.main_thread():
            self._install()

    def remove(self, robot: Stoppable) -> None:
        """Lets go of a robot that is at rest; gives signals back with the last one."""
        with self._lock:
            self.live.pop(id(robot), None)
            last = not self.live
        if last and threading.current_thread() is threading.main_thread():
            self._restore()

    def stop_all(self, reason: str) -> None:
        """Brings all robots to rest at the same time, and closes them."""
        robots = list(self.live.values())
        for robot in robots:
            robot.end(reason)
        for robot in robots:
            robot.close(reason)
        with self._lock:
            for robot in robots:
                self.live.pop(id(robot), None)

    def _exit(self) -> None:
        if os.getpid() == self._process:
            self.stop_all("the program ended")

    def _renew_after_fork(self) -> None:
        """A forked child has no threads and no robots of its own."""
        if os.getpid() != self._process:
            self.__init__()  # what the parent kept means nothing here

    # -- signals -------------------------------------------------------------------------------

    def _install(self) -> None:
        if self._pipe is None:
            self._pipe = os.pipe()
            threading.Thread(
                target=self._watch, args=(self._pipe[0],), name="robot-shutdown", daemon=True
            ).start()
        for number in _SIGNALS:
            before = signal.getsignal(number)
            ours = before == self._on_signal
            if ours or before is signal.SIG_IGN or before is None:  # None: not set from Python
                continue
            self._before[number] = before
            signal.signal(number, self._on_signal)

    def _restore(self) -> None:
        for number, before in list(self._before.items()):
            if signal.getsignal(number) == self._on_signal:
                signal.signal(number, before)
                del self._before[number]

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        foreign = os.getpid() != self._process or self._pipe is None
        if foreign or self._passing_on or not self.live:
            self._passing_on = self.stopping = False
            _pass_on(self._before.get(number, signal.SIG_DFL), number, frame)
        elif self._pipe is not None:
            self.stopping = True
            os.write(self._pipe[1], bytes([number]))

    def _watch(self, told: int) -> None:
        while True:
            number = os.read(told, 1)[0]
            name = signal.Signals(number).name
            stopping = threading.Thread(
                target=self.stop_all, args=(name,), name="robot-stopping", daemon=True
            )
            stopping.start()
            while stopping.is_alive():
                if select.select([told], [], [], 0.02)[0]:
                    os.read(told, 1)
                    for robot in list(self.live.values()):
                        robot.estop(f"{name} came twice")
            self._passing_on = True
            os.kill(os.getpid(), number)


def _pass_on(before: Any, number: int, frame: FrameType | None) -> None:
    """Does what would have been done with a signal had there been no robot."""
    if callable(before):
        handler: Callable[[int, FrameType | None], object] = before
        handler(number, frame)
    elif before is signal.SIG_DFL:
        signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)


_GUARD = _Guard()


def guard(robot: Stoppable, *, signals: bool = True) -> None:
    """Has a robot stopped when the program ends or gets SIGTERM, SIGINT or SIGHUP.

    Handlers that were there before are called afterwards. A second signal while the robots come to
    rest stops them at once. Signals are left alone outside of the main thread.

    Args:
        robot: Who is to be stopped.
        signals: Whether signals count too, rather than only the end of the program.
    """
    _GUARD.add(robot, signals=signals)


def unguard(robot: Stoppable) -> None:
    """Lets go of a robot that is at rest; the signals' old handlers come back with the last."""
    _GUARD.remove(robot)


def let_signal_pass() -> None:
    """Waits while a signal is being answered, 5 s at most; returns at once otherwise."""
    end = time.monotonic() + 5.0
    while _GUARD.stopping and time.monotonic() < end:
        time.sleep(0.01)
