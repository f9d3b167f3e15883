"""Makes a damaged database anew from the rows that can still be read, whole or not at all.

The new database is complete and on the disk under another name before anything of the old one
goes. From then on it counts: whoever opens the store next finishes what is left to do. Otherwise a
cut between removing the old log and naming the new database would leave the old one without its
log, or the new one with a log that is not its own.
"""

import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

import msgspec

from embodied_mem.errors import MemoryFileError, StoreFullError
from embodied_mem.memory.search.words import WordIndex
from embodied_mem.memory.storage.folder import DiskFolder
from embodied_mem.memory.storage.journal import (
    COUNTER,
    FORGETTING,
    SCHEMA,
    SETTINGS,
    SPACES,
    Journal,
    Settings,
)
from embodied_mem.memory.storage.medium import DATABASE, PAGE
from embodied_mem.memory.storage.rows import (
    STAGED,
    ArenaRow,
    Body,
    Heap,
    decode_body,
    decode_heap,
    record_of,
)
from embodied_mem.memory.storage.salvage import Salvaged, salvage_rows
from embodied_mem.memory.storage.segments import segment_number
from embodied_mem.memory.storage.vector_files import LAYERS, arena_key, row_bytes
from embodied_mem.memory.storage.wal_check import check_wal
from embodied_mem.memory.text import text_of

_REBUILT: Final = DATABASE + ".rebuilt"

Records = dict[int, tuple[Body, Heap]]


def prepare_to_open(folder: Path) -> None:
    """Finishes an interrupted rebuild, and refuses a log whose acknowledged part is damaged.

    SQLite would drop that part in silence. Nothing else may have the database open.

    Raises:
        MemoryFileError: If the log is damaged.
    """
    finish_rebuild(folder)
    _refuse_damaged_log(folder, tries=1)


def prepare_to_read(folder: Path) -> None:
    """Does the same for one that only reads, while another process may be writing.

    Raises:
        MemoryFileError: If the log is damaged, or a repair was interrupted.
    """
    if (folder / _REBUILT).exists():
        raise MemoryFileError(
            f"a repair of {folder} was interrupted; `embodied-mem inspect --repair` finishes it"
        )
    # What was read while it was being written can look damaged; damage stays.
    _refuse_damaged_log(folder, tries=4)


def _refuse_damaged_log(folder: Path, tries: int) -> None:
    log = folder / (DATABASE + "-wal")
    for _ in range(tries):
        report = check_wal(log)
        if not report.damaged:
            return
    raise MemoryFileError(
        f"{log} is damaged: SQLite would drop the last {max(report.lost_commits, 1)} batches "
        "that were acknowledged; `embodied-mem inspect --repair` keeps them"
    )


def finish_rebuild(folder: Path) -> None:
    """Puts a database that was rebuilt in the place of the old one and its log."""
    rebuilt = folder / _REBUILT
    if not rebuilt.exists():
        return
    for suffix in ("-wal", "-shm"):
        (folder / (DATABASE + suffix)).unlink(missing_ok=True)
    DiskFolder(folder).sync()
    rebuilt.replace(folder / DATABASE)
    DiskFolder(folder).sync()


def rebuild_database(folder: Path) -> Salvaged:
    """Replaces a store's database by one that holds all rows that can be read.

    Rows whose bytes are missing are kept: `repair_folder` goes through those afterwards.

    Returns:
        What was read of the old one.

    Raises:
        MemoryFileError: If nothing of it can be read, or it is of a newer schema.
        StoreFullError: If there is no room for the new one; the old one is as it was.
    """
    found = salvage_rows(folder / DATABASE)
    records = _unique(found)
    if not records and not found.meta:
        raise MemoryFileError(
            f"nothing in {folder / DATABASE} can be read as a memory; put back a copy of it"
        )
    settings = _settings(found)
    spaces = _spaces(found, records)
    partial = folder / (_REBUILT + ".partial")
    partial.unlink(missing_ok=True)
    try:
        connection = sqlite3.connect(partial, isolation_level=None)
        try:
            connection.execute(f"PRAGMA page_size={PAGE}")
            journal = Journal(connection)
            with journal.transaction():
                journal.create(settings)
                words = WordIndex(connection)
                words.create()
                journal.write_counter(_largest_number(folder, found, records))
                for number, (name, dimension) in enumerate(spaces):
                    journal.write_space(number, name, dimension)
                if FORGETTING in found.meta:  # or a page that was read brings back what it erases
                    journal.write_forgetting(_forgetting(found))
                journal.write((slot, *found.records[slot]) for slot in sorted(records))
                journal.stage(_staged(found, records))
                journal.write_undo(max(found.journal, default=0) + 1, None)
                words.add_many(_texts(records))
        finally:
            connection.close()
        _sync_file(partial)
        partial.replace(folder / _REBUILT)
        DiskFolder(folder).sync()
    except OSError as error:
        raise StoreFullError(
            f"cannot rebuild the memory {folder}: {error.strerror}; it is as it was"
        ) from error
    finish_rebuild(folder)
    return found


