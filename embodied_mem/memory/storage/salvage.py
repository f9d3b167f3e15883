"""Reads the rows of a damaged database page by page, without SQLite.

Which table a page belongs to is read from the trees, as far as they are whole. Pages that no tree
leads to any more are told by the shape and the checksums of their rows. Pages on the free list
are left alone: they hold rows that were deleted. A row counts only if its checksum matches; staged
bytes, which have none of their own, are returned as candidates (the record's extents check them).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import msgspec

from embodied_mem.errors import MemoryFileError
from embodied_mem.memory.storage.exchange import UNREADABLE
from embodied_mem.memory.storage.rows import checksum, decode_body
from embodied_mem.memory.storage.sqlite_pages import (
    INTERIOR,
    LEAF,
    PAGE_BYTES,
    Cell,
    Child,
    Pages,
    Value,
)
from embodied_mem.memory.storage.wal_check import read_wal
from embodied_mem.memory.storage.wal_pages import committed_pages

Table = Literal["meta", "records", "staged", "journal"]
TABLES: Final[tuple[Table, ...]] = ("meta", "records", "staged", "journal")


_LOW: Final = -(1 << 63) - 1
_HIGH: Final = (1 << 63) - 1


class LostRow(msgspec.Struct, frozen=True):
    """A row that was found and does not read."""

    table: Table
    page: int
    key: int
    """Its key as it reads, or as its neighbours tell; -1 where neither does."""
    record: str = ""
    """Id of the record, or what the damage made of it; empty where it cannot be told."""


@dataclass(kw_only=True)
class Salvaged:
    """What could be read of a database."""

    meta: dict[int, bytes] = field(default_factory=dict)
    """Body by id."""
    records: dict[int, tuple[bytes, bytes]] = field(default_factory=dict)
    """Body and heap by slot."""
    staged: dict[int, list[bytes]] = field(default_factory=dict)
    """What may be the staged bytes of a slot that has a record, the surest first."""
    journal: dict[int, bytes] = field(default_factory=dict)
    """Body by sequence number."""
    lost_pages: tuple[int, ...] = ()
    """Pages that seem to hold rows of ours and cannot be used."""
    lost_rows: list[LostRow] = field(default_factory=list)


def salvage_rows(path: Path) -> Salvaged:
    """Reads what is left of a database and of the log beside it, without changing them.

    Args:
        path: Of the database (`memory.sqlite`).

    Raises:
        MemoryFileError: If it cannot be opened or is not as long as one page.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise MemoryFileError(f"cannot read {path}: {error.strerror}") from None
    newer, count = committed_pages(read_wal(path.with_name(path.name + "-wal")), data)
    if len(data) < PAGE_BYTES and not newer:
        raise MemoryFileError(f"{path} holds {len(data)} bytes; a database has at least a page")
    return _Salvage(Pages(data, newer, count)).run()


