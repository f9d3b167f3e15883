"""A process in another Python that holds a robot: started, listened to, and ended."""

import json
import logging
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from collections import deque
from pathlib import Path
from typing import final

from embodied_mem.errors import BodyError
from embodied_mem.robots.apart.interpreter import lay_package
from embodied_mem.robots.apart.other_end import OtherEnd
from embodied_mem.robots.apart.serve import FAILED, ROBOT, endpoint_in
from embodied_mem.robots.config import RobotConfig
from embodied_mem.robots.gateway.serving import READY
from embodied_mem.robots.settings import write_config

_log = logging.getLogger(__name__)
_LONGEST_SOCKET = 100
"""A path of a Unix socket has room for 107 bytes (unix(7))."""
_LONGEST_END = 15.0
"""It may take so long to bring the robot to rest and end, s; it ends itself before."""


@final
class ApartProcess:
    """One process that serves one robot over a socket that only this user can open."""

    def __init__(self, end: OtherEnd, robot: RobotConfig) -> None:
        """Starts it and waits until it serves.

        Args:
            end: Which Python, and how patient to be.
            robot: What is to be driven there.

        Raises:
            BodyError: If it cannot be started, or fails; the message has its last words.
            EmbodiedMemError: If its Python is not found.
        """
        python = end.interpreter()
        self._library = end.library
        self._folder = _make_folder()
        self.endpoint = endpoint_in(self._folder)
        """Where the robot is served."""
        self._words: deque[str] = deque(maxlen=15)
        self._told: queue.SimpleQueue[str] = queue.SimpleQueue()
        robot_file = self._folder / ROBOT
        robot_file.write_text(json.dumps(write_config(robot)), encoding="utf-8")
        command = ["-m", "embodied_mem.robots.apart.serve", str(self._folder), str(os.getpid())]
        try:
            # A session of its own: Ctrl-C in a terminal is for the brain, which stops the robot.
            self._process = subprocess.Popen(
                [str(python), *command],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env=end.variables(lay_package(self._folder / "packages")),
                start_new_session=True,
            )
        except OSError as error:
            self._clean()
            raise BodyError(f"{python} could not be started: {error}") from error
        self._threads = [
            threading.Thread(target=self._listen, name="apart-stdout", daemon=True),
            threading.Thread(target=self._forward, name="apart-stderr", daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        try:
            self._wait_until_ready(python, end)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def ended(self) -> str:
        """How it ended, in words; empty while it runs."""
        status = self._process.poll()
        if status is None:
            return ""
        words = self._words[-1] if self._words else "it said nothing"
        return f"the process with {self._library} ended with status {status}: {words}; reconnect"

    def close(self) -> None:
        """Has it bring the robot to rest and end, and waits for that; safe to call twice."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(_LONGEST_END)
        except subprocess.TimeoutExpired:
            _log.error(
                "the process with %s did not end within %g s and is killed",
                *(self._library, _LONGEST_END),
            )
            self._process.kill()
            self._process.wait()
        streams = (self._process.stdout, self._process.stderr)
        for thread, stream in zip(self._threads, streams, strict=True):
            thread.join(2.0)
            # Closing would wait for whoever reads, while a child of the process holds the pipe.
            if stream is not None and not thread.is_alive():
                stream.close()
        self._clean()

    def _wait_until_ready(self, python: Path, end: OtherEnd) -> None:
        give_up = time.monotonic() + end.patience
        while True:
            try:
                line = self._told.get(timeout=max(0.0, give_up - time.monotonic()))
            except queue.Empty:
                raise BodyError(
                    f"{end.library} was not ready within {end.patience:g} s in {python}:\n"
                    f"{self._last_words()}"
                ) from None
            if line.startswith(READY):
                return
            if line.startswith(FAILED):
                raise BodyError(line.removeprefix(FAILED))
            if not line:
                self._process.wait()
                self._threads[1].join(1.0)
                raise BodyError(
                    f"{python} ended with status {self._process.returncode} before it was ready. "
                    f"It needs {end.needs}:\n{self._last_words()}"
                )

    def _last_words(self) -> str:
        return "\n".join(self._words)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._told.put(line.rstrip("\n") or " ")
        self._told.put("")

    def _forward(self) -> None:
        """Hands what it writes to our log; the text is its own."""
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._words.append(line.rstrip("\n"))
            _log.info("%s: %s", self._library, line.rstrip("\n"))

    def _clean(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _make_folder() -> Path:
    """Makes a folder that only this user may enter, with a name short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="embodied-mem-"))
    if len(endpoint_in(folder).removeprefix("ipc://")) > _LONGEST_SOCKET:
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix="embodied-mem-", dir="/tmp"))
    return folder
