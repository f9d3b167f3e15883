import gc
import re
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from embodied_mem.errors import BodyError, CommandRefused, TrajectoryRefused
from embodied_mem.robots import Body, Robot
from embodied_mem.robots import robot as robot_module
from embodied_mem.robots.body import Feature
from embodied_mem.robots.safety.config import ArmGateConfig, GateConfig
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.robots.safety.owners import JOYSTICK
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Command
from memory_robot import MemoryDriver, base_info

DRIVE = Command(forward=0.3, turn=0.2)


def until(true: Callable[[], object], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.005)


def test_a_robot_is_a_body_that_says_what_it_is_before_it_is_connected() -> None:
    robot = Robot(MemoryDriver())
    assert isinstance(robot, Body)
    assert robot.radius == 0.2
    assert robot.seconds_per_tick == 0.1
    assert set(robot.action_features) == {"forward", "turn"}
    assert set(robot.observation_features) == {"rgb", "depth"}
    assert not robot.health.connected
    assert robot.health.stopped == "not connected"
    assert robot.last_sent == Command()


def test_what_needs_a_connection_says_so() -> None:
    robot = Robot(MemoryDriver())
    for use in (robot.observe, robot.checks, lambda: robot.send(DRIVE), lambda: robot.readings):
        with pytest.raises(BodyError, match="not connected"):
            use()
    with robot, pytest.raises(BodyError, match="connected already"):
        robot.connect()
    robot.close()  # a second time


def test_send_returns_what_was_really_sent() -> None:
    driver = MemoryDriver()
    with Robot(driver) as robot:
        first = robot.send(Command(forward=5.0))
        assert 0.0 < first.forward < 0.2  # one period of acceleration, not 5 m/s
        assert driver.written[-1].command == first
        for _ in range(12):
            last = robot.act(Command(forward=5.0, turn=-9.0))
        assert last in [written.command for written in driver.written[-2:]]
        assert last.forward == pytest.approx(0.5)
        assert last.turn == pytest.approx(-1.5)


def test_a_refused_command_raises_is_counted_and_stops_the_robot() -> None:
    driver = MemoryDriver()
    with Robot(driver) as robot:
        for _ in range(4):
            robot.act(DRIVE)
        with pytest.raises(CommandRefused, match="finite"):
            robot.send(Command(forward=float("nan")))
        assert robot.health.refused == 1
        until(lambda: driver.written[-1].command == Command())
        assert all(np.isfinite(w.command.forward) for w in driver.written)
        robot.act(DRIVE)
        assert robot.last_sent.forward > 0.0


def test_ticks_of_act_end_at_absolute_times() -> None:
    with Robot(MemoryDriver()) as robot:
        robot.act(DRIVE)
        begun = time.monotonic()
        for _ in range(8):
            time.sleep(0.03)  # a brain that thinks
            robot.act(DRIVE)
        took = time.monotonic() - begun
    # Eight ticks of 0.1 s; with a drift of 30 ms a tick it would be 1.04 s.
    assert 0.79 <= took < 1.0


def test_a_tick_longer_than_the_watchdog_keeps_the_command_alive() -> None:
    driver = MemoryDriver(info=base_info(seconds_per_tick=0.8))
    with Robot(driver, GateConfig(watchdog=0.2)) as robot:
        sent = robot.act(DRIVE)
        assert sent.forward == pytest.approx(0.3)
        until(lambda: driver.written[-1].command == Command())
        assert "no command" in driver.written[-1].stop


def test_observe_waits_for_a_picture_that_was_not_returned_before() -> None:
    with Robot(MemoryDriver(seconds_per_picture=0.08)) as robot:
        seen = [robot.observe() for _ in range(6)]
    ticks = [observation.tick for observation in seen]
    assert all(later > earlier for earlier, later in pairwise(ticks))
    pictures = [observation.rgb[0, 0, 0] for observation in seen]
    assert len(set(pictures)) == 6
    assert seen[0].seconds_per_tick == 0.1
    assert seen[0].agent == "memory"
    assert seen[0].proprioception == {"collided": 0.0, "held": 0.0}


def test_ticks_are_whole_ticks_of_the_clock_since_connecting() -> None:
    with Robot(MemoryDriver()) as robot:
        first = robot.observe().tick
        time.sleep(0.55)
        later = robot.observe().tick
    assert first <= 1
    assert 4 <= later - first <= 8


