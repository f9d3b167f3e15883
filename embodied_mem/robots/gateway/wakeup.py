"""Wakes a thread that polls sockets, from any other thread."""

import contextlib
import os
from typing import final


@final
class Wakeup:
    """A pipe: whoever polls `fileno` wakes up.

    >>> wakeup = Wakeup()
    >>> wakeup.wake()
    >>> wakeup.clear(), wakeup.clear()
    (True, False)
    >>> wakeup.close()
    """

    def __init__(self) -> None:
        self.fileno, self._far = os.pipe()
        """What to poll."""
        os.set_blocking(self.fileno, False)
        os.set_blocking(self._far, False)
        self._closed = False

    def wake(self) -> None:
        """Wakes the thread; safe from any thread, and after closing."""
        with contextlib.suppress(BlockingIOError):  # full: it is about to wake up already
            if not self._closed:
                os.write(self._far, b"!")

    def clear(self) -> bool:
        """Returns whether somebody has called since the last time."""
        try:
            return bool(os.read(self.fileno, 4096))
        except BlockingIOError:
            return False

    def close(self) -> None:
        """Closes the pipe; nobody may poll it any more."""
        if not self._closed:
            self._closed = True
            os.close(self._far)
            os.close(self.fileno)