class _Salvage:
    """One pass over the pages of a database."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self.found = Salvaged()
        free = pages.free()
        self.free = free or set()
        self.free_is_whole = free is not None
        self.lost: set[int] = set()
        self.seen: set[int] = {1}
        """Pages that a tree leads to."""

    def run(self) -> Salvaged:
        """Reads everything."""
        for table, root in self._roots().items():
            for page, cells in self._leaves(root):
                self._take(table, page, cells)
        self._take_strays()
        for slot in self.found.staged.keys() - self.found.records.keys():
            del self.found.staged[slot]
        self.found.lost_pages = tuple(sorted(self.lost))
        return self.found

    def _roots(self) -> dict[Table, int]:
        roots: dict[Table, int] = {}
        first_pages: set[int] = set()
        for _, cells in self._leaves(1):
            for cell in cells:
                match cell.values:
                    case ("table", str(name), _, int(root), str()) if root > 0:
                        first_pages.add(len(first_pages) + 2)
                        for table in TABLES:
                            if name == table and root <= self.pages.count:
                                roots[table] = root
        # All tables were made in one go, so their roots are the first pages and never free.
        if self.free & first_pages:
            self.free_is_whole = False
            self.free -= first_pages
        return roots

    def _leaves(self, root: int) -> Iterator[tuple[int, list[Cell]]]:
        """Walks a tree; yields its leaves."""
        stack, visited = [Child(root, _LOW, _HIGH)], set[int]()
        while stack:
            child = stack.pop()
            if child.page in visited:
                continue
            visited.add(child.page)
            cells, fills = self.pages.leaf(child.page)
            below, whole = self.pages.children(child.page, child.low, child.high)
            is_leaf = _is_leaf(self.pages.kind(child.page), fills, whole)
            if child.page in self.free and not self._is_used(child, cells if is_leaf else []):
                continue
            self.seen.add(child.page)
            if is_leaf is None:
                self.lost.add(child.page)
            elif is_leaf:
                yield child.page, cells
            else:
                stack += below

    def _is_used(self, child: Child, cells: list[Cell]) -> bool:
        """Tells whether a page that a tree leads to and that is listed as free is in use.

        Where the tree is wrong, the page holds other keys than it should.
        """
        keys = [cell.key for cell in cells]
        if (child.low == _LOW and child.high == _HIGH) or not keys:
            return False
        if not all(child.low < key <= child.high for key in keys):
            return False
        self.free.discard(child.page)
        self.free_is_whole = False
        return True

    def _take_strays(self) -> None:
        """Takes rows from pages that no tree leads to."""
        strays = set(range(2, self.pages.count + 1)) - self.seen - self.free
        for number in sorted(strays):
            if self.pages.kind(number) != LEAF:
                continue
            cells, _ = self.pages.leaf(number)
            tables = {table for cell in cells if (table := _table_of(cell))}
            if tables and not self.free_is_whole:
                # It can be a page that was given up; its rows may be deleted ones.
                self.lost.add(number)
                continue
            for table in sorted(tables):
                self._take(table, number, cells, stray=True)
            if not tables:
                self._take_staged(cells)

    def _take(self, table: Table, page: int, cells: list[Cell], *, stray: bool = False) -> None:
        for index, cell in enumerate(cells):
            if table == "staged":
                self._take_staged([cell])
            elif _table_of(cell) == table:
                self._put(table, page, cell)
            elif not stray:
                key = _likely_key(cells, index)
                self.found.lost_rows.append(LostRow(table, page, key, _record_of(cell)))

    def _put(self, table: Table, page: int, cell: Cell) -> None:
        blobs = tuple(value for value in cell.values or () if isinstance(value, bytes))
        rows: dict[int, object] = getattr(self.found, table)
        row: object = blobs if table == "records" else blobs[0]
        if rows.setdefault(cell.key, row) != row:
            self.found.lost_rows.append(LostRow(table, page, cell.key))

    def _take_staged(self, cells: Iterable[Cell]) -> None:
        for cell in cells:
            match cell.values:
                case (None, bytes(data)):
                    self.found.staged.setdefault(cell.key, []).append(data)


def _is_leaf(kind: int, fills: bool, whole: bool) -> bool | None:
    """Tells leaves from inner pages; None for a page that is neither.

    The two types are one bit apart, so what the page says of itself does not count alone.

    Args:
        kind: Type byte.
        fills: Whether the page, read as a leaf, is filled by its cells.
        whole: Whether, read as an inner page, all its pointers make sense.
    """
    if kind == LEAF and (fills or not whole):
        return True
    if kind == INTERIOR and (whole or not fills):
        return False
    return True if fills else False if whole else None


def _table_of(cell: Cell) -> Table | None:
    """Tells the table of a checksummed row, by its shape; None where its checksum is wrong."""
    match cell.values:
        case (None, bytes(body), bytes(heap), int(crc)):
            return "records" if _matches(crc, cell.key, body, heap) else None
        case (None, bytes(body), int(crc)) if _matches(crc, cell.key, body):
            return _meta_or_journal(body)
    return None


def _likely_key(cells: list[Cell], index: int) -> int:
    """Returns the key of a damaged row, or -1: keys ascend, so its neighbours bound it."""
    low = cells[index - 1].key if index else -1
    high = cells[index + 1].key if index + 1 < len(cells) else _HIGH
    key = cells[index].key
    if low < key < high:
        return key
    return low + 1 if low + 2 == high else -1


def _record_of(cell: Cell) -> str:
    """Returns the id of the record that a damaged row is of, where it still reads."""
    match cell.values:
        case (None, bytes(body), *_):
            try:
                return decode_body(body).id.hex()
            except UNREADABLE:
                return ""
    return ""


def _matches(crc: int, key: int, *blobs: bytes) -> bool:
    return key >= 0 and crc == checksum(key, *blobs)


def _meta_or_journal(body: bytes) -> Table | None:
    """Tells the two tables of one shape apart: undo lists hold lists, settings do not."""
    try:
        value: Value | list[object] | dict[str, object] = msgspec.msgpack.decode(body)
    except UNREADABLE:
        return None
    if value is None or (isinstance(value, list) and all(isinstance(x, list) for x in value)):
        return "journal"
    return "meta"
