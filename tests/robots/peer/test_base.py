"""The drive: its limits, its timeout, and walls."""

from math import hypot, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import ConfigError
from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.house.generate import generate_house
from embodied_mem_envs.robot_peer.base import STEP, DifferentialBase
from embodied_mem_envs.robot_peer.config import BaseConfig, PeerConfig

HOUSE = generate_house(7, HouseConfig(rooms=3))
LIMITS = BaseConfig()


def run(base, seconds, start=0.0, *, estopped=False, again=None):
    """Steps for a while, repeating a command at every step where one is given."""
    states, now = [], start
    for _ in range(round(seconds / STEP)):
        now += STEP
        if again is not None:
            base.command(*again, now)
        states.append(base.step(now, estopped=estopped))
    return states


def test_it_reaches_a_speed_within_its_acceleration_and_brakes_when_nobody_speaks():
    base = DifferentialBase(HOUSE, LIMITS)
    base.command(0.4, 0.0, 0.0)
    states = run(base, 1.5)
    speeds = [state.forward for state in states]
    assert max(speeds) == pytest.approx(0.4)
    assert speeds[round(0.4 / 2.5 / STEP)] == pytest.approx(0.4)
    changes = [b - a for a, b in zip([0.0, *speeds], speeds, strict=False)]
    assert max(map(abs, changes)) <= 2.5 * STEP + 1e-9
    assert speeds[round(0.45 / STEP)] == pytest.approx(0.4)
    assert speeds[round(0.71 / STEP)] == 0.0


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(-3.0, 3.0), st.floats(-6.0, 6.0), st.booleans()),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_is_asked_speed_and_its_change_stay_within_what_drives_can_do(commands):
    base = DifferentialBase(HOUSE, LIMITS)
    state, now = base.state, 0.0
    for forward, turn, estopped in commands:
        base.command(forward, turn, now)
        for _ in range(20):
            now += STEP
            after = base.step(now, estopped=estopped)
            assert abs(after.forward) <= LIMITS.max_forward + 1e-9
            assert abs(after.turn) <= LIMITS.max_turn + 1e-9
            assert abs(after.turn - state.turn) <= 2 * LIMITS.turn_acceleration * STEP + 1e-9
            if not after.collided and not state.collided:
                assert abs(after.forward - state.forward) <= LIMITS.brake * STEP + 1e-9
            moved = hypot(after.x - state.x, after.y - state.y)
            # Where it is pushed out of a corner it may go further than it rolled, never by much.
            assert moved <= LIMITS.max_forward * STEP + 2e-3
            state = after


def test_what_is_not_finite_is_no_command():
    base = DifferentialBase(HOUSE, LIMITS)
    assert not base.command(nan, 0.0, 0.0)
    assert not base.command(0.1, float("inf"), 0.0)
    assert run(base, 0.2)[-1].forward == 0.0


def test_an_emergency_stop_brakes_harder_and_needs_a_fresh_command_afterwards():
    base = DifferentialBase(HOUSE, LIMITS)
    run(base, 0.5, again=(0.4, 0.0))
    stopping = run(base, 0.1, 0.5, estopped=True, again=(0.4, 0.0))
    assert stopping[-1].forward == 0.0
    assert run(base, 0.3, 0.6)[-1].forward == 0.0
    assert run(base, 0.3, 0.9, again=(0.4, 0.0))[-1].forward == pytest.approx(0.4)


def test_a_slow_link_acts_late():
    base = DifferentialBase(HOUSE, BaseConfig(latency=0.2))
    base.command(0.4, 0.0, 0.0)
    states = run(base, 0.4)
    assert states[round(0.19 / STEP)].forward == 0.0
    assert states[-1].forward == pytest.approx(0.4)


def test_against_a_wall_it_is_the_way_made_that_counts():
    base = DifferentialBase(HOUSE, LIMITS)
    states = run(base, 15.0, again=(0.5, 0.0))
    touching = [state for state in states if state.collided]
    assert touching
    assert min(abs(state.forward) for state in touching) < 0.05
    assert all(abs(state.forward) <= 0.5 + 1e-9 for state in states)


def test_a_drive_that_cannot_brake_is_refused():
    with pytest.raises(ConfigError):
        BaseConfig(brake=0.0)
    with pytest.raises(ConfigError):
        BaseConfig(latency=-0.1)
    with pytest.raises(ConfigError):
        PeerConfig(camera_hz=0.0)
    with pytest.raises(ConfigError):
        PeerConfig(width=1)
