"""Reads pages of a SQLite file without SQLite: tree nodes, cells, overflow chains, free pages.

Format: https://www.sqlite.org/fileformat2.html, sections 1.3 to 2.3. Nothing that a page says is
trusted: what does not fit is left out, and every walk ends.
"""

import itertools
import struct
from collections.abc import Callable
from typing import Final, NamedTuple, final

PAGE_BYTES: Final = 4096
LEAF: Final = 0x0D
INTERIOR: Final = 0x05
_FILE_HEADER_BYTES: Final = 100
_LARGEST_LOCAL: Final = PAGE_BYTES - 35
_SMALLEST_LOCAL: Final = (PAGE_BYTES - 12) * 32 // 255 - 23
_INT_BYTES: Final = (0, 1, 2, 3, 4, 6, 8)

Value = int | float | str | bytes | None


class Cell(NamedTuple):
    """One row of a table."""

    key: int
    """Its rowid."""
    values: tuple[Value, ...] | None
    """Its columns; None where they do not read."""
    start: int
    """Byte in the page."""
    end: int


class Child(NamedTuple):
    """What an inner page of a tree says of a page below it."""

    page: int
    low: int
    """Its keys are larger than this ..."""
    high: int
    """... and at most this."""


@final
class Pages:
    """The pages of a database, by number from 1, with newer ones of a log laid over."""

    def __init__(self, data: bytes, newer: dict[int, bytes], count: int | None = None) -> None:
        self._data = data
        self._newer = newer
        self.count = len(data) // PAGE_BYTES if count is None else count

    def __getitem__(self, number: int) -> bytes:
        page = self._newer.get(number)
        if page is None:
            page = self._data[(number - 1) * PAGE_BYTES : number * PAGE_BYTES]
        return page.ljust(PAGE_BYTES, b"\0")

    def kind(self, number: int) -> int:
        """Returns the type byte of a page."""
        return self[number][_at(number)]

    def children(self, number: int, low: int, high: int) -> tuple[list[Child], bool]:
        """Reads a page, whose keys lie in a range, as an inner one of a table.

        Returns:
            The pages below, and whether all pointers lie in the file and the keys ascend.
        """
        page, at = self[number], _at(number)
        count = _u16(page, at + 3)
        pointers = _pointers(page, at + 12, count)
        starts = [start for start in pointers if at + 12 <= start <= PAGE_BYTES - 5]
        keys = [_signed(varint(page, start + 4)[0]) for start in starts]
        below = [_u32(page, start) for start in starts] + [_u32(page, at + 8)]
        children = [
            Child(*values)
            for values in zip(below, [low, *keys], [*keys, high], strict=True)
            if 2 <= values[0] <= self.count
        ]
        ascend = all(a < b for a, b in itertools.pairwise([low, *keys, high + 1]))
        return children, ascend and len(children) == count + 1

    def leaf(self, number: int) -> tuple[list[Cell], bool]:
        """Reads a page as a leaf of a table.

        A flipped bit in the count of cells or in a pointer can hide a row, or bring back an old
        version whose bytes still lie in the page. In a whole page, cells and free blocks fill
        the page without gap or overlap; so the bit whose change makes it so again is the one.

        Returns:
            The cells, and whether they fill the page.
        """
        page, at = self[number], _at(number)
        known: dict[int, Cell | None] = {}

        def cell(start: int) -> Cell | None:
            if start not in known:
                known[start] = self._cell(page, start)
            return known[start]

        cells, fills = _filling(page, at, cell)
        if fills:
            return cells, True
        changed = bytearray(page)
        for byte in _bookkeeping(page, at):
            for bit in range(8):
                changed[byte] ^= 1 << bit
                others, fills = _filling(changed, at, cell)
                changed[byte] ^= 1 << bit
                if fills:
                    return others, True
        return cells, False

    def _cell(self, page: bytes, start: int) -> Cell | None:
        """Reads a cell; without values where its length is wrong, None where it has no key."""
        length, at = varint(page, start)
        key, at = varint(page, at)
        if at > PAGE_BYTES:
            return None
        broken = Cell(_signed(key), None, start, at)
        if length > PAGE_BYTES * self.count:
            return broken
        if length <= _LARGEST_LOCAL:
            end = at + length
            if end > PAGE_BYTES:
                return broken
            return Cell(_signed(key), row_values(page[at:end]), start, max(end, start + 4))
        local = _SMALLEST_LOCAL + (length - _SMALLEST_LOCAL) % (PAGE_BYTES - 4)
        local = _SMALLEST_LOCAL if local > _LARGEST_LOCAL else local
        end = at + local + 4
        if end > PAGE_BYTES:
            return broken
        rest = self._overflow(_u32(page, end - 4), length - local)
        values = None if rest is None else row_values(page[at : end - 4] + rest)
        return Cell(_signed(key), values, start, end)

    def _overflow(self, number: int, length: int) -> bytes | None:
        parts: list[bytes] = []
        while length > 0:
            if not 2 <= number <= self.count:
                return None
            page = self[number]
            parts.append(page[4 : 4 + min(length, PAGE_BYTES - 4)])
            length -= len(parts[-1])
            number = _u32(page, 0)
        return b"".join(parts)

    def free(self) -> set[int] | None:
        """Returns the pages on the free list, or None where the list is broken."""
        head = self[1]
        number, expected = _u32(head, 32), _u32(head, 36)
        found: set[int] = set()
        while number:
            page = self[number]
            leaves = _u32(page, 4)
            if not 2 <= number <= self.count or number in found or leaves > PAGE_BYTES // 4 - 2:
                return None
            found.add(number)
            listed = struct.unpack_from(f">{leaves}I", page, 8)
            if not all(2 <= leaf <= self.count for leaf in listed):
                return None
            found.update(listed)
            number = _u32(page, 0)
        return found if len(found) == expected else None


