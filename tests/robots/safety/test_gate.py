"""Each row of the gate's table that concerns a base, one by one."""

from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest

from embodied_mem.errors import BodyError, CommandRefused, ConfigError
from embodied_mem.robots.body import Feature
from embodied_mem.robots.driver import RobotInfo
from embodied_mem.robots.readings import Readings
from embodied_mem.robots.safety.config import ArmGateConfig, AxisLimits, GateConfig
from embodied_mem.robots.safety.gate import BRAIN, JOYSTICK, SafetyGate
from embodied_mem.robots.safety.gated import GatedCommand, Stamp
from embodied_mem.types import Command
from gates import base_info, pose, seen, wall
from kinematic_arm import wide_limits

PLAIN = GateConfig(zones=None)


class Driven:
    """A gate with a clock: ticks at 20 Hz, while somebody commands if they are told to."""

    def __init__(self, config: GateConfig = PLAIN, info: RobotInfo | None = None) -> None:
        self.gate = SafetyGate(config, info or base_info())
        self.now = 10.0

    def tick(self, **readings: object) -> GatedCommand:
        gated = self.gate.tick(Readings(time=self.now, **readings), self.now)  # type: ignore[arg-type]
        self.now += 0.05
        return gated

    def drive(self, ticks: int, command: Command | None = None, **readings: object) -> GatedCommand:
        for _ in range(ticks):
            self.gate.request(command or Command(forward=0.5), owner=BRAIN, now=self.now)
            gated = self.tick(**readings)
        return gated

    def rows(self) -> list[int]:
        return [event.row for event in self.gate.events]


def test_a_command_is_clipped_and_comes_back_as_sent() -> None:
    driven = Driven()
    sent = driven.drive(40, Command(forward=5.0, turn=-9.0, tilt=3.0)).command
    assert sent == Command(forward=0.5, turn=-1.5, tilt=0.5)
    assert driven.gate.clipped == 40
    assert driven.rows() == [3]  # told once, not forty times
    assert driven.drive(40, Command(forward=-5.0)).command.forward == -0.25


def test_the_robots_own_limits_are_kept_where_they_are_tighter() -> None:
    slow = Feature(shape=(), dtype="float64", low=-0.1, high=0.2)
    driven = Driven(info=replace(base_info(), action_features={"forward": slow}))
    assert driven.drive(40, Command(forward=0.5, turn=1.0)).command == Command(forward=0.2)


@pytest.mark.parametrize("bad", [nan, inf, -inf])
def test_a_command_that_is_not_finite_is_refused_and_ends_the_one_before(bad: float) -> None:
    driven = Driven()
    driven.drive(20)
    with pytest.raises(CommandRefused, match="finite"):
        driven.gate.request(Command(turn=bad), owner=BRAIN, now=driven.now)
    gated = driven.tick()
    assert gated.command.forward == pytest.approx(0.5 - 1.5 * 0.05)
    assert "refused" in gated.stop and not gated.urgent
    assert driven.drive(1).stop == ""


def test_joints_and_grippers_that_it_has_not_are_refused() -> None:
    driven = Driven()
    for command in (Command(joints=(0.0,)), Command(gripper=0.02)):
        with pytest.raises(BodyError, match="has no"):
            driven.gate.request(command, owner=BRAIN, now=driven.now)


def test_the_watchdog_ramps_to_rest_and_a_fresh_command_goes_on() -> None:
    driven = Driven()
    driven.drive(20)
    begun = driven.now - 0.05
    sent = [driven.tick() for _ in range(18)]
    last_moving = max(at for at, gated in enumerate(sent) if gated.command.forward)
    assert begun + 0.05 * (last_moving + 2) <= begun + 0.5 + 0.5 / 1.5 + 0.051
    assert "no command for 0.5 s" in driven.gate.stopped
    assert driven.rows() == [2]
    assert driven.gate.idle and driven.gate.owner is None
    assert driven.drive(2).command.forward > 0.0
    assert driven.gate.stopped == ""


def test_a_task_that_ends_with_a_stop_is_no_fault() -> None:
    driven = Driven()
    driven.drive(20)
    driven.drive(20, Command())
    for _ in range(12):
        driven.tick()
    assert driven.gate.idle
    assert driven.gate.stopped == "" and driven.gate.events == ()


def test_a_request_from_the_future_does_not_outlive_the_watchdog() -> None:
    driven = Driven()
    driven.gate.request(Command(forward=0.5), owner=BRAIN, now=driven.now + 1000.0)
    for _ in range(30):
        driven.tick()
    assert driven.gate.at_rest and driven.rows() == [2]