def test_observe_tells_what_is_silent_and_why() -> None:
    driver = MemoryDriver(pictures=False, faults=("the camera's cable is loose",))
    driver.ages = {"odom": 1.5, "depth": float("inf")}
    with Robot(driver, patience=0.2) as robot, pytest.raises(BodyError) as told:
        robot.observe()
    for part in ("0.2 s", "odom is 1.5 s old", "depth never came", "cable is loose"):
        assert part in str(told.value)


def test_what_the_robot_feels_and_whether_it_is_held_is_in_the_observation() -> None:
    driver = MemoryDriver(values={"battery": 0.7, "collided": 1.0})
    with Robot(driver) as robot:
        robot.estop("look")
        until(lambda: robot.health.latched)
        felt = robot.observe().proprioception
    assert felt == {"battery": 0.7, "collided": 1.0, "held": 1.0}


def test_checks_are_those_of_the_driver_and_the_age_of_what_is_needed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(robot_module, "_CHECK_PATIENCE", 0.3)
    driver = MemoryDriver()
    driver.ages = {"depth": float("inf")}
    with Robot(driver) as robot:
        until(lambda: robot.health.rate_hz > 0.0)
        rows = {check.name: check for check in robot.checks()}
    assert rows["memory"].verdict == "ok"
    assert rows["odom age"].verdict == "ok"
    assert rows["depth age"].verdict == "error"
    assert rows["depth age"].found == "nothing has come"
    assert "stream rate" in rows


def test_a_human_outranks_the_brain() -> None:
    driver = MemoryDriver()
    with Robot(driver) as robot:
        robot.send(DRIVE)
        robot.send(Command(turn=-0.5), owner=JOYSTICK)
        with pytest.raises(CommandRefused, match="joystick"):
            robot.send(DRIVE)
        assert robot.health.owner == "joystick"


def test_the_estop_is_told_to_others_and_only_a_reset_ends_it() -> None:
    driver = MemoryDriver()
    with Robot(driver) as robot:
        robot.send(DRIVE)
        robot.estop("a person is near")
        assert driver.announced == ["stop: a person is near"]
        assert robot.health.latched
        assert "a person is near" in robot.health.stopped
        assert robot.act(DRIVE) == Command()
        assert robot.reset()
        assert driver.announced[-1] == "reset"
        assert robot.send(DRIVE).forward > 0.0


def test_a_stop_before_connecting_holds_afterwards() -> None:
    driver = MemoryDriver()
    robot = Robot(driver)
    robot.estop("not yet")
    with robot:
        assert robot.act(DRIVE) == Command()
        assert not any(w.command.forward for w in driver.written)


def test_the_deadman_has_to_be_held() -> None:
    driver = MemoryDriver()
    with Robot(driver, GateConfig(deadman=0.3)) as robot:
        robot.act(DRIVE)
        assert robot.last_sent == Command()
        assert driver.events is not None
        driver.events.enable()
        time.sleep(0.1)
        robot.enable()
        assert robot.act(DRIVE).forward > 0.0
        until(lambda: "enabling" in robot.health.stopped)
        until(lambda: driver.written[-1].command == Command())


def test_it_can_be_connected_again() -> None:
    driver = MemoryDriver()
    robot = Robot(driver)
    for _ in range(2):
        with robot:
            assert robot.observe().tick <= 1
            assert robot.act(DRIVE).forward > 0.0
        assert driver.written[-1].command == Command()
    assert driver.open_count == 2


def test_a_driver_that_cannot_open_is_closed_and_can_be_tried_again() -> None:
    class Shy(MemoryDriver):
        def open(self, events: object) -> None:
            raise BodyError("nobody answers")

    driver = Shy()
    robot = Robot(driver)
    for _ in range(2):
        with pytest.raises(BodyError, match="nobody answers"):
            robot.connect()
    assert driver.announced == ["closed", "closed"]
    assert not any(thread.name == "robot-memory" for thread in threading.enumerate())


def test_a_robot_that_is_forgotten_warns_and_stops() -> None:
    driver = MemoryDriver()
    robot = Robot(driver)
    robot.connect()
    robot.act(DRIVE)
    with pytest.warns(ResourceWarning, match="memory was never closed"):
        del robot
        gc.collect()
    until(lambda: driver.announced == ["closed"])
    assert driver.written[-1].command == Command()
    assert "nobody holds" in driver.written[-1].stop


