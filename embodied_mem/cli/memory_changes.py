"""What `inspect` makes of a memory before it shows it: joined, consolidated, moved, forgotten."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from math import radians
from pathlib import Path
from typing import final

from rich.console import Console

from embodied_mem.errors import ConfigError
from embodied_mem.memory import MemoryStore


@final
@dataclass(frozen=True, kw_only=True, slots=True)
class Changes:
    """What is asked for; nothing by default."""

    consolidate: bool = False
    migrate: tuple[float, float, float, float] | None = None
    """x, y, z in metres and a turn in degrees."""
    forget: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return self.consolidate or self.migrate is not None or bool(self.forget)

    def apply(self, memory: MemoryStore, notes: Console) -> None:
        """Carries out what was asked for, and says what became of it."""
        if self.forget:
            from embodied_mem.brain.deriving import attach_derivers

            attach_derivers(memory)
            report = memory.forget(about=self.forget)
            notes.print(
                f"erased {report.erased} records, {report.pictures} of them pictures and "
                f"{report.derived} made from others; {len(report.changed)} others no longer name "
                f"them, {len(report.rebuilt)} were made anew"
            )
        if self.migrate is not None:
            from embodied_mem.memory.migration import Frame, migrate

            x, y, z, turn = self.migrate
            moved = migrate(memory, Frame(radians(turn), (x, y, z)))
            notes.print(f"moved {moved} records to the other frame")
        if self.consolidate:
            from embodied_mem.memory.consolidation import consolidate_memory

            notes.print(str(consolidate_memory(memory)))


@contextmanager
def opened(path: Path, changes: Changes, *, exported: bool) -> Iterator[MemoryStore]:
    """Opens a memory as it is to be shown: for reading, or for writing where it is to change.

    Args:
        path: A folder, which changes where it lies, or a file, which stays as it is.
        changes: What is to change.
        exported: Whether what comes of it is written to another file.

    Raises:
        ConfigError: If a file is to change and nothing would keep what comes of it.
        MemoryFileError: If it does not read, or another process writes to it.
    """
    if changes and path.is_file() and not exported:
        raise ConfigError(
            f"{path} is an exported file and stays as it is; --export NEW writes what comes of it"
        )
    writes = bool(changes) and path.is_dir()
    with MemoryStore(path) if writes else MemoryStore.read(path) as memory:
        yield memory


@contextmanager
def merged(pair: tuple[Path, Path], notes: Console, *, later: bool) -> Iterator[MemoryStore]:
    """Joins two memories into one in RAM; both stay as they are.

    Two that were made with one seed name different records alike. Unless one is a copy of the
    other, the records of the second then get ids of their own, and the things that both saw are
    still found to be the same.

    Args:
        pair: Folders or exported files.
        notes: Is told of other ids.
        later: Whether the second began when the first had ended; else both ran on one clock.

    Raises:
        MemoryFileError: If one does not read.
        StoreError: If they do not go together; the message says why.
    """
    from embodied_mem.memory.merging import merge_files

    first, second = pair
    alike = _made_alike(first, second)
    if alike:
        notes.print(f"both were made with one seed: {second} gets record ids of its own")
    with merge_files(first, second, offset=None if later else 0, reidentify=alike) as memory:
        yield memory


def _made_alike(first: Path, second: Path) -> bool:
    """Tells whether two memories have one seed and neither holds all records of the other."""
    with MemoryStore.read(first) as a, MemoryStore.read(second) as b:
        if a.seed != b.seed:
            return False
        ids = [
            {each.columns.ids[slot] for slot in each.columns.slots().tolist()} for each in (a, b)
        ]
        return not (ids[0] <= ids[1] or ids[1] <= ids[0])
