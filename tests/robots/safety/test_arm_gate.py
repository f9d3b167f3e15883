"""An arm behind a gate: limits, stops, trajectories and holding."""

from collections.abc import Sequence
from math import inf, nan

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embodied_mem.errors import CommandRefused, TrajectoryRefused
from embodied_mem.robots.readings import Readings
from embodied_mem.robots.safety.config import ArmGateConfig, GateConfig
from embodied_mem.robots.safety.gate import BRAIN, JOYSTICK, SafetyGate
from embodied_mem.robots.safety.gated import GatedCommand
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.safety.tolerance import ToleranceMonitor
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Command, Float64Array
from gates import arm_info, no_base

PERIOD = 0.05
SPEED, RATE, REFLEX = 2.0, 10.0, 50.0
LIMITS = JointLimits(
    low=(-2.8,) * 2,
    high=(2.8,) * 2,
    velocity=(SPEED,) * 2,
    acceleration=(RATE,) * 2,
    reflex_acceleration=(REFLEX,) * 2,
    stop_acceleration=(5.0,) * 2,
    stop_jerk=(100.0,) * 2,
)


class Held:
    """A gate, and an arm whose joints are where they were told to be at the tick before."""

    def __init__(
        self, *, follows: bool = False, max_step: float = 0.35, start: Sequence[float] = (0.0, 0.0)
    ) -> None:
        config = no_base(GateConfig(rate=1.0 / PERIOD, arm=ArmGateConfig(max_step=max_step)))
        self.gate = SafetyGate(config, arm_info(2, follows=follows), joint_limits=LIMITS)
        self.now = 5.0
        self.joints: Float64Array | None = np.array(start)
        self.speeds: Float64Array | None = None
        self.stuck = False
        self.path: tuple[Trajectory, float] | None = None
        self.sent: list[tuple[float, ...]] = []

    @property
    def readings(self) -> Readings:
        return Readings(time=self.now, joints=self.joints, joint_velocities=self.speeds)

    def ask(self, *joints: float, gripper: float | None = None) -> None:
        self.gate.request(Command(joints=joints, gripper=gripper), owner=BRAIN, now=self.now)

    def tick(self) -> GatedCommand:
        gated = self.gate.tick(self.readings, self.now)
        self.now += PERIOD
        before = self.joints
        if gated.command.joints is not None:
            self.sent.append(gated.command.joints)
            if not self.stuck:
                self.joints = np.array(gated.command.joints)
        elif self.path is not None and not self.stuck:
            trajectory, begun = self.path
            self.joints = trajectory.at(self.now - begun)
        if before is not None and self.joints is not None:
            self.speeds = (self.joints - before) / PERIOD
        return gated

    def follow(self, trajectory: Trajectory) -> None:
        gated = self.gate.check(trajectory, self.readings)
        self.gate.follow(gated, self.now)
        if self.gate.info.follows_trajectories:
            self.path = (gated.trajectory, self.now)

    def rows(self) -> list[int]:
        return [event.row for event in self.gate.events]


def swing(seconds: float = 1.0, reach: float = 0.4, size: int = 41) -> Trajectory:
    """A cosine from 0, rest to rest."""
    times = np.linspace(0.0, seconds, size)
    shoulder = 0.5 * reach * (1.0 - np.cos(np.pi * times / seconds))
    return Trajectory(
        joints=("joint1", "joint2"), positions=np.stack((shoulder, -shoulder), 1), times=times
    )


def differences(sent: list[tuple[float, ...]]) -> tuple[Float64Array, Float64Array]:
    speeds = np.diff(np.array([(0.0, 0.0), *sent]), axis=0) / PERIOD
    return speeds, np.diff(speeds, axis=0, prepend=0.0) / PERIOD


asked = st.one_of(st.none(), st.tuples(st.floats(-9.0, 9.0), st.floats(-9.0, 9.0)))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(asked, st.integers(1, 20)), min_size=1, max_size=10))
def test_no_stream_of_positions_breaks_a_limit(
    stream: list[tuple[tuple[float, float] | None, int]],
) -> None:
    """None is silence: the watchdog stops the arm, and it goes on from where it is."""
    held = Held(max_step=99.0)
    for target, ticks in stream:
        for _ in range(ticks):
            if target is not None:
                held.ask(*target)
            held.tick()
    speeds, rates = differences(held.sent)
    assert np.abs(held.sent).max(initial=0.0) <= 2.8
    assert np.abs(speeds).max(initial=0.0) <= SPEED + 1e-9
    assert np.abs(rates).max(initial=0.0) <= RATE + 1e-6


@settings(max_examples=30, deadline=None)
@given(st.floats(2.9, 3.5), st.floats(-4.0, 4.0))
def test_a_joint_beyond_its_limit_may_only_return(start: float, target: float) -> None:
    held = Held(max_step=99.0, start=(start, 0.0))
    before = start
    for _ in range(80):
        held.ask(target, 0.0)
        held.tick()
        now = held.sent[-1][0]
        assert now <= 2.8 or now <= before + 1e-12
        before = now
    assert before <= 2.8 + 1e-9


