"""The far end of a simulator that runs in an interpreter of its own.

This file is started by its path with the simulator's interpreter; it needs Python 3.8 to 3.13,
the standard library and numpy, and nothing else of this project. It loads one more file, the
adapter of the simulator, and does what it is told over an inherited socket until that closes.

The adapter is a file with `make(options) -> Simulator`. Messages are JSON after a length of four
bytes; frames lie in memory that both ends map. Nothing has a name in the file system, so nothing is
left behind however either end dies. Whatever a simulator prints goes to the standard error.
"""

from __future__ import annotations

import argparse
import ctypes
import importlib.util
import json
import math
import mmap
import os
import platform
import signal
import socket
import struct
import sys
import threading
import time
import traceback
from typing import Any, Protocol

import numpy as np

PROTOCOL = 1
"""Grows when either end would misunderstand the other; both ends have to say the same."""
MAX_MESSAGE = 64 << 20
"""Bytes; a longer message is taken for garbage."""
HEADER_BYTES = 4096
"""At the start of the shared memory: when the worker's heart beat last, a float64."""
SLOT_HEADER_BYTES = 64
"""Before the planes of a slot: the number of the request that filled it, a uint64."""
BEAT_SECONDS = 0.5

_LENGTH = struct.Struct("<I")
_ALIGNMENT = 64
_PR_SET_PDEATHSIG = 1


