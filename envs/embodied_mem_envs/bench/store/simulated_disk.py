"""A disk in memory that remembers the order of everything, to be cut off at any point.

What a cut leaves, by the rules that a real disk and file system promise: of each file everything
up to its last sync, of each folder the names up to its last sync. What came after is lost, kept or
torn: every sector of 512 bytes is as one of the later writes, or none, left it; a file has one of
the sizes that it had since; a name is there or not. A torn sector does not take its neighbours
with it ("powersafe overwrite", which SQLite assumes too).
"""

import errno
import itertools
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final, Literal, NamedTuple, final

import numpy as np

SECTOR: Final = 512
FOLDERS: Final = ("", "archive")
"""The folders of a store, as paths within it."""

Image = dict[str, dict[str, bytes]]
"""Bytes by folder and name."""
Fate = Literal["lost", "kept", "in order", "torn"]
_FATES: Final[tuple[Fate, ...]] = ("lost", "kept", "in order", "torn")


class DiskFullError(OSError):
    """There is no room for a write; nothing of it was written."""


class Event(NamedTuple):
    """One thing that was asked of the disk."""

    what: Literal["write", "truncate", "sync", "create", "remove", "sync folder"]
    file: int = -1
    """Number of the file."""
    at: int = 0
    """Offset of a write; size after a truncation."""
    data: bytes = b""
    folder: str = ""
    name: str = ""


@final
class SimulatedDisk:
    """Files by folder and name, and the log of all that was done to them.

    Args:
        image: What the disk holds, safely, to begin with.
    """

    def __init__(self, image: Mapping[str, Mapping[str, bytes]] | None = None) -> None:
        self.log: list[Event] = []
        self.room: float = float("inf")
        """Bytes by which files may still grow."""
        self.names: dict[str, dict[str, int]] = {folder: {} for folder in FOLDERS}
        """Numbers of the files by folder and name."""
        self._files: list[bytearray] = []
        for folder, files in (image or {}).items():
            for name, data in files.items():
                self.names[folder][name] = len(self._files)
                self._files.append(bytearray(data))
        self._first = [bytes(data) for data in self._files]
        self._first_names = {folder: dict(names) for folder, names in self.names.items()}

    # -- what is done to it -------------------------------------------------------------------

    def create(self, folder: str, name: str) -> int:
        """Makes an empty file; returns its number."""
        file = self.scratch()
        self.names[folder][name] = file
        self.log.append(Event("create", file, folder=folder, name=name))
        return file

    def scratch(self) -> int:
        """Makes a file without a name; returns its number."""
        self._files.append(bytearray())
        self._first.append(b"")
        return len(self._files) - 1

    def remove(self, folder: str, name: str) -> None:
        """Removes a name; whoever has the file open can still use it."""
        file = self.names[folder].pop(name, None)
        if file is not None:
            self.log.append(Event("remove", file, folder=folder, name=name))

    def write(self, file: int, at: int, data: bytes) -> None:
        """Writes bytes; a gap before them reads as zeros.

        Raises:
            DiskFullError: If there is no room.
        """
        growth = max(at + len(data) - len(self._files[file]), 0)
        if growth > self.room:
            raise DiskFullError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.room -= growth
        _write(self._files[file], at, data)
        self.log.append(Event("write", file, at, bytes(data)))

    def truncate(self, file: int, size: int) -> None:
        """Gives a file a size."""
        _truncate(self._files[file], size)
        self.log.append(Event("truncate", file, size))

    def sync(self, file: int) -> None:
        """Makes all of a file safe."""
        self.log.append(Event("sync", file))

    def sync_folder(self, folder: str) -> None:
        """Makes the names of a folder safe."""
        self.log.append(Event("sync folder", folder=folder))

    def read(self, file: int, at: int, length: int) -> bytes:
        """Reads bytes; fewer where the file ends."""
        return bytes(self._files[file][at : at + length])

    def size(self, file: int) -> int:
        """Returns the bytes in a file."""
        return len(self._files[file])

    # -- the cut ------------------------------------------------------------------------------

    def cut(self, at: int, rng: np.random.Generator) -> Image:
        """Returns what can be left when the power goes after `at` events of the log."""
        fate = _FATES[rng.integers(len(_FATES))]
        events = self.log[:at]
        image: Image = {}
        for folder in FOLDERS:
            names = self._names_left(folder, events, fate, rng)
            image[folder] = {
                name: _content_left(self._first[file], _of(events, file), fate, rng)
                for name, file in sorted(names.items())
            }
        return image

    def _names_left(
        self, folder: str, events: list[Event], fate: Fate, rng: np.random.Generator
    ) -> dict[str, int]:
        kinds = ("create", "remove", "sync folder")
        changes = [e for e in events if e.folder == folder and e.what in kinds]
        safe = _after_last("sync folder", changes)
        names = dict(self._first_names[folder])
        happened = _survivors(len(changes) - safe, fate, rng)
        for index, change in enumerate(changes):
            if index >= safe and index - safe not in happened:
                continue
            if change.what == "create":
                names[change.name] = change.file
            elif change.what == "remove" and names.get(change.name) == change.file:
                del names[change.name]
        return names


