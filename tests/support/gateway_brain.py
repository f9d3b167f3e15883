"""A brain in a process of its own that drives through a gateway, and what its robot must do.

Limits are asserted from what the robot's driver was told, in the gateway's own process.
"""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from gateway_process import Served

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
    since = time.monotonic()
    process = subprocess.Popen([sys.executable, "-c", BRAIN, served.endpoint])
    try:
        wait_for_speed(served, 0.39, since)
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for_speed(served: Served, speed: float, since: float) -> None:
    """Waits until the robot is told to go faster than that, after some moment (monotonic, s)."""
    end = time.monotonic() + 15.0
    while not any(when > since and forward > speed for when, forward, _ in served.received()):
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
