"""Odometry: refused where it is malformed, interpolated at any stamp, put onto the floor."""

from math import cos, pi, sin

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ObservationError
from embodied_mem.robots.ros.odometry import (
    OdometryHistory,
    odometry_sample,
    pose_matrix,
    slerp,
)

NUMBERS = st.floats(-1e3, 1e3)
ROTATIONS = st.tuples(*[st.floats(-1.0, 1.0)] * 4).filter(
    lambda parts: sum(part * part for part in parts) > 0.01
)


def at(stamp: float, x: float = 0.0, yaw: float = 0.0):
    return odometry_sample(
        stamp=stamp,
        position=(x, 0.0, 0.0),
        orientation=(0.0, 0.0, sin(0.5 * yaw), cos(0.5 * yaw)),
        linear=(0.1, 0.0, 0.0),
        angular=(0.0, 0.0, 0.2),
    )


def unit(parts: tuple[float, ...]) -> tuple[float, float, float, float]:
    length = float(np.linalg.norm(parts))
    x, y, z, w = (part / length for part in parts)
    return (x, y, z, w)


@settings(deadline=None)
@given(first=ROTATIONS, second=ROTATIONS, part=st.floats(0.0, 1.0))
def test_between_two_rotations_lies_a_rotation(first, second, part):
    one, other = unit(first), unit(second)
    middle = pose_matrix((0, 0, 0), slerp(one, other, part))[:3, :3]
    np.testing.assert_allclose(middle @ middle.T, np.eye(3), atol=1e-9)
    start, end = pose_matrix((0, 0, 0), one)[:3, :3], pose_matrix((0, 0, 0), other)[:3, :3]

    def angle(a: np.ndarray, b: np.ndarray) -> float:
        return float(np.arccos(np.clip((np.trace(a.T @ b) - 1.0) / 2.0, -1.0, 1.0)))

    whole = angle(start, end)
    if whole < pi - 0.01:  # of half a turn there are many shortest ways
        assert angle(start, middle) == pytest.approx(part * whole, abs=1e-5)


@settings(deadline=None)
@given(position=st.tuples(*[NUMBERS] * 3), rotation=ROTATIONS)
def test_the_floor_keeps_place_and_heading(position, rotation):
    turned = unit(rotation)
    ahead = pose_matrix((0, 0, 0), turned)[:3, 0]
    sample = odometry_sample(
        stamp=1.0, position=position, orientation=turned, linear=(0, 0, 0), angular=(0, 0, 0)
    )
    pose = pose_matrix(sample.position, sample.orientation)
    assert pose[:3, 3].tolist() == [position[0], position[1], 0.0]
    np.testing.assert_allclose(pose[:3, 2], (0, 0, 1), atol=1e-9)
    if np.hypot(ahead[0], ahead[1]) > 1e-3:
        np.testing.assert_allclose(pose[:2, 0], ahead[:2] / np.hypot(ahead[0], ahead[1]), atol=1e-6)


def test_off_the_floor_all_of_the_pose_stays():
    turned = unit((0.1, 0.2, 0.3, 0.9))
    sample = odometry_sample(
        stamp=1.0,
        position=(1, 2, 3),
        orientation=turned,
        linear=(0, 0, 0),
        angular=(0, 0, 0),
        planar=False,
    )
    assert sample.position == (1.0, 2.0, 3.0)
    assert sample.orientation == pytest.approx(turned)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize("place", range(14))
def test_a_number_that_is_not_finite_is_refused(bad, place):
    numbers = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0, *[0.0] * 6]
    numbers[place] = bad
    with pytest.raises(ObservationError, match="finite"):
        odometry_sample(
            stamp=numbers[0],
            position=numbers[1:4],
            orientation=numbers[4:8],
            linear=numbers[8:11],
            angular=numbers[11:14],
        )


@pytest.mark.parametrize("rotation", [(0, 0, 0, 0), (0, 0, 0, 0.5), (2, 0, 0, 1)])
def test_a_quaternion_that_nobody_filled_in_is_refused(rotation):
    with pytest.raises(ObservationError, match="quaternion"):
        odometry_sample(
            stamp=0.0, position=(0, 0, 0), orientation=rotation, linear=(0, 0, 0), angular=(0, 0, 0)
        )


@settings(deadline=None)
@given(stamp=st.floats(10.0, 11.0))
def test_the_pose_of_any_stamp_lies_on_the_way(stamp):
    history = OdometryHistory()
    for step in range(51):
        assert history.add(at(10.0 + 0.02 * step, x=0.01 * step, yaw=0.03 * step))
    pose = history.pose(stamp)
    assert pose is not None
    assert pose[0, 3] == pytest.approx(0.5 * (stamp - 10.0), abs=1e-9)
    assert np.arctan2(pose[1, 0], pose[0, 0]) == pytest.approx(1.5 * (stamp - 10.0), abs=1e-6)


def test_beyond_what_is_known_there_is_no_pose():
    history = OdometryHistory(slack=0.03)
    assert history.pose(10.0) is None
    history.add(at(10.0, x=1.0))
    history.add(at(10.1, x=2.0))
    assert history.pose(9.9) is None
    assert history.pose(10.2) is None
    near = history.pose(10.12)
    assert near is not None and near[0, 3] == 2.0
    assert not history.covers(10.12)


def test_a_clock_that_was_set_begins_a_new_history():
    history = OdometryHistory(seconds=5.0)
    history.add(at(100.0, x=1.0))
    assert not history.add(at(100.0, x=2.0))
    assert not history.add(at(99.95, x=3.0))  # overtaken on the way
    assert history.add(at(50.0, x=4.0))
    assert history.pose(100.0) is None
    assert history.add(at(3650.0, x=5.0))
    assert history.pose(50.0) is None
    assert history.newest is not None and history.newest.position[0] == 5.0


def test_the_history_does_not_grow():
    history = OdometryHistory(seconds=1.0)
    for step in range(2000):
        history.add(at(0.02 * step))
    assert len(history._samples) <= 101
    assert history.pose(0.02 * 1999 - 0.99) is not None
