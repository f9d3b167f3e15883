"""However a program ends, the last that its robot heard is a stop, and it was no jolt (12)."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from embodied_mem.robots import Robot
from embodied_mem.robots.shutdown import guard, unguard
from embodied_mem.types import Command
from memory_robot import MemoryDriver

SUPPORT = Path(__file__).parents[1] / "support"
DECELERATION = {"forward": 1.5, "turn": 3.2}


@contextmanager
def program(log: Path, scenario: str) -> Iterator[subprocess.Popen[str]]:
    child = subprocess.Popen(
        [sys.executable, str(SUPPORT / "logging_robot.py"), str(log), scenario],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(SUPPORT), "OMP_NUM_THREADS": "1"},
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def wait_for(child: subprocess.Popen[str], word: str) -> None:
    assert child.stdout is not None
    assert child.stdout.readline().strip() == word


def heard(log: Path, robot: str = "logged") -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    return [line for line in lines if line["robot"] == robot]


def assert_stopped_gently(log: Path, robot: str = "logged") -> None:
    told = heard(log, robot)
    assert told[-1]["forward"] == told[-1]["turn"] == 0.0
    assert max(line["forward"] for line in told) > 0.3  # it really drove
    for earlier, later in pairwise(told):
        seconds = later["time"] - earlier["time"]
        for axis, limit in DECELERATION.items():
            change = abs(later[axis] - earlier[axis])
            # The log's own time is a little later than the gate's.
            assert change <= limit * (seconds + 0.02) or later["urgent"]
    assert not any(line["urgent"] for line in told)


@pytest.mark.parametrize("scenario", ["inside", "without", "thread"])
def test_sigterm_ramps_to_zero_and_then_ends_the_program(tmp_path: Path, scenario: str) -> None:
    log = tmp_path / "log"
    with program(log, scenario) as child:
        wait_for(child, "driving")
        child.send_signal(signal.SIGTERM)
        assert child.wait(10.0) == -signal.SIGTERM
    assert_stopped_gently(log)
    assert heard(log)[-1]["stop"] == "SIGTERM"


def test_a_lost_terminal_ramps_to_zero_and_ends_the_program(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with program(log, "inside") as child:
        wait_for(child, "driving")
        child.send_signal(signal.SIGHUP)
        assert child.wait(10.0) == -signal.SIGHUP
    assert_stopped_gently(log)
    assert heard(log)[-1]["stop"] == "SIGHUP"


def test_sigint_ramps_to_zero_and_is_a_keyboard_interrupt_afterwards(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with program(log, "inside") as child:
        wait_for(child, "driving")
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=10.0)
        assert "KeyboardInterrupt" in errors
        assert child.returncode != 0
    assert_stopped_gently(log)


def test_a_second_signal_stops_at_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with program(log, "inside") as child:
        wait_for(child, "driving")
        child.send_signal(signal.SIGTERM)
        time.sleep(0.05)
        child.send_signal(signal.SIGTERM)
        assert child.wait(10.0) == -signal.SIGTERM
    assert heard(log)[-1]["urgent"]
    assert heard(log)[-1]["forward"] == 0.0


def test_two_robots_stop_at_the_same_time(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with program(log, "two") as child:
        wait_for(child, "driving")
        child.send_signal(signal.SIGTERM)
        assert child.wait(10.0) == -signal.SIGTERM
    ends = []
    for robot in ("logged", "other"):
        assert_stopped_gently(log, robot)
        ends.append(heard(log, robot)[-1]["time"])
    assert abs(ends[0] - ends[1]) < 0.3  # one after the other would be longer than a ramp


def test_a_handler_that_was_there_before_is_called_afterwards(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with program(log, "chained") as child:
        wait_for(child, "driving")
        child.send_signal(signal.SIGTERM)
        assert child.stdout is not None
        assert child.stdout.readline().strip() == "the old handler was called"
        assert child.wait(10.0) == 9
    assert_stopped_gently(log)


@pytest.mark.parametrize(
    ("scenario", "status", "why"),
    [
        ("exception", 1, "RuntimeError in the program"),
        ("leave", 3, "the program ended"),
        ("forgotten", 3, "nobody holds the robot any more"),
    ],
)
def test_an_error_or_an_exit_ramps_to_zero(
    tmp_path: Path, scenario: str, status: int, why: str
) -> None:
    log = tmp_path / "log"
    with program(log, scenario) as child:
        _, errors = child.communicate(timeout=10.0)
        assert child.returncode == status
        assert ("a bug in the brain" in errors) == (scenario == "exception")
    assert_stopped_gently(log)
    assert heard(log)[-1]["stop"] == why


def test_a_killed_program_sends_nothing_more(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with program(log, "inside") as child:
        wait_for(child, "driving")
        child.kill()
        child.wait(10.0)
        killed = time.monotonic()
        time.sleep(0.3)
    assert heard(log)[-1]["time"] <= killed
    # No stop was sent: stopping is what the robot's own watchdog is for, at the robot's end.
    assert heard(log)[-1]["forward"] > 0.0


def test_a_forked_child_neither_stops_nor_signals_its_parents_robot(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with program(log, "fork") as child:
        output, errors = child.communicate(timeout=15.0)
        assert child.returncode == 0, errors
        assert output.split() == ["driving"]
    assert_stopped_gently(log)


def test_handlers_come_back_with_the_last_robot() -> None:
    elsewhere = Robot(MemoryDriver())
    elsewhere.connect()
    closing = threading.Thread(target=elsewhere.close)
    closing.start()
    closing.join()
    with Robot(MemoryDriver()):
        pass  # only the main thread can give back what was taken for the one closed elsewhere
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    assert before[signal.SIGINT] is signal.default_int_handler
    first, second = Robot(MemoryDriver()), Robot(MemoryDriver())
    with first:
        ours = signal.getsignal(signal.SIGTERM)
        assert ours != before[signal.SIGTERM]
        with second:
            assert signal.getsignal(signal.SIGTERM) == ours
        assert signal.getsignal(signal.SIGTERM) == ours
    for number, handler in before.items():
        assert signal.getsignal(number) == handler


def test_signals_are_left_alone_where_that_is_asked_for_or_they_are_ignored() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with Robot(MemoryDriver(), signals=False):
        assert signal.getsignal(signal.SIGTERM) == before
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with Robot(MemoryDriver()):
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_handler_that_goes_on_finds_the_robot_closed() -> None:
    told: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, frame: told.append(number))
    try:
        driver = MemoryDriver()
        with Robot(driver) as robot:
            robot.act(Command(forward=0.3))
            signal.raise_signal(signal.SIGTERM)
            end = time.monotonic() + 5.0
            while not told and time.monotonic() < end:
                time.sleep(0.01)
            assert told == [signal.SIGTERM]
            assert driver.written[-1].command == Command()
            assert not robot.health.connected
    finally:
        signal.signal(signal.SIGTERM, before)


def test_guarding_needs_no_robot_at_all() -> None:
    class Machine:
        ended: list[str]

        def __init__(self) -> None:
            self.ended = []

        def end(self, reason: str) -> None:
            self.ended.append(reason)

        def close(self, reason: str = "") -> None:
            self.ended.append(f"closed: {reason}")

        def estop(self, reason: str) -> None:
            self.ended.append(f"estop: {reason}")

    machine = Machine()
    guard(machine, signals=False)
    unguard(machine)
    unguard(machine)
    assert machine.ended == []
