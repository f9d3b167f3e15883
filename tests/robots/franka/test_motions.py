"""The pieces of which a stream and a path are made."""

import numpy as np
import pytest

from embodied_mem.robots.franka.limits import arm_limits
from embodied_mem.robots.franka.motions import StreamPlanner, path_knots
from embodied_mem.robots.trajectory import Trajectory

LIMITS = arm_limits("fr3")
HOME = np.array([0.0, -0.5, 0.0, -2.0, 0.0, 1.6, 0.7])
JOINTS = tuple(f"joint{k}" for k in range(1, 8))


def started(position: np.ndarray = HOME) -> StreamPlanner:
    planner = StreamPlanner(LIMITS)
    planner.start(position, np.zeros(7))
    return planner


def test_every_piece_ends_at_rest_within_the_limits() -> None:
    planner, tick = started(), 0.02
    for step in range(1, 200):
        target = HOME + 0.8 * np.sin(1.2 * step * tick) * np.array([1, 0.5, 0, 0, 0, 0, 0])
        knots = planner.piece(target, tick)
        assert knots[0].position == pytest.approx(tuple(target))
        assert not any(knots[-1].velocity)
        for knot in knots:
            assert (np.array(knot.position) >= np.array(LIMITS.low) - 1e-9).all()
            assert (np.array(knot.position) <= np.array(LIMITS.high) + 1e-9).all()
            assert (np.abs(knot.velocity) <= np.array(LIMITS.velocity)).all()


def test_a_steady_acceleration_is_met_with_the_speed_at_the_end_of_the_period() -> None:
    planner, tick = started(), 0.02
    for step in range(1, 30):
        target = HOME.copy()
        target[0] += 0.5 * 1.5 * (step * tick) ** 2
        knots = planner.piece(target, tick)
    assert knots[0].velocity[0] == pytest.approx(1.5 * 29 * tick, rel=0.02)


def test_a_piece_near_the_end_of_the_travel_leaves_room_to_brake() -> None:
    start = HOME.copy()
    start[0] = LIMITS.high[0] - 0.02
    planner = started(start)
    planner.start(start - np.eye(7)[0] * 0.004, np.eye(7)[0] * 0.2)
    knots = planner.piece(start, 0.02)
    assert max(knot.position[0] for knot in knots) <= LIMITS.high[0]


def test_no_speed_is_kept_at_the_very_end_of_the_travel() -> None:
    start = HOME.copy()
    start[5] = LIMITS.high[5]
    planner = started()
    planner.start(start - np.eye(7)[5] * 0.004, np.eye(7)[5] * 0.2)
    assert planner.piece(start, 0.02)[0].velocity == (0.0,) * 7


def test_a_step_back_to_where_a_joint_is_stuck_is_not_gone_beyond() -> None:
    planner = started()
    planner.start(HOME + np.eye(7)[0] * 0.06, np.eye(7)[0] * 0.4)
    knots = planner.piece(HOME, 0.02)
    assert len(knots) == 1
    assert knots[0].velocity == (0.0,) * 7


def test_a_path_passes_its_points_at_their_times_and_ends_at_rest() -> None:
    times = np.linspace(0.0, 2.0, 41)
    positions = HOME + np.outer(0.5 - 0.5 * np.cos(np.pi * times / 2.0), np.full(7, 0.3))
    knots = path_knots(Trajectory(joints=JOINTS, positions=positions, times=times))
    assert sum(knot.seconds for knot in knots) == pytest.approx(2.0)
    assert np.array([knot.position for knot in knots]) == pytest.approx(positions[1:])
    assert not any(knots[-1].velocity)
    middle = knots[19].velocity[0]
    assert middle == pytest.approx(0.3 * np.pi / 4.0, rel=0.02)


def test_points_that_are_too_near_are_joined_and_the_end_is_kept() -> None:
    times = np.array([0.0, 0.005, 0.01, 0.05, 0.1, 0.105])
    positions = np.tile(HOME, (6, 1)) + times[:, None]
    knots = path_knots(Trajectory(joints=JOINTS, positions=positions, times=times))
    assert sum(knot.seconds for knot in knots) == pytest.approx(0.105)
    assert knots[-1].position == pytest.approx(tuple(positions[-1]))
    assert min(knot.seconds for knot in knots) > 0.019


def test_times_are_rounded_so_that_the_whole_path_keeps_its_length() -> None:
    times = np.linspace(0.0, 10.0, 301)
    positions = HOME + 0.01 * times[:, None]
    knots = path_knots(Trajectory(joints=JOINTS, positions=positions, times=times))
    milliseconds = [1000.0 * knot.seconds for knot in knots]
    assert milliseconds == pytest.approx(np.round(milliseconds))
    assert sum(milliseconds) == pytest.approx(10_000.0)


def test_a_path_that_begins_later_waits_first() -> None:
    positions = np.array([HOME, HOME + 0.1])
    knots = path_knots(Trajectory(joints=JOINTS, positions=positions, times=np.array([0.5, 1.5])))
    assert [knot.seconds for knot in knots] == pytest.approx([0.5, 1.0])
    assert knots[0].position == pytest.approx(tuple(HOME))


def test_a_path_of_one_point_is_no_motion() -> None:
    assert path_knots(Trajectory(joints=JOINTS, positions=HOME[None], times=np.zeros(1))) == ()


def test_a_joint_that_turns_back_stands_still_there() -> None:
    times = np.array([0.0, 0.5, 1.0])
    positions = np.array([HOME, HOME + 0.1, HOME])
    knots = path_knots(Trajectory(joints=JOINTS, positions=positions, times=times))
    assert knots[0].velocity == (0.0,) * 7
