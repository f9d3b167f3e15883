"""Everything that must bring an arm to rest, asserted from what the controller saw."""

import os
import signal
import time

import numpy as np
import pytest

from franka_env import CallFailed, FrankaClient, FrankaServer
from franka_paths import smooth_path

pytestmark = pytest.mark.slow

STILL = 0.02
"""rad/s."""
WAY = [0.8, 0.0, 0.0, 0.4, 0.0, 0.0, 0.0]


def begin_path(client: FrankaClient, seconds: float = 2.5) -> int:
    """Begins a long path and returns once the arm moves."""
    start = client.call("look")["joints"]
    positions, times = smooth_path(start, WAY, seconds)
    number = client.begin("follow", positions=positions, times=times)
    deadline = time.monotonic() + 5.0
    while max(map(abs, client.call("look")["speeds"])) < 0.2:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return number


def wait_for_rest(client: FrankaClient, limit: float = 3.0) -> list[float]:
    deadline = time.monotonic() + limit
    while max(map(abs, (seen := client.call("look"))["speeds"])) > STILL:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return list(seen["joints"])


def test_an_emergency_stop_ends_a_path_and_needs_reset_and_a_fresh_command(
    franka_server: FrankaServer, franka_client: FrankaClient
) -> None:
    number = begin_path(franka_client)
    asked = franka_client.call("estop")
    status, reason, _ = franka_client.result(number)
    assert status == "stopped" and "emergency stop" in reason
    time.sleep(0.5)
    received = franka_server.received()
    # From 0.5 rad/s with 10 rad/s^2 it takes 0.05 s; the rest is for a loaded machine.
    later = received.after(asked + 0.35)
    assert len(later.rows) > 50
    assert np.ptp(later.commanded, axis=0).max() < 1e-6
    assert np.abs(later.speeds).max() < STILL

    held = wait_for_rest(franka_client)
    nudged = [held[0] + 0.1, *held[1:]]
    moment = time.monotonic()
    franka_client.call("stream", positions=[nudged] * 20, seconds=0.02)
    assert np.ptp(franka_server.received().after(moment).commanded, axis=0).max() < 1e-6
    assert franka_client.call("reset") is True
    time.sleep(0.6)
    assert np.ptp(franka_server.received().after(moment).commanded, axis=0).max() < 1e-6
    franka_client.call("stream", positions=[nudged] * 60, seconds=0.02)
    assert franka_client.call("look")["joints"][0] == pytest.approx(nudged[0], abs=0.01)


def test_a_stuck_joint_aborts_the_path_and_the_arm_holds_where_it_is(
    franka_server: FrankaServer,
) -> None:
    with FrankaClient() as client:
        start = client.call("look")["joints"]
        franka_server.order("freeze 0")
        positions, times = smooth_path(start, WAY, 6.0)
        status, reason, worst = client.call("follow", positions=positions, times=times)
        assert status == "aborted" and "joint1" in reason and worst > 0.05
        franka_server.order("thaw")
        wait_for_rest(client)
    time.sleep(0.3)
    moment = time.monotonic()
    time.sleep(0.3)
    later = franka_server.received().after(moment)
    assert np.ptp(later.joints, axis=0).max() < 0.002
    # It was told to move 0.8 rad; it must hold near to where it was stuck.
    assert abs(later.joints[-1][0] - start[0]) < 0.15
    assert abs(later.commanded[-1][3] - positions[-1][3]) > 0.1


def test_silence_brings_a_streamed_arm_to_rest(
    franka_server: FrankaServer, franka_client: FrankaClient
) -> None:
    start = franka_client.call("look")["joints"]
    positions = [[start[0] + 0.008 * step, *start[1:]] for step in range(40)]
    franka_client.call("stream", positions=positions, seconds=0.02)
    moment = time.monotonic()
    time.sleep(1.6)
    received = franka_server.received()
    later = received.after(moment + 1.2)
    assert np.abs(later.speeds).max() < STILL
    assert received.commanded[:, 0].max() < positions[-1][0] + 0.05


def test_a_reflex_stops_the_arm_until_somebody_resets(
    franka_server: FrankaServer, franka_client: FrankaClient
) -> None:
    """The reflex is played by our server: the simulator has none."""
    number = begin_path(franka_client)
    franka_server.order("reflex")
    status, reason, _ = franka_client.result(number)
    assert status == "stopped" and "cartesian_reflex" in reason
    seen = franka_client.call("look")
    assert "reflex" in seen["robot_stopped"]
    with pytest.raises(CallFailed):
        franka_client.call("follow", positions=[seen["joints"]] * 2, times=[0.0, 1.0])
    time.sleep(1.0)
    assert "reflex" in franka_client.call("look")["robot_stopped"]  # nothing recovers by itself
    assert franka_client.call("reset") is True
    deadline = time.monotonic() + 5.0
    while franka_client.call("look")["robot_stopped"]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    held = wait_for_rest(franka_client)
    positions, times = smooth_path(held, [-0.2] + [0.0] * 6, 1.5)
    status, reason, _ = franka_client.call("follow", positions=positions, times=times)
    assert reason == ""
    assert status == "done"


def test_a_pressed_stop_button_cannot_be_reset_from_here(
    franka_server: FrankaServer, franka_client: FrankaClient
) -> None:
    """The button is played by our server: the simulator has none."""
    franka_server.order("user_stop")
    time.sleep(0.3)
    assert "emergency stop" in franka_client.call("look")["robot_stopped"]
    franka_client.call("reset")
    time.sleep(0.5)
    assert franka_client.call("look")["robot_stopped"]
    franka_server.order("release")
    deadline = time.monotonic() + 10.0
    while franka_client.call("look")["robot_stopped"]:  # a busy controller hears of it late
        assert time.monotonic() < deadline
        franka_client.call("reset")
        time.sleep(0.5)


def test_a_controller_that_falls_silent_is_a_fault_until_it_answers_again(
    franka_server: FrankaServer, franka_client: FrankaClient
) -> None:
    number = begin_path(franka_client)
    os.kill(franka_server.process.pid, signal.SIGSTOP)
    try:
        status, reason, _ = franka_client.result(number)
        assert status == "stopped" and "joints" in reason
        deadline = time.monotonic() + 5.0
        while not any("does not answer" in text for text in franka_client.call("look")["faults"]):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        os.kill(franka_server.process.pid, signal.SIGCONT)
    deadline = time.monotonic() + 15.0
    while (seen := franka_client.call("look"))["faults"] or seen["robot_stopped"]:
        assert time.monotonic() < deadline, seen
        time.sleep(0.1)
    held = wait_for_rest(franka_client)
    positions, times = smooth_path(held, [-0.2] + [0.0] * 6, 1.5)
    status, reason, _ = franka_client.call("follow", positions=positions, times=times)
    assert reason == ""
    assert status == "done"
