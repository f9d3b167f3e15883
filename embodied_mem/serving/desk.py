"""One memory, asked by many clients: one thread owns it, and serves one call after the other."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, TypeVar, final

from embodied_mem.brain.tools import Toolbox, ToolResult
from embodied_mem.brain.tools.tool import failure
from embodied_mem.errors import EmbodiedMemError, MemoryFileError
from embodied_mem.memory.store import MemoryStore

R = TypeVar("R")
_WAITING: Final = 64
"""Calls that may wait; beyond that a client is told to come again."""


@final
class Desk:
    """Holds a memory open in a thread of its own.

    A folder is followed while another process writes to it, and opened anew where it was put in
    the place of an earlier one; so is an exported file that was written anew.

    Args:
        path: Folder of the memory, or an exported file.
        viewer: Who calls, see `memory_tools`.
        write: Whether clients may write; then this process holds the writer's lock.
        budget_bytes: Budget of the store, with `write`.
        seconds: How long one call may take.
    """

    def __init__(
        self,
        path: Path,
        *,
        viewer: str | None = None,
        write: bool = False,
        budget_bytes: int | None = None,
        seconds: float = 30.0,
    ) -> None:
        self.path = path
        self.viewer = viewer
        self.write = write
        self._budget = budget_bytes
        self._seconds = seconds
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="memory")
        self._store: MemoryStore | None = None
        self._tools: Toolbox | None = None
        self._stamp: tuple[int, ...] = ()
        self._waiting = 0

    async def open(self) -> list[dict[str, object]]:
        """Opens the memory; returns the tools as `tools/list` tells them.

        Raises:
            MemoryFileError: If it is missing, damaged or no memory, or, with `write`, another
                process holds it.
        """
        return await self._in_thread(lambda: self._toolbox().schemas("mcp"))

    async def call(self, name: str, arguments: dict[str, object] | None) -> ToolResult:
        """Carries out a call of a tool; never raises but on cancellation."""
        try:
            return await self.run(lambda tools: tools.call(name, arguments))
        except (EmbodiedMemError, OSError) as error:
            return failure(str(error))

    async def run(self, job: Callable[[Toolbox], R]) -> R:
        """Runs a job in the thread of the memory.

        Raises:
            MemoryFileError: If the memory is missing or damaged by now, too many calls wait, or
                the job takes too long; it then still ends, and nobody hears of it.
        """
        if self._waiting >= _WAITING:
            raise MemoryFileError("Too many calls are waiting; try again in a second.")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._seconds):
                return await self._in_thread(lambda: job(self._toolbox()))
        except TimeoutError:
            raise MemoryFileError(
                f"It took longer than {self._seconds:g} s; ask for less, or again later."
            ) from None
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """Closes the memory once the running call has ended."""
        await self._in_thread(self._close)
        self._thread.shutdown(wait=False)

    # -- in the thread of the memory ----------------------------------------------------------

    async def _in_thread(self, job: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._thread, job)

    def _toolbox(self) -> Toolbox:
        stamp = _stamp(self.path)
        if self._tools is not None and stamp == self._stamp:
            return self._tools
        if self._tools is not None and self.write and not stamp:
            raise MemoryFileError(f"the memory {self.path} is no longer there")
        self._close()
        self._store = self._opened()
        self._tools = self._store.tools(self.viewer, write=self.write)
        self._stamp = stamp
        return self._tools

    def _opened(self) -> MemoryStore:
        if not self.write:
            return MemoryStore.read(self.path)
        if self.path.is_file():
            raise MemoryFileError(
                f"{self.path} is an exported file, which is only read; serve it without --write"
            )
        MemoryStore.read(self.path).close()  # so that no folder becomes a memory by a slip
        return MemoryStore(self.path, budget_bytes=self._budget)

    def _close(self) -> None:
        store, self._store, self._tools = self._store, None, None
        if store is not None:
            store.close()


def _stamp(path: Path) -> tuple[int, ...]:
    """Tells a folder or a file from another one in its place; () where there is none."""
    try:
        status = path.stat()
    except OSError:
        return ()
    whole = (status.st_dev, status.st_ino)
    return whole if path.is_dir() else (*whole, status.st_mtime_ns, status.st_size)
