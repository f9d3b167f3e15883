"""One line that tells how a connected robot is doing, on standard error."""

import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self, final

_TERMINAL = 0.25
_PLAIN = 5.0
"""Seconds between two lines, on a terminal and elsewhere."""


@final
class StatusLine:
    """Shows a text again and again, from a thread of its own: it goes on when a task hangs."""

    def __init__(self, text: Callable[[], str]) -> None:
        """Shows nothing before it is entered.

        Args:
            text: Returns the line; called from the thread.
        """
        self._text = text
        self._terminal = sys.stderr.isatty()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._show, name="status line", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join(timeout=1.0)
        self._write()
        if self._terminal:
            print(file=sys.stderr)

    def _show(self) -> None:
        while not self._ended.wait(_TERMINAL if self._terminal else _PLAIN):
            self._write()

    def _write(self) -> None:
        line = self._text()
        if self._terminal:
            print(f"\r\x1b[K{line}", end="", file=sys.stderr, flush=True)
        else:
            print(line, file=sys.stderr, flush=True)
