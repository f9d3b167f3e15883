"""The database: every record's row, the undo journal, staged bytes, settings; all checksummed."""

import contextlib
import sqlite3
import struct
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple, final
from zlib import crc32

import msgspec

from embodied_mem.errors import MemoryFileError, StoreFullError
from embodied_mem.memory.storage.rows import checksum

SCHEMA = 2
"""Version of the layout; 1 was a single file without a database."""
_ROWS = 4096
_AT_ONCE = 500
_KEY = struct.Struct("<q").pack
SETTINGS, COUNTER, FORGETTING, SPACES = 1, 2, 3, 1000
"""Rows of the table `meta`; those from `SPACES` on are the vector spaces."""
_TABLES = (
    "CREATE TABLE meta(id INTEGER PRIMARY KEY, body BLOB NOT NULL, crc INTEGER NOT NULL)",
    "CREATE TABLE records(slot INTEGER PRIMARY KEY, body BLOB NOT NULL, heap BLOB NOT NULL,"
    " crc INTEGER NOT NULL)",
    "CREATE TABLE staged(slot INTEGER PRIMARY KEY, data BLOB NOT NULL)",
    "CREATE TABLE journal(sequence INTEGER PRIMARY KEY, body BLOB NOT NULL, crc INTEGER NOT NULL)",
)


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a store as a whole."""

    schema: int = SCHEMA
    session: str = ""
    seed: int = 0
    seconds_per_tick: float = 1.0


class Row(NamedTuple):
    """A record's row as it lies in the database."""

    slot: int
    body: bytes
    heap: bytes
    intact: bool


class Undo(msgspec.Struct, frozen=True, array_like=True):
    """What a slot held before a batch; both None where it was free."""

    slot: int
    body: bytes | None
    heap: bytes | None


_undo_decoder = msgspec.msgpack.Decoder(list[Undo] | None)


