"""A task of the tabletop, planned and commanded by the real brain, carried out over FCI."""

import time

import numpy as np
import pytest

from embodied_mem.robots.franka.limits import FR3, arm_limits
from embodied_mem.robots.trajectory_log import Stretch
from franka_env import PATIENT, FrankaClient, FrankaServer, skip_reason
from franka_paths import smooth_path

pytest.importorskip("pybullet")
pytest.importorskip("pinocchio")
pytestmark = pytest.mark.slow

LIMITS = arm_limits("fr3")
TOLERANCE = 0.05
"""The default path tolerance of the gate, rad; asserted from what the controller saw."""


@pytest.fixture(scope="module")
def task():
    if skip_reason():
        pytest.skip(skip_reason())
    from recorded_task import record_task

    return record_task("stack", 1, 0, LIMITS)


def go_to(client: FrankaClient, goal: list[float]) -> None:
    """Moves smoothly to where a recording begins."""
    here = client.call("look")["joints"]
    way = (np.array(goal) - here).tolist()
    positions, times = smooth_path(here, way, max(2.0, 3.0 * max(map(abs, way))))
    status, reason, _ = client.call("follow", positions=positions, times=times)
    assert reason == ""
    assert status == "done"


def carry_out(client: FrankaClient, stretch: Stretch) -> None:
    """Follows one stretch and grips."""
    path = stretch.trajectory
    status, reason, _ = client.call(
        "follow", positions=path.positions.tolist(), times=path.times.tolist()
    )
    assert reason == ""
    assert status == "done"
    if stretch.gripper is not None:
        opening = client.call("grip", width=stretch.gripper, seconds=2.0)
        assert opening == pytest.approx(stretch.gripper, abs=0.003)


def test_all_motions_of_a_task_are_carried_out_within_the_limits(
    task, franka_server: FrankaServer
) -> None:
    assert len(task.stretches) >= 3
    with FrankaClient(arm=PATIENT) as client:
        go_to(client, task.start)
        for stretch in task.stretches:
            franka_server.wait_until_idle()  # so that every path is a motion of its own in the log
            carry_out(client, stretch)
        franka_server.wait_until_idle()
    received = franka_server.received()
    motions = received.motions()[-len(task.stretches) :]
    errors = [
        motion.error_along(stretch.trajectory)
        for motion, stretch in zip(motions, task.stretches, strict=True)
    ]
    assert max(errors) < TOLERANCE
    speeds = np.abs(received.commanded_speeds()).max(axis=0)
    assert (speeds <= np.array(LIMITS.velocity) + 1e-3).all()
    hardest = np.abs(received.commanded_accelerations()).max(axis=0)
    assert (hardest <= 1.1 * np.array(FR3.acceleration)).all()
    assert (received.commanded >= np.array(LIMITS.low)).all()
    assert (received.commanded <= np.array(LIMITS.high)).all()
    # The controller was led along the recorded way: every recorded point was commanded.
    for stretch in task.stretches:
        for point in stretch.trajectory.positions[::5]:
            assert np.abs(received.commanded - point).max(axis=1).min() < 0.01
    seconds = sum(stretch.trajectory.seconds for stretch in task.stretches)
    print(f"{len(errors)} paths, {seconds:.1f} s, tracking error {max(errors):.4f} rad at most")


def test_a_client_killed_in_motion_leaves_the_arm_holding_and_another_finishes(
    task, franka_server: FrankaServer
) -> None:
    longest = max(range(len(task.stretches)), key=lambda k: task.stretches[k].trajectory.seconds)
    path = task.stretches[longest].trajectory
    with FrankaClient(arm=PATIENT) as client:
        go_to(client, task.start)
        for stretch in task.stretches[:longest]:
            carry_out(client, stretch)
        client.begin("follow", positions=path.positions.tolist(), times=path.times.tolist())
        wait_until_fast(client)
        killed = client.kill()
    received = franka_server.received()
    assert np.abs(received.speeds[received.time < killed][-1]).max() > 0.1
    wait_for(franka_server, killed + 1.5)
    held = franka_server.received().after(killed + 0.5)
    assert len(held.rows) > 300
    assert np.ptp(held.joints, axis=0).max() < 0.005
    assert np.abs(held.speeds).max() < 0.02

    with FrankaClient(arm=PATIENT) as client:
        assert client.call("look")["robot_stopped"] == ""
        here = np.array(client.call("look")["joints"])
        assert np.abs(here - held.joints[-1]).max() < 0.01
        rest = int(np.abs(path.positions - here).max(axis=1).argmin())
        go_to(client, path.positions[rest].tolist())
        follow_rest(client, path, rest)
        for stretch in task.stretches[longest + 1 :]:
            carry_out(client, stretch)
        goal = task.stretches[-1].trajectory.positions[-1]
        assert np.abs(np.array(client.call("look")["joints"]) - goal).max() < 0.02


def wait_until_fast(client: FrankaClient) -> None:
    deadline = time.monotonic() + 10.0
    while max(map(abs, client.call("look")["speeds"])) < 0.3:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def wait_for(server: FrankaServer, moment: float) -> None:
    """Waits until the controller has told of a moment."""
    deadline = time.monotonic() + 15.0
    while server.received().time[-1] < moment:
        assert time.monotonic() < deadline


def follow_rest(client: FrankaClient, path, first: int) -> None:
    """Follows a path from one of its points on, at the pace that starting there allows."""
    from embodied_mem.robots.trajectory import Trajectory
    from embodied_mem.robots.trajectory_log import slowed

    positions = path.positions[first:]
    if len(positions) < 2:
        return
    times = path.times[first:] - path.times[first]
    rest = slowed(Trajectory(joints=path.joints, positions=positions, times=times), LIMITS)
    status, reason, _ = client.call(
        "follow", positions=rest.positions.tolist(), times=rest.times.tolist()
    )
    assert reason == ""
    assert status == "done"
