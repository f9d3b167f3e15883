"""One worker process: started, greeted, asked, watched and ended."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, final

import msgspec
import numpy as np

from embodied_mem.errors import BodyError, ConfigError, HouseError
from embodied_mem.types import AnyArray
from embodied_mem_envs import worker
from embodied_mem_envs.worker import PROTOCOL, Channel, Garbage
from embodied_mem_envs.worker_frames import SharedFrames, last_beat, layout_of

_WORKER = Path(worker.__file__)
_LAST_LINES = 12
_LOG_LIMIT = 1 << 20
_LOG_CHECK = 500
_CLOSE_SECONDS = 5.0
_KINDS: Mapping[str, type[Exception]] = {
    "config": ConfigError,
    "body": BodyError,
    "house": HouseError,
}


class WorkerLost(BodyError):
    """A worker ended, hung or spoke nonsense; the message quotes its last lines."""


class SimulatorFault(BodyError):
    """The simulator in a worker raised something; the worker itself lives on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WorkerConfig:
    """How a worker is started and how long it may take."""

    adapter: Path
    """File with `make(options)`; see `embodied_mem_envs.worker.Simulator`."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """JSON-able options for the adapter."""
    python: str = sys.executable
    """The interpreter, Python 3.8 to 3.13 with numpy."""
    environment: Mapping[str, str] = field(default_factory=dict)
    """Variables set for the worker beside those of this process."""
    slots: int = 4
    """How many frames lie in shared memory; all but one may be held without a copy."""
    start_seconds: float = 60.0
    """Time for the interpreter to start and say hello."""
    open_seconds: float = 300.0
    """Time for the simulator to load its scene."""
    call_seconds: float = 30.0
    """Time for any other call."""

    def __post_init__(self) -> None:
        """Checks the ranges.

        Raises:
            ConfigError: If there are fewer than 2 slots or a time limit is not positive.
        """
        if self.slots < 2:
            raise ConfigError(f"slots is {self.slots}; expected at least 2")
        for name in ("start_seconds", "open_seconds", "call_seconds"):
            if getattr(self, name) <= 0.0:
                raise ConfigError(f"{name} is {getattr(self, name)}; expected more than 0")


@final
class WorkerProcess:
    """A live worker with its simulator open; ends with this object at the latest."""

    def __init__(self, config: WorkerConfig) -> None:
        """Starts the worker and opens its simulator.

        Raises:
            ConfigError: If the interpreter is missing or too old, or the adapter refuses an option.
            BodyError: If the simulator cannot be opened.
            WorkerLost: If the worker ends or hangs meanwhile.
        """
        self.config = config
        self.owner = os.getpid()
        """The process that may talk to it; a fork may not."""
        self._number = 0
        self._lock = threading.Lock()
        self._log = _endless_log()
        self._memory = _anonymous_memory()
        self._process, self._channel = self._start()
        self._end = weakref.finalize(
            self, _end, self._process, self._channel, self._memory, self._log, self.owner
        )
        try:
            self.hello = self._greet()
            opened = self.call("open", {"options": dict(config.options), "slots": config.slots})
            self.simulator: dict[str, Any] = opened["simulator"]
            """What `Simulator.describe` returned."""
            self._frames = SharedFrames(self._memory, layout_of(opened))
        except BaseException:
            self.kill()
            raise

    @property
    def pid(self) -> int:
        """Process id of the worker."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs (it may be stopped or hang)."""
        return self._end.alive and self._process.poll() is None

    def call(self, name: str, arguments: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Makes one call and returns its result.

        Raises:
            SimulatorFault: If the simulator raised; it can still be used.
            ConfigError: Likewise, where the adapter says so (as for `BodyError`, `HouseError`).
            WorkerLost: If the worker ended, took too long or answered garbage; it is killed.
        """
        with self._lock:
            return self._exchange(name, arguments or {}, None)

    def observe(self) -> tuple[dict[str, Any], Mapping[str, AnyArray]]:
        """Returns the result of `observe` and the planes of the frame, which stay as they are.

        Raises:
            SimulatorFault: As `call`.
            WorkerLost: As `call`.
        """
        with self._lock:
            slot = self._frames.slot
            return self._exchange("observe", {}, slot), self._take(slot)

    def step(
        self, command: Mapping[str, float]
    ) -> tuple[dict[str, Any], tuple[dict[str, Any], Mapping[str, AnyArray]] | None]:
        """Acts and observes in one call.

        Returns:
            The result of `act`, and what `observe` would return; None where that failed.

        Raises:
            SimulatorFault: As `call`.
            WorkerLost: As `call`.
        """
        with self._lock:
            slot = self._frames.slot
            result = self._exchange("step", command, slot)
            if "seen" not in result:
                return result["act"], None
            return result["act"], (result["seen"], self._take(slot))

    def close(self) -> None:
        """Ends the worker, in order if it still listens; safe to call twice."""
        if self.alive and os.getpid() == self.owner:
            try:
                with self._lock:
                    self._exchange("close", {}, None, _CLOSE_SECONDS)
                self._process.wait(_CLOSE_SECONDS)
            except (BodyError, ConfigError, HouseError, subprocess.TimeoutExpired):
                pass  # it is killed below
        self.kill()

    def kill(self) -> None:
        """Ends the worker at once, even if it is stopped; safe to call twice."""
        self._end()

    def last_lines(self) -> str:
        """Returns the end of what the worker printed."""
        if self._log.closed:
            return ""
        size = os.fstat(self._log.fileno()).st_size
        tail = os.pread(self._log.fileno(), 8192, max(size - 8192, 0))
        return "\n".join(tail.decode("utf-8", "replace").strip().splitlines()[-_LAST_LINES:])

    # -- inside --------------------------------------------------------------------------------

    def _take(self, slot: int) -> Mapping[str, AnyArray]:
        try:
            return self._frames.take(slot, self._number)
        except ValueError as error:
            raise self._lost(f"it left no whole frame: {error}") from error

    def _start(self) -> tuple[subprocess.Popen[bytes], Channel]:
        near, far = socket.socketpair()
        command = [self.config.python, str(_WORKER), f"--socket={far.fileno()}"]
        command += [f"--memory={self._memory}", f"--adapter={self.config.adapter}"]
        if threading.current_thread() is threading.main_thread():
            command.append("--end-by-kernel")
        with far:
            try:
                process = subprocess.Popen(
                    command,
                    stdin=subprocess.DEVNULL,
                    stdout=self._log,
                    stderr=self._log,
                    env={**os.environ, **self.config.environment},
                    pass_fds=(far.fileno(), self._memory),
                )
            except OSError as error:
                near.close()
                os.close(self._memory)
                self._log.close()
                raise ConfigError(
                    f"the worker's interpreter {self.config.python!r} cannot be started: {error}; "
                    "give the path of a Python 3.8 to 3.13"
                ) from error
        return process, Channel(near)

    def _greet(self) -> dict[str, Any]:
        message = self._receive("hello", self.config.start_seconds)
        hello = message.get("hello")
        if not isinstance(hello, dict):
            raise self._lost("it did not say hello")
        if hello.get("protocol") != PROTOCOL:
            raise self._lost(
                f"it speaks protocol {hello.get('protocol')}, this end speaks {PROTOCOL}; "
                "use the worker.py of this release"
            )
        return hello

    def _exchange(
        self,
        name: str,
        arguments: Mapping[str, Any],
        slot: int | None,
        seconds: float | None = None,
    ) -> dict[str, Any]:
        if not self._end.alive:
            raise WorkerLost("the worker was ended before; connect() starts another")
        if os.getpid() != self.owner:
            raise BodyError("a worker belongs to the process that started it; connect() again here")
        self._number += 1
        if self._number % _LOG_CHECK == 0:
            self._shorten_log()
        request = {"id": self._number, "call": name, "with": arguments, "slot": slot}
        limit = seconds or (
            self.config.open_seconds if name == "open" else self.config.call_seconds
        )
        try:
            self._channel.send(msgspec.json.encode(request, enc_hook=_plain))
        except OSError as error:
            raise self._lost(f"it ended before {name!r}") from error
        return self._result(name, self._receive(name, limit))

    def _result(self, name: str, reply: dict[str, Any]) -> dict[str, Any]:
        if reply.get("id") != self._number:
            raise self._lost(f"its answer to {name!r} is for another request")
        fault, result = reply.get("error"), reply.get("result")
        if isinstance(fault, dict):
            kind = _KINDS.get(str(fault.get("kind")), SimulatorFault)
            raise kind(str(fault.get("message")))
        if not isinstance(result, dict):
            raise self._lost(f"its answer to {name!r} holds no result")
        return result

    def _receive(self, name: str, seconds: float) -> dict[str, Any]:
        try:
            message = msgspec.json.decode(self._channel.receive(seconds))
        except TimeoutError as error:
            raise self._lost(f"{name!r} took longer than {seconds:g} s; {self._pulse()}") from error
        except (EOFError, OSError) as error:
            raise self._lost(f"it ended during {name!r}") from error
        except (Garbage, msgspec.DecodeError) as error:
            raise self._lost(f"its answer to {name!r} is garbage: {error}") from error
        if not isinstance(message, dict):
            raise self._lost(f"its answer to {name!r} is garbage: no object")
        return message

    def _pulse(self) -> str:
        beat = last_beat(self._memory)
        if beat is None:
            return "its heart has not beaten yet"
        age = time.monotonic() - beat
        if age > 4 * worker.BEAT_SECONDS:
            return f"its heart beat last {age:.0f} s ago: it is stopped or stuck in the simulator"
        return "its heart beats: it is slow, raise the time limit if that is right"

    def _lost(self, reason: str) -> WorkerLost:
        """Ends the worker and returns the error that tells why, with its last lines."""
        try:
            # What ended by itself is given the time to say how.
            ending = f" ({_ending(self._process.wait(1.0 if 'ended' in reason else 0.0))})"
        except subprocess.TimeoutExpired:
            ending = ""
        lines = self.last_lines()
        self.kill()
        told = f"the worker of {self.config.adapter.stem} was lost: {reason}{ending}"
        if "SyntaxError" in lines or "future feature annotations" in lines:
            told += f"; {self.config.python} is too old, Python 3.8 to 3.13 is needed"
        return WorkerLost(f"{told}. {_quoted(lines)}")

    def _shorten_log(self) -> None:
        if os.fstat(self._log.fileno()).st_size > _LOG_LIMIT:
            tail = self.last_lines().encode()
            os.ftruncate(self._log.fileno(), 0)
            os.write(self._log.fileno(), tail + b"\n")


def _end(
    process: subprocess.Popen[bytes], channel: Channel, memory: int, log: BinaryIO, owner: int
) -> None:
    channel.close()
    if os.getpid() == owner:
        if process.poll() is None:
            process.kill()
        process.wait()
    else:
        process.returncode = 0  # somebody else's child: nothing to wait for
    os.close(memory)
    log.close()


def _plain(value: Any) -> Any:
    """Turns numpy's numbers into Python's."""
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"a worker is sent JSON, and {type(value).__name__} is none")


def _anonymous_memory() -> int:
    """Returns a file descriptor of memory without a name: it ends with the last who maps it."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("embodied_mem")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _endless_log() -> BinaryIO:
    """Opens a nameless file to which both ends append."""
    file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115 - closed with the worker
    flags = fcntl.fcntl(file.fileno(), fcntl.F_GETFL)
    fcntl.fcntl(file.fileno(), fcntl.F_SETFL, flags | os.O_APPEND)
    return file


def _ending(status: int) -> str:
    if status < 0:
        return f"ended by {signal.Signals(-status).name}"
    return f"exit status {status}"


def _quoted(lines: str) -> str:
    return f"Its last lines:\n{lines}" if lines else "It printed nothing."
