"""What a store is kept on: a folder on disk, or memory."""

import os
import sqlite3
from pathlib import Path
from typing import Protocol, final

from embodied_mem.errors import MemoryFileError
from embodied_mem.memory.storage.folder import DiskFolder, Folder, RamFolder, WriterLock
from embodied_mem.memory.storage.journal import translated

DATABASE = "memory.sqlite"
PAGE = 4096
"""Bytes of a database page, and of a block as most file systems count them."""


def set_up(connection: sqlite3.Connection) -> None:
    """Makes a connection durable on every commit.

    Raises:
        MemoryFileError: If the database is damaged.
        StoreFullError: If it cannot be written to.
    """
    with translated():
        connection.execute(f"PRAGMA page_size={PAGE}")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        # Some builds wipe freed pages, which writes all that passes through the database twice.
        connection.execute("PRAGMA secure_delete=OFF")


class Medium(Protocol):
    """Where a store's files and its database lie."""

    @property
    def folder(self) -> Folder:
        """Segments and arenas."""
        ...

    @property
    def archive(self) -> Folder:
        """Segments of layers that were dropped."""
        ...

    def connect(self, *, read_only: bool) -> sqlite3.Connection:
        """Opens the database in autocommit mode, durable on every commit."""
        ...

    def lock(self) -> None:
        """Keeps other writers out.

        Raises:
            MemoryFileError: If there is one.
        """
        ...

    def unlock(self) -> None:
        """Lets the next writer in."""
        ...

    def database_bytes(self) -> tuple[int, int]:
        """Returns the bytes that the database and its log take."""
        ...

    def disk_bytes(self) -> int:
        """Returns all bytes that the live store takes, as `du` counts them."""
        ...


@final
class DiskMedium:
    """A folder on disk."""

    def __init__(self, path: Path, *, create: bool) -> None:
        self.path = path
        if create:
            self._create()
        elif not (path / DATABASE).is_file():
            raise MemoryFileError(f"{path} is not a memory: it holds no {DATABASE}")
        self._folder = DiskFolder(path)
        self._archive = DiskFolder(path / "archive")
        self._lock: WriterLock | None = None

    def _create(self) -> None:
        if self.path.exists() and not self.path.is_dir():
            raise MemoryFileError(f"{self.path} is a file; a memory that is written to is a folder")
        held = {entry.name for entry in self.path.iterdir()} if self.path.exists() else set()
        # Creating the database can leave its journal behind when the power goes.
        strangers = held - {"archive", DATABASE + "-journal", DATABASE + "-wal", DATABASE + "-shm"}
        if strangers and not (self.path / DATABASE).exists() and "writer.lock" not in strangers:
            raise MemoryFileError(
                f"{self.path} holds other files ({sorted(strangers)[0]}, ...) and no memory; "
                "choose an empty or a new folder"
            )
        archive = self.path / "archive"
        made = [folder for folder in (archive, *archive.parents) if not folder.exists()]
        try:
            archive.mkdir(parents=True, exist_ok=True)
            for folder in made:
                DiskFolder(folder.parent).sync()  # or a power cut takes it with all in it
        except OSError as error:
            raise MemoryFileError(
                f"cannot make the memory {self.path}: {error.strerror}; choose another folder"
            ) from None

    @property
    def folder(self) -> DiskFolder:
        """Segments and arenas."""
        return self._folder

    @property
    def archive(self) -> DiskFolder:
        """Segments of layers that were dropped."""
        return self._archive

    def connect(self, *, read_only: bool) -> sqlite3.Connection:
        """Opens the database."""
        path = self.path / DATABASE
        from embodied_mem.memory.storage.rebuild import prepare_to_open, prepare_to_read

        if read_only:
            prepare_to_read(self.path)
            return self._connect_to_read(path)
        prepare_to_open(self.path)
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            set_up(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _connect_to_read(self, path: Path) -> sqlite3.Connection:
        uri = path.resolve().as_uri() + "?mode=ro"
        # A closed memory on a read-only disk has no log and nothing beside it may be made.
        if not path.with_name(DATABASE + "-wal").exists() and not os.access(self.path, os.W_OK):
            uri += "&immutable=1"
        return sqlite3.connect(
            uri, uri=True, isolation_level=None, check_same_thread=False, timeout=5.0
        )

    def lock(self) -> None:
        """Keeps other writers out."""
        self._lock = WriterLock(self.path / "writer.lock")

    def unlock(self) -> None:
        """Lets the next writer in."""
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def database_bytes(self) -> tuple[int, int]:
        """Returns the bytes that the database and its log take."""
        sizes = []
        for suffix in ("", "-wal"):
            try:
                sizes.append((self.path / (DATABASE + suffix)).stat().st_blocks * 512)
            except FileNotFoundError:
                sizes.append(0)
        return sizes[0], sizes[1]

    def disk_bytes(self) -> int:
        """Returns all bytes that the live store takes, as `du` counts them."""
        return self._folder.disk_bytes()


@final
class RamMedium:
    """Memory: the same store, for episodes that need not outlast the process."""

    def __init__(self) -> None:
        self._folder, self._archive = RamFolder(), RamFolder()
        self._connection: sqlite3.Connection | None = None

    @property
    def folder(self) -> RamFolder:
        """Segments and arenas."""
        return self._folder

    @property
    def archive(self) -> RamFolder:
        """Segments of layers that were dropped."""
        return self._archive

    def connect(self, *, read_only: bool) -> sqlite3.Connection:
        """Opens the database."""
        self._connection = sqlite3.connect(
            ":memory:", isolation_level=None, check_same_thread=False
        )
        self._connection.execute(f"PRAGMA page_size={PAGE}")
        return self._connection

    def lock(self) -> None:
        """Does nothing: no other process can reach it."""

    def unlock(self) -> None:
        """Does nothing."""

    def database_bytes(self) -> tuple[int, int]:
        """Returns the bytes that the database takes; it has no log."""
        if self._connection is None:
            return 0, 0
        (pages,) = self._connection.execute("PRAGMA page_count").fetchone()
        return int(pages) * PAGE, 0

    def disk_bytes(self) -> int:
        """Returns all bytes that the store takes."""
        return self._folder.disk_bytes() + sum(self.database_bytes())