# -- trajectories ------------------------------------------------------------------------------

JOINTS = ("a", "b")
LIMITS = JointLimits(
    low=(-2.0, -2.0),
    high=(2.0, 2.0),
    velocity=(1.5, 1.5),
    acceleration=(6.0, 6.0),
    reflex_acceleration=(20.0, 20.0),
    stop_acceleration=(5.0, 5.0),
    stop_jerk=(100.0, 100.0),
)


def arm_driver() -> MemoryDriver:
    features = {f"joints.{n}": Feature(shape=(), dtype="float64", unit="rad") for n in range(2)}
    info = base_info("arm", action_features=features, joints=JOINTS, required=("joints",))
    return MemoryDriver(info=info, joints=np.zeros(2))


def arm_of(driver: MemoryDriver) -> Robot:
    gate = GateConfig(rate=50.0, zones=None, arm=ArmGateConfig(path_tolerance=0.1))
    return Robot(driver, gate, joint_limits=LIMITS)


def smooth(end: float, seconds: float = 0.8, joints: tuple[str, ...] = JOINTS) -> Trajectory:
    times = np.linspace(0.0, seconds, 41)
    share = times / seconds
    way = 10.0 * share**3 - 15.0 * share**4 + 6.0 * share**5
    positions = np.stack([end * way, -0.5 * end * way], axis=1)
    return Trajectory(joints=joints, positions=positions, times=times)


def test_a_trajectory_is_streamed_to_its_end() -> None:
    driver = arm_driver()
    with arm_of(driver) as robot:
        until(lambda: not robot.health.stopped)
        followed = robot.follow(smooth(0.4))
        assert followed.status == "done"
        assert followed.worst_error < 0.1
        assert robot.readings.joints == pytest.approx([0.4, -0.2], abs=0.03)
    path = np.array([w.command.joints for w in driver.written if w.command.joints])
    assert len(path) > 30
    assert np.abs(np.diff(path, axis=0)).max() <= 1.5 / 50.0 + 1e-9


def test_a_trajectory_beyond_a_limit_sends_nothing() -> None:
    driver = arm_driver()
    with arm_of(driver) as robot, pytest.raises(TrajectoryRefused):
        robot.follow(smooth(3.0, 6.0))
    assert not any(w.command.joints for w in driver.written)


def test_an_estop_ends_a_trajectory_and_the_arm_stays() -> None:
    driver = arm_driver()
    with arm_of(driver) as robot:
        until(lambda: not robot.health.stopped)
        threading.Timer(0.4, robot.estop, args=("enough",)).start()
        followed = robot.follow(smooth(0.8, 1.6))
        assert followed.status == "stopped"
        assert "enough" in followed.reason
        stopped_at = robot.readings.joints
        assert stopped_at is not None
        assert 0.0 < stopped_at[0] < 0.6
        time.sleep(0.3)
        assert robot.readings.joints == pytest.approx(stopped_at)


def test_closing_ends_a_trajectory() -> None:
    driver = arm_driver()
    robot = arm_of(driver)
    robot.connect()
    until(lambda: not robot.health.stopped)
    threading.Timer(0.3, robot.close).start()
    followed = robot.follow(smooth(0.8, 1.6))
    assert followed.status == "stopped"
    until(lambda: "closed" in driver.announced)


def test_a_program_that_fails_while_it_follows_stops_the_arm(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    driver = arm_driver()
    with arm_of(driver) as robot:
        until(lambda: not robot.health.stopped)
        stream = robot._require_stream()
        monkeypatch.setattr(type(stream), "wait", _interrupted)
        with pytest.raises(KeyboardInterrupt):
            robot.follow(smooth(0.8, 1.6))
        monkeypatch.undo()
        assert "KeyboardInterrupt" in robot.health.stopped


def _interrupted(stream: object, seconds: float) -> bool:
    raise KeyboardInterrupt


def test_only_the_stream_writes_to_a_driver() -> None:
    """Nothing goes around the gate: no other code hands a driver anything."""
    package = Path(__file__).parents[2] / "embodied_mem"
    writing = re.compile(r"driver\.(write|write_trajectory)\(")
    found = {
        path.relative_to(package).as_posix()
        for path in package.rglob("*.py")
        if writing.search(path.read_text())
    }
    assert found == {"robots/stream.py"}