def test_quick_calls_take_no_more_steps_than_periods() -> None:
    held = Held(max_step=99.0)
    sent = []
    for _ in range(40):
        held.ask(2.0, 0.0)
        gated = held.gate.tick(held.readings, held.now)
        assert gated.command.joints is not None
        sent.append(gated.command.joints[0])
        held.now += PERIOD / 4.0
    assert len(set(sent)) <= 11


@pytest.mark.parametrize(
    ("command", "says"),
    [
        (Command(joints=(0.1,)), "1 joints, the robot has 2"),
        (Command(joints=(0.0, nan)), "finite"),
        (Command(joints=(0.0, 0.36)), "joint2 is asked to step 0.360"),
        (Command(joints=(0.0, 0.0), gripper=inf), "finite"),
    ],
)
def test_bad_positions_are_refused_and_the_arm_stops(command: Command, says: str) -> None:
    held = Held()
    held.ask(0.1, 0.1)
    held.tick()
    held.joints = np.zeros(2)
    held.tick()
    with pytest.raises(CommandRefused, match=says):
        held.gate.request(command, owner=BRAIN, now=held.now)
    assert "refused" in held.tick().stop


def test_a_first_step_too_far_is_noticed_before_it_is_sent() -> None:
    held = Held()
    held.ask(1.0, 0.0)  # nothing was read yet
    assert held.tick().command.joints is None
    assert "step 1.000" in held.gate.stopped and held.rows() == [10]
    held.ask(0.1, 0.0)
    assert held.tick().command.joints is not None


def test_an_arm_that_nobody_measures_does_not_move() -> None:
    held = Held()
    held.joints = None
    held.ask(0.1, 0.0)
    gated = held.tick()
    assert gated.command.joints is None and "nothing is known" in gated.stop


def test_the_gripper_is_clipped_and_a_stop_leaves_it_alone() -> None:
    held = Held()
    held.ask(0.0, 0.0, gripper=0.5)
    assert held.tick().command.gripper == 0.08
    held.gate.estop("test")
    assert held.tick().command.gripper is None


def test_the_watchdog_brakes_without_a_jolt_and_then_falls_silent() -> None:
    held = Held(max_step=99.0)
    for _ in range(12):
        held.ask(2.0, 0.0)
        held.tick()
    gated = [held.tick() for _ in range(40)]
    assert gated[-1].command.joints is None and held.gate.idle
    assert held.rows() == [2]
    _, rates = differences(held.sent)
    assert np.abs(rates).max() <= RATE + 1e-6


def test_an_emergency_stop_brakes_as_hard_as_the_drives_can() -> None:
    held = Held(max_step=99.0)
    for _ in range(12):
        held.ask(2.0, 0.0)
        held.tick()
    speed = (held.sent[-1][0] - held.sent[-2][0]) / PERIOD
    assert speed > 1.5
    held.gate.estop("button")
    at = len(held.sent)
    while held.tick().command.joints is not None:
        pass
    speeds = [
        (b[0] - a[0]) / PERIOD for a, b in zip(held.sent[at - 1 :], held.sent[at:], strict=False)
    ]
    assert len([1 for speed in speeds if speed > 0.0]) <= speed / (REFLEX * PERIOD) + 1
    assert held.gate.reset()
    assert held.tick().command.joints is None


def test_after_a_stop_the_arm_goes_on_from_where_it_is() -> None:
    held = Held()
    held.ask(0.1, 0.0)
    held.tick()
    held.gate.estop("button")
    for _ in range(10):
        held.tick()
    held.joints = np.array([-0.2, 0.05])  # somebody moved it by hand
    held.gate.reset()
    held.tick()
    held.ask(-0.1, 0.05)
    sent = held.tick().command.joints
    assert sent is not None and -0.2 <= sent[0] <= -0.1


@pytest.mark.parametrize("follows", [False, True])
def test_a_trajectory_is_followed_to_its_end(follows: bool) -> None:
    held = Held(follows=follows)
    held.tick()
    held.follow(swing())
    while held.gate.progress.status == "running":
        assert (held.tick().command.joints is None) == follows
    for _ in range(4):
        held.tick()
    assert held.gate.progress.status == "done"
    assert held.gate.progress.worst_error < 0.04
    assert held.joints is not None and held.joints[0] == pytest.approx(0.4, abs=1e-9)
    assert held.gate.idle and held.rows() == []


@given(st.floats(-1.0, 3.0))
def test_where_it_should_be_is_read_off_the_trajectory(seconds: float) -> None:
    path = swing(size=7)
    monitor = ToleranceMonitor(path, ArmGateConfig(), 5.0, path.joints)
    np.testing.assert_allclose(monitor.wanted(5.0 + seconds), path.at(seconds), atol=1e-9)


