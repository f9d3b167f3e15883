"""The protocol over standard input and output, which nothing else in the process may touch."""

import asyncio
import os
import queue
import signal
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast, final

if TYPE_CHECKING:
    from mcp.server.lowlevel.server import Server

_LONGEST: Final = 1 << 20
"""Bytes of one message at most."""
_CHUNK: Final = 1 << 16
_AHEAD: Final = 16
"""Messages that are read ahead of the one at work."""


@final
class Wire:
    """The two pipes to the client, taken away from everything else in the process.

    From then on a stray `print` goes to standard error. Made before anything else is loaded.
    """

    def __init__(self) -> None:
        self.incoming, self.outgoing = os.dup(0), os.dup(1)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        os.dup2(2, 1)


async def serve_stdio(server: "Server[Any]", wire: Wire) -> None:
    """Serves one client until its end of the pipe closes, or a signal asks to end."""
    from mcp.server.stdio import stdio_server

    loop = asyncio.get_running_loop()
    lines, writer = _Lines(wire.incoming, loop), _Writer(wire.outgoing, loop)
    async with stdio_server(cast(Any, lines), cast(Any, writer)) as (reading, writing):
        running = asyncio.create_task(
            server.run(reading, writing, server.create_initialization_options())
        )
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, running.cancel)
        try:
            await asyncio.wait({running})
        finally:
            lines.stop()
            writer.stop()
    if not running.cancelled():
        running.result()


@final
class _Lines:
    """Lines from a pipe, read by a thread that nobody has to wait for at the end.

    A line that is too long is passed on as one that is no message, so that the client hears of it.
    """

    def __init__(self, pipe: int, loop: asyncio.AbstractEventLoop) -> None:
        self._pipe, self._loop = pipe, loop
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()
        self._room = threading.Semaphore(_AHEAD)
        self._thread = threading.Thread(target=self._read, name="stdin", daemon=True)
        self._thread.start()

    def __aiter__(self) -> "_Lines":
        return self

    async def __anext__(self) -> str:
        line = await self._lines.get()
        self._room.release()
        if line is None:
            raise StopAsyncIteration
        return line

    def stop(self) -> None:
        """Ends the iteration."""
        self._lines.put_nowait(None)

    def _read(self) -> None:
        held, dropping = bytearray(), False
        while chunk := _read_some(self._pipe):
            *whole, rest = chunk.split(b"\n")
            for piece in whole:
                held += piece
                self._put("" if dropping or len(held) > _LONGEST else _decoded(held))
                held, dropping = bytearray(), False
            held += rest
            if len(held) > _LONGEST:
                held, dropping = bytearray(), True
        self._put(None)

    def _put(self, line: str | None) -> None:
        self._room.acquire()
        _call_soon(self._loop, partial(self._lines.put_nowait, line))


@final
class _Writer:
    """Writes to a pipe by a thread, so that a client that does not read holds up nothing else."""

    def __init__(self, pipe: int, loop: asyncio.AbstractEventLoop) -> None:
        self._pipe, self._loop = pipe, loop
        self._waiting: queue.SimpleQueue[tuple[bytes, asyncio.Future[None]] | None] = (
            queue.SimpleQueue()
        )
        self._under_way: set[asyncio.Future[None]] = set()
        self._open = True
        self._thread = threading.Thread(target=self._write, name="stdout", daemon=True)
        self._thread.start()

    async def write(self, text: str) -> None:
        """Writes a text; returns once it is in the pipe, or the client is gone."""
        if not self._open:
            return
        done: asyncio.Future[None] = self._loop.create_future()
        self._under_way.add(done)
        done.add_done_callback(self._under_way.discard)
        self._waiting.put((text.encode(), done))
        await done

    async def flush(self) -> None:
        """Does nothing: what was written is in the pipe."""

    def stop(self) -> None:
        """Lets nobody wait any longer, and the thread end after what it is at."""
        self._open = False
        for done in tuple(self._under_way):
            _settle(done)
        self._waiting.put(None)

    def _write(self) -> None:
        while (job := self._waiting.get()) is not None:
            data, done = job
            _write_all(self._pipe, data)
            _call_soon(self._loop, partial(_settle, done))


def _settle(done: asyncio.Future[None]) -> None:
    if not done.done():
        done.set_result(None)


def _decoded(line: bytearray) -> str:
    return line.decode("utf-8", errors="replace")


def _read_some(pipe: int) -> bytes:
    try:
        return os.read(pipe, _CHUNK)
    except OSError:
        return b""


def _write_all(pipe: int, data: bytes) -> None:
    try:
        while data:
            data = data[os.write(pipe, data) :]
    except OSError:
        return  # the client is gone; its end of the other pipe says so, too


def _call_soon(loop: asyncio.AbstractEventLoop, job: Callable[[], object]) -> None:
    try:
        loop.call_soon_threadsafe(job)
    except RuntimeError:
        return  # the loop has ended meanwhile
