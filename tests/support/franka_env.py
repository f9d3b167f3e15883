"""The environment with franky-control, the simulated controller in it, and what it has received."""

import contextlib
import fcntl
import json
import os
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import numpy as np

from embodied_mem.robots.trajectory import Trajectory

INTERPRETER_VARIABLE = "EMBODIED_MEM_FRANKA_PYTHON"
ROOT = Path(__file__).parents[2]
SUPPORT = Path(__file__).parent
LOCK = Path(tempfile.gettempdir()) / "embodied_mem_franka_ports.lock"
"""The protocol's ports 1337 and 1338 are fixed: one simulated controller a machine at a time."""
PATIENT = {"path_tolerance": 3.0, "goal_seconds": 30.0}
"""Settings of a client's monitor that let a busy machine pass: the monitor goes by our clock, and
that of the simulated controller falls behind there. Errors are asserted by the controller's."""
COLUMNS = 27
START_LIMIT = 60.0
MEETING = 5
"""Cycles on either side of a missed one that are left out."""


def franka_python() -> Path | None:
    """Returns a Python that has franky-control and franky-sim; None where there is none."""
    named = os.environ.get(INTERPRETER_VARIABLE)
    if named:
        return Path(named)
    made = ROOT / ".venv-franka" / "bin" / "python"
    return made if made.exists() else None


def skip_reason() -> str:
    """Returns why the tests with franky-sim cannot run; empty where they can."""
    if franka_python() is not None:
        return ""
    return "no franky-control: run `make setup-franka`, or set EMBODIED_MEM_FRANKA_PYTHON"


def environment() -> dict[str, str]:
    """Returns the variables of a process in that environment: our package, and few threads."""
    variables = dict(os.environ)
    for name in ("PYTHONHOME", "VIRTUAL_ENV", "PYTHONHASHSEED"):
        variables.pop(name, None)
    return variables | {
        "PYTHONPATH": str(ROOT),
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
    }


class Received:
    """What the controller's process saw: one row a control cycle of 1 ms."""

    def __init__(self, rows: np.ndarray) -> None:
        self.rows = rows
        self.time, self.message = rows[:, 0], rows[:, 2]
        self.moving = rows[:, 3] > 0
        self.joints, self.speeds = rows[:, 4:11], rows[:, 11:18]
        self.commanded = rows[:, 18:25]
        self.opening, self.wished_opening = rows[:, 25], rows[:, 26]

    def motions(self) -> list["Received"]:
        """Returns what came during each motion, from the first command to the last."""
        edges = np.flatnonzero(np.diff(self.moving.astype(int))) + 1
        pieces = np.split(np.arange(len(self.rows)), edges)
        moving = [piece for piece in pieces if len(piece) > 1 and self.moving[piece[0]]]
        return [Received(self.rows[piece]) for piece in moving]

    def error_along(self, path: Trajectory) -> float:
        """Returns how far the arm was from a path that this motion is, at most, rad.

        By the controller's own clock: on a busy machine that of a simulator falls behind ours.
        """
        wanted = np.array([path.at(0.001 * step) for step in range(len(self.rows))])
        return float(np.abs(self.joints - wanted).max())

    def after(self, moment: float) -> "Received":
        """Returns what came after a moment of the monotonic clock."""
        return Received(self.rows[self.time > moment])

    def commanded_speeds(self) -> np.ndarray:
        """Returns (K, 7) speeds from one command to the next, rad/s.

        Between two commands lies what the client was told as time: the count of the states that
        it answered, 1 ms each; a command repeated because none came counts once.
        """
        speeds = [motion._speeds() for motion in self.motions()]
        return np.concatenate(speeds) if speeds else np.zeros((0, 7))

    def commanded_accelerations(self) -> np.ndarray:
        """Returns (K, 7) accelerations between the commands of each motion, rad/s^2.

        Around states that the client missed, as a busy machine makes it, they are left out: there
        libfranka and the arm carry the motion on by a model, and meet again with a small step.
        """
        found = [motion._rates() for motion in self.motions()]
        return np.concatenate(found) if found else np.zeros((0, 7))

    def _rates(self) -> np.ndarray:
        speeds, rest = self._speeds(), np.zeros((1, 7))
        rates = np.diff(np.concatenate([rest, speeds, rest]), axis=0) / 0.001
        counts = np.diff(self.message[np.concatenate([[True], np.diff(self.message) > 0])])
        missed = np.flatnonzero(counts[1:] > 1) + 1
        near = np.zeros(len(rates), dtype=bool)
        for index in missed:
            near[max(0, index - MEETING) : index + MEETING] = True
        return rates[~near]

    def commanded_with_speeds(self) -> tuple[np.ndarray, np.ndarray]:
        """Returns (K, 7) commanded positions, rad, and the speeds with which they were reached."""
        found = [(motion._news()[1:], motion._speeds()) for motion in self.motions()]
        if not found:
            return np.zeros((0, 7)), np.zeros((0, 7))
        positions, speeds = zip(*found, strict=True)
        return np.concatenate(positions), np.concatenate(speeds)

    def _news(self) -> np.ndarray:
        return self.commanded[np.concatenate([[True], np.diff(self.message) > 0])]

    def _speeds(self) -> np.ndarray:
        new = np.concatenate([[True], np.diff(self.message) > 0])
        positions, counts = self.commanded[new], np.diff(self.message[new])
        return np.asarray(np.diff(positions, axis=0) / (0.001 * counts[:, None]))


