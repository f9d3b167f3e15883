"""An arm from its parameter file: franky-control in a process of its own, reached by a gateway."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.errors import BodyError, ConfigError, MissingExtraError
from embodied_mem.robots.apart import interpreter
from embodied_mem.robots.apart.driver import ApartDriver
from embodied_mem.robots.config import build_robot, load_robot
from embodied_mem.robots.franka import apart
from embodied_mem.robots.franka.config import FrankaConfig
from embodied_mem.robots.franka.driver import FrankaDriver, make_franka
from embodied_mem.robots.franka.limits import arm_limits
from embodied_mem.robots.robot import Robot
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Command
from franka_env import PATIENT, FrankaServer, franka_python
from franka_paths import PARAMETERS as FILE
from franka_paths import smooth_path


def test_the_parameter_file_is_read_and_says_what_the_robot_is() -> None:
    config = load_robot(FILE)
    assert config.gate.forward is None and config.gate.zones is None and config.gate.arm is not None
    driver = make_franka(config.options)
    assert len(driver.info.joints) == 7
    assert "forward" not in driver.info.action_features
    assert driver.info.follows_trajectories


def test_an_interpreter_that_is_named_gets_a_process() -> None:
    assert isinstance(make_franka({"host": "h", "python": "/usr/bin/python3"}), ApartDriver)
    assert isinstance(make_franka({"host": "h", "python": "here"}), FrankaDriver)
    with pytest.raises(ConfigError, match="gripper"):
        make_franka({"host": "h", "griper": True})


def test_no_interpreter_is_an_error_that_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv(apart.INTERPRETER_VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(interpreter.embodied_mem, "__file__", str(tmp_path / "a" / "b"))
    with pytest.raises(MissingExtraError, match="setup-franka"):
        apart.FrankaEnd(FrankaConfig(host="h")).interpreter()


def arm() -> Robot:
    overrides = {
        "options.host": "127.0.0.1",
        "options.python": str(franka_python()),
        **{f"gate.arm.{name}": value for name, value in PATIENT.items()},
    }
    return build_robot(load_robot(FILE, overrides), signals=False)


@pytest.mark.slow
def test_an_arm_that_is_not_there_is_an_error_that_says_so(franka_server: FrankaServer) -> None:
    franka_server.process.kill()
    franka_server.process.wait()
    with pytest.raises(BodyError, match=r"no arm of Franka Robotics at 127\.0\.0\.1"):
        arm().connect()


@pytest.mark.slow
def test_it_checks_follows_grips_and_stops(franka_server: FrankaServer) -> None:
    with arm() as robot:
        rows = {row.name: row for row in robot.checks()}
        assert [row for row in rows.values() if row.verdict == "error"] == []
        assert "joint order" in rows and "gate process" in rows
        joints = robot.readings.joints
        assert joints is not None
        positions, times = smooth_path(joints.tolist(), [0.4, 0.2, 0, 0.2, 0, 0.3, 0], 4.0)
        path = Trajectory(
            joints=robot.info.joints, positions=np.array(positions), times=np.array(times)
        )
        followed = robot.follow(path)
        assert (followed.status, followed.reason) == ("done", "")
        franka_server.wait_until_idle()
        for _ in range(50):
            robot.send(Command(gripper=0.07))
            time.sleep(0.05)
        assert robot.readings.opening == pytest.approx(0.07, abs=0.003)
        robot.estop("the test asks for it")
        assert robot.health.latched
    received = franka_server.received()
    assert np.abs(received.commanded[-1] - positions[-1]).max() < 0.01
    speeds = np.abs(received.commanded_speeds()).max(axis=0)
    assert (speeds <= np.array(arm_limits("fr3").velocity)).all()


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_the_process_at_the_arm_stops_it_when_the_brain_is_gone(
    franka_server: FrankaServer, tmp_path: Path, how: signal.Signals
) -> None:
    """A brain in a process of its own streams, and is killed or stands still."""
    brain = start_brain()
    try:
        deadline = time.monotonic() + 30.0
        while np.abs(franka_server.received().speeds[-50:]).max() < 0.2:
            assert brain.poll() is None and time.monotonic() < deadline
        gone = time.monotonic()
        os.kill(brain.pid, how)
        time.sleep(2.5)
        received = franka_server.received()
    finally:
        brain.kill()
        brain.wait()
    # The watchdog ends it after 0.5 s; braking with 2.5 rad/s^2 from 0.4 rad/s takes 0.2 s more.
    later = received.after(gone + 1.4)
    assert len(later.rows) > 300
    assert np.abs(later.speeds).max() < 0.02
    assert np.ptp(later.joints, axis=0).max() < 0.005


def start_brain() -> subprocess.Popen[bytes]:
    code = (
        "import math, time\n"
        "from embodied_mem.robots.config import build_robot, load_robot\n"
        "from embodied_mem.types import Command\n"
        f"overrides = {{'options.host': '127.0.0.1', 'options.python': {str(franka_python())!r}}}\n"
        f"with build_robot(load_robot({str(FILE)!r}, overrides)) as robot:\n"
        "    start = robot.readings.joints.tolist()\n"
        "    began = time.monotonic()\n"
        "    while True:\n"
        "        swing = 0.17 * (1.0 - math.cos(2.0 * (time.monotonic() - began)))\n"
        "        robot.send(Command(joints=(start[0] + swing, *start[1:])))\n"
        "        time.sleep(0.02)\n"
    )
    return subprocess.Popen([sys.executable, "-c", code], cwd=FILE.parents[2])
