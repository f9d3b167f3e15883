"""A file that is only ever written at its end, so that a crash costs its last entry at most."""

import fcntl
import os
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, final

import msgspec

from embodied_mem.errors import RecordingError
from embodied_mem.recordings.lerobot.entries import Entry

_MAGIC = b"EMJOURN1"
_FRAME = struct.Struct("<II")
"""Length and CRC-32 of what follows."""
_LONGEST = 256 << 20


@final
class Journal:
    """Appends entries; holds a lock, so that nobody repairs what is still being written."""

    def __init__(self, path: Path) -> None:
        """Creates the file.

        Raises:
            OSError: If it cannot be created, or is there already.
        """
        self.path = path
        self._encoder = msgspec.msgpack.Encoder()
        self._file: BinaryIO = path.open("xb", buffering=0)
        fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._write(_MAGIC)

    def append(self, entry: Entry) -> None:
        """Writes one entry; it survives the end of this process, and a power cut once synced.

        Raises:
            OSError: If the disk is full or gone.
        """
        body = self._encoder.encode(entry)
        self._write(_FRAME.pack(len(body), zlib.crc32(body)) + body)

    def sync(self) -> None:
        """Returns when everything written lies on the disk."""
        os.fdatasync(self._file.fileno())

    def close(self) -> None:
        """Closes the file and lets go of the lock; safe to call twice."""
        self._file.close()

    def remove(self) -> None:
        """Removes the file, whose content lies elsewhere now, and then lets go of the lock."""
        self.path.unlink(missing_ok=True)
        self.close()

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) or 0 :]


def read_journal(path: Path) -> Iterator[Entry]:
    """Reads the whole entries of a journal; ends quietly where a crash cut it off.

    Raises:
        RecordingError: If another process still writes to it, or it is no journal.
    """
    with path.open("rb") as file:
        _require_released(file, path)
        if file.read(len(_MAGIC)) not in (_MAGIC, b""):
            raise RecordingError(f"{path} is no journal of a recording")
        decoder = msgspec.msgpack.Decoder(Entry)
        while (body := _next(file)) is not None:
            try:
                yield decoder.decode(body)
            except msgspec.DecodeError as error:
                raise RecordingError(f"{path} holds an entry that is not known: {error}") from None


def require_released(path: Path) -> None:
    """Checks that nobody writes to a journal any more.

    Raises:
        RecordingError: If another process still does.
    """
    with path.open("rb") as file:
        _require_released(file, path)


def _require_released(file: BinaryIO, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        raise RecordingError(
            f"{path.parent.parent} is still being recorded; wait for its end"
        ) from None


def _next(file: BinaryIO) -> bytes | None:
    """Returns the next whole entry, None at the end or at a torn one."""
    head = file.read(_FRAME.size)
    if len(head) < _FRAME.size:
        return None
    length, checksum = _FRAME.unpack(head)
    if not 0 < length <= _LONGEST:  # after a power cut, a tail of zeros
        return None
    body = file.read(length)
    return body if len(body) == length and zlib.crc32(body) == checksum else None
