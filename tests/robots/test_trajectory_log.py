"""Streams of commands, cut into paths and slowed down to an arm's limits."""

import numpy as np
import pytest

from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.robots.trajectory_log import TrajectoryLog, slowed
from embodied_mem.types import Command

TICK = 0.005
NAMES = ("a", "b")


def limits(velocity: float = 1.0, acceleration: float = 2.0) -> JointLimits:
    return JointLimits(
        low=(-3.0, -3.0),
        high=(3.0, 3.0),
        velocity=(velocity,) * 2,
        acceleration=(acceleration,) * 2,
        reflex_acceleration=(10.0,) * 2,
        stop_acceleration=(1.0,) * 2,
        stop_jerk=(10.0,) * 2,
    )


def test_a_stream_is_cut_where_the_arm_rests_and_says_what_the_fingers_did() -> None:
    log = TrajectoryLog(NAMES, (0.0, 0.0), seconds_per_tick=TICK)
    for tick in range(1, 101):
        log.note(Command(joints=(0.001 * tick, 0.0), gripper=0.08))
    for _ in range(40):
        log.note(Command(gripper=0.02))
    for tick in range(1, 51):
        log.note(Command(joints=(0.1, 0.002 * tick)))
    first, second = log.stretches()
    assert first.gripper == 0.02
    assert second.gripper == 0.02
    assert first.trajectory.positions[0] == pytest.approx([0.0, 0.0])
    assert first.trajectory.positions[-1] == pytest.approx([0.1, 0.0])
    assert first.trajectory.seconds == pytest.approx(0.5)
    assert second.trajectory.positions[0] == pytest.approx([0.1, 0.0])
    assert second.trajectory.positions[-1] == pytest.approx([0.1, 0.1])
    assert len(first.trajectory.times) == 11


def test_what_never_moves_has_no_stretches() -> None:
    log = TrajectoryLog(NAMES, (0.0, 0.0), seconds_per_tick=TICK)
    for _ in range(50):
        log.note(Command())
    assert log.stretches() == ()


def test_a_slowed_path_keeps_its_points_and_all_limits() -> None:
    rng = np.random.default_rng(3)
    ways = rng.uniform(-0.05, 0.05, (40, 2))
    positions = np.concatenate([[[0.0, 0.0]], np.cumsum(ways, axis=0)])
    path = Trajectory(joints=NAMES, positions=positions, times=0.02 * np.arange(41))
    slow = slowed(path, limits())
    assert (slow.positions == positions).all()
    seconds = np.diff(slow.times)
    speeds = np.diff(positions, axis=0) / seconds[:, None]
    assert np.abs(speeds).max() <= 1.0
    rest = np.zeros((1, 2))
    changes = np.diff(np.concatenate([rest, speeds, rest]), axis=0)
    spans = 0.5 * (np.append(seconds, 0.0) + np.append(0.0, seconds))
    assert (np.abs(changes) / spans[:, None]).max() <= 2.0


def test_a_path_within_the_limits_keeps_its_times() -> None:
    times = np.linspace(0.0, 4.0, 81)
    share = 0.5 - 0.5 * np.cos(np.pi * times / 4.0)
    path = Trajectory(joints=NAMES, positions=np.outer(share, [0.5, 0.2]), times=times)
    assert slowed(path, limits()).times == pytest.approx(times)
