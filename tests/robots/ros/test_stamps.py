"""The robot's clock: delays, drift, jumps in both directions, and clocks that disagree."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.robots.ros.stamps import StampClock

WALL = 1.7e9
"""What the robot's clock shows when ours shows 0."""


class Robot:
    """Two sensors on one clock, which can be set."""

    def __init__(self, *, offset: float = WALL, speed: float = 1.0) -> None:
        self.clock = StampClock()
        self.offset, self.speed, self.now = offset, speed, 100.0
        self.ages: list[float] = []
        self.faults: list[str] = []

    def run(
        self, seconds: float, *, delay: float = 0.002, channels: tuple[str, ...] = ("odom", "depth")
    ):
        """Lets sensors send at 50 and 10 Hz."""
        self.ages, self.faults = [], []
        for count in range(round(50 * seconds)):
            self.now += 0.02
            for name in channels:
                if name == "depth" and count % 5:
                    continue
                stamp = self.offset + self.speed * (self.now - delay)
                taken = self.clock.arrived(name, stamp, self.now)
                assert taken <= self.now
                self.ages.append(self.now - taken)
            self.faults.append(self.clock.fault(self.now))
        return self


def test_a_steady_clock_is_followed():
    robot = Robot().run(5.0, delay=0.004)
    assert max(robot.ages) <= 1e-6
    assert not any(robot.faults)
    assert robot.clock.robot_time(robot.now) == pytest.approx(WALL + robot.now, abs=0.01)


@settings(deadline=None)
@given(delays=st.lists(st.floats(0.0, 3.0), min_size=3, max_size=60))
def test_a_delay_is_an_age_and_never_a_jump(delays):
    clock, now = StampClock(), 10.0
    clock.arrived("odom", WALL + now, now)
    last = 0.0
    for count, delay in enumerate(delays):
        sent = 11.0 + count  # messages of one sensor keep their order
        now = max(now, sent + delay)
        last = now - clock.arrived("odom", WALL + sent, now)
        assert last == pytest.approx(now - sent, abs=0.002 * (count + 2))
        assert clock.fault(now) == ""


@pytest.mark.parametrize("speed", [1.0 - 2e-4, 1.0 + 2e-4])
def test_drift_is_followed(speed):
    robot = Robot(speed=speed).run(600.0)
    assert max(robot.ages) < 0.01
    assert not any(robot.faults)


@pytest.mark.parametrize("jump", [-3600.0, -5.0, -0.5, 0.5, 5.0, 3600.0])
def test_a_jump_is_a_fault_for_a_second_and_then_followed(jump):
    robot = Robot().run(3.0)
    robot.offset += jump
    robot.run(0.5)
    assert all("jumped" in fault for fault in robot.faults)
    assert max(robot.ages) < 0.01  # what comes is new, all the same
    robot.run(0.7)
    assert robot.faults[-1] == ""
    robot.run(3.0)
    assert not any(robot.faults)
    assert max(robot.ages) < 0.01
    assert robot.clock.robot_time(robot.now) == pytest.approx(robot.offset + robot.now, abs=0.02)


def test_jumping_again_within_the_second_starts_it_again():
    robot = Robot().run(3.0)
    for jump in (5.0, -7.0, 5.0, -7.0):
        robot.offset += jump
        assert all(robot.run(0.6).faults)
    robot.run(1.2)
    assert robot.faults[-1] == ""


def test_one_sensor_with_a_clock_of_its_own_stays_a_fault():
    robot = Robot().run(3.0)
    for _ in range(40):
        robot.run(0.1, channels=("odom",))
        robot.now += 0.001
        robot.clock.arrived("depth", WALL + robot.now + 2.0, robot.now)
        assert "depth" in robot.clock.fault(robot.now)


def test_a_link_that_becomes_slow_shows_old_data():
    robot = Robot().run(3.0)
    robot.now += 0.8  # nothing comes until the first late message does
    robot.run(10.0, delay=0.8)
    assert min(robot.ages) > 0.75  # old, and not taken for another clock
    assert not any(robot.faults)
    robot.run(1.0)
    assert max(robot.ages) < 0.02


def test_the_first_messages_may_have_waited():
    robot = Robot().run(0.4, delay=0.6).run(1.0)
    assert not any(robot.faults)
    assert max(robot.ages[-10:]) < 0.01


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.floats(), st.floats(0.0, 1.0)), max_size=60))
def test_no_stamp_whatever_makes_it_raise_or_tell_the_future(messages):
    clock, now = StampClock(), 0.0
    for channel, stamp, wait in messages:
        now += wait
        assert clock.arrived(channel, stamp, now) <= now
        assert isinstance(clock.fault(now), str)
