"""A brain in one process, and the gate that counts in another, next to the robot.

With the driver `dds` a brain that dies takes its gate with it, and the robot's own timeout must do.
Behind a gateway the gate is still there: it brings the robot to rest by a ramp, by itself.
"""

import os
import signal
import subprocess
import sys
import time

import pytest

from driving_brain import GATE
from embodied_mem.errors import BodyError
from embodied_mem.robots.ros2.environment import ros_interpreter
from fault_scene import GATE_BRAKES, Scene, dds_options
from peer import own_domain

LOST = 0.3
"""Without a sign of life for so long a brain is lost to its gateway (`GatewayOptions.patience`)."""


@pytest.fixture
def served(tmp_path):
    """A scene whose brain drives through a gateway in a third process."""
    with own_domain() as domain:
        options = dds_options(domain)
        camera = ", ".join(f"{key} = {value}" for key, value in options.pop("camera").items())
        lines = ['driver = "dds"', "[options]", f"camera = {{ {camera} }}"]
        lines += [f"{key} = {value}" for key, value in options.items()]
        config = tmp_path / "robot.toml"
        config.write_text("\n".join(lines))
        endpoint = f"ipc://{tmp_path}/gate"
        gateway = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "embodied_mem.robots.gateway",
                "--with-parent",
                "--config",
                str(config),
                "--endpoint",
                endpoint,
            ],
            stdin=subprocess.PIPE,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        try:
            with Scene(domain, tmp_path, driver="gateway", options={"endpoint": endpoint}) as one:
                yield one
        finally:
            gateway.kill()
            gateway.wait()
            gateway.stdin.close()


@pytest.fixture
def in_ros(tmp_path):
    """A scene whose brain drives through rclpy, in ROS's own process."""
    try:
        ros_interpreter()
    except BodyError as error:
        pytest.skip(str(error))
    with own_domain() as domain:
        one = Scene(domain, tmp_path, driver="ros2", options=dds_options(domain))
        with one:
            yield one


def check_ramp(driving, since):
    """Asserts that the robot was told to slow down to zero, within limits and in time."""
    within = max(GATE.watchdog, LOST) + 2 / GATE.rate + GATE_BRAKES
    log = driving.check_stop(since, within, deceleration=GATE.forward.deceleration)
    slowing = [c.forward for c in log.commands if c.t > since]
    assert slowing[-1] == 0.0
    assert any(0.0 < speed < 0.35 for speed in slowing)
    driving.check_limits()


@pytest.mark.parametrize(
    ("where", "number"),
    [
        ("served", signal.SIGKILL),
        ("served", signal.SIGSTOP),
        # tests/robots/ros2/test_processes.py kills and stops a brain on rclpy, too.
        pytest.param("in_ros", signal.SIGKILL, marks=pytest.mark.slow),
        pytest.param("in_ros", signal.SIGSTOP, marks=pytest.mark.slow),
    ],
)
def test_the_gate_at_the_robots_end_outlives_a_brain_that_is_killed_or_hangs(
    where, number, request
):
    driving = request.getfixturevalue(where)
    driving.until_driving()
    since = time.monotonic()
    driving.brain.signal(number)
    check_ramp(driving, since)
    if number is signal.SIGSTOP:
        driving.brain.signal(signal.SIGCONT)
    else:
        driving.new_brain()
    driving.until_driving()
    driving.check_limits()
