"""Where a visit keeps its memory: in RAM or in a folder, empty or gone on from an earlier one."""

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from embodied_mem.errors import ConfigError, MemoryFileError
from embodied_mem.memory import MemoryStore
from embodied_mem.memory.storage.exchange import schema_of
from embodied_mem.memory.storage.folder import WriterLock
from embodied_mem.memory.storage.medium import DATABASE

_OURS: Final = re.compile(
    rf"{re.escape(DATABASE)}.*|writer\.lock|segment-\d+\.bin|(signs|planes|exact)-\d+-\d+\.bin"
)
_LOCK: Final = "writer.lock"


@dataclass(frozen=True, kw_only=True, slots=True)
class StoreConfig:
    """How much a memory may take."""

    budget_bytes: int | None = None
    """Bytes that the live store may take on the disk; None for no bound."""
    archive_bytes: int = 0
    """Bytes beside it for what was dropped for space, to be taken back when there is room."""


def open_memory(
    path: Path | None,
    config: StoreConfig | None = None,
    *,
    session: str = "",
    seed: int = 0,
    seconds_per_tick: float = 1.0,
    resume: Path | None = None,
) -> MemoryStore:
    """Opens a memory to write to.

    Args:
        path: Folder to keep it in; a memory that lies there is replaced unless it is `resume`.
            None for one that ends with the process.
        config: How much it may take.
        session: Name of this visit; empty keeps that of `resume`.
        seed: What record ids are made from; one that is resumed keeps its own.
        seconds_per_tick: Length of a tick; one that is resumed keeps its own.
        resume: Folder or file of a memory to go on from; it stays as it is unless it is `path`.

    Raises:
        MemoryFileError: If `resume` cannot be read, or another process writes to `path`.
        ConfigError: If something that is no memory lies at `path`; nothing of it is touched.
        BudgetError: If what is resumed does not fit into the budget.
    """
    config = config or StoreConfig()
    if path is None:
        return _in_memory(config, session, seed, seconds_per_tick, resume)
    if path.is_symlink():
        path = path.resolve()
    if resume is not None and resume.is_dir() and path.is_dir() and resume.samefile(path):
        return _opened(path, config, session)
    if resume is None:
        clear_memory(path)
        return MemoryStore(
            path,
            budget_bytes=config.budget_bytes,
            archive_bytes=config.archive_bytes,
            session=session,
            seed=seed,
            seconds_per_tick=seconds_per_tick,
        )
    # Under another name until it is whole, for `path` may hold what is gone on from.
    new = path.with_name(f"{path.name}.new")
    clear_memory(new)
    try:
        with MemoryStore(new, archive_bytes=config.archive_bytes) as store:
            _take_in(store, resume, settings=True)
            _shrink(store, config)
        clear_memory(path)
        new.rename(path)
    finally:
        clear_memory(new)
    return _opened(path, config, session)


def clear_memory(path: Path) -> None:
    """Removes a memory, folder or file; nothing where there is none.

    Raises:
        ConfigError: If what lies there is no memory, or holds other files too.
        MemoryFileError: If another process writes to it.
    """
    if path.is_file():
        try:
            schema_of(path)
        except MemoryFileError:
            raise ConfigError(f"{path} is no memory and is not replaced; choose another") from None
        path.unlink()
    if not path.exists():
        return
    files = _memory_files(path)
    if files:
        lock = WriterLock(path / _LOCK)
        try:
            for file in (*files, path / _LOCK):
                file.unlink(missing_ok=True)
        finally:
            lock.release()
    for folder in (path / "archive", path):
        if folder.exists():
            folder.rmdir()


def _memory_files(path: Path) -> list[Path]:
    """Lists the files of a memory, the database last, so that what is left of it is known."""
    files = []
    for entry in sorted(path.rglob("*")):
        if entry == path / "archive" and entry.is_dir() and not entry.is_symlink():
            continue
        if not (_OURS.fullmatch(entry.name) and entry.is_file() and not entry.is_symlink()):
            raise ConfigError(
                f"{path} holds {entry.name}, which is no part of a memory, and is not replaced; "
                "choose another folder"
            )
        files.append(entry)
    return sorted(files, key=lambda file: file.name == DATABASE)


def _in_memory(
    config: StoreConfig, session: str, seed: int, seconds_per_tick: float, resume: Path | None
) -> MemoryStore:
    if resume is not None:
        with MemoryStore.read(resume) as old:
            session, seed = session or old.session, old.seed
            seconds_per_tick = old.seconds_per_tick
    store = MemoryStore(
        budget_bytes=config.budget_bytes,
        archive_bytes=config.archive_bytes,
        session=session,
        seed=seed,
        seconds_per_tick=seconds_per_tick,
    )
    if resume is not None:
        _take_in(store, resume, settings=False)
    return store


def _take_in(store: MemoryStore, source: Path, *, settings: bool) -> None:
    """Takes in all records of a file or a folder."""
    if source.is_file():
        store.import_(source, settings=settings)
        return
    with tempfile.TemporaryDirectory(prefix="embodied-mem-") as folder:
        whole = Path(folder) / "whole.mem"
        with MemoryStore.read(source) as old:
            old.export(whole)
        store.import_(whole, settings=settings)


def _opened(path: Path, config: StoreConfig, session: str) -> MemoryStore:
    """Opens a memory that is there, brought down to its budget, or back up from its archive."""
    store = MemoryStore(
        path,
        budget_bytes=config.budget_bytes,
        archive_bytes=config.archive_bytes,
        session=session or None,
    )
    try:
        _shrink(store, config)
        store.grow()
    except BaseException:
        store.close()
        raise
    return store


def _shrink(store: MemoryStore, config: StoreConfig) -> None:
    if config.budget_bytes is not None and store.disk_bytes > config.budget_bytes:
        store.shrink(config.budget_bytes)