def test_an_emergency_stop_is_zero_at_once_and_needs_reset_and_command() -> None:
    driven = Driven()
    driven.drive(20)
    driven.gate.estop("button", 5.0, source="wall")
    gated = driven.tick()
    assert gated.command == Command() and gated.urgent and gated.stop == "wall: button"
    assert driven.drive(5).command == Command()
    assert not driven.gate.reset(4.0)
    assert driven.gate.reset(6.0)
    assert [driven.tick().command for _ in range(5)] == [Command()] * 5
    assert driven.gate.stopped == ""
    assert driven.drive(2).command.forward > 0.0
    assert driven.rows() == [5, 6, 6]


def test_what_was_refused_before_an_emergency_stop_is_over_with_it() -> None:
    driven = Driven()
    with pytest.raises(CommandRefused):
        driven.gate.request(Command(turn=nan), owner=BRAIN, now=driven.now)
    driven.gate.estop("button")
    driven.tick()
    assert driven.gate.reset()
    assert driven.gate.stopped == ""


def test_the_robots_own_stop_is_zero_at_once_and_needs_a_fresh_command() -> None:
    driven = Driven()
    driven.drive(20)
    gated = driven.drive(1, stopped="its e-stop")
    assert gated.command == Command() and gated.urgent
    assert driven.drive(20, stopped="its e-stop").command == Command()
    driven.gate.request(Command(forward=0.5), owner=BRAIN, now=driven.now)
    assert driven.tick().command == Command()  # was asked for while it was stopped
    assert driven.tick().command == Command()
    assert driven.drive(1).command.forward > 0.0
    assert driven.rows() == [5]


def test_a_deadman_needs_a_hand_on_the_switch() -> None:
    driven = Driven(replace(PLAIN, deadman=0.3))
    assert driven.drive(3).command == Command()
    driven.gate.enable(driven.now)
    driven.tick()
    driven.gate.enable(driven.now)
    assert driven.drive(6).command.forward > 0.2
    assert driven.drive(20).command == Command()
    assert "0.3 s" in driven.gate.stopped and set(driven.rows()) == {7}


@pytest.mark.parametrize("ages", [{}, {"odom": 0.41}, {"odom": inf}, {"odom": nan}])
def test_a_stale_sensor_stops_it(ages: dict[str, float]) -> None:
    driven = Driven(info=base_info(required=("odom",)))
    assert driven.drive(20, ages={"odom": 0.4}).command.forward == 0.5
    assert driven.drive(1, ages=ages).command.forward == pytest.approx(0.425)
    assert "odom" in driven.gate.stopped and driven.rows() == [8]


def test_readings_that_nobody_renews_grow_old() -> None:
    driven = Driven(info=base_info(required=("odom",)))
    old = Readings(time=driven.now, ages={"odom": 0.1})
    for _ in range(20):
        driven.gate.request(Command(forward=0.5), owner=BRAIN, now=driven.now)
        driven.gate.tick(old, driven.now)
        driven.now += 0.05
    assert driven.gate.at_rest and driven.rows() == [8]


@pytest.mark.parametrize(
    "readings", [{"forward": nan}, {"turn": inf}, {"T_world_body": np.full((4, 4), nan)}]
)
def test_readings_that_are_not_finite_stop_it(readings: dict[str, object]) -> None:
    driven = Driven()
    driven.drive(20)
    assert driven.drive(1, **readings).command.forward == pytest.approx(0.425)
    assert "not finite" in driven.gate.stopped and driven.rows() == [8]


def test_faults_of_the_link_stop_it_as_long_as_they_last() -> None:
    driven = Driven()
    assert driven.drive(3, faults=("nobody subscribes to cmd_vel",)).command == Command()
    assert driven.gate.stopped == "nobody subscribes to cmd_vel" and driven.rows() == [14]
    driven.tick()
    assert driven.drive(1).command.forward > 0.0


def test_it_can_be_brought_to_rest_for_an_exit() -> None:
    driven = Driven()
    driven.drive(20)
    driven.gate.bring_to_rest("SIGTERM")
    assert not driven.gate.at_rest
    ticks = 0
    while not driven.gate.at_rest:
        assert driven.tick().stop == "SIGTERM"
        ticks += 1
    assert ticks == 7
    assert driven.gate.idle and driven.rows() == [12]


def test_a_human_takes_over_and_the_brain_is_told() -> None:
    driven = Driven()
    driven.drive(20)
    driven.gate.request(Command(forward=-0.2), owner=JOYSTICK, now=driven.now)
    with pytest.raises(CommandRefused, match="joystick"):
        driven.gate.request(Command(forward=0.5), owner=BRAIN, now=driven.now)
    assert driven.tick().command.forward < 0.5
    assert driven.gate.owner is JOYSTICK and driven.rows() == [13, 13]
    assert "joystick took the robot from brain" in driven.gate.events[0].what


