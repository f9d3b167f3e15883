"""How long a command takes to a gateway next to the robot and back."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from embodied_mem.errors import EvaluationError
from embodied_mem.robots.gateway.client import GatewayDriver, make_gateway
from embodied_mem.robots.robot import Robot
from embodied_mem.types import Command
from embodied_mem_envs.robot_peer.process import RobotProcess, own_domain

_WIDTH, _HEIGHT = 640, 480
_CONFIG = """driver = "dds"
[options]
domain = {domain}
width = {width}
height = {height}
"""
_WARM_UP = 40


def bench_gateway(*, quick: bool, note: Callable[[str], None]) -> dict[str, float]:
    """Commands a robot through a gateway on loopback at 20 Hz while its pictures come along.

    Robot, gateway and brain are three processes: the robot sends 640x480 RGB-D over DDS at 10 Hz,
    the gateway passes all of it on.

    Returns:
        `gateway_p50_ms`, `gateway_p99_ms`, `gateway_max_ms`: round trips of commands, each answered
        with what was really sent and the newest readings; `gateway_pictures_hz`;
        `gateway_picture_age_ms`: mean age of the newest picture when it is looked at, since it was
        taken.
    """
    seconds = 10.0 if quick else 60.0
    note(f"commands through a gateway: {seconds:g} s")
    with tempfile.TemporaryDirectory() as folder, own_domain() as domain:
        size = ("--width", str(_WIDTH), "--height", str(_HEIGHT))
        config = Path(folder) / "robot.toml"
        config.write_text(_CONFIG.format(domain=domain, width=_WIDTH, height=_HEIGHT))
        with (
            RobotProcess(domain, Path(folder) / "robot.jsonl", *size),
            _gateway(config) as endpoint,
        ):
            driver = make_gateway({"endpoint": endpoint})
            with Robot(driver, patience=20.0) as robot:
                robot.checks()
                return _drive(robot, driver, seconds)


def _drive(robot: Robot, driver: GatewayDriver, seconds: float) -> dict[str, float]:
    """Weaves for a while; round trips are those that the driver itself measures."""
    trips: list[float] = []
    ages: list[float] = []
    first = last = 0
    for tick in range(_WARM_UP + round(20.0 * seconds)):
        before = time.monotonic()
        robot.send(Command(forward=0.1, turn=0.5 if tick % 40 < 20 else -0.5))
        frame = robot.readings.frame
        if frame is None:
            raise EvaluationError("the gateway passed no picture on")
        if tick == _WARM_UP:
            first = frame.number
        if tick >= _WARM_UP:
            ages.append(time.monotonic() - frame.taken)
            last = frame.number
        time.sleep(max(0.0, before + 0.05 - time.monotonic()))
    trips = [driver.round_trip(share) for share in (50.0, 99.0, 100.0)]
    return {
        "gateway_p50_ms": 1e3 * trips[0],
        "gateway_p99_ms": 1e3 * trips[1],
        "gateway_max_ms": 1e3 * trips[2],
        "gateway_pictures_hz": (last - first) / seconds,
        "gateway_picture_age_ms": 1e3 * float(np.mean(ages)),
    }


@contextmanager
def _gateway(config: Path) -> Iterator[str]:
    """Runs a gateway process next to the robot and yields its endpoint."""
    command = [sys.executable, "-m", "embodied_mem.robots.gateway", "--config", str(config)]
    endpoint = f"ipc://{config.parent}/gateway"
    process = subprocess.Popen(
        [*command, "--endpoint", endpoint, "--with-parent"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        if not process.stdout.readline():
            raise EvaluationError("the gateway did not start")
        yield endpoint
    finally:
        process.terminate()
        process.communicate(timeout=20.0)
