"""Bounds what connections can make this process hold.

ZeroMQ bounds the parts of a message and how many messages wait, but not the parts of one message,
which wait until its last has come. Who speaks the wire format by hand can send parts without end.
"""

import os
from pathlib import Path
from typing import final

_STATM = Path("/proc/self/statm")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PERIOD = 0.1
"""How often to look, s."""


@final
class MemoryGuard:
    """Tells when the process has grown by more than it should have; Linux only, elsewhere never."""

    def __init__(self, most: int) -> None:
        """Takes the memory that is held now for granted.

        Args:
            most: Bytes by which the process may grow.
        """
        self._most = most
        self._usual: int | None = None
        self._due = 0.0

    def alarm(self, now: float) -> bool:
        """Returns whether connections should be dropped, at most every tenth of a second."""
        if now < self._due:
            return False
        self._due = now + _PERIOD
        held = _resident()
        if self._usual is None:
            self._usual = held
        return held - self._usual > self._most

    def accept(self) -> None:
        """Takes what is held now for granted: it is not the connections that hold it."""
        self._usual = _resident()


def _resident() -> int:
    try:
        return int(_STATM.read_text(encoding="ascii").split()[1]) * _PAGE
    except OSError:
        return 0