class FrankaServer:
    """franky-sim in a process of its own, ready to be connected to."""

    def __init__(self, folder: Path) -> None:
        self.log = folder / "received.bin"

    def __enter__(self) -> Self:
        self._lock = LOCK.open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.process = subprocess.Popen(
            [str(franka_python()), str(SUPPORT / "franka_server.py"), str(self.log)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        watchdog = threading.Timer(START_LIMIT, self.process.kill)
        watchdog.start()
        try:
            assert self.process.stdout is not None
            for line in self.process.stdout:
                if line.strip() == "ready":
                    return self
        finally:
            watchdog.cancel()
        self.__exit__()
        raise RuntimeError("franky-sim did not start")

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.close()
        try:
            self.process.wait(10.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        fcntl.flock(self._lock, fcntl.LOCK_UN)
        self._lock.close()

    def order(self, line: str) -> None:
        """Gives one of the orders that `franka_server.py` lists."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait_until_idle(self, limit: float = 15.0) -> None:
        """Waits until no motion is carried out any more."""
        deadline = time.monotonic() + limit
        while self.received().moving[-1]:
            if time.monotonic() > deadline:
                raise TimeoutError(f"the controller still moves after {limit} s")

    def received(self) -> Received:
        """Returns all that it saw so far; the newest 50 ms may still be missing."""
        time.sleep(0.1)
        values = np.fromfile(self.log)
        return Received(values[: len(values) // COLUMNS * COLUMNS].reshape(-1, COLUMNS))


class CallFailed(Exception):
    """What a call raised in the client, by the name of its class."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(f"{kind}: {message}")
        self.kind = kind


class FrankaClient:
    """A process with a `Robot` that drives the arm; see `franka_client.py` for its calls."""

    def __init__(self, **options: Any) -> None:
        self._options = options
        self._answers: dict[int, Mapping[str, Any]] = {}
        self._news = threading.Condition()
        self._calls = 0

    def __enter__(self) -> Self:
        self.process = subprocess.Popen(
            [str(franka_python()), str(SUPPORT / "franka_client.py"), json.dumps(self._options)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment(),
        )
        self._reader = threading.Thread(target=self._read, name="franka-client", daemon=True)
        self._reader.start()
        try:
            self._wait(0, START_LIMIT)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        assert self.process.stdin is not None and self.process.stdout is not None
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        try:
            self.process.wait(15.0)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(5.0)
        self.process.stdout.close()

    def kill(self) -> float:
        """Kills it without a word (SIGKILL); returns when, on the monotonic clock."""
        moment = time.monotonic()
        self.process.kill()
        self.process.wait()
        return moment

    def begin(self, call: str, **arguments: Any) -> int:
        """Begins a call and returns its number."""
        assert self.process.stdin is not None
        self._calls += 1
        self.process.stdin.write(json.dumps([self._calls, call, arguments]) + "\n")
        self.process.stdin.flush()
        return self._calls

    def result(self, number: int, *, limit: float = 60.0) -> Any:
        """Waits for what a call returned; raises CallFailed where it raised."""
        return self._wait(number, limit)

    def call(self, call: str, *, limit: float = 60.0, **arguments: Any) -> Any:
        """Calls and waits for the result."""
        return self.result(self.begin(call, **arguments), limit=limit)

    def _wait(self, number: int, limit: float) -> Any:
        with self._news:
            if not self._news.wait_for(lambda: number in self._answers, limit):
                raise TimeoutError(f"the client did not answer call {number} in {limit} s")
            answer = self._answers.pop(number)
        if "error" in answer:
            raise CallFailed(*answer["error"])
        return answer.get("result")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            answer = json.loads(line)
            with self._news:
                self._answers[answer["number"]] = answer
                self._news.notify_all()
        with self._news:
            for number in range(self._calls + 1):
                gone = {"error": ("Gone", "the client's process has ended")}
                self._answers.setdefault(number, gone)
            self._news.notify_all()