def write_image(image: Image, path: Path) -> None:
    """Writes what a cut left to a real folder."""
    for folder, files in image.items():
        (path / folder).mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (path / folder / name).write_bytes(data)


def _of(events: Iterable[Event], file: int) -> list[Event]:
    return [event for event in events if event.file == file]


def _after_last(what: str, events: list[Event]) -> int:
    """Returns the index behind the last event of a kind; 0 where there is none."""
    return max((i + 1 for i, event in enumerate(events) if event.what == what), default=0)


def _survivors(count: int, fate: Fate, rng: np.random.Generator) -> set[int]:
    """Chooses which of some events in order came to pass."""
    if fate == "lost":
        return set()
    if fate == "kept":
        return set(range(count))
    if fate == "in order":
        return set(range(int(rng.integers(count + 1))))
    return set(np.flatnonzero(rng.random(count) < rng.random()).tolist())


def _content_left(first: bytes, events: list[Event], fate: Fate, rng: np.random.Generator) -> bytes:
    safe = _after_last("sync", events)
    content = bytearray(first)
    for event in events[:safe]:
        _apply(content, event)
    open_ = [event for event in events[safe:] if event.what in ("write", "truncate")]
    if fate != "torn":
        for index in sorted(_survivors(len(open_), fate, rng)):
            _apply(content, open_[index])
        return bytes(content)
    return _torn(content, open_, rng)


def _torn(content: bytearray, events: list[Event], rng: np.random.Generator) -> bytes:
    """Leaves every sector as it was after some of the events, each after as many as it likes."""
    size_after = int(rng.integers(len(events) + 1))
    sizes = [len(content)]
    sectors = sorted(set(itertools.chain.from_iterable(map(_sectors, events))))
    until = dict(zip(sectors, rng.integers(len(events) + 1, size=len(sectors)), strict=True))
    left = {sector: _sector(content, sector) for sector in sectors}
    for index, event in enumerate(events, start=1):
        _apply(content, event)
        sizes.append(len(content))
        touched = sectors if event.what == "truncate" else _sectors(event)
        for sector in touched:
            if until[sector] >= index:
                left[sector] = _sector(content, sector)
    size = sizes[size_after]
    _truncate(content, size)
    for sector, data in left.items():
        end = min((sector + 1) * SECTOR, size)
        if sector * SECTOR < end:
            content[sector * SECTOR : end] = data[: end - sector * SECTOR]
    return bytes(content)


def _sectors(event: Event) -> range:
    if event.what != "write" or not event.data:
        return range(0)
    return range(event.at // SECTOR, (event.at + len(event.data) - 1) // SECTOR + 1)


def _sector(content: bytearray, sector: int) -> bytes:
    return bytes(content[sector * SECTOR : (sector + 1) * SECTOR]).ljust(SECTOR, b"\0")


def _apply(content: bytearray, event: Event) -> None:
    if event.what == "write":
        _write(content, event.at, event.data)
    elif event.what == "truncate":
        _truncate(content, event.at)


def _write(content: bytearray, at: int, data: bytes) -> None:
    if at > len(content):
        content.extend(bytes(at - len(content)))
    content[at : at + len(data)] = data


def _truncate(content: bytearray, size: int) -> None:
    if size < len(content):
        del content[size:]
    else:
        content.extend(bytes(size - len(content)))