def test_a_bad_command_from_a_human_stops_what_the_brain_wanted() -> None:
    driven = Driven()
    driven.drive(20)
    with pytest.raises(CommandRefused, match="finite"):
        driven.gate.request(Command(forward=nan), owner=JOYSTICK, now=driven.now)
    assert driven.tick().command.forward < 0.5
    assert driven.gate.owner is JOYSTICK


def test_a_bad_command_from_somebody_else_changes_nothing() -> None:
    driven = Driven()
    driven.drive(20)
    other = replace(BRAIN, name="other")
    with pytest.raises(CommandRefused, match="has the robot"):
        driven.gate.request(Command(forward=nan), owner=other, now=driven.now)
    assert driven.tick().command.forward == 0.5


def test_a_wall_slows_it_down_and_stops_it_but_lets_it_turn() -> None:
    driven = Driven(GateConfig(frozen=inf))  # it stands in one place all the time

    def drive(depth: float, command: Command) -> Command:
        driven.gate.request(command, owner=BRAIN, now=driven.now)
        sent = driven.gate.tick(seen(driven.now, wall(depth)), driven.now).command
        driven.now += 0.05
        return sent

    ahead = Command(forward=0.5, turn=0.3)
    for frame in range(20):
        sent = drive(2.5 + 0.001 * (frame % 2), ahead)
    assert sent.forward == pytest.approx(0.5, abs=1e-3)
    for _ in range(10):
        sent = drive(0.4, ahead)  # 0.3 m free before the body's edge
    assert sent.forward == pytest.approx(0.2) and sent.turn == pytest.approx(0.3)
    for _ in range(10):
        sent = drive(0.15, ahead)
    assert sent.forward == 0.0 and sent.turn == pytest.approx(0.3)
    assert drive(0.15, Command(forward=-0.2)).forward < 0.0
    assert driven.gate.stopped == "" and set(driven.rows()) == {9}


def test_a_blind_camera_stops_it_altogether() -> None:
    driven = Driven(GateConfig())
    for picture in (None, 0.0, nan):
        readings = Readings(time=driven.now)
        if picture is not None:
            readings = seen(driven.now, wall(picture))
        driven.gate.request(Command(turn=1.0), owner=BRAIN, now=driven.now)
        gated = driven.gate.tick(readings, driven.now)
        assert gated.command == Command() and gated.stop
        driven.now += 0.05
    assert set(driven.rows()) == {9}


@pytest.mark.parametrize("taken", [-0.5, 0.5])
def test_a_picture_of_another_time_stops_it(taken: float) -> None:
    driven = Driven(GateConfig())
    gated = driven.gate.tick(
        replace(seen(driven.now + taken, wall(2.0)), time=driven.now), driven.now
    )
    assert "picture" in gated.stop and driven.rows() == [8]


def test_a_frozen_sensor_stops_it_until_it_lives() -> None:
    driven = Driven()
    x = 0.0
    for _ in range(20):
        x += 0.025
        driven.drive(1, T_world_body=pose(x), forward=0.5)
    still = pose(x)
    sent = [driven.drive(1, T_world_body=still, forward=0.5) for _ in range(40)]
    assert sent[10].command.forward == 0.5
    assert sent[13].command.forward < 0.5
    assert sent[-1].command == Command() and "odometry" in driven.gate.stopped
    driven.drive(1, T_world_body=pose(x + 0.1))
    assert driven.drive(1, T_world_body=pose(x + 0.1)).command.forward > 0.0


def test_a_gate_lets_a_free_body_do_at_once_what_it_is_told() -> None:
    free = AxisLimits(fastest=inf, slowest=-inf, acceleration=inf, deceleration=inf)
    driven = Driven(replace(PLAIN, forward=free, turn=free, watchdog=inf, frozen=inf))
    for command in (Command(forward=8.0, turn=-3.0), Command(forward=-0.3), Command()):
        assert driven.drive(1, command).command == command


def test_an_arm_needs_limits_that_fit() -> None:
    with pytest.raises(ConfigError, match="joints"):
        SafetyGate(PLAIN, base_info(), joint_limits=wide_limits())
    with pytest.raises(ConfigError, match="no joint limits"):
        SafetyGate(replace(PLAIN, arm=ArmGateConfig()), base_info())


def test_only_gates_make_gated_commands() -> None:
    with pytest.raises(BodyError, match="only a SafetyGate"):
        GatedCommand(Stamp(), Command())


def test_after_a_hang_it_goes_on_from_what_it_measures() -> None:
    driven = Driven()
    driven.drive(20)
    driven.now += 1.3
    driven.gate.request(Command(forward=0.5), owner=BRAIN, now=driven.now)
    assert 0.0 < driven.tick().command.forward <= 0.05 + 1e-9
