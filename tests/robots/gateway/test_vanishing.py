"""What happens to a moving robot when the brain, the gateway or what started it is gone.

Everything is asserted from what the robot's driver was told, in the gateway's own process.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway_process import Served, gateway_process

WATCHDOG, RAMP = 0.5, 0.4 / 1.5
"""Of the default gate, s: the ramp is from 0.4 m/s at 1.5 m/s^2."""
SLACK = 0.6
"""For jerk limits, periods, and a loaded machine, s."""

BRAIN = """
import sys, time
from embodied_mem.robots.gateway.client import make_gateway
from embodied_mem.robots.robot import Robot
from embodied_mem.types import Command

with Robot(make_gateway({"endpoint": sys.argv[1]})) as brain:
    while True:
        brain.act(Command(forward=0.4))
"""


@contextmanager
def brain_process(served: Served) -> Iterator["subprocess.Popen[bytes]"]:
    """A brain in a process of its own, once its robot drives at 0.4 m/s."""
    process = subprocess.Popen([sys.executable, "-c", BRAIN, served.endpoint])
    try:
        wait_for_speed(served, 0.39)
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for_speed(served: Served, speed: float) -> None:
    end = time.monotonic() + 15.0
    while not any(forward > speed for _, forward, _ in served.received()):
        assert time.monotonic() < end, "the brain does not drive"
        time.sleep(0.05)


def check_rest(served: Served, since: float, within: float) -> None:
    """The robot was told to stop in time, never faster than the ramp, and not to move after."""
    later = [row for row in served.received() if row[0] >= since]
    assert later, "the robot was told nothing more"
    moving = [row for row in later if row[1] != 0.0]
    assert all(row[0] < since + within for row in moving)
    assert later[-1][1] == 0.0
    assert not any(row[2] for row in later)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_brain_that_is_gone_leaves_a_robot_at_rest(tmp_path: Path, how: signal.Signals) -> None:
    with gateway_process(tmp_path) as served, brain_process(served) as brain:
        since = time.monotonic()
        os.kill(brain.pid, how)
        time.sleep(WATCHDOG + RAMP + SLACK + 0.3)
        check_rest(served, since, WATCHDOG + RAMP + SLACK)
        if how == signal.SIGSTOP:
            os.kill(brain.pid, signal.SIGCONT)  # it goes on from rest, with commands that are fresh
            wait_for_speed(served, 0.39)


@pytest.mark.parametrize("how", ["SIGTERM", "SIGINT", "parent"])
def test_a_gateway_that_ends_brings_its_robot_to_rest(tmp_path: Path, how: str) -> None:
    with gateway_process(tmp_path, extra=["--with-parent"]) as served, brain_process(served):
        since = time.monotonic()
        if how == "parent":
            assert served.process.stdin is not None
            served.process.stdin.close()
        else:
            served.process.send_signal(signal.Signals[how])
        assert served.process.wait(10.0) == 0
        check_rest(served, since, RAMP + SLACK)


def test_a_gateway_that_was_stopped_for_a_while_obeys_nothing_from_then(tmp_path: Path) -> None:
    with gateway_process(tmp_path) as served, brain_process(served) as brain:
        os.kill(served.process.pid, signal.SIGSTOP)
        time.sleep(1.0)
        os.kill(brain.pid, signal.SIGKILL)  # what it said until now waits in the gateway's socket
        brain.wait()
        since = time.monotonic()
        os.kill(served.process.pid, signal.SIGCONT)
        time.sleep(RAMP + SLACK + 0.3)
        # Only the ramp down, from a watchdog that finds the newest command a second old.
        check_rest(served, since, RAMP + SLACK)


@pytest.mark.slow
def test_a_brain_that_is_gone_leaves_a_robot_at_rest_fifty_times(tmp_path: Path) -> None:
    with gateway_process(tmp_path) as served:
        for _ in range(50):
            served.log.write_text("")
            with brain_process(served) as brain:
                since = time.monotonic()
                brain.kill()
                time.sleep(WATCHDOG + RAMP + SLACK + 0.3)
                check_rest(served, since, WATCHDOG + RAMP + SLACK)
