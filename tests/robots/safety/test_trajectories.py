"""Trajectories are refused before anything of them is sent, with the point, joint and limit."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from embodied_mem.errors import BodyError, TrajectoryRefused
from embodied_mem.robots.safety.config import ArmGateConfig
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.safety.trajectories import TrajectoryChecks
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Float64Array

NAMES = ("shoulder", "elbow")
LIMITS = JointLimits(
    low=(-1.0, -2.0),
    high=(1.0, 2.0),
    velocity=(1.0, 2.0),
    acceleration=(4.0, 8.0),
    reflex_acceleration=(20.0, 40.0),
    stop_acceleration=(2.0, 4.0),
    stop_jerk=(40.0, 80.0),
)
CHECKS = TrajectoryChecks(NAMES, LIMITS, ArmGateConfig())
REST = np.zeros(2)


def trapezoid(seconds: float, speed: float, rate: float, spacing: float = 0.01) -> Trajectory:
    """The shoulder speeds up, goes on and slows down, each as hard as said; sampled exactly."""
    times = np.arange(0.0, seconds + 0.5 * spacing, spacing)
    ramp = speed / rate
    up = 0.5 * rate * np.minimum(times, ramp) ** 2
    flat = speed * np.clip(times - ramp, 0.0, None)
    down = 0.5 * rate * np.clip(times - (times[-1] - ramp), 0.0, None) ** 2
    positions = np.zeros((len(times), 2))
    positions[:, 0] = up + flat - down
    return Trajectory(joints=NAMES, positions=positions, times=times)


def moved(change: Callable[[Float64Array, Float64Array], None]) -> Trajectory:
    good = trapezoid(1.0, 0.4, 2.0)
    positions, times = good.positions.copy(), good.times.copy()
    change(positions, times)
    return Trajectory(joints=NAMES, positions=positions, times=times)


def test_a_motion_at_the_very_limits_is_let_through() -> None:
    checked = CHECKS.check(trapezoid(1.2, 1.0, 4.0), REST)
    assert checked.positions[-1, 0] == pytest.approx(0.95)


@pytest.mark.parametrize(("speed", "rate", "what"), [(1.01, 4.0, "speed"), (0.9, 4.1, "accel")])
def test_a_motion_just_beyond_is_refused(speed: float, rate: float, what: str) -> None:
    with pytest.raises(TrajectoryRefused, match=f"{what}.*shoulder") as refused:
        CHECKS.check(trapezoid(1.2, speed, rate), REST)
    assert refused.value.joint == "shoulder"
    assert refused.value.limit == (1.0 if what == "speed" else 4.0)
    assert isinstance(refused.value, BodyError)


def swap(positions: Float64Array, times: Float64Array) -> None:
    times[[30, 31]] = times[[31, 30]]


def repeat(positions: Float64Array, times: Float64Array) -> None:
    times[31] = times[30]


def past(positions: Float64Array, times: Float64Array) -> None:
    times -= 0.1


def no_time(positions: Float64Array, times: Float64Array) -> None:
    times[7] = np.nan


def no_number(positions: Float64Array, times: Float64Array) -> None:
    positions[40, 1] = np.nan


def endless(positions: Float64Array, times: Float64Array) -> None:
    positions[40, 1] = -np.inf


def far(positions: Float64Array, times: Float64Array) -> None:
    positions[:, 0] += 0.9


def elsewhere(positions: Float64Array, times: Float64Array) -> None:
    positions[:, 1] += 0.06


def jump(positions: Float64Array, times: Float64Array) -> None:
    positions[60:, 1] = 0.03


def sudden_end(positions: Float64Array, times: Float64Array) -> None:
    positions[:, 0] = 0.4 * times


@pytest.mark.parametrize(
    ("change", "says", "point", "joint"),
    [
        (swap, "not after", 31, ""),
        (repeat, "not after", 31, ""),
        (past, "before the start", 0, ""),
        (no_time, "time is nan", 7, ""),
        (no_number, "must be finite", 40, "elbow"),
        (endless, "must be finite", 40, "elbow"),
        (far, "begins 0.900 rad", 0, "shoulder"),
        (elsewhere, "begins 0.060 rad", 0, "elbow"),
        (jump, "speed of elbow is 3", 60, "elbow"),
        (sudden_end, "acceleration of shoulder is 80", 0, "shoulder"),
    ],
)
def test_what_is_wrong_is_said(
    change: Callable[[Float64Array, Float64Array], None], says: str, point: int, joint: str
) -> None:
    with pytest.raises(TrajectoryRefused, match=says) as refused:
        CHECKS.check(moved(change), REST)
    assert (refused.value.point, refused.value.joint) == (point, joint)


def test_the_end_of_the_travel_is_a_limit() -> None:
    start = np.array([0.9, 0.0])
    with pytest.raises(TrajectoryRefused, match=r"position of shoulder.*limit is 1 rad") as refused:
        CHECKS.check(moved(far), start)
    assert refused.value.limit == 1.0 and refused.value.point is not None


@pytest.mark.parametrize("names", [("shoulder",), ("shoulder", "wrist"), ("elbow", "elbow")])
def test_other_joints_are_refused(names: tuple[str, ...]) -> None:
    path = Trajectory(joints=names, positions=np.zeros((2, len(names))), times=np.arange(2.0))
    with pytest.raises(TrajectoryRefused, match="the robot has shoulder, elbow"):
        CHECKS.check(path, REST)


def test_columns_come_in_the_robots_order() -> None:
    path = trapezoid(1.0, 0.4, 2.0)
    turned = Trajectory(joints=NAMES[::-1], positions=path.positions[:, ::-1], times=path.times)
    checked = CHECKS.check(turned, REST)
    assert checked.joints == NAMES
    np.testing.assert_array_equal(checked.positions, path.positions)


def test_what_was_checked_cannot_be_changed_from_outside() -> None:
    path = trapezoid(1.0, 0.4, 2.0)
    checked = CHECKS.check(path, REST)
    path.positions[:] = 99.0
    path.times[:] = 0.0
    assert checked.positions.max() < 1.0 and checked.seconds == pytest.approx(1.0)


@pytest.mark.parametrize("measured", [None, np.array([0.0, np.nan])])
def test_nobody_follows_a_path_from_an_unknown_place(measured: Float64Array | None) -> None:
    with pytest.raises(TrajectoryRefused, match="nothing is known"):
        CHECKS.check(trapezoid(1.0, 0.4, 2.0), measured)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-3.0, 3.0), st.floats(-3.0, 3.0), st.floats(-0.1, 2.0)),
        min_size=1,
        max_size=6,
    )
)
@example([(0.0, 0.0, 5e-324)])
@example([(0.0, 1.0, 2e-309), (0.0, 0.0, 1.0)])
def test_whatever_is_let_through_obeys_the_limits(points: list[tuple[float, float, float]]) -> None:
    steps = np.array([point[2] for point in points])
    path = Trajectory(
        joints=NAMES,
        positions=np.concatenate((np.zeros((1, 2)), np.array([point[:2] for point in points]))),
        times=np.concatenate(([0.0], np.cumsum(steps))),
    )
    try:
        checked = CHECKS.check(path, REST)
    except TrajectoryRefused:
        return
    assert (checked.positions >= LIMITS.low).all() and (checked.positions <= LIMITS.high).all()
    moves, spans = np.abs(np.diff(checked.positions, axis=0)), np.diff(checked.times)
    assert (moves <= np.array(LIMITS.velocity) * spans[:, None] * (1.0 + 1e-5)).all()
