"""A medium for stores whose power can be cut: all of it lies on a simulated disk."""

import sqlite3
from typing import cast, final

from embodied_mem.errors import StoreFullError
from embodied_mem.memory.storage.medium import DATABASE, PAGE, set_up
from embodied_mem_envs.bench.store.simulated_disk import DiskFullError, SimulatedDisk
from embodied_mem_envs.bench.store.simulated_sqlite import SimulatedConnection


@final
class SimulatedFile:
    """A file on a simulated disk; see `DataFile`."""

    def __init__(self, disk: SimulatedDisk, number: int) -> None:
        self._disk = disk
        self._number = number

    @property
    def size(self) -> int:
        """Bytes in the file."""
        return self._disk.size(self._number)

    def append(self, data: bytes) -> int:
        """Writes at the end; returns the offset."""
        offset = self.size
        self.overwrite(offset, data)
        return offset

    def overwrite(self, offset: int, data: bytes) -> None:
        """Writes inside the file or at its end."""
        try:
            self._disk.write(self._number, offset, data)
        except DiskFullError as error:
            raise StoreFullError(f"cannot write to the memory: {error.strerror}") from None

    def read(self, offset: int, length: int) -> bytes:
        """Reads bytes; fewer where the file ends."""
        return self._disk.read(self._number, offset, length)

    def truncate(self, size: int) -> None:
        """Cuts the file off."""
        self._disk.truncate(self._number, size)

    def sync(self) -> None:
        """Makes everything written safe."""
        self._disk.sync(self._number)

    def fileno(self) -> int:
        """Returns -1: there is no real file."""
        return -1

    def close(self) -> None:
        """Does nothing."""


@final
class SimulatedFolder:
    """A folder on a simulated disk; see `Folder`."""

    def __init__(self, disk: SimulatedDisk, path: str) -> None:
        self._disk = disk
        self._path = path

    def open(self, name: str, *, create: bool = False, write: bool = True) -> SimulatedFile:
        """Opens a file."""
        number = self._disk.names[self._path].get(name)
        if number is None:
            if not create:
                raise FileNotFoundError(name)
            number = self._disk.create(self._path, name)
        return SimulatedFile(self._disk, number)

    def names(self) -> list[str]:
        """Lists the files, sorted."""
        return sorted(self._disk.names[self._path])

    def remove(self, name: str) -> None:
        """Removes a file; it need not exist."""
        self._disk.remove(self._path, name)

    def sync(self) -> None:
        """Makes created and removed names safe."""
        self._disk.sync_folder(self._path)

    def disk_bytes(self) -> int:
        """Returns the bytes of all files in whole blocks."""
        files = self._disk.names[self._path].values()
        return sum(-(-self._disk.size(file) // PAGE) * PAGE for file in files)


@final
class PowerCutMedium:
    """Keeps a store on a simulated disk, whose log tells afterwards what a cut would have left."""

    def __init__(self, disk: SimulatedDisk) -> None:
        self.disk = disk
        self._folder = SimulatedFolder(disk, "")
        self._archive = SimulatedFolder(disk, "archive")

    @property
    def folder(self) -> SimulatedFolder:
        """Segments and arenas."""
        return self._folder

    @property
    def archive(self) -> SimulatedFolder:
        """Segments of layers that were dropped."""
        return self._archive

    def connect(self, *, read_only: bool) -> sqlite3.Connection:
        """Opens the database, set up as on a real disk."""
        connection = cast(sqlite3.Connection, SimulatedConnection(self.disk, DATABASE))
        set_up(connection)
        return connection

    def lock(self) -> None:
        """Does nothing: no other process can reach it."""

    def unlock(self) -> None:
        """Does nothing."""

    def database_bytes(self) -> tuple[int, int]:
        """Returns the bytes that the database and its log take."""
        names = self.disk.names[""]
        database, log = (
            self.disk.size(names[name]) if name in names else 0
            for name in (DATABASE, DATABASE + "-wal")
        )
        return database, log

    def disk_bytes(self) -> int:
        """Returns all bytes that the live store takes."""
        return self._folder.disk_bytes()
