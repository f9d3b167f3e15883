"""Where files lie: a folder on disk, or one in memory for stores that need not last."""

import fcntl
import os
from pathlib import Path
from typing import Protocol, final

from embodied_mem.errors import MemoryFileError, StoreFullError


class DataFile(Protocol):
    """A file of bytes that is written at its end and read anywhere."""

    @property
    def size(self) -> int:
        """Bytes in the file."""
        ...

    def append(self, data: bytes) -> int:
        """Writes at the end; returns the offset. A part that could not be written is cut off.

        Raises:
            StoreFullError: If the disk is full; the file is as it was.
        """
        ...

    def overwrite(self, offset: int, data: bytes) -> None:
        """Writes inside the file or at its end; only recovery does this."""
        ...

    def read(self, offset: int, length: int) -> bytes:
        """Reads bytes; fewer where the file ends."""
        ...

    def truncate(self, size: int) -> None:
        """Cuts the file off."""
        ...

    def sync(self) -> None:
        """Returns when everything written lies on the disk."""
        ...

    def fileno(self) -> int:
        """Returns a descriptor for mapping; -1 where there is no real file."""
        ...

    def close(self) -> None:
        """Closes the file; its content stays."""
        ...


class Folder(Protocol):
    """A flat folder of data files."""

    def open(self, name: str, *, create: bool = False, write: bool = True) -> DataFile:
        """Opens a file.

        Raises:
            FileNotFoundError: If it is missing and not to be created.
        """
        ...

    def names(self) -> list[str]:
        """Lists the files, sorted."""
        ...

    def remove(self, name: str) -> None:
        """Removes a file; it need not exist."""
        ...

    def sync(self) -> None:
        """Returns when created and removed names lie on the disk."""
        ...

    def disk_bytes(self) -> int:
        """Returns the bytes that the folder takes on the disk, as `du` counts them."""
        ...


@final
class DiskFile:
    """A real file, written with `pwrite` so that a map of it sees every write."""

    def __init__(self, path: Path, *, create: bool, write: bool) -> None:
        flags = (os.O_RDWR if write else os.O_RDONLY) | (os.O_CREAT if create else 0)
        self._fd = os.open(path, flags | os.O_CLOEXEC, 0o644)
        self._size = os.fstat(self._fd).st_size
        self._writes = write

    @property
    def size(self) -> int:
        """Bytes in the file."""
        if not self._writes:
            self._size = os.fstat(self._fd).st_size
        return self._size

    def append(self, data: bytes) -> int:
        """Writes at the end; returns the offset."""
        offset = self._size
        self.overwrite(offset, data)
        return offset

    def overwrite(self, offset: int, data: bytes) -> None:
        """Writes inside the file or at its end."""
        view, at = memoryview(data), offset
        try:
            while view:
                written = os.pwrite(self._fd, view, at)
                view, at = view[written:], at + written
        except OSError as error:
            if at > self._size:
                os.ftruncate(self._fd, self._size)
            raise StoreFullError(
                f"cannot write to the memory: {error.strerror}; nothing acknowledged was lost. "
                "Free some space or lower the byte budget"
            ) from error
        self._size = max(self._size, at)

    def read(self, offset: int, length: int) -> bytes:
        """Reads bytes; fewer where the file ends."""
        return os.pread(self._fd, length, offset)

    def truncate(self, size: int) -> None:
        """Cuts the file off."""
        os.ftruncate(self._fd, size)
        self._size = size

    def sync(self) -> None:
        """Returns when everything written lies on the disk."""
        os.fdatasync(self._fd)

    def fileno(self) -> int:
        """Returns the descriptor."""
        return self._fd

    def close(self) -> None:
        """Closes the file."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


@final
class DiskFolder:
    """A folder on disk."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def open(self, name: str, *, create: bool = False, write: bool = True) -> DiskFile:
        """Opens a file."""
        return DiskFile(self.path / name, create=create, write=write)

    def names(self) -> list[str]:
        """Lists the files, sorted."""
        return sorted(entry.name for entry in os.scandir(self.path) if entry.is_file())

    def remove(self, name: str) -> None:
        """Removes a file; it need not exist."""
        (self.path / name).unlink(missing_ok=True)

    def sync(self) -> None:
        """Returns when created and removed names lie on the disk."""
        handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def disk_bytes(self) -> int:
        """Returns the bytes that the folder takes on the disk, as `du` counts them."""
        blocks = self.path.stat().st_blocks
        with os.scandir(self.path) as entries:
            for entry in entries:
                try:
                    if entry.is_file(follow_symlinks=False):
                        blocks += entry.stat(follow_symlinks=False).st_blocks
                except FileNotFoundError:
                    continue  # removed between listing and looking
        return blocks * 512


@final
class RamFile:
    """A file in memory."""

    def __init__(self) -> None:
        self._data = bytearray()

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return len(self._data)

    def append(self, data: bytes) -> int:
        """Writes at the end; returns the offset."""
        offset = len(self._data)
        self._data += data
        return offset

    def overwrite(self, offset: int, data: bytes) -> None:
        """Writes inside the file or at its end."""
        self._data[offset : offset + len(data)] = data

    def read(self, offset: int, length: int) -> bytes:
        """Reads bytes; fewer where the file ends."""
        return bytes(self._data[offset : offset + length])

    def truncate(self, size: int) -> None:
        """Cuts the file off."""
        del self._data[size:]

    def sync(self) -> None:
        """Does nothing: memory does not outlast the process."""

    def fileno(self) -> int:
        """Returns -1: there is no real file."""
        return -1

    def close(self) -> None:
        """Does nothing."""


@final
class RamFolder:
    """A folder in memory, for stores that need not outlast the process."""

    def __init__(self) -> None:
        self._files: dict[str, RamFile] = {}

    def open(self, name: str, *, create: bool = False, write: bool = True) -> RamFile:
        """Opens a file."""
        if name not in self._files:
            if not create:
                raise FileNotFoundError(name)
            self._files[name] = RamFile()
        return self._files[name]

    def names(self) -> list[str]:
        """Lists the files, sorted."""
        return sorted(self._files)

    def remove(self, name: str) -> None:
        """Removes a file; it need not exist."""
        self._files.pop(name, None)

    def sync(self) -> None:
        """Does nothing."""

    def disk_bytes(self) -> int:
        """Returns the bytes of all files."""
        return sum(file.size for file in self._files.values())


@final
class WriterLock:
    """Lets one process at a time write to a store; the system frees it when the process dies."""

    def __init__(self, path: Path) -> None:
        try:
            self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise StoreFullError(
                f"cannot write to the memory {path.parent}: {error.strerror}; make the folder "
                "writable, or open the memory for reading"
            ) from error
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._fd)
            raise MemoryFileError(
                f"another process writes to the memory {path.parent}; close it there, "
                "or open the memory for reading"
            ) from None

    def release(self) -> None:
        """Lets the next writer in."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
