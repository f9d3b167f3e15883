"""Lines in a file that only grows: each is there as a whole, or is the last one and cut off."""

import os
from pathlib import Path

from embodied_mem.errors import EvaluationError


def whole_lines(path: Path) -> list[bytes]:
    """Returns the lines that are whole; one that was cut off, or is being written, is left out."""
    if not path.exists():
        return []
    data = path.read_bytes()
    return data[: data.rfind(b"\n") + 1].splitlines()


def drop_cut_off(path: Path) -> None:
    """Removes a last line that was cut off, so that others can be appended."""
    if path.exists():
        data = path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole < len(data):
            os.truncate(path, whole)


def append_line(path: Path, line: bytes) -> None:
    """Appends a line; it is on the disk when this returns.

    Args:
        path: File, which is made if missing.
        line: Without its end; JSON as `msgspec` writes it has no end of line within.

    Raises:
        EvaluationError: If the line was not taken as a whole.
    """
    data = line + b"\n"
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    try:
        # One write: a reader, or a kill, finds lines whole, or the last one cut off.
        if os.write(handle, data) < len(data):
            raise EvaluationError(f"{path} did not take a whole line: disk full?")
        os.fsync(handle)
    finally:
        os.close(handle)
