"""A program that drives a robot whose driver writes all that it is told into a file, at once.

Run as a child process by the tests of shutting down: `python logging_robot.py LOG SCENARIO`. It
prints `driving` when the robot is under way.
"""

import atexit
import json
import os
import signal
import sys
import threading
import time
from pathlib import Path
from types import FrameType

from embodied_mem.robots import Robot
from embodied_mem.robots.safety.gated import GatedCommand
from embodied_mem.types import Command
from memory_robot import MemoryDriver, base_info

DRIVE = Command(forward=0.5, turn=0.3)


class LoggingDriver(MemoryDriver):
    """Writes with one unbuffered call a command, so that a killed process leaves whole lines."""

    def __init__(self, path: Path, name: str = "logged") -> None:
        super().__init__(info=base_info(name))
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def write(self, command: GatedCommand) -> None:
        line = {
            "robot": self.info.name,
            "time": time.monotonic(),
            "forward": command.command.forward,
            "turn": command.command.turn,
            "stop": command.stop,
            "urgent": command.urgent,
        }
        os.write(self._file, (json.dumps(line) + "\n").encode())
        super().write(command)


def drive(*robots: Robot) -> None:
    """Drives until something ends the program."""
    for _ in range(5):
        for robot in robots:
            robot.act(DRIVE)
    print("driving", flush=True)
    end = time.monotonic() + 20.0
    while time.monotonic() < end:
        for robot in robots:
            robot.act(DRIVE)


def inside(robot: Robot, path: Path) -> None:
    """Is ended from outside within a with-block."""
    with robot:
        drive(robot)


def without(robot: Robot, path: Path) -> None:
    """Is ended from outside with no with-block."""
    robot.connect()
    drive(robot)


def exception(robot: Robot, path: Path) -> None:
    """Fails while it drives."""
    with robot:
        for _ in range(5):
            robot.act(DRIVE)
        raise RuntimeError("a bug in the brain")


def leave(robot: Robot, path: Path) -> None:
    """Exits while it drives."""
    robot.connect()
    for _ in range(5):
        robot.act(DRIVE)
    sys.exit(3)


def forgotten(robot: Robot, path: Path) -> None:
    """Exits while nobody holds the robot any more."""
    lost = Robot(LoggingDriver(path))
    leave(lost, path)


def two(robot: Robot, path: Path) -> None:
    """Drives two robots."""
    other = Robot(LoggingDriver(path, "other"))
    with robot, other:
        drive(robot, other)


def chained(robot: Robot, path: Path) -> None:
    """Has a handler of its own."""
    signal.signal(signal.SIGTERM, _told)
    inside(robot, path)


def thread(robot: Robot, path: Path) -> None:
    """Drives from another thread than the main one."""
    with robot:
        driving = threading.Thread(target=drive, args=(robot,), daemon=True)
        driving.start()
        driving.join()


def fork(robot: Robot, path: Path) -> None:
    """Has a forked child that ends."""
    with robot:
        for _ in range(5):
            robot.act(DRIVE)
        child = os.fork()
        if child == 0:
            atexit._run_exitfuncs()
            signal.raise_signal(signal.SIGTERM)
            os._exit(1)
        _, status = os.waitpid(child, 0)
        assert os.WTERMSIG(status) == signal.SIGTERM
        for _ in range(3):
            sent = robot.act(DRIVE)
        print("driving" if sent.forward > 0.0 else "stopped by the child", flush=True)


def _told(number: int, frame: FrameType | None) -> None:
    print("the old handler was called", flush=True)
    os._exit(9)


SCENARIOS = {
    function.__name__: function
    for function in (inside, without, exception, leave, forgotten, two, chained, thread, fork)
}

if __name__ == "__main__":
    robot = Robot(LoggingDriver(Path(sys.argv[1])))
    SCENARIOS[sys.argv[2]](robot, Path(sys.argv[1]))
