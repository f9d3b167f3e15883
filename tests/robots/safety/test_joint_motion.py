"""One joint's reference: whatever is asked for, its differences obey the limits."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.safety.joint_motion import (
    JointMotion,
    braking_speed,
    profile_velocity,
    stop_profile,
)
from embodied_mem.types import Float64Array
from kinematic_arm import wide_limits

SECONDS = 0.005
SPEED, ACCELERATION, BRAKE, JERK = 2.0, 10.0, 5.0, 100.0


def make(position: float = 0.0) -> JointMotion:
    motion = JointMotion(
        low=-2.8,
        high=2.8,
        velocity=SPEED,
        acceleration=ACCELERATION,
        reflex_acceleration=50.0,
        stop_acceleration=BRAKE,
        stop_jerk=JERK,
        seconds_per_tick=SECONDS,
    )
    motion.start(position)
    return motion


def followed(motion: JointMotion, targets: list[float]) -> Float64Array:
    positions = [motion.position]
    for target in targets:
        motion.follow(target)
        positions.append(motion.position)
    return np.array(positions)


@settings(max_examples=40, deadline=None)
@example([(-1.0, 79), (0.0, 3), (-2.0, 60), (-3.0, 180)])  # the last tick before the wall
@given(st.lists(st.tuples(st.floats(-9.0, 9.0), st.integers(1, 60)), min_size=1, max_size=8))
def test_no_jump_of_targets_breaks_a_limit(jumps: list[tuple[float, int]]) -> None:
    positions = followed(make(), [target for target, ticks in jumps for _ in range(ticks)])
    velocities = np.diff(positions) / SECONDS
    assert np.abs(velocities).max() <= SPEED + 1e-9
    assert np.abs(np.diff(velocities, prepend=0.0) / SECONDS).max() <= ACCELERATION + 1e-6
    assert np.abs(positions).max() <= 2.8


@given(st.floats(0.0, 3.0), st.floats(0.5, 50.0))
def test_whoever_brakes_in_time_stops_in_the_room_there_is(
    room: float, deceleration: float
) -> None:
    speed = first = braking_speed(room, deceleration, SECONDS)
    left = room
    while speed > 0.0:
        left -= speed * SECONDS
        speed -= deceleration * SECONDS
    assert left == pytest.approx(0.0, abs=1e-9 * max(1.0, room)), "no room is given away"
    after = braking_speed(max(0.0, room - first * SECONDS), deceleration, SECONDS)
    assert first - after <= deceleration * SECONDS * (1.0 + 1e-6) + 1e-9


def test_a_far_target_is_reached_soon_and_without_overshoot() -> None:
    positions = followed(make(), [1.0] * 250)
    assert positions.max() <= 1.0 + 1e-9
    assert positions[-1] == pytest.approx(1.0, abs=1e-9)
    least = 1.0 / SPEED + SPEED / ACCELERATION  # of a trapezoid
    assert np.argmax(positions > 0.999) * SECONDS < 1.2 * least


def test_a_stream_within_the_limits_passes_unchanged() -> None:
    time = np.arange(1, 400) * SECONDS
    targets = (0.5 * (1.0 - np.cos(3.0 * time))).tolist()  # up to 1.5 rad/s and 4.5 rad/s^2
    motion = make()
    assert all(
        motion.follow(target) and motion.position == pytest.approx(target) for target in targets
    )


def test_a_lost_stream_is_caught_up_with() -> None:
    targets = [0.3 + 0.5 * SECONDS * k for k in range(200)]
    assert followed(make(), targets)[-1] == pytest.approx(targets[-1], abs=1e-9)


def test_a_stop_is_free_of_jolts() -> None:
    motion = make()
    positions = followed(motion, [9.0] * 60)
    stopping = [*positions[-3:]]
    while motion.velocity:
        motion.brake()
        stopping.append(motion.position)
    velocities = np.diff(stopping) / SECONDS
    rates = np.diff(velocities) / SECONDS
    assert np.abs(np.diff(rates)).max() / SECONDS <= JERK + 1e-6
    assert rates.min() >= -BRAKE - 1e-9
    assert velocities.min() >= 0.0  # it does not swing back
    longest = 2.0 / BRAKE + BRAKE / JERK
    assert len(stopping) * SECONDS < longest + 0.05


@settings(max_examples=200, deadline=None)
@given(st.floats(-2.0, 2.0), st.floats(-5.0, 5.0))
def test_every_stop_ends_at_rest_within_its_bounds(velocity: float, rate: float) -> None:
    profile = stop_profile(velocity, rate, BRAKE, JERK)
    end = sum(profile[3:])
    steps = np.array([profile_velocity(profile, t) for t in np.linspace(0.0, end, 200)])
    assert min(profile[3:]) >= -1e-12
    assert abs(profile_velocity(profile, end - 1e-9)) < 1e-6
    if end > 1e-3:
        assert np.abs(np.diff(steps)).max() <= BRAKE * end / 199 * 1.001 + 1e-9


def test_a_joint_beyond_its_limit_only_comes_back() -> None:
    motion = make(2.9)
    assert followed(motion, [3.5] * 20).max() == 2.9
    assert followed(motion, [2.0] * 200)[-1] == pytest.approx(2.0)


def test_in_a_hurry_it_brakes_harder_and_comes_back() -> None:
    motion = make()
    followed(motion, [9.0] * 60)
    where = motion.position
    motion.hurry(True)
    positions = followed(motion, [where] * 40)
    velocities = np.diff(positions) / SECONDS
    assert np.diff(velocities).min() / SECONDS == pytest.approx(-50.0)
    assert positions.max() - where < 0.05
    assert positions[-1] == pytest.approx(where)


def test_coasting_keeps_the_speed_and_stays_inside() -> None:
    motion = make(2.5)
    followed(motion, [9.0] * 10)
    before = motion.velocity
    motion.coast()
    assert motion.velocity == before
    for _ in range(200):
        motion.coast()
    assert motion.position <= 2.8


def test_limits_come_from_a_description() -> None:
    pybullet_data = pytest.importorskip("pybullet_data")
    urdf = Path(pybullet_data.getDataPath()) / "franka_panda" / "panda.urdf"
    limits = JointLimits.of_urdf(urdf, [f"panda_joint{index}" for index in range(1, 8)])
    assert limits.high[3] == pytest.approx(-0.0698 - 0.01, abs=0.1)
    assert limits.velocity[0] == pytest.approx(2.175)
    with pytest.raises(ConfigError, match="panda_joint9"):
        JointLimits.of_urdf(urdf, ["panda_joint9"])


@pytest.mark.parametrize(
    "changes",
    [{"velocity": (0.0,) * 7}, {"high": (-3.0,) * 7}, {"acceleration": (1.0,) * 6},
     {"stop_jerk": (float("nan"),) * 7}],
)  # fmt: skip
def test_impossible_limits_are_refused(changes: dict[str, tuple[float, ...]]) -> None:
    with pytest.raises(ConfigError):
        wide_limits(**changes)


@pytest.mark.parametrize("hurried", [False, True])
def test_a_stop_at_any_moment_keeps_speed_travel_and_deceleration(hurried: bool) -> None:
    """Also while it speeds up, and so near the end of its travel that a gentle one is too long."""
    for ticks in range(5, 420, 5):
        motion = make()
        positions = followed(motion, [9.0] * ticks)
        while motion.velocity or motion.rate:
            motion.halt() if hurried else motion.brake()
            positions = np.append(positions, motion.position)
        velocities = np.diff(positions) / SECONDS
        rates = np.diff(velocities, prepend=0.0) / SECONDS
        assert positions.max() <= 2.8
        assert velocities.max() <= SPEED + 1e-9
        hardest = 50.0 if hurried else 9.0 / 8.0 * ACCELERATION
        assert np.abs(rates).max() <= hardest + 1e-6, ticks