def _unique(found: Salvaged) -> Records:
    """Decodes the records; of two with one id only the first."""
    records: Records = {}
    ids: set[bytes] = set()
    for slot, (body, heap) in sorted(found.records.items()):
        try:
            decoded = decode_body(body), decode_heap(heap)
        except (msgspec.DecodeError, ValueError):
            continue
        if decoded[0].id not in ids:
            ids.add(decoded[0].id)
            records[slot] = decoded
    return records


def _settings(found: Salvaged) -> Settings:
    try:
        settings = msgspec.msgpack.decode(found.meta[SETTINGS], type=Settings)
    except (KeyError, msgspec.DecodeError):
        return Settings()
    if settings.schema > SCHEMA:
        raise MemoryFileError(
            f"this memory has schema {settings.schema}; this version repairs up to {SCHEMA}"
        )
    return settings


def _forgetting(found: Salvaged) -> list[str]:
    """Returns the ids that an unfinished forgetting erases."""
    ids = msgspec.msgpack.decode(found.meta[FORGETTING], type=list[bytes])
    return [each.hex() for each in ids]


def _spaces(found: Salvaged, records: Records) -> list[tuple[str, int]]:
    """Returns name and dimension of every vector space; the records know them too."""
    spaces: dict[int, tuple[str, int]] = {}
    for body, heap in records.values():
        if heap.vector is not None:
            spaces[heap.vector.space] = (body.space, heap.vector.dimension)
    for key, entry in found.meta.items():
        if key >= SPACES:
            name, dimension = msgspec.msgpack.decode(entry, type=tuple[str, int])
            spaces[key - SPACES] = (name, dimension)
    # A number that nothing knows belongs to no vector any more.
    return [spaces.get(number, ("", 1)) for number in range(max(spaces, default=-1) + 1)]


def _largest_number(folder: Path, found: Salvaged, records: Records) -> int:
    """Returns the largest number that a file ever had, as far as anything tells."""
    try:
        known = msgspec.msgpack.decode(found.meta[COUNTER], type=int)
    except (KeyError, msgspec.DecodeError):
        known = 0
    names = [path.name for path in (*folder.iterdir(), *(folder / "archive").glob("*"))]
    numbers = [known, *(number for name in names if (number := segment_number(name)) is not None)]
    numbers += [key[2] for name in names if (key := arena_key(name)) is not None]
    numbers += [extent.segment for _, heap in records.values() for extent in heap.layers]
    return max(numbers)


def _staged(found: Salvaged, records: Records) -> Iterator[tuple[int, bytes]]:
    """Yields the staged bytes of records: of several candidates those that fit the record best."""
    for slot, candidates in sorted(found.staged.items()):
        if slot in records:
            fits = {data: _fit(records[slot][1], data) for data in candidates}
            best = max(candidates, key=fits.__getitem__)
            if fits[best]:
                yield slot, best


def _fit(heap: Heap, data: bytes) -> int:
    """Counts the parts of a record that staged bytes hold: its layers, then those of its vector."""
    inside = [extent for extent in heap.held if extent.segment == STAGED]
    fits = sum(extent.cut_from(data) is not None for extent in inside)
    at, place = sum(extent.length for extent in inside), heap.vector
    for layer in LAYERS if place is not None else ():
        row: ArenaRow | None = getattr(place, layer)
        if place is not None and row is not None:
            length = row_bytes(layer, place.dimension)
            fits += zlib.crc32(data[at : at + length]) == row.crc
            at += length
    return fits


def _texts(records: Records) -> Iterable[tuple[int, str]]:
    return ((slot, text_of(record_of(body, 0, 32))) for slot, (body, _) in sorted(records.items()))


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