@final
class Journal:
    """Reads and writes the tables. It opens no transaction by itself but in `transaction`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection
        self._execute = connection.execute
        self._committed = False

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Runs statements as a whole or not at all; durable when it ends, or after `commit`.

        Raises:
            StoreFullError: If the disk is full or read-only.
            MemoryFileError: If the database is damaged.
        """
        with translated():
            self._execute("BEGIN IMMEDIATE")
            self._committed = False
            try:
                yield
                if not self._committed:
                    self.commit()
            except BaseException:
                with contextlib.suppress(Exception):
                    self._execute("ROLLBACK")
                raise

    def commit(self) -> None:
        """Ends the open transaction before its block does; nothing may be written after it."""
        self._execute("COMMIT")
        self._committed = True

    @contextlib.contextmanager
    def snapshot(self) -> Iterator[None]:
        """Lets several reads see one state."""
        with translated():
            self._execute("BEGIN")
            try:
                yield
            finally:
                with contextlib.suppress(Exception):
                    self._execute("ROLLBACK")

    def is_new(self) -> bool:
        """Tells whether the tables have not been made yet."""
        with translated():
            (count,) = self._execute("SELECT count(*) FROM sqlite_master").fetchone()
        return bool(count == 0)

    def problems(self) -> list[str]:
        """Returns what is wrong with the structure of the database, one line each.

        A database with such problems can hide rows, or show others twice, without an error.
        """
        lines = [line for (line,) in self._rows("PRAGMA integrity_check(20)")]
        return [*(line for line in lines if line != "ok"), *self._wrong_tables()]

    def check_tables(self) -> None:
        """Checks that the tables are those that were made, so that their columns are.

        Raises:
            MemoryFileError: If not.
        """
        for line in self._wrong_tables():
            raise MemoryFileError(
                f"the memory's database is damaged: {line}; "
                "`embodied-mem inspect --repair` keeps what can be read"
            )

    def _wrong_tables(self) -> list[str]:
        made = {sql for (sql,) in self._rows("SELECT sql FROM sqlite_master")}
        return [f"a table is not as it was made: {sql}" for sql in _TABLES if sql not in made]

    def create(self, settings: Settings) -> None:
        """Makes the tables."""
        for statement in _TABLES:
            self._execute(statement)
        self.write_settings(settings)
        self.write_counter(0)

    # -- meta ---------------------------------------------------------------------------------

    def settings(self) -> Settings:
        """Reads the settings.

        Raises:
            MemoryFileError: If they are damaged or of a newer schema.
        """
        body = self._meta(SETTINGS)
        try:
            schema = msgspec.msgpack.decode(body).get("schema")
            if isinstance(schema, int) and schema > SCHEMA:
                raise MemoryFileError(
                    f"this memory has schema {schema}; this version reads up to {SCHEMA}. "
                    "Install a newer embodied_mem to open it"
                )
            return msgspec.msgpack.decode(body, type=Settings)
        except (msgspec.DecodeError, AttributeError) as error:
            raise MemoryFileError(f"the memory's settings do not read: {error}") from None

    def write_settings(self, settings: Settings) -> None:
        """Writes the settings."""
        self._write_meta(SETTINGS, msgspec.msgpack.encode(settings))

    def counter(self) -> int:
        """Returns the last number given to a file."""
        return int(msgspec.msgpack.decode(self._meta(COUNTER)))

    def write_counter(self, value: int) -> None:
        """Remembers the last number given to a file, so that none comes back."""
        self._write_meta(COUNTER, msgspec.msgpack.encode(value))

    def spaces(self) -> list[tuple[str, int]]:
        """Returns name and dimension of every vector space, in the order of their numbers."""
        rows = self._rows("SELECT id FROM meta WHERE id >= ? ORDER BY id", (SPACES,))
        return [tuple(msgspec.msgpack.decode(self._meta(number))) for (number,) in rows]

    def write_space(self, number: int, name: str, dimension: int) -> None:
        """Remembers a vector space."""
        self._write_meta(SPACES + number, msgspec.msgpack.encode((name, dimension)))

    def forgetting(self) -> list[str] | None:
        """Returns the ids of what an unfinished forgetting erases; None where there is none."""
        if not self._rows("SELECT 1 FROM meta WHERE id = ?", (FORGETTING,)):
            return None
        ids = msgspec.msgpack.decode(self._meta(FORGETTING), type=list[bytes])
        return [each.hex() for each in ids]

    def write_forgetting(self, ids: Iterable[str] | None) -> None:
        """Notes what is being forgotten, by ids alone; None where that is done."""
        if ids is None:
            self._execute("DELETE FROM meta WHERE id = ?", (FORGETTING,))
            return
        self._write_meta(FORGETTING, msgspec.msgpack.encode([bytes.fromhex(each) for each in ids]))

    def damaged_settings(self) -> list[str]:
        """Returns which rows of the settings do not match their checksum."""
        rows = {key: (body, crc) for key, body, crc in self._rows("SELECT * FROM meta")}
        wrong = [key for key, (body, crc) in rows.items() if not _intact(crc, key, body)]
        wrong += [key for key in (SETTINGS, COUNTER) if key not in rows]
        return [f"row {key} of the settings is damaged" for key in wrong]

    def _meta(self, key: int) -> bytes:
        rows = self._rows("SELECT body, crc FROM meta WHERE id = ?", (key,))
        if not rows or not _intact(rows[0][1], key, rows[0][0]):
            raise MemoryFileError(
                f"the memory's settings (row {key}) are damaged; "
                "`embodied-mem inspect --repair` rebuilds what can be read"
            )
        return bytes(rows[0][0])

    def _write_meta(self, key: int, body: bytes) -> None:
        self._execute(
            "INSERT OR REPLACE INTO meta VALUES(?, ?, ?)", (key, body, checksum(key, body))
        )

    # -- records ------------------------------------------------------------------------------

    def read(self, slot: int) -> Row | None:
        """Reads the row of a slot."""
        rows = self._rows("SELECT slot, body, heap, crc FROM records WHERE slot = ?", (slot,))
        return _row(*rows[0]) if rows else None

    def read_many(self, slots: Sequence[int]) -> Iterator[Row]:
        """Reads the rows of slots, in no order; those that hold none are left out."""
        for start in range(0, len(slots), _AT_ONCE):
            chunk = tuple(slots[start : start + _AT_ONCE])
            marks = ",".join("?" * len(chunk))
            for values in self._rows(
                f"SELECT slot, body, heap, crc FROM records WHERE slot IN ({marks})", chunk
            ):
                yield _row(*values)

    def read_all(self) -> Iterator[list[Row]]:
        """Reads every row, in the order of slots, a few thousand at a time."""
        for rows in self._chunks():
            yield [_row(*values) for values in rows]

    def read_columns(self) -> Iterator[tuple[list[int], list[bytes], list[bytes], list[int]]]:
        """Reads every intact row: slots, bodies and heaps; and the slots of the damaged ones.

        This is what opening a large store costs, so the usual case, all intact, is kept short.
        """
        for rows in self._chunks():
            try:
                sums = [crc32(heap, crc32(body, crc32(_KEY(s)))) for s, body, heap, _ in rows]
            except TypeError:  # a flipped bit can turn a blob into another type
                sums = []
            slots, bodies, heaps, crcs = map(list, zip(*rows, strict=True))
            damaged: list[int] = []
            if sums != crcs:
                read = [_row(*values) for values in rows]
                damaged = [row.slot for row in read if not row.intact]
                whole = [row for row in read if row.intact]
                slots = [row.slot for row in whole]
                bodies, heaps = [row.body for row in whole], [row.heap for row in whole]
            yield slots, bodies, heaps, damaged

    def _chunks(self) -> Iterator[list[Any]]:
        with translated():
            cursor = self._execute("SELECT slot, body, heap, crc FROM records ORDER BY slot")
            while rows := cursor.fetchmany(_ROWS):
                yield rows

    def write(self, rows: Iterable[tuple[int, bytes, bytes]]) -> None:
        """Writes slot, body and heap of records, new or not."""
        self.connection.executemany(
            "INSERT OR REPLACE INTO records VALUES(?, ?, ?, ?)",
            [(slot, body, heap, checksum(slot, body, heap)) for slot, body, heap in rows],
        )

    def remove(self, slots: Iterable[int]) -> None:
        """Removes the rows of slots."""
        self.connection.executemany("DELETE FROM records WHERE slot = ?", [(s,) for s in slots])

    # -- staged bytes -------------------------------------------------------------------------

    def stage(self, rows: Iterable[tuple[int, bytes]]) -> None:
        """Writes the bytes of records that go to a segment later."""
        self.connection.executemany("INSERT OR REPLACE INTO staged VALUES(?, ?)", list(rows))

    def staged(self, slot: int) -> bytes | None:
        """Reads the staged bytes of a slot."""
        rows = self._rows("SELECT data FROM staged WHERE slot = ?", (slot,))
        return _blob(rows[0][0]) if rows else None

    def all_staged(self) -> list[tuple[int, bytes]]:
        """Reads all staged bytes."""
        rows = self._rows("SELECT slot, data FROM staged ORDER BY slot")
        return [(slot, _blob(data)) for slot, data in rows]

    def staged_bytes(self) -> dict[int, int]:
        """Returns the number of staged bytes by slot."""
        return dict(self._rows("SELECT slot, coalesce(length(data), 0) FROM staged"))

    def clear_staged(self, slots: Iterable[int]) -> None:
        """Forgets the staged bytes of slots."""
        self.connection.executemany("DELETE FROM staged WHERE slot = ?", [(s,) for s in slots])

    # -- undo ---------------------------------------------------------------------------------

    def last_sequence(self) -> int:
        """Returns the number of the last batch; 0 before the first."""
        ((last,),) = self._rows("SELECT max(sequence) FROM journal")
        return 0 if last is None else int(last)

    def write_undo(self, sequence: int, undo: list[Undo] | None) -> None:
        """Writes what a batch changed; None where bytes moved and nothing before can come back."""
        body = msgspec.msgpack.encode(undo)
        self._execute(
            "INSERT INTO journal VALUES(?, ?, ?)", (sequence, body, checksum(sequence, body))
        )

    def undo(self, first: int) -> list[tuple[int, list[Undo] | None]] | None:
        """Reads the batches from `first` on, newest first; None where one is not there."""
        rows = self._rows(
            "SELECT sequence, body, crc FROM journal WHERE sequence >= ? ORDER BY sequence DESC",
            (first,),
        )
        whole = rows and rows[-1][0] == first and rows[0][0] - first + 1 == len(rows)
        if not whole or not all(_intact(crc, key, body) for key, body, crc in rows):
            return None
        return [(key, _undo_decoder.decode(body)) for key, body, _ in rows]

    def all_undo(self) -> Iterator[Undo]:
        """Reads everything that a rollback can bring back; what is damaged is left out."""
        for key, body, crc in self._rows("SELECT sequence, body, crc FROM journal"):
            if _intact(crc, key, body):
                yield from _undo_decoder.decode(body) or ()

    def damaged_undo(self) -> list[int]:
        """Returns the batches whose undo information does not match its checksum."""
        rows = self._rows("SELECT sequence, body, crc FROM journal")
        return [key for key, body, crc in rows if not _intact(crc, key, body)]

    def forget_undo(self, before: int) -> None:
        """Drops the undo information of batches before `before`, never of the last one."""
        self._execute(
            "DELETE FROM journal WHERE sequence < min(?, (SELECT max(sequence) FROM journal))",
            (before,),
        )

    def restart_undo(self) -> None:
        """Forgets everything that could be undone, damaged or not, and counts on."""
        rows = self._rows("SELECT sequence, body, crc FROM journal")
        last = max((key for key, body, crc in rows if _intact(crc, key, body)), default=0)
        self._execute("DELETE FROM journal")
        self.write_undo(last + 1, None)

    def _rows(self, sql: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
        with translated():
            return self._execute(sql, parameters).fetchall()

    def close(self) -> None:
        """Closes the connection."""
        self.connection.close()


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Turns SQLite's errors into ours."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if any(word in text for word in ("full", "readonly", "disk I/O", "unable to open")):
            raise StoreFullError(
                f"cannot write to the memory: {text}; nothing acknowledged was lost. "
                "Free some space, or make the folder writable"
            ) from error
        raise MemoryFileError(f"the memory's database does not work: {text}") from error
    except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
        # A damaged name in an error of SQLite's need not be text.
        raise MemoryFileError(
            f"the memory's database is damaged: {error}; "
            "`embodied-mem inspect --repair` keeps what can be read"
        ) from error


def _row(slot: int, body: bytes, heap: bytes, crc: int) -> Row:
    return Row(slot, body, heap, _intact(crc, slot, body, heap))


def _blob(value: object) -> bytes:
    return value if isinstance(value, bytes) else b""  # a flipped bit can change the type


def _intact(crc: object, key: int, *blobs: bytes) -> bool:
    try:
        return crc == checksum(key, *blobs)
    except TypeError:
        return False  # a flipped bit can turn a blob into another type
