"""A new process that answers from a copy of a memory, and from nothing else."""

import contextlib
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, final

import msgspec

from embodied_mem.errors import EvaluationError
from embodied_mem_envs.evaluation.elsewhere.folder import hand_over
from embodied_mem_envs.evaluation.elsewhere.wire import pack_ask, unpack_reply
from embodied_mem_envs.tasks.episode import Ask, Reply

_SECONDS = 600.0
_WORKER = "embodied_mem_envs.evaluation.elsewhere.worker"
_FAREWELL = 5.0
"""Seconds that the process has to end by itself."""
_TOLD = 600
"""So many characters of what a broken worker said are quoted."""


@final
class AnsweringProcess:
    """Answers asks from a folder that was copied to a new place, in a process of its own."""

    def __init__(
        self,
        memory: Path,
        side: str,
        *,
        options: Mapping[str, Any] | None = None,
        budget_bytes: int | None = None,
        seconds: float = _SECONDS,
    ) -> None:
        """Copies the memory, checks its size and starts the process.

        Args:
            memory: Folder (or one file) that a closed agent left.
            side: `module:function` of an `OpenMemory`.
            options: For that function; JSON must hold them.
            budget_bytes: What the copy may take.
            seconds: Wall time that one answer may take.

        Raises:
            EvaluationError: If there is no memory, it takes more than its budget, or it cannot be
                opened.
        """
        self._seconds = seconds
        self._open = contextlib.ExitStack()
        self._said = self._open.enter_context(tempfile.TemporaryFile())  # noqa: SIM115
        prefix = "embodied-mem-answers-"
        place = self._open.enter_context(tempfile.TemporaryDirectory(prefix=prefix))
        self._process: subprocess.Popen[bytes] | None = None
        try:
            copy = Path(place) / "memory"
            self.memory_bytes = hand_over(memory, copy, budget_bytes)
            told = msgspec.json.encode(dict(options or {})).decode()
            self._process = subprocess.Popen(
                [sys.executable, "-m", _WORKER, str(copy), side, told],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._said,
                cwd=place,
                env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )
            self._line()
        except BaseException:
            self.close()
            raise

    def reply(self, ask: Ask) -> Reply:
        """Returns the answer to one ask.

        Raises:
            EvaluationError: If the process or its answering side broke, or its time is up.
        """
        given = unpack_reply(self._told(pack_ask(ask)))
        if given.error:
            raise EvaluationError(given.error)
        return Reply(
            text=given.text,
            answer=given.answer,
            choice=given.choice,
            places=given.places,
            model_calls=given.model_calls,
            tokens=given.tokens,
        )

    def close(self) -> None:
        """Ends the process and removes the copy; safe to call twice."""
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=_FAREWELL)  # the end of its input ends it
            process.kill()
            process.communicate()
        self._open.close()

    def __enter__(self) -> Self:
        """Returns itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Closes the process."""
        self.close()

    def _told(self, ask: bytes) -> bytes:
        process = self._process
        if process is None or process.stdin is None:
            raise EvaluationError("the answering process is closed")
        try:
            process.stdin.write(ask + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            raise self._broken(process) from None
        return self._line()

    def _line(self) -> bytes:
        """Reads up to the end of a line, for as long as an answer may take."""
        process = self._process
        if process is None or process.stdout is None:
            raise EvaluationError("the answering process is closed")
        source, deadline = process.stdout.fileno(), time.monotonic() + self._seconds
        data = bytearray()
        while not data.endswith(b"\n"):
            left = max(0.0, deadline - time.monotonic())
            if not select.select([source], [], [], left)[0]:
                process.kill()
                raise EvaluationError(f"no answer within {self._seconds:g} s of wall time")
            chunk = os.read(source, 1 << 16)
            if not chunk:
                raise self._broken(process)
            data += chunk
        return bytes(data)

    def _broken(self, process: subprocess.Popen[bytes]) -> EvaluationError:
        status = process.wait(_FAREWELL)
        self._said.seek(0)
        said = self._said.read().decode(errors="replace")[-_TOLD:].strip()
        return EvaluationError(
            f"the answering process failed with status {status}; the end of what it said: {said}"
        )


def answer_elsewhere(
    memory: Path,
    side: str,
    asks: Sequence[Ask],
    *,
    options: Mapping[str, Any] | None = None,
    budget_bytes: int | None = None,
    seconds: float = _SECONDS,
) -> list[Reply]:
    """Answers asks in a new process that gets a copy of a memory and nothing else.

    Args:
        memory: Folder (or one file) that a closed agent left.
        side: `module:function` of an `OpenMemory`.
        asks: What is asked; their ticks mean nothing there.
        options: For that function; JSON must hold them.
        budget_bytes: What the copy may take.
        seconds: Wall time that one answer may take.

    Raises:
        EvaluationError: If there is no memory, it takes more than its budget, or answering failed.
    """
    process = AnsweringProcess(
        memory, side, options=options, budget_bytes=budget_bytes, seconds=seconds
    )
    with process:
        return [process.reply(ask) for ask in asks]
