"""The process in a ROS environment that holds a robot: started, listened to, and ended."""

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
from embodied_mem.robots.gateway.serving import READY
from embodied_mem.robots.ros2.environment import lay_package, ros_environment
from embodied_mem.robots.ros2.options import Ros2Options
from embodied_mem.robots.ros2.serve import FAILED, ServeSpec
from embodied_mem.robots.safety.config import GateConfig
from embodied_mem.robots.safety.joint_limits import JointLimits

_log = logging.getLogger("embodied_mem.robots.ros2")
_LONGEST_SOCKET = 100
"""A path of a Unix socket has room for 107 bytes (unix(7))."""
_LONGEST_END = 15.0
"""It may take so long to bring the robot to rest and end, s."""


@final
class RosProcess:
    """One process that serves one robot over a socket that only this user can open."""

    def __init__(
        self,
        python: Path,
        options: Ros2Options,
        gate: GateConfig,
        joint_limits: JointLimits | None = None,
    ) -> None:
        """Starts it and waits until it serves.

        Args:
            python: An interpreter with rclpy.
            options: The robot.
            gate: How the gate at its end is set.
            joint_limits: Limits of its arm's joints.

        Raises:
            BodyError: If it cannot be started, or fails; the message has its last words.
        """
        self._folder = _make_folder()
        self.endpoint = f"ipc://{self._folder}/robot"
        """Where the robot is served."""
        self._words: deque[str] = deque(maxlen=15)
        self._told: queue.SimpleQueue[str] = queue.SimpleQueue()
        spec = self._folder / "spec.json"
        ServeSpec(
            endpoint=self.endpoint, ros=options.ros, gate=gate, joint_limits=joint_limits
        ).write(spec)
        variables = ros_environment(
            lay_package(self._folder / "packages"),
            domain=options.ros.domain,
            discovery=options.discovery,
            static_peers=options.static_peers,
        )
        try:
            # A session of its own: Ctrl-C in a terminal is for the brain, which stops the robot.
            self._process = subprocess.Popen(
                [str(python), "-m", "embodied_mem.robots.ros2.serve", str(spec), str(os.getpid())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
                env=variables,
                start_new_session=True,
            )
        except OSError as error:
            self._clean()
            raise BodyError(f"{python} could not be started: {error}") from error
        self._threads = [
            threading.Thread(target=self._listen, name="ros2-stdout", daemon=True),
            threading.Thread(target=self._forward, name="ros2-stderr", daemon=True),
        ]
        for thread in self._threads:
            thread.start()
        try:
            self._wait_until_ready(python, options.start_patience)
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def status(self) -> int | None:
        """Its exit status; None while it runs."""
        return self._process.poll()

    @property
    def last_words(self) -> str:
        """The end of what it wrote to its standard error."""
        return "\n".join(self._words)

    def close(self) -> None:
        """Has it bring the robot to rest and end, and waits for that; safe to call twice."""
        if self._process.stdin is not None and not self._process.stdin.closed:
            self._process.stdin.close()
        try:
            self._process.wait(_LONGEST_END)
        except subprocess.TimeoutExpired:
            _log.error("the ROS process did not end within %g s and is killed", _LONGEST_END)
            self._process.kill()
            self._process.wait()
        for thread in self._threads:
            thread.join(2.0)
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        self._clean()

    def _wait_until_ready(self, python: Path, patience: float) -> None:
        end = time.monotonic() + patience
        while True:
            try:
                line = self._told.get(timeout=max(0.0, end - time.monotonic()))
            except queue.Empty:
                raise BodyError(
                    f"rclpy was not ready within {patience:g} s in {python}:\n{self.last_words}"
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
                    f"It needs rclpy, numpy, msgspec and pyzmq (`bash launch/setup-ros.sh`):\n"
                    f"{self.last_words}"
                )

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
            _log.info("ros: %s", line.rstrip("\n"))

    def _clean(self) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)


def _make_folder() -> Path:
    """Makes a folder that only this user may enter, with a name short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="embodied-mem-"))
    if len(str(folder)) + len("/robot") > _LONGEST_SOCKET:
        folder.rmdir()
        folder = Path(tempfile.mkdtemp(prefix="embodied-mem-", dir="/tmp"))
    return folder