def row_values(payload: bytes) -> tuple[Value, ...] | None:
    """Decodes the columns of a row; None where they are not exactly what the header says."""
    header, at = varint(payload, 0)
    types: list[int] = []
    while at < header and at < len(payload):
        kind, at = varint(payload, at)
        types.append(kind)
    values: list[Value] = []
    if at != header:
        return None
    for kind in types:
        size = _size(kind)
        part = payload[at : at + size]
        if size < 0 or len(part) < size:
            return None
        at += size
        try:
            values.append(_value(kind, part))
        except UnicodeDecodeError:
            return None
    return tuple(values) if at == len(payload) else None


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Reads a number of 1 to 9 bytes; returns it, unsigned, and where it ends.

    >>> varint(bytes([0x81, 0x00]), 0)
    (128, 2)
    """
    value = 0
    for index in range(at, at + 8):
        byte = data[index] if index < len(data) else 0
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, index + 1
    last = data[at + 8] if at + 8 < len(data) else 0
    return value << 8 | last, at + 9


def _size(kind: int) -> int:
    if kind >= 12:
        return (kind - 12) // 2
    if kind <= 6:
        return _INT_BYTES[kind]
    return {7: 8, 8: 0, 9: 0}.get(kind, -1)


def _value(kind: int, part: bytes) -> Value:
    if kind >= 12:
        return part.decode() if kind % 2 else part
    if kind == 0:
        return None
    if kind == 7:
        return float(struct.unpack(">d", part)[0])
    return kind - 8 if kind >= 8 else int.from_bytes(part, "big", signed=True)


def _filling(
    page: bytes | bytearray, at: int, read: Callable[[int], Cell | None]
) -> tuple[list[Cell], bool]:
    """Reads the cells that a page points to, and tells whether they fill it."""
    count, content = _u16(page, at + 3), _u16(page, at + 5)
    first = at + 8 + 2 * count
    if first > PAGE_BYTES:
        return [], False
    cells = [cell for start in _pointers(page, at + 8, count) if (cell := read(start))]
    if len(cells) < count or not first <= content <= PAGE_BYTES:
        return cells, False
    spans = [(cell.start, cell.end) for cell in cells]
    spans += _free_blocks(page, at)
    spans.sort()
    used = sum([end - start for start, end in spans]) + page[at + 7]
    fills = (
        used == PAGE_BYTES - content
        and all(a.key < b.key for a, b in itertools.pairwise(cells))
        and all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
        and (not spans or (spans[0][0] >= content and spans[-1][1] <= PAGE_BYTES))
    )
    return cells, fills


def _bookkeeping(page: bytes, at: int) -> list[int]:
    """Returns the bytes that say where cells and free blocks lie: header, pointers, chain."""
    count = min(_u16(page, at + 3), PAGE_BYTES // 8)
    places = list(range(at + 1, min(at + 8 + 2 * count, PAGE_BYTES)))
    for start, _ in _free_blocks(page, at):
        places += range(start, start + 4)
    return places


def _free_blocks(page: bytes | bytearray, at: int) -> list[tuple[int, int]]:
    blocks: list[tuple[int, int]] = []
    start = _u16(page, at + 1)
    while at + 8 <= start <= PAGE_BYTES - 4 and len(blocks) < PAGE_BYTES // 4:
        blocks.append((start, start + _u16(page, start + 2)))
        following = _u16(page, start)
        if following <= start:
            break
        start = following
    return blocks


def _pointers(page: bytes | bytearray, at: int, count: int) -> tuple[int, ...]:
    return struct.unpack_from(f">{min(count, (PAGE_BYTES - at) // 2)}H", page, at)


def _at(number: int) -> int:
    """Returns where a page's own header begins: page 1 begins with that of the file."""
    return _FILE_HEADER_BYTES if number == 1 else 0


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _u16(data: bytes | bytearray, at: int) -> int:
    return int.from_bytes(data[at : at + 2], "big")


def _u32(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 4], "big")
