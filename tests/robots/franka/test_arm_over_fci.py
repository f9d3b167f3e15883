"""An arm driven over the real FCI protocol; limits are asserted from what the controller saw."""

import numpy as np
import pytest

from embodied_mem.robots.franka.limits import FR3, arm_limits, fr3_speed_window
from embodied_mem.robots.trajectory import Trajectory
from franka_env import CallFailed, FrankaClient, FrankaServer, Received
from franka_paths import smooth_path, wave

pytestmark = pytest.mark.slow

LIMITS = arm_limits("fr3")


def assert_within_limits(received: Received) -> None:
    commanded, speeds = received.commanded, received.commanded_speeds()
    assert len(speeds) > 100
    assert (commanded >= np.array(LIMITS.low) - 1e-6).all()
    assert (commanded <= np.array(LIMITS.high) + 1e-6).all()
    assert (np.abs(speeds) <= np.array(LIMITS.velocity) + 1e-3).all()
    # The low-pass filter of libfranka and the count of cycles leave a little over the limit.
    hardest = np.abs(received.commanded_accelerations()).max(axis=0)
    assert (hardest <= 1.1 * np.array(FR3.acceleration)).all()
    for row, pace in zip(*received.commanded_with_speeds(), strict=True):
        for joint in range(7):
            slowest, fastest = fr3_speed_window(joint, row[joint])
            assert slowest - 1e-3 <= pace[joint] <= fastest + 1e-3


def test_all_checks_pass(franka_client: FrankaClient) -> None:
    verdicts = {name: verdict for name, verdict, _ in franka_client.call("checks")}
    assert "error" not in verdicts.values()
    assert {"control unit", "state", "robot mode", "joint order", "limits", "hand"} <= set(verdicts)


def test_it_follows_a_path_within_its_limits(
    franka_server: FrankaServer, franka_client: FrankaClient
) -> None:
    start = franka_client.call("look")["joints"]
    way = [0.8, 0.3, -0.5, 0.4, 0.6, 0.7, -0.9]
    positions, times = smooth_path(start, way, 6.0)
    status, reason, _ = franka_client.call("follow", positions=positions, times=times)
    assert (status, reason) == ("done", "")
    franka_server.wait_until_idle()
    received = franka_server.received()
    assert_within_limits(received)
    path = Trajectory(joints=tuple("1234567"), positions=np.array(positions), times=np.array(times))
    assert received.motions()[0].error_along(path) < 0.05
    assert np.abs(received.joints[-1] - np.array(positions[-1])).max() < 0.01
    assert np.abs(received.commanded[-1] - np.array(positions[-1])).max() < 1e-3


def test_a_joint_streamed_to_the_end_of_its_travel_stops_before_it(
    franka_server: FrankaServer, franka_client: FrankaClient
) -> None:
    """It is asked for more, and faster, than there is room."""
    start = franka_client.call("look")["joints"]
    asked = [min(start[5] + 0.03 * tick, LIMITS.high[5] + 0.2) for tick in range(150)]
    with pytest.raises(CallFailed, match="step"):
        franka_client.call("stream", positions=[[*start[:5], start[5] + 0.5, start[6]]], seconds=1)
    for target in asked:
        joints = franka_client.call("look")["joints"]
        near = min(target, joints[5] + 0.3)
        franka_client.call("stream", positions=[[*start[:5], near, start[6]]] * 2, seconds=0.02)
    franka_server.wait_until_idle()
    received = franka_server.received()
    assert_within_limits(received)
    assert received.commanded[:, 5].max() > start[5] + 1.0


def test_it_follows_streamed_positions_within_its_limits(
    franka_server: FrankaServer, franka_client: FrankaClient
) -> None:
    start = franka_client.call("look")["joints"]
    positions = wave(start, joint=0, size=0.5, seconds=4.0, tick=0.02)
    franka_client.call("stream", positions=positions, seconds=0.02)
    franka_server.wait_until_idle()
    received = franka_server.received()
    assert_within_limits(received)
    assert np.abs(received.joints - received.commanded).max() < 0.05
    assert np.ptp(received.joints[:, 0]) > 0.5
    assert np.abs(received.joints[-1] - np.array(positions[-1])).max() < 0.02


BAD_PATHS = {
    "position": lambda p, t: p[-1].__setitem__(3, 0.2),
    "speed": lambda p, t: t.__setitem__(slice(None), [0.05 * value for value in t]),
    "acceleration": lambda p, t: t.__setitem__(-1, t[-2] + 0.01),
    "not after": lambda p, t: t.__setitem__(2, t[1]),
    "begins": lambda p, t: p[0].__setitem__(0, p[0][0] + 0.2),
    "finite": lambda p, t: p[3].__setitem__(5, float("nan")),
}


def test_bad_paths_are_refused_before_anything_is_sent(
    franka_server: FrankaServer, franka_client: FrankaClient
) -> None:
    start = franka_client.call("look")["joints"]
    for what, change in BAD_PATHS.items():
        positions, times = smooth_path(start, [0.3] * 7, 2.0)
        change(positions, times)
        with pytest.raises(CallFailed, match=what) as refused:
            franka_client.call("follow", positions=positions, times=times)
        assert refused.value.kind == "TrajectoryRefused"
    for joints in ([0.0] * 6, [0.0] * 8, [float("inf")] * 7):
        with pytest.raises(CallFailed) as refused:
            franka_client.call("send", joints=joints)
        assert refused.value.kind == "CommandRefused"
    assert not franka_server.received().moving.any()


def test_a_position_that_is_too_far_is_refused(
    franka_server: FrankaServer, franka_client: FrankaClient
) -> None:
    joints = franka_client.call("look")["joints"]
    joints[0] += 1.0
    with pytest.raises(CallFailed, match="step"):
        franka_client.call("send", joints=joints)
    assert not franka_server.received().moving.any()


def test_the_fingers_do_what_is_asked(
    franka_server: FrankaServer, franka_client: FrankaClient
) -> None:
    assert franka_client.call("grip", width=0.06, seconds=2.5) == pytest.approx(0.06, abs=0.002)
    assert franka_client.call("grip", width=0.02, seconds=2.5) == pytest.approx(0.02, abs=0.002)
    opening = franka_server.received().opening
    assert opening.max() == pytest.approx(0.06, abs=0.003)
    assert opening[-1] == pytest.approx(0.02, abs=0.002)
