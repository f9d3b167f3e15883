"""The robot's own emergency stop, and its arm."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.house.generate import generate_house
from embodied_mem_envs.robot_peer.arm import HOME, JOINTS, ServoArm
from embodied_mem_envs.robot_peer.base import STEP
from embodied_mem_envs.robot_peer.config import PeerConfig
from embodied_mem_envs.robot_peer.estop import StopLatch
from embodied_mem_envs.robot_peer.mechanics import Mechanics

MESSAGES = st.lists(st.tuples(st.booleans(), st.integers(0, 50)), max_size=10)


def told(messages):
    latch = StopLatch()
    for stop, sent in messages:
        (latch.stop if stop else latch.reset)(float(sent))
    return latch


@given(MESSAGES, st.randoms())
def test_in_whatever_order_stops_and_resets_are_heard_the_robot_is_as_stopped(messages, random):
    shuffled = list(messages)
    random.shuffle(shuffled)
    assert told(messages).latched == told(shuffled).latched


@given(MESSAGES)
def test_only_a_reset_newer_than_every_stop_lets_go(messages):
    stops = [sent for stop, sent in messages if stop]
    resets = [sent for stop, sent in messages if not stop]
    expected = bool(stops) and (not resets or max(resets) <= max(stops))
    assert told(messages).latched == expected


def moved(arm, seconds, start=0.0, *, estopped=False):
    path, now = [], start
    for _ in range(round(seconds / STEP)):
        now += STEP
        arm.step(now, STEP, estopped=estopped)
        path.append(arm.positions)
    return np.array(path)


def ahead(by):
    return [list(np.array(HOME) + by)]


def test_it_follows_a_trajectory_with_a_small_lag_and_ends_where_it_should():
    arm = ServoArm()
    assert arm.follow(JOINTS, ahead(0.5), [1.0], 0.0) == ""
    path = moved(arm, 1.3)
    assert np.abs(path[-1] - HOME - 0.5).max() < 1e-3
    halfway = path[round(0.5 / STEP) - 1] - HOME
    assert np.abs(halfway - 0.25).max() < 0.02
    assert np.abs(np.diff(path, axis=0)).max() < 0.51 * STEP


def test_joints_come_by_name_in_any_order():
    arm = ServoArm()
    arm.follow(JOINTS[::-1], [ahead(0.2)[0][::-1]], [0.5], 0.0)
    assert np.abs(moved(arm, 0.8)[-1] - HOME - 0.2).max() < 1e-3


def test_a_new_trajectory_wins_and_an_empty_one_holds():
    arm = ServoArm()
    arm.follow(JOINTS, ahead(0.5), [1.0], 0.0)
    here = moved(arm, 0.5)[-1]
    arm.follow(JOINTS, ahead(0.0), [1.0], 0.5)
    assert np.abs(moved(arm, 1.3, 0.5)[-1] - HOME).max() < 1e-3
    arm.follow(JOINTS, ahead(0.5), [1.0], 1.8)
    here = moved(arm, 0.5, 1.8)[-1]
    arm.follow([], [], [], 2.3)
    assert np.abs(moved(arm, 1.0, 2.3)[-1] - here).max() < 1e-9


def test_under_an_emergency_stop_it_holds_and_does_not_go_on_afterwards():
    arm = ServoArm()
    arm.follow(JOINTS, ahead(0.5), [1.0], 0.0)
    here = moved(arm, 0.5)[-1]
    held = moved(arm, 0.5, 0.5, estopped=True)
    assert np.abs(held - here).max() < 1e-9
    assert np.abs(moved(arm, 0.5, 1.0) - here).max() < 1e-9


@pytest.mark.parametrize(
    ("joints", "positions", "times"),
    [
        (JOINTS[:6], [list(HOME[:6])], [1.0]),
        (JOINTS, [list(HOME)], [-1.0]),
        (JOINTS, [list(HOME), list(HOME)], [1.0, 1.0]),
        (JOINTS, [[float("nan")] * 7], [1.0]),
        (JOINTS, [[0.0] * 6], [1.0]),
        (("elbow", *JOINTS[1:]), [list(HOME)], [1.0]),
    ],
)
def test_what_is_no_trajectory_is_refused_and_nothing_moves(joints, positions, times):
    arm = ServoArm()
    assert arm.follow(joints, positions, times, 0.0) != ""
    assert np.abs(moved(arm, 0.5) - HOME).max() < 1e-9


def test_a_stuck_joint_stays_while_others_move():
    arm = ServoArm()
    arm.stuck = 2
    arm.follow(JOINTS, ahead(0.3), [0.5], 0.0)
    end = moved(arm, 0.8)[-1] - HOME
    assert end[2] == 0.0
    assert np.abs(np.delete(end, 2) - 0.3).max() < 1e-3


def test_the_button_is_not_released_by_a_message_and_after_it_a_command_must_be_fresh():
    house = generate_house(7, HouseConfig(rooms=3))
    mechanics = Mechanics(house, PeerConfig(arm=True), 0.0)
    now = 0.0

    def go_on(seconds):
        nonlocal now
        for _ in range(round(seconds / 0.02)):
            now += 0.02
            mechanics.advance(now)
        return mechanics.moment

    assert mechanics.command(0.3, 0.0, now)
    assert go_on(0.3).base.forward == pytest.approx(0.3)
    mechanics.press(True)
    mechanics.reset(1e9)
    assert not mechanics.command(0.3, 0.0, now)
    assert mechanics.follow(list(JOINTS), ahead(0.1), [1.0], now) != ""
    assert go_on(0.3).base.forward == 0.0
    mechanics.press(False)
    assert go_on(0.2).base.forward == 0.0
    assert mechanics.command(0.3, 0.0, now)
    assert go_on(0.3).base.forward == pytest.approx(0.3)
    # Its computer hangs for two seconds: the drives have stopped long ago.
    now += 2.0
    assert mechanics.advance(now).base.forward == 0.0