class Simulator(Protocol):
    """What an adapter makes. A result is JSON-able; `state` in it is what `restore` takes.

    An exception with an attribute `kind` is told apart at the near end by it; any other counts as
    a fault of the simulator.
    """

    def describe(self) -> dict[str, Any]:
        """Returns `name` and `version` of the simulator, `labels` by instance id, and `state`.

        `steady` is true where observing changes nothing: a frame may then be made ahead.
        """

    def planes(self) -> dict[str, tuple[tuple[int, ...], str]]:
        """Returns shape and dtype of each image of a frame, by name."""

    def act(self, command: dict[str, float]) -> dict[str, Any]:
        """Carries out one tick; returns `sent` (after limits) and `state`."""

    def observe(self, planes: dict[str, Any]) -> dict[str, Any]:
        """Writes a frame into the planes and returns what else belongs to it."""

    def restore(self, state: dict[str, Any]) -> dict[str, Any]:
        """Brings a fresh simulator to a state that another one was in; returns `state`."""

    def ask(self, question: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Anything else that only this simulator can do."""

    def close(self) -> None:
        """Releases the simulator."""


class Garbage(Exception):
    """What came over the socket is no message of this protocol."""


class Channel:
    """Length-prefixed messages over a stream socket."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._buffer = bytearray()

    def send(self, payload: bytes) -> None:
        """Sends one message.

        Raises:
            OSError: If the other end is gone or takes nothing within the socket's time limit.
        """
        self._socket.sendall(_LENGTH.pack(len(payload)) + payload)

    def receive(self, seconds: float | None = None) -> bytes:
        """Returns the next message.

        Args:
            seconds: How long to wait at most; for ever when None.

        Raises:
            EOFError: If the other end closed the socket.
            OSError: If the time is over (`socket.timeout`) or the other end is gone.
            Garbage: If the length is impossible.
        """
        deadline = None if seconds is None else time.monotonic() + seconds
        self._fill(_LENGTH.size, deadline)
        (length,) = _LENGTH.unpack_from(self._buffer)
        if length > MAX_MESSAGE:
            raise Garbage(f"a message of {length} bytes was announced")
        end = _LENGTH.size + length
        self._fill(end, deadline)
        message = bytes(self._buffer[_LENGTH.size : end])
        del self._buffer[:end]
        return message

    def close(self) -> None:
        """Closes the socket."""
        self._socket.close()

    def _fill(self, needed: int, deadline: float | None) -> None:
        while len(self._buffer) < needed:
            if deadline is None:
                self._socket.settimeout(None)
            else:
                self._socket.settimeout(max(deadline - time.monotonic(), 1e-4))
            received = self._socket.recv(1 << 16)
            if not received:
                raise EOFError("the other end closed the socket")
            self._buffer += received


class Layout:
    """Where each plane of each slot lies in the shared memory."""

    def __init__(self, planes: dict[str, tuple[tuple[int, ...], str]], slots: int) -> None:
        self.planes: list[tuple[str, tuple[int, ...], str, int]] = []
        self.slots = slots
        self._ends: list[int] = []
        offset = SLOT_HEADER_BYTES
        for name, (shape, dtype) in planes.items():
            self.planes.append((name, tuple(int(n) for n in shape), dtype, offset))
            size = math.prod(shape) * np.dtype(dtype).itemsize
            self._ends.append(offset + size)
            offset += -(-size // _ALIGNMENT) * _ALIGNMENT
        self.slot_bytes = offset
        self.total_bytes = HEADER_BYTES + slots * offset

    def start(self, slot: int) -> int:
        """Returns the offset of a slot in the shared memory."""
        return HEADER_BYTES + slot * self.slot_bytes

    def views(self, slot_bytes: Any) -> dict[str, Any]:
        """Returns the planes of a slot as arrays over its bytes, without copies."""
        return {
            name: slot_bytes[start:end].view(dtype).reshape(shape)
            for (name, shape, dtype, start), end in zip(self.planes, self._ends)  # noqa: B905
        }


class Server:
    """Does what the near end asks for, one request after the other."""

    def __init__(self, channel: Channel, memory: int, adapter: str) -> None:
        self._channel = channel
        self._memory = memory
        self._adapter = adapter
        self._simulator: Simulator | None = None
        self._layout: Layout | None = None
        self._bytes: Any = None
        self._beat: Any = None

    def run(self) -> None:
        """Says hello and answers until the near end closes the socket or says so."""
        self._send({"hello": hello()})
        while True:
            try:
                request = json.loads(self._channel.receive().decode("utf-8"))
            except (EOFError, OSError):
                break
            if not self._answer(request):
                break
        if self._simulator is not None:
            self._simulator.close()

    def beat(self) -> None:
        """Leaves the time of this beat where the near end can read it."""
        if self._beat is not None:
            self._beat[0] = time.monotonic()

    def _answer(self, request: dict[str, Any]) -> bool:
        """Answers one request; returns whether there will be more."""
        reply: dict[str, Any] = {"id": request["id"]}
        try:
            reply["result"] = self._carry_out(request)
        except Exception as error:
            traceback.print_exc()
            sys.stderr.flush()
            reply["error"] = {
                "kind": str(getattr(error, "kind", "")),
                "message": _told(error),
            }
        self._send(reply)
        return bool(request["call"] != "close")

    def _carry_out(self, request: dict[str, Any]) -> dict[str, Any]:
        call, arguments = request["call"], request.get("with", {})
        if call == "open":
            return self._open(arguments)
        if call in ("close", "ping"):
            return {}
        simulator = self._simulator
        if simulator is None:
            raise RuntimeError(f"{call!r} came before 'open'")
        if call == "observe":
            return self._observe(simulator, int(request["slot"]), int(request["id"]))
        if call == "act":
            return simulator.act(arguments)
        if call == "step":
            return self._step(simulator, arguments, int(request["slot"]), int(request["id"]))
        if call == "restore":
            return simulator.restore(arguments)
        if call == "ask":
            return simulator.ask(arguments["question"], arguments["arguments"])
        raise RuntimeError(f"there is no call {call!r}")

    def _open(self, arguments: dict[str, Any]) -> dict[str, Any]:
        if self._simulator is not None:
            raise RuntimeError("a worker holds one simulator; start another worker for a second")
        # The heart has to beat while the simulator loads, so the header comes first.
        self._map(HEADER_BYTES)
        simulator: Simulator = _load(self._adapter).make(arguments["options"])
        layout = Layout(simulator.planes(), int(arguments["slots"]))
        self._map(layout.total_bytes)
        self._layout, self._simulator = layout, simulator
        return {"simulator": simulator.describe(), "planes": layout.planes, "slots": layout.slots}

    def _map(self, size: int) -> None:
        os.ftruncate(self._memory, size)
        self._bytes = np.frombuffer(mmap.mmap(self._memory, size), np.uint8)
        self._beat = self._bytes[:8].view(np.float64)
        self.beat()

    def _observe(self, simulator: Simulator, slot: int, number: int) -> dict[str, Any]:
        layout = self._layout
        assert layout is not None
        if not 0 <= slot < layout.slots:
            raise RuntimeError(f"there is no slot {slot}")
        start = layout.start(slot)
        slot_bytes = self._bytes[start : start + layout.slot_bytes]
        stamp = slot_bytes[:8].view(np.uint64)
        stamp[0] = 0  # until the frame is whole
        result = simulator.observe(layout.views(slot_bytes))
        stamp[0] = number
        return result

    def _step(
        self, simulator: Simulator, command: dict[str, Any], slot: int, number: int
    ) -> dict[str, Any]:
        """Acts and observes in one call; without `seen` where only the latter failed."""
        result = {"act": simulator.act(command)}
        try:
            result["seen"] = self._observe(simulator, slot, number)
        except Exception:
            traceback.print_exc()  # who asks for the frame is told
        return result

    def _send(self, message: dict[str, Any]) -> None:
        self._channel.send(json.dumps(message, separators=(",", ":")).encode("utf-8"))


def hello() -> dict[str, Any]:
    """Returns what the worker says about itself before anything is asked of it."""
    return {
        "protocol": PROTOCOL,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "pid": os.getpid(),
    }


def _told(error: Exception) -> str:
    text = str(error).strip()
    if getattr(error, "kind", ""):
        return text
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _load(path: str) -> Any:
    """Imports the adapter by its path."""
    spec = importlib.util.spec_from_file_location("embodied_mem_adapter", path)
    if spec is None or spec.loader is None:
        raise RuntimeError(f"{path} is no Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def _die_with_parent() -> None:
    """Asks the kernel to end this process, even where it is stopped, as soon as its parent ends."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _keep_beating(server: Server, parent: int) -> None:
    """Beats, and ends this process when it has got another parent, even in the midst of a call."""
    while True:
        server.beat()
        if os.getppid() != parent:
            os._exit(1)
        time.sleep(BEAT_SECONDS)


def main() -> int:
    """Serves one near end; see the module."""
    parser = argparse.ArgumentParser(description="Far end of a simulator.")
    parser.add_argument("--socket", type=int, required=True)
    parser.add_argument("--memory", type=int, required=True)
    parser.add_argument("--adapter", required=True)
    parser.add_argument("--end-by-kernel", action="store_true")
    chosen = parser.parse_args()
    # Whoever that is: a script may stand between. If it is gone already, so is the other end of
    # the socket.
    parent = os.getppid()
    # The kernel would act when the *thread* that started this process ends, so the near end asks
    # for it only where that was its main thread.
    if chosen.end_by_kernel:
        _die_with_parent()
    # The near end decides what an interrupt means.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Modules beside this file are no business of the simulator's.
    here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120
    sys.path[:] = [path for path in sys.path if os.path.abspath(path) != here]  # noqa: PTH100
    server = Server(Channel(socket.socket(fileno=chosen.socket)), chosen.memory, chosen.adapter)
    threading.Thread(target=_keep_beating, args=(server, parent), daemon=True).start()
    server.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
