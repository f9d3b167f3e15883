"""Records in shared memory: one writer, any number of readers, nobody ever waits.

A record is written whole, with its number and a checksum, before the count of records goes up. A
reader that meets a half-written or overwritten record sees that by number or checksum, so that
nothing depends on the order in which a machine makes its writes visible.
"""

import struct
import zlib
from typing import final

_COUNT = struct.Struct("<Q")
_CHECK = struct.Struct("<I")
_RETRIES = 8


@final
class Ring:
    """The last few records of one kind."""

    def __init__(self, memory: memoryview, offset: int, slots: int, fields: str) -> None:
        """Opens a ring whose memory is zero, or was written by a ring with the same layout.

        Args:
            memory: Shared memory.
            offset: Where the ring begins, in bytes.
            slots: Records kept.
            fields: What a record holds, as the `struct` module writes it.
        """
        self._record = struct.Struct(f"<Q{fields}")
        self._memory = memory
        self._offset = offset
        self._slots = slots
        self._stride = ring_stride(fields)
        (self._written,) = _COUNT.unpack_from(memory, offset)

    @property
    def count(self) -> int:
        """Records ever written."""
        return int(_COUNT.unpack_from(self._memory, self._offset)[0])

    def write(self, *values: object) -> None:
        """Adds a record; only the one writer may call this."""
        self._written += 1
        data = self._record.pack(self._written, *values)
        start = self._start(self._written)
        self._memory[start : start + self._record.size + _CHECK.size] = data + _CHECK.pack(
            zlib.crc32(data)
        )
        _COUNT.pack_into(self._memory, self._offset, self._written)

    def newest(self) -> tuple[int, tuple[object, ...]] | None:
        """Returns number and content of the newest record; None before the first."""
        for _ in range(_RETRIES):
            number = self.count
            if number == 0:
                return None
            values = self._read(number)
            if values is not None:
                return number, values
        return None

    def after(self, number: int) -> tuple[int, list[tuple[object, ...]]]:
        """Returns the records after a number that are still there, oldest first, and the count.

        Where fewer come than the count says, the rest was overwritten before it was read.
        """
        count = self.count
        first = max(number, count - self._slots) + 1
        found = [self._read(index) for index in range(first, count + 1)]
        return count, [values for values in found if values is not None]

    def _start(self, number: int) -> int:
        return self._offset + _COUNT.size + (number % self._slots) * self._stride

    def _read(self, number: int) -> tuple[object, ...] | None:
        start, size = self._start(number), self._record.size
        data = bytes(self._memory[start : start + size + _CHECK.size])
        if _CHECK.unpack_from(data, size)[0] != zlib.crc32(data[:size]):
            return None
        values = self._record.unpack_from(data)
        return values[1:] if values[0] == number else None


def ring_stride(fields: str) -> int:
    """Returns the bytes of one record, a whole number of 8."""
    size = struct.calcsize(f"<Q{fields}") + _CHECK.size
    return -(-size // 8) * 8


def ring_size(slots: int, fields: str) -> int:
    """Returns the bytes of a ring.

    >>> ring_size(4, "d")
    104
    """
    return _COUNT.size + slots * ring_stride(fields)
