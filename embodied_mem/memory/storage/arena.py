"""Rows of one length in an append-only file, mapped so that arrays over it never move."""

from typing import Any, Final, final

import numpy as np
from numpy.typing import NDArray

from embodied_mem.errors import StoreError
from embodied_mem.memory.storage.folder import DataFile
from embodied_mem.memory.storage.mapping import Mapping
from embodied_mem.types import UInt8Array

RESERVED_BYTES: Final = 1 << 36
"""Address space that an arena takes from the start: 64 GiB, of which nothing is memory yet."""


@final
class Arena:
    """A growing table of rows of bytes.

    Pages come into memory as rows are written or read, never before. A view stays valid, and shows
    its rows, as long as it is held: after more rows were added, after `close`, and after another
    process removed the file.

    Args:
        file: Where the rows lie. Bytes after its last whole row are a torn write: they are never
            shown, and the next append writes over them.
        stride: Bytes of a row.
        reserve_rows: Rows that fit without moving; by default those of 64 GiB. When there are
            more, or the process may not take so much address space, the base moves then.
    """

    def __init__(self, file: DataFile, stride: int, reserve_rows: int | None = None) -> None:
        if stride < 1:
            raise StoreError(f"a row has to have at least one byte, not {stride}")
        self.stride = stride
        self._file = file
        self._in_file = file.fileno() >= 0
        self._reserve = RESERVED_BYTES if reserve_rows is None else reserve_rows * stride
        self._bytes: UInt8Array = np.zeros(0, np.uint8)
        if not self._in_file and file.size:
            self._copy_in(0, file.read(0, len(self) * stride))

    def __len__(self) -> int:
        """Whole rows in the file; for a reader it grows as the writer appends."""
        return self._file.size // self.stride

    @property
    def address(self) -> int:
        """Where the first row lies in memory; 0 before the first view."""
        return int(self._bytes.ctypes.data) if self._bytes.size else 0

    def append(self, rows: bytes) -> int:
        """Writes whole rows at the end; returns the number of the first.

        Raises:
            StoreError: If the bytes are not whole rows.
            StoreFullError: If the disk is full; the arena is as it was.
        """
        if len(rows) % self.stride:
            raise StoreError(f"{len(rows)} bytes are not whole rows of {self.stride}")
        torn = self._file.size % self.stride
        if torn:
            self._file.truncate(self._file.size - torn)
        offset = self._file.append(rows)
        if not self._in_file:
            self._copy_in(offset, rows)
        return offset // self.stride

    def overwrite(self, row: int, data: bytes) -> None:
        """Writes one row again; only recovery does this, for rows that a crash may have torn.

        The row may lie past the end; what is skipped reads as zeros.
        """
        if len(data) != self.stride or row < 0:
            raise StoreError(f"row {row} cannot be written with {len(data)} of {self.stride} bytes")
        if row > len(self):
            self.append(bytes((row - len(self)) * self.stride))
        offset = row * self.stride
        self._file.overwrite(offset, data)
        if not self._in_file:
            self._copy_in(offset, data)

    def row(self, index: int) -> bytes:
        """Returns one row.

        Raises:
            IndexError: If there is no such row.
        """
        if not 0 <= index < len(self):
            raise IndexError(f"row {index} of an arena of {len(self)} rows")
        return self._file.read(index * self.stride, self.stride)

    def rows(self, indices: NDArray[np.integer[Any]]) -> UInt8Array:
        """Returns (m, stride) copies of rows.

        Raises:
            IndexError: If there is no such row.
        """
        view = self.view()
        if len(indices) and not 0 <= indices.min() <= indices.max() < len(view):
            raise IndexError(f"rows beyond an arena of {len(view)} rows")
        rows: UInt8Array = view[indices]
        return rows

    def view(self) -> UInt8Array:
        """Returns all rows, (n, stride), read-only and without copying."""
        count = len(self)
        needed = count * self.stride
        if needed > self._bytes.size:
            self._map(needed)
        view = self._bytes[:needed].reshape(count, self.stride)
        view.flags.writeable = False
        return view

    def truncate(self, rows: int) -> None:
        """Cuts off the last rows.

        Only for rows that nobody has a view of: to touch one afterwards ends the process.
        """
        self._file.truncate(rows * self.stride)

    def sync(self) -> None:
        """Returns when all rows lie on the disk."""
        self._file.sync()

    def close(self) -> None:
        """Closes the file; views stay valid."""
        self._file.close()
        self._bytes = np.zeros(0, np.uint8)

    def _copy_in(self, offset: int, data: bytes) -> None:
        end = offset + len(data)
        if end > self._bytes.size:
            self._map(end)
        self._bytes[offset:end] = np.frombuffer(data, np.uint8)

    def _map(self, needed: int) -> None:
        """Reserves address space: as much as wanted and allowed, at least what is needed."""
        wanted = self._reserve if self._reserve >= needed else 2 * needed
        while True:
            try:
                mapping = Mapping(self._file.fileno(), wanted)
                break
            except MemoryError as error:
                if wanted <= needed:
                    raise StoreError(f"not enough memory to map {needed} bytes") from error
                wanted = max(wanted // 4, needed)
        fresh = np.asarray(mapping)
        if not self._in_file:
            fresh[: self._bytes.size] = self._bytes
        self._bytes = fresh
