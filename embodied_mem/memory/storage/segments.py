"""Append-only files of payload bytes; nothing in them but bytes.

Where what lies is written in the journal, with checksums, so damage in one place costs one
record (the out-of-band idea of SJMalloc, there for heap metadata).
"""

import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import final

from embodied_mem.memory.storage.folder import DataFile, Folder
from embodied_mem.memory.storage.medium import PAGE
from embodied_mem.memory.storage.rows import Extent


def segment_name(number: int) -> str:
    """Returns the file name of a segment."""
    return f"segment-{number:08d}.bin"


def segment_number(name: str) -> int | None:
    """Returns the number in a segment's file name, or None for another file."""
    digits = name.removeprefix("segment-").removesuffix(".bin")
    return int(digits) if name == f"segment-{digits}.bin" and digits.isdigit() else None


@final
class Segments:
    """The payload files of a folder. One writer appends; readers open by number."""

    def __init__(
        self, folder: Folder, next_number: Callable[[], int], *, write: bool, target: int
    ) -> None:
        self._folder = folder
        self._next_number = next_number
        self._write = write
        self._target = target
        self._files: dict[int, DataFile] = {}
        self._active: int | None = None
        self._unsynced: set[int] = set()
        self._new_names = False
        self.live: Counter[int] = Counter()
        """Bytes that records refer to, by segment."""

    def append(self, parts: Sequence[bytes]) -> list[Extent]:
        """Writes parts one behind the other and returns where each lies; not yet on the disk."""
        return self.extents(parts, self.write(parts))

    def write(self, parts: Sequence[bytes]) -> tuple[int, int]:
        """Writes parts one behind the other; returns segment and offset of the first."""
        if not parts:
            return 0, 0
        data = b"".join(parts)
        number, file = self._writable(len(data))
        offset = file.append(data)
        self._unsynced.add(number)
        return number, offset

    @staticmethod
    def extents(parts: Sequence[bytes], start: tuple[int, int]) -> list[Extent]:
        """Returns where each of the parts lies that were written from `start` on."""
        number, offset = start
        extents = []
        for part in parts:
            extents.append(Extent(number, offset, len(part), zlib.crc32(part)))
            offset += len(part)
        return extents

    def _writable(self, length: int) -> tuple[int, DataFile]:
        if self._active is not None:
            file = self._files[self._active]
            if file.size + length <= self._target or file.size == 0:
                return self._active, file
        number = self._next_number()
        self._files[number] = self._folder.open(segment_name(number), create=True)
        self._active = number
        self._new_names = True
        return number, self._files[number]

    def start_new(self) -> None:
        """Lets the next bytes go to a new file."""
        self._active = None

    def syncs(self) -> list[Callable[[], None]]:
        """Returns what has to be run so that all that was appended lies on the disk."""
        jobs: list[Callable[[], None]] = [
            partial(self._sync_file, number) for number in sorted(self._unsynced)
        ]
        return [*jobs, self._sync_names] if self._new_names else jobs

    def sync(self) -> None:
        """Returns when all that was appended lies on the disk."""
        for job in self.syncs():
            job()

    def _sync_file(self, number: int) -> None:
        self._files[number].sync()
        self._unsynced.discard(number)

    def _sync_names(self) -> None:
        self._folder.sync()
        self._new_names = False

    def read(self, extent: Extent) -> bytes | None:
        """Reads bytes; None where they are missing or do not match their checksum."""
        data = self._bytes(extent.segment, extent.offset, extent.length)
        return data if len(data) == extent.length and zlib.crc32(data) == extent.crc else None

    def _bytes(self, number: int, offset: int, length: int) -> bytes:
        file = self._files.get(number)
        if file is None:
            try:
                file = self._folder.open(segment_name(number), write=self._write)
            except FileNotFoundError:
                return b""
            self._files[number] = file
        return file.read(offset, length)

    def read_run(self, extents: Sequence[Extent]) -> list[bytes] | None:
        """Reads what lies in one run, as a record's layers do; None where any of it is damaged."""
        first, last = extents[0], extents[-1]
        length = last.offset + last.length - first.offset
        gapless = sum([extent.length for extent in extents]) == length
        if not gapless or any(extent.segment != first.segment for extent in extents):
            found = [self.read(extent) for extent in extents]
            whole = [part for part in found if part is not None]
            return whole if len(whole) == len(found) else None
        data = self._bytes(first.segment, first.offset, length)
        parts: list[bytes] = []
        start = 0
        for extent in extents:
            part = data[start : start + extent.length]
            if len(part) != extent.length or zlib.crc32(part) != extent.crc:
                return None
            parts.append(part)
            start += extent.length
        return parts

    def append_known(self, parts: Sequence[bytes], known: Sequence[Extent]) -> list[Extent]:
        """Writes parts whose lengths and checksums `known` holds; returns where each lies now."""
        number, offset = self.write(parts)
        extents = []
        for extent in known:
            extents.append(Extent(number, offset, extent.length, extent.crc))
            offset += extent.length
        return extents

    def refer(self, extents: Sequence[Extent], sign: int = 1) -> None:
        """Counts bytes as live, or with -1 as no longer so."""
        for extent in extents:
            self.live[extent.segment] += sign * extent.length

    def numbers(self) -> list[int]:
        """Lists the segments in the folder."""
        found = map(segment_number, self._folder.names())
        return [number for number in found if number is not None]

    def remove(self, number: int) -> None:
        """Removes a segment; a reader that has it open can still read it."""
        file = self._files.pop(number, None)
        if file is not None:
            file.close()
        self._unsynced.discard(number)
        self.live.pop(number, None)
        if self._active == number:
            self._active = None
        self._folder.remove(segment_name(number))

    def blank(self, number: int, kept: Iterable[Extent]) -> None:
        """Writes zeros over all bytes of a segment but some, and has them on the disk.

        For a segment that cannot be removed, since damaged bytes in it are still referred to.
        """
        file, start = self._files[number], 0
        for extent in (*sorted(kept, key=lambda each: each.offset), None):
            end = file.size if extent is None else min(extent.offset, file.size)
            if end > start:
                file.overwrite(start, bytes(end - start))
            start = start if extent is None else max(start, extent.offset + extent.length)
        file.sync()

    def cut(self, sizes: dict[int, int]) -> None:
        """Takes back what was appended since `sizes` was read; no row refers to it."""
        for number, file in list(self._files.items()):
            if number not in sizes and self._write:
                self.remove(number)
            elif self._write and file.size > sizes[number]:
                file.truncate(sizes[number])

    def sizes(self) -> dict[int, int]:
        """Returns the bytes of every open segment; for a writer these are all."""
        return {number: file.size for number, file in self._files.items()}

    def open_all(self) -> None:
        """Opens every segment, so that sizes are known without asking the disk."""
        for number in self.numbers():
            if number not in self._files:
                self._files[number] = self._folder.open(segment_name(number), write=self._write)

    def disk_bytes(self) -> int:
        """Returns the bytes of all segments in whole blocks."""
        return sum(-(-file.size // PAGE) * PAGE for file in self._files.values())

    def dead_bytes(self) -> int:
        """Returns the bytes that no record refers to."""
        return sum(file.size - self.live[number] for number, file in self._files.items())

    def close(self) -> None:
        """Closes all files."""
        for file in self._files.values():
            file.close()
        self._files.clear()
        self._active = None
