"""Starts the robot of this package in a process of its own, for benchmarks and tests."""

import fcntl
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self, final

from embodied_mem.errors import EvaluationError
from embodied_mem_envs.robot_peer.wire_log import LogReader, WireLog

READY_SECONDS = 60.0
"""A robot that takes longer to start has failed; on an idle machine it takes one second."""
_DOMAINS = 200


@contextmanager
def own_domain() -> Iterator[int]:
    """Yields a DDS domain id that no other process with this helper uses at the same time."""
    folder = Path(tempfile.gettempdir()) / "embodied_mem_dds_domains"
    folder.mkdir(exist_ok=True)
    first = os.getpid()
    for step in range(_DOMAINS):
        domain = 1 + (first + step) % _DOMAINS
        with (folder / str(domain)).open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield domain
            return
    raise EvaluationError(f"all {_DOMAINS} DDS domains of {folder} are in use")


@final
class RobotProcess:
    """One running robot: tell it what goes wrong, and read what it received; a context manager."""

    def __init__(self, domain: int, log: Path, *options: str, prefix: tuple[str, ...] = ()) -> None:
        """Starts it and waits until it is on the wire.

        Args:
            domain: Its DDS domain.
            log: Where it writes what it receives.
            options: More options of `python -m embodied_mem_envs.robot_peer`.
            prefix: What its command begins with, such as `ip netns exec NAME`.
        """
        self.domain = domain
        self._reader = LogReader(log)
        robot = [*prefix, sys.executable, "-m", "embodied_mem_envs.robot_peer", "--control"]
        where = ["--domain", str(domain), "--log", str(log), "--seed", "7", "--rooms", "3"]
        self.process = subprocess.Popen(
            [*robot, *where, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        self._answers: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, name="peer answers", daemon=True).start()
        try:
            json.loads(self._answer(READY_SECONDS))
        except BaseException:
            self.kill()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def tell(self, line: str) -> None:
        """Makes something go wrong; returns once it has. `help` of the control lists all lines."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        answer = self._answer(20.0)
        if answer != "ok":
            raise EvaluationError(f"the robot was told {line!r} and said {answer!r}")

    @property
    def log(self) -> WireLog:
        """Everything that it received and did so far."""
        return self._reader.log()

    def until(self, met: Callable[[WireLog], bool], seconds: float = 20.0) -> WireLog:
        """Waits until the log shows something, and returns it.

        Raises:
            EvaluationError: If it never does.
        """
        end = time.monotonic() + seconds
        while True:
            log = self.log
            if met(log):
                return log
            if time.monotonic() > end:
                raise EvaluationError(f"it did not happen within {seconds:g} s; {_summary(log)}")
            time.sleep(0.05)

    def signal(self, number: signal.Signals) -> None:
        """Sends the process a signal, such as SIGSTOP."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """Ends it without a word, as pulling the battery does; safe to call twice."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        with suppress(ValueError):  # closed by kill
            for line in self.process.stdout:
                self._answers.put(line.rstrip("\n"))

    def _answer(self, seconds: float) -> str:
        end = time.monotonic() + seconds
        while True:
            try:
                return self._answers.get(timeout=0.2)
            except queue.Empty:
                ended = self.process.poll() is not None and self._answers.empty()
                if ended:
                    raise EvaluationError(
                        f"the robot ended with {self.process.returncode}"
                    ) from None
                if time.monotonic() > end:
                    raise EvaluationError(
                        f"the robot did not answer within {seconds:g} s"
                    ) from None


def _summary(log: WireLog) -> str:
    last = log.states[-1] if log.states else None
    commands = [(round(c.t, 3), c.forward, c.turn) for c in log.commands[-5:]]
    return f"last commands {commands}, last state {last}"
