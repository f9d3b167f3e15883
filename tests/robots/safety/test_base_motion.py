"""A base's velocities: whatever is asked for and however irregular time is, limits hold."""

from dataclasses import replace
from math import inf

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from embodied_mem.robots.safety.base_motion import AxisMotion, BaseMotion
from embodied_mem.robots.safety.config import AxisLimits

PERIOD = 0.05
FORWARD = AxisLimits(fastest=0.5, slowest=-0.25, acceleration=1.0, deceleration=1.5, jerk=20.0)
TURN = AxisLimits(fastest=1.5, slowest=-1.5, acceleration=3.2, deceleration=3.2, jerk=60.0)
Step = tuple[float, float, float]

seconds = st.one_of(st.just(PERIOD), st.floats(1e-3, 0.2), st.floats(0.2, 5.0))
steps = st.lists(
    st.tuples(st.floats(-0.25, 0.5), st.floats(-1.5, 1.5), seconds), min_size=1, max_size=40
)


def held(steps: list[Step], times: int) -> list[Step]:
    """Repeats every step, so that ramps have time to get somewhere."""
    return [step for step in steps for _ in range(times)]


def check(limits: AxisLimits, velocities: list[float], times: list[float]) -> None:
    """Asserts limits as finite differences, from rest."""
    before = rate = 0.0
    for velocity, time in zip(velocities, times, strict=True):
        assert limits.slowest - 1e-6 <= velocity <= limits.fastest + 1e-6
        now = (velocity - before) / time
        gains = abs(velocity) > abs(before)
        bound = limits.acceleration if gains else limits.deceleration
        assert abs(now) <= bound * (1.0 + 1e-6) + 1e-9, (before, velocity, time)
        assert velocity * before >= 0.0, "it must come to rest between two directions"
        assert abs(now - rate) <= limits.jerk * time * (1.0 + 1e-6) + 1e-3, (
            before,
            velocity,
            rate,
            time,
        )
        before, rate = velocity, now


@settings(max_examples=150, deadline=None)
@given(steps, st.integers(1, 12))
@example([(0.5, 0.0, 0.05), (-0.25, 0.0, 0.05), (0.5, 1.5, 0.001)], 8)
def test_velocity_acceleration_and_jerk_hold_over_the_real_time(
    asked: list[Step], times: int
) -> None:
    base = BaseMotion(FORWARD, TURN, PERIOD)
    sent = []
    stream = held(asked, times)
    for forward, turn, time in stream:
        base.follow(forward, turn, inf, time)
        sent.append(base.velocities())
    check(FORWARD, [forward for forward, _ in sent], [time for _, _, time in stream])
    check(TURN, [turn for _, turn in sent], [time for _, _, time in stream])


@settings(max_examples=60, deadline=None)
@given(st.floats(-0.25, 0.5), st.floats(-1.5, 1.5), st.floats(0.01, 0.1))
def test_what_is_asked_for_is_reached_exactly_and_kept(
    forward: float, turn: float, time: float
) -> None:
    base = BaseMotion(FORWARD, TURN, PERIOD)
    for _ in range(int(4.0 / min(time, PERIOD))):
        base.follow(forward, turn, inf, time)
    assert base.velocities() == (forward, turn)


@pytest.mark.parametrize("jerk", [inf, 20.0])
def test_the_curve_is_kept_while_speeding_up(jerk: float) -> None:
    base = BaseMotion(replace(FORWARD, jerk=jerk), replace(TURN, jerk=jerk), PERIOD)
    ratios = []
    for _ in range(12):
        base.follow(0.4, 1.2, inf, PERIOD)
        forward, turn = base.velocities()
        ratios.append(turn / forward)
    assert ratios == pytest.approx([3.0] * 12, rel=1e-9)


def test_without_jerk_limits_it_ramps_at_the_acceleration() -> None:
    axis = BaseMotion(replace(FORWARD, jerk=inf), None, PERIOD)
    sent = []
    for _ in range(4):
        axis.follow(0.12, 3.0, inf, PERIOD)
        sent.append(axis.velocities())
    assert sent == [(pytest.approx(v), 0.0) for v in (0.05, 0.1, 0.12, 0.12)]


def test_after_a_silence_no_more_is_gained_than_in_a_period() -> None:
    base = BaseMotion(FORWARD, None, PERIOD)
    base.follow(0.5, 0.0, inf, 60.0)
    assert 0.0 < base.velocities()[0] <= FORWARD.acceleration * PERIOD + 1e-12


@settings(max_examples=60, deadline=None)
@given(steps, st.lists(seconds, min_size=1, max_size=60))
def test_braking_takes_as_long_as_the_deceleration_says(
    asked: list[Step], braked: list[float]
) -> None:
    base = BaseMotion(FORWARD, TURN, PERIOD)
    for forward, turn, time in held(asked, 5):
        base.follow(forward, turn, inf, time)
    start = base.velocities()
    passed = 0.0
    for time in braked:
        base.brake(time)
        passed += time
        for velocity, first, limits in zip(base.velocities(), start, (FORWARD, TURN), strict=True):
            left = max(0.0, abs(first) - limits.deceleration * passed)
            assert abs(velocity) == pytest.approx(left, abs=1e-9)


def test_what_is_ahead_is_braked_for_at_full_deceleration() -> None:
    base = BaseMotion(FORWARD, TURN, PERIOD)
    for _ in range(20):
        base.follow(0.5, 1.0, inf, PERIOD)
    sent = []
    for _ in range(4):
        base.follow(0.5, 1.0, 0.3, PERIOD)
        sent.append(base.velocities())
    assert [forward for forward, _ in sent] == pytest.approx([0.425, 0.35, 0.3, 0.3])
    assert all(turn == pytest.approx(1.0) for _, turn in sent)


def test_speeding_up_never_runs_past_what_is_ahead() -> None:
    base = BaseMotion(FORWARD, None, PERIOD)
    for _ in range(3):
        base.follow(0.5, 0.0, inf, PERIOD)
    before = base.velocities()[0]
    cap = before + 0.001
    for _ in range(10):
        base.follow(0.5, 0.0, cap, PERIOD)
        assert base.velocities()[0] <= cap
    assert base.velocities()[0] > before - 1e-9


def test_unlimited_axes_do_at_once_what_they_are_told() -> None:
    free = AxisLimits(fastest=inf, slowest=-inf, acceleration=inf, deceleration=inf)
    base = BaseMotion(free, free, 0.1)
    for wanted in ((0.3, -0.7), (-0.1, 0.9), (0.1 + 0.2, 0.0)):
        base.follow(*wanted, inf, 0.1)
        assert base.velocities() == wanted
    base.brake(0.1)
    assert base.at_rest


def test_no_time_changes_nothing_but_a_halt() -> None:
    axis = AxisMotion(FORWARD, PERIOD)
    axis.set(0.4)
    base = BaseMotion(FORWARD, None, PERIOD)
    base.follow(0.5, 0.0, inf, PERIOD)
    moving = base.velocities()
    base.follow(0.5, 0.0, inf, 0.0)
    base.brake(0.0)
    assert base.velocities() == moving
    base.halt()
    assert base.velocities() == (0.0, 0.0)
