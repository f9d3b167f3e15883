"""The process that holds an arm, in an environment that has franky-control."""

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
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, final

import embodied_mem
from embodied_mem.errors import BodyError, MissingExtraError
from embodied_mem.robots.franka.config import HERE, FrankaConfig
from embodied_mem.robots.gateway.serving import READY
from embodied_mem.robots.safety.config import GateConfig
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.settings import write_config

INTERPRETER_VARIABLE: Final = "EMBODIED_MEM_FRANKA_PYTHON"
"""Names a Python that has franky-control, msgspec and pyzmq."""
VENV: Final = Path(".venv-franka") / "bin" / "python"
"""Made by `launch/setup-franka.sh`."""
LONGEST_END: Final = 15.0
"""It may take so long to bring the arm to rest and end, s."""

_log = logging.getLogger("embodied_mem.robots.franka")


def franka_interpreter(named: str = "") -> Path:
    """Finds a Python that has franky-control.

    Args:
        named: The one asked for; empty looks at `EMBODIED_MEM_FRANKA_PYTHON`, then for
            `.venv-franka` in the working directory and beside the package.

    Raises:
        BodyError: If the one asked for cannot be run.
        MissingExtraError: If none is found.
    """
    for asked, source in (
        (named, "the option `python`"),
        (os.environ.get(INTERPRETER_VARIABLE, ""), INTERPRETER_VARIABLE),
    ):
        if asked:
            if not os.access(asked, os.X_OK):
                raise BodyError(f"{source} names {asked}, which is no program that can be run")
            return Path(asked)
    for folder in (Path.cwd(), Path(embodied_mem.__file__).parents[1]):
        if os.access(folder / VENV, os.X_OK):
            return folder / VENV
    raise MissingExtraError(
        "driving an arm of Franka Robotics (or run `make setup-franka`)", "franka"
    )


@final
class FrankaProcess:
    """A gateway that serves one arm over a socket that only this user can open."""

    def __init__(
        self, config: FrankaConfig, gate: GateConfig, limits: JointLimits, *, patience: float = 30.0
    ) -> None:
        """Starts it and waits until it serves.

        Args:
            config: The arm, and which Python has franky-control.
            gate: How the gate at its end is set; what concerns a base is left out.
            limits: Of the arm's joints.
            patience: How long it may take to reach the arm, s.

        Raises:
            BodyError: If it cannot be started or does not reach the arm; with its last words.
            MissingExtraError: If no Python with franky-control is found.
        """
        python = franka_interpreter(config.python)
        self._folder = Path(tempfile.mkdtemp(prefix="embodied-mem-"))
        self.endpoint = f"ipc://{self._folder}/arm"
        """Where the arm is served."""
        self._words: deque[str] = deque(maxlen=15)
        self._told: queue.SimpleQueue[str] = queue.SimpleQueue()
        try:
            # A session of its own: Ctrl-C in a terminal is for the brain, which stops the arm.
            self._process = subprocess.Popen(
                [str(python), *_arguments(self.endpoint, config, gate, limits)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env=_variables(self._folder / "packages"),
                start_new_session=True,
            )
        except OSError as error:
            shutil.rmtree(self._folder, ignore_errors=True)
            raise BodyError(f"{python} could not be started: {error}") from error
        self._threads = [
            threading.Thread(target=self._listen, name="franka-stdout", daemon=True),
            threading.Thread(target=self._forward, name="franka-stderr", daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        try:
            self._wait_until_ready(python, patience)
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
        return f"the arm's process ended with status {status}: {words}; reconnect"

    def close(self) -> None:
        """Has it bring the arm to rest and end, and waits for that; safe to call twice."""
        assert self._process.stdin is not None
        if not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(LONGEST_END)
        except subprocess.TimeoutExpired:
            _log.error("the arm's process did not end within %g s and is killed", LONGEST_END)
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join(2.0)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _wait_until_ready(self, python: Path, patience: float) -> None:
        end = time.monotonic() + patience
        while True:
            try:
                line = self._told.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                words = "\n".join(self._words)
                raise BodyError(f"{python} was not ready within {patience:g} s:\n{words}") from None
            if line.startswith(READY):
                return
            if not line:
                self._process.wait()
                self._threads[1].join(1.0)
                words = "\n".join(self._words)
                raise BodyError(f"the arm was not reached from {python}: {words}")

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._told.put(line.rstrip("\n") or " ")
        self._told.put("")

    def _forward(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            self._words.append(line.rstrip("\n"))
            _log.info("arm: %s", line.rstrip("\n"))


def _arguments(
    endpoint: str, config: FrankaConfig, gate: GateConfig, limits: JointLimits
) -> Sequence[str]:
    no_base = replace(gate, forward=None, turn=None, zones=None)
    settings = {
        "options": write_config(replace(config, python=HERE)),
        "gate": write_config(no_base),
        "joint_limits": write_config(limits),
    }
    told = [f"--set={name}={json.dumps(table)}" for name, table in settings.items()]
    module = ["-m", "embodied_mem.robots.gateway", "--config", "franka"]
    return [*module, "--endpoint", endpoint, "--with-parent", *told]


def _variables(folder: Path) -> dict[str, str]:
    """Returns its environment: our package alone, none of this interpreter's others."""
    folder.mkdir(parents=True)
    package = Path(embodied_mem.__file__).parent.resolve()
    (folder / package.name).symlink_to(package, target_is_directory=True)
    variables = dict(os.environ)
    for name in ("PYTHONHOME", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__"):
        variables.pop(name, None)
    variables["PYTHONPATH"] = str(folder)
    return variables
