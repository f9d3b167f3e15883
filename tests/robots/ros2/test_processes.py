"""The process with rclpy outlives a brain that dies, stops the robot, and outlives it no longer."""

import os
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from embodied_mem.errors import BodyError
from embodied_mem.types import Command
from fault_scene import DRIVE, FORWARD, GATE_BRAKES, LATE, Scene
from peer import own_domain
from ros_env import ros_options, ros_python, ros_robot, ros_variables


@pytest.fixture(scope="module")
def driving(tmp_path_factory):
    ros_python()
    with own_domain() as domain:
        folder = tmp_path_factory.mktemp("driving")
        with Scene(domain, folder, driver="ros2", options=ros_options(domain)) as one:
            yield one


def until(met, seconds=15.0):
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end
        time.sleep(0.02)


def ros_process(parent):
    """Returns the process with rclpy that a brain has started."""
    children = psutil.Process(parent).children(recursive=True)
    return next(one for one in children if "embodied_mem.robots.apart.serve" in one.cmdline())


def folder_of(process):
    return Path(process.cmdline()[3])


def test_a_brain_that_is_killed_is_braked_for_before_the_robot_must_do_it_itself(driving):
    driving.until_driving()
    serving = ros_process(driving.brain.process.pid)
    folder = folder_of(serving)
    assert folder.stat().st_mode & 0o777 == 0o700
    since = time.monotonic()
    driving.brain.kill()
    log = driving.check_stop(since, GATE_BRAKES + 0.3, deceleration=1.0)
    zero = log.first_zero_after(since)
    # The gate's ramp ended in a zero; a robot that only times out gets none.
    assert zero is not None
    assert zero - since < GATE_BRAKES + 0.3 + LATE
    slower = [c.forward for c in log.nonzero_between(since) if 0.0 < c.forward < 0.9 * FORWARD]
    assert slower, "it was not braked for gently"
    driving.check_limits()
    until(lambda: not serving.is_running())
    until(lambda: not folder.exists())
    driving.new_brain()
    driving.until_driving()


def test_a_brain_that_stands_still_is_braked_for_by_the_watchdog_and_may_go_on(driving):
    driving.until_driving()
    serving = ros_process(driving.brain.process.pid)
    since = time.monotonic()
    driving.brain.signal(signal.SIGSTOP)
    try:
        log = driving.check_stop(since, 0.5 + GATE_BRAKES, deceleration=1.0)
        assert log.first_zero_after(since) is not None
        assert serving.is_running()
    finally:
        driving.brain.signal(signal.SIGCONT)
    driving.until_driving()
    driving.check_limits()


def test_an_rclpy_that_is_killed_leaves_the_robot_to_its_own_timeout_and_the_brain_knows(
    lasting_scene,
):
    peer, robot = lasting_scene()
    until(lambda: robot.act(Command(forward=-0.1, turn=0.4)).turn > 0.3)
    serving = ros_process(os.getpid())
    since = time.monotonic()
    serving.kill()
    serving.wait(5.0)
    until(lambda: robot.health.stopped)
    assert any("the process with rclpy ended" in fault for fault in robot.health.faults)
    log = peer.until(lambda log: log.stopped_by(since) is not None)
    braking = 0.4 / DRIVE.turn_acceleration
    assert log.stopped_by(since) - since < DRIVE.cmd_vel_timeout + braking + LATE
    robot.close()
    robot.connect()
    until(lambda: robot.act(Command(turn=0.4)).turn > 0.3)
    robot.send(Command())


def test_a_stop_that_a_robot_said_it_had_is_forgotten_when_that_robot_is_gone(lasting_scene):
    peer, robot = lasting_scene()
    peer.tell("estop")
    until(lambda: robot.readings.stopped)
    peer.kill()
    until(lambda: not robot.readings.stopped)
    until(lambda: any("no robot subscribes" in fault for fault in robot.health.faults))


def test_in_a_python_that_has_rclpy_the_driver_works_in_process(tmp_path):
    code = (
        "from embodied_mem.robots.ros2.driver import make_ros2; import os, sys; "
        "print(type(make_ros2({'discovery': 'OFF'})).__name__, "
        "os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'], "
        "type(make_ros2({'python': sys.executable})).__name__)"
    )
    ran = subprocess.run(
        [str(ros_python()), "-c", code],
        env=dict(ros_variables(tmp_path, 1)),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ran.stdout.split() == ["RclpyDriver", "OFF", "ApartDriver"], ran.stderr


@pytest.mark.parametrize(
    ("python", "says"),
    [
        ("/nowhere/python3", "the option `python` names /nowhere/python3"),
        ("/bin/false", "ended with status 1 before it was ready"),
    ],
)
def test_a_python_that_cannot_serve_is_an_error_that_says_what_to_run(python, says):
    robot = ros_robot(1, python=python)
    with pytest.raises(BodyError, match=says):
        robot.connect()
