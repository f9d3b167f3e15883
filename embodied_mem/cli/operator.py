"""What the person at the terminal wants: keys, and Ctrl-C once or twice."""

import os
import select
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self, final

KEYS = "keys: space or s = emergency stop, r = reset, q = finish; Ctrl-C = finish, twice = stop"


@final
class Operator:
    """Listens to the terminal while a robot is connected.

    A stop is carried out on the listening thread at once, whatever the brain is doing. Without a
    terminal only Ctrl-C is heard.
    """

    def __init__(self, *, estop: Callable[[str], None], reset: Callable[[], object]) -> None:
        """Begins to listen when entered.

        Args:
            estop: Carries out an emergency stop, for a reason in words.
            reset: Ends it.
        """
        self.finish = False
        """Whether the task is to end in good order."""
        self._estop, self._reset = estop, reset
        self._quit, self._wake = os.pipe()
        self._thread = threading.Thread(target=self._listen, name="operator", daemon=True)
        self._terminal: list[Any] | None = None
        self._before: Any = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._interrupted)
        if sys.stdin.isatty():
            import termios
            import tty

            self._terminal = termios.tcgetattr(sys.stdin.fileno())
            tty.setcbreak(sys.stdin.fileno())
            self._thread.start()
            print(KEYS, file=sys.stderr)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
        if self._terminal is not None:
            import termios

            os.write(self._wake, b"q")
            self._thread.join(timeout=1.0)
            termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._terminal)
        os.close(self._quit)
        os.close(self._wake)

    def press(self, key: str) -> None:
        """Does what a key stands for; other keys do nothing."""
        if key in (" ", "s"):
            self._estop("a key was pressed")
        elif key == "r":
            self._reset()
        elif key == "q":
            self.finish = True

    def _interrupted(self, number: int, frame: FrameType | None) -> None:
        if self.finish:
            # Not from the handler: it may have interrupted a thread that holds the gate's lock.
            threading.Thread(
                target=self._estop, args=("Ctrl-C was pressed twice",), name="estop", daemon=True
            ).start()
        self.finish = True

    def _listen(self) -> None:
        while True:
            ready, _, _ = select.select([sys.stdin.fileno(), self._quit], [], [])
            if self._quit in ready:
                return
            key = os.read(sys.stdin.fileno(), 1).decode(errors="replace")
            if not key:
                return
            self.press(key)