@pytest.mark.parametrize("follows", [False, True])
def test_a_stuck_joint_ends_it_and_the_arm_holds(follows: bool) -> None:
    held = Held(follows=follows)
    held.tick()
    held.follow(swing())
    for _ in range(6):
        held.tick()
    held.stuck = True
    where = held.joints
    while held.gate.progress.status == "running":
        held.tick()
    progress = held.gate.progress
    assert progress.status == "aborted" and "from its path" in progress.reason
    assert 0.05 < progress.worst_error < 0.085  # noticed at the first tick beyond
    assert held.rows() == [11] and held.gate.stopped == progress.reason
    for _ in range(40):
        held.tick()
    np.testing.assert_allclose(held.sent[-1], where, atol=1e-6)
    assert held.gate.at_rest


def test_a_goal_that_is_missed_by_little_ends_it_too() -> None:
    held = Held(follows=True)
    held.tick()
    held.follow(swing(reach=0.1))
    short = swing(reach=0.06)
    held.path = (short, held.now)
    while held.gate.progress.status == "running":
        held.tick()
    assert held.gate.progress.status == "aborted"
    assert "from its goal" in held.gate.progress.reason


@pytest.mark.parametrize("follows", [False, True])
def test_a_stop_ends_a_trajectory_without_a_jolt(follows: bool) -> None:
    held = Held(follows=follows)
    held.tick()
    held.follow(swing())
    for _ in range(10):
        held.tick()
    held.gate.bring_to_rest("SIGTERM")
    held.path = None
    assert held.joints is not None
    first = held.joints[0]
    held.sent.clear()
    for _ in range(20):
        held.tick()
    assert held.gate.progress.status == "stopped" and "SIGTERM" in held.gate.progress.reason
    assert held.sent and first < held.sent[-1][0] < first + 0.15  # braked, not frozen in a jump
    assert held.gate.idle


@pytest.mark.parametrize("why", ["estop", "joystick", "positions", "trajectory", "nan"])
def test_what_comes_after_it_ends_a_trajectory(why: str) -> None:
    held = Held()
    held.tick()
    held.follow(swing())
    for _ in range(3):
        held.tick()
    begun = held.gate.progress
    if why == "estop":
        held.gate.estop("button")
    elif why == "joystick":
        held.gate.request(Command(), owner=JOYSTICK, now=held.now)
    elif why == "positions":
        held.ask(*held.sent[-1])
    elif why == "nan":
        with pytest.raises(CommandRefused):
            held.ask(nan, nan)
    else:
        with pytest.raises(TrajectoryRefused, match="begins"):
            held.follow(
                swing(reach=-0.4).__class__(
                    joints=("joint1", "joint2"), positions=np.full((1, 2), 1.0), times=np.zeros(1)
                )
            )
        assert held.gate.progress.status == "running"
        held.follow(
            Trajectory(joints=("joint1", "joint2"), positions=held.joints[None], times=np.zeros(1))
        )  # type: ignore[index]
        assert held.gate.progress.worst_error == 0.0
        return
    assert begun.status == "running" and held.gate.progress.status == "stopped"
    assert held.gate.progress.reason


def test_a_base_command_of_the_same_owner_leaves_it_alone() -> None:
    held = Held()
    held.tick()
    held.follow(swing())
    held.gate.request(Command(gripper=0.02), owner=BRAIN, now=held.now)
    assert held.gate.progress.status == "running"
    assert held.tick().command.gripper == 0.02


def test_a_stopped_arm_begins_no_trajectory() -> None:
    held = Held()
    gated = held.gate.check(swing(), held.readings)
    held.gate.estop("button")
    with pytest.raises(CommandRefused, match="stopped: button"):
        held.gate.follow(gated, held.now)
    held.gate.reset()
    held.joints = np.array([0.2, 0.0])
    held.tick()
    with pytest.raises(TrajectoryRefused, match="begins"):
        held.gate.follow(gated, held.now)
    held.gate.request(Command(), owner=JOYSTICK, now=held.now)
    with pytest.raises(CommandRefused, match="joystick"):
        held.gate.follow(gated, held.now)


def test_a_refused_trajectory_is_told() -> None:
    held = Held()
    with pytest.raises(TrajectoryRefused, match="speed"):
        held.gate.check(swing(seconds=0.1), held.readings)
    assert held.rows() == [10]


def test_joints_that_never_change_stop_a_moving_arm() -> None:
    held = Held(max_step=99.0)
    held.stuck = True
    for _ in range(30):
        held.ask(2.0, 0.0)
        gated = held.tick()
    assert "nothing has moved" in held.gate.events[0].what or "joints" in gated.stop
    assert 8 in held.rows()
