"""SQLite on a simulated disk, behind the face of the standard library's `sqlite3`."""

import contextlib
import itertools
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, final

from embodied_mem.errors import MissingExtraError
from embodied_mem_envs.bench.store.simulated_disk import DiskFullError, SimulatedDisk

try:
    import apsw
except ImportError:
    raise MissingExtraError("Simulated power cuts", "bench") from None

_POWERSAFE_OVERWRITE: Final = 0x1000
_numbers = itertools.count()


class _DatabaseFullError(apsw.FullError):
    """There is no room to move the log into the database."""


@final
class _File:
    """An open file, with the methods that `apsw.VFSFile` has."""

    def __init__(
        self, disk: SimulatedDisk, number: int, *, is_log: bool = False, new_log: bool = False
    ) -> None:
        self._disk = disk
        self._number = number
        self._is_log = is_log
        self._new_log = new_log
        """Whether the folder is synced with the first sync, as SQLite does it for its logs."""

    def xRead(self, amount: int, offset: int) -> bytes:
        return self._disk.read(self._number, offset, amount)

    def xWrite(self, data: bytes, offset: int) -> None:
        try:
            self._disk.write(self._number, offset, bytes(data))
        except DiskFullError:
            kind = apsw.FullError if self._is_log else _DatabaseFullError
            raise kind("database or disk is full") from None

    def xTruncate(self, size: int) -> None:
        self._disk.truncate(self._number, size)

    def xSync(self, flags: int) -> None:
        self._disk.sync(self._number)
        if self._new_log:
            self._disk.sync_folder("")
            self._new_log = False

    def xFileSize(self) -> int:
        return self._disk.size(self._number)

    def xLock(self, level: int) -> None: ...

    def xUnlock(self, level: int) -> None: ...

    def xCheckReservedLock(self) -> bool:
        return False

    def xFileControl(self, operation: int, pointer: int) -> bool:
        return False

    def xSectorSize(self) -> int:
        return 4096

    def xDeviceCharacteristics(self) -> int:
        return _POWERSAFE_OVERWRITE

    def xClose(self) -> None: ...


@final
class _Vfs(apsw.VFS):
    """The disk as SQLite sees it."""

    def __init__(self, disk: SimulatedDisk) -> None:
        self.vfs_name = f"simulated-{next(_numbers)}"
        self._disk = disk
        super().__init__(self.vfs_name, base="")

    def xOpen(self, name: Any, flags: list[int]) -> Any:
        if name is None:
            return _File(self._disk, self._disk.scratch())
        path = name if isinstance(name, str) else name.filename()
        names = self._disk.names[""]
        is_new = path not in names
        number = self._disk.create("", path) if is_new else names[path]
        flags[1] = flags[0]
        is_log = bool(flags[0] & (apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL))
        return _File(self._disk, number, is_log=is_log, new_log=is_new and is_log)

    def xFullPathname(self, name: str) -> str:
        return name

    def xAccess(self, pathname: str, flags: int) -> bool:
        return pathname in self._disk.names[""]

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self._disk.remove("", filename)
        if syncdir:
            self._disk.sync_folder("")


@final
class _Rows:
    """The rows of a statement that has run to its end."""

    def __init__(self, rows: Iterable[Any]) -> None:
        self._rows = iter(list(rows))

    def __iter__(self) -> Iterator[Any]:
        return self._rows

    def fetchone(self) -> Any:
        return next(self._rows, None)

    def fetchmany(self, size: int) -> list[Any]:
        return list(itertools.islice(self._rows, size))

    def fetchall(self) -> list[Any]:
        return list(self._rows)


@final
class SimulatedConnection:
    """A connection with the part of `sqlite3.Connection` that the store uses.

    The database's locks are those of one process: write-ahead logging without shared memory needs
    the exclusive mode.
    """

    def __init__(self, disk: SimulatedDisk, name: str) -> None:
        self._vfs = _Vfs(disk)
        with _translated():
            self._connection = apsw.Connection(name, vfs=self._vfs.vfs_name)
        self.execute("PRAGMA locking_mode=EXCLUSIVE")

    def execute(self, sql: str, parameters: Sequence[Any] = ()) -> _Rows:
        """Runs a statement and reads all of its rows."""
        with _translated():
            try:
                return _Rows(self._connection.execute(sql, parameters))
            except _DatabaseFullError:
                # A commit is done when the log has it; SQLite minds no checkpoint that fails then.
                if sql == "COMMIT":
                    return _Rows(())
                raise

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> _Rows:
        """Runs a statement once for each set of parameters."""
        with _translated():
            return _Rows(self._connection.executemany(sql, parameters))

    def close(self) -> None:
        """Closes the connection, as SQLite does it: with a checkpoint, if there is room."""
        with _translated(), contextlib.suppress(apsw.FullError):
            self._connection.close()


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Turns errors into those of `sqlite3`."""
    try:
        yield
    except (apsw.CorruptError, apsw.NotADBError) as error:
        raise sqlite3.DatabaseError(str(error)) from error
    except apsw.ConstraintError as error:
        raise sqlite3.IntegrityError(str(error)) from error
    except apsw.Error as error:
        raise sqlite3.OperationalError(str(error)) from error
