"""What the robot received and did, written down the moment it happens."""

import json
import os
from pathlib import Path
from typing import Any, final


@final
class LogWriter:
    """Appends one JSON object a line, each in one system call: a killed robot loses nothing."""

    def __init__(self, path: Path | None) -> None:
        """Opens the file; writes nothing where there is no path."""
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
        self._file = os.open(path, flags, 0o644) if path else -1

    def write(self, kind: str, time: float, **what: Any) -> None:
        """Appends one event.

        Args:
            kind: What happened, such as `cmd_vel`.
            time: When, on the machine's monotonic clock, s.
            what: Its numbers and words.
        """
        if self._file >= 0:
            line = json.dumps({"kind": kind, "t": round(time, 6), **what})
            os.write(self._file, line.encode() + b"\n")

    def close(self) -> None:
        """Closes the file; safe to call twice."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
