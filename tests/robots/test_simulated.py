import time
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from embodied_mem.brain.brain import Brain
from embodied_mem.brain.build import MemoryConfig, build_hippocampus
from embodied_mem.brain.cerebellum import CerebellumConfig
from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.robots import Robot
from embodied_mem.robots.config import build_robot, load_robot
from embodied_mem.robots.safety.config import GateConfig
from embodied_mem.robots.simulated import BodyDriver
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.robots.world_state import SimulationConfig
from embodied_mem.types import Command
from embodied_mem_envs.house import CameraConfig, HouseBody, HouseConfig, generate_house
from embodied_mem_envs.house.body import body_pose

SMALL = CameraConfig(width=64, height=48)
FREE = GateConfig(zones=None, frozen=60.0)


def until(true: Callable[[], object], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.005)


def house_body(seconds: float = 0.05) -> HouseBody:
    return HouseBody(generate_house(7, HouseConfig(rooms=3)), SMALL, seconds_per_tick=seconds)


def house_driver(body: HouseBody, **settings: float) -> BodyDriver:
    config = SimulationConfig(name="house", **settings)  # type: ignore[arg-type]
    return BodyDriver(body, config, odometry=lambda: body_pose(*body.true_pose))


def test_the_world_runs_on_the_wall_clock_and_takes_pictures_at_its_rate() -> None:
    body = house_body()
    with Robot(house_driver(body, camera_hz=5.0), FREE) as robot:
        first = robot.observe()
        begun, ticks = time.monotonic(), body.tick
        time.sleep(1.0)
        took, more = time.monotonic() - begun, body.tick - ticks
        last = robot.observe()
        assert robot.readings.frame is not None
        pictures = robot.readings.frame.number
    assert more == pytest.approx(took / 0.05, abs=3)
    assert 4 <= pictures <= 9
    assert last.instance is not None
    assert last.labels
    assert last.proprioception["tilt"] == pytest.approx(-0.26)
    assert last.tick > first.tick


def test_a_base_keeps_its_last_command_and_stops_where_it_hears_nothing() -> None:
    body = house_body()
    driver = house_driver(body, cmd_vel_timeout=0.5)
    # The host's own watchdog is far away: this is the base's own.
    robot = Robot(driver, GateConfig(zones=None, frozen=60.0, watchdog=30.0, rate=1.0))
    with robot:
        robot.send(Command(turn=1.0))
        robot.send(Command(turn=1.0))
        stream = robot._require_stream()
        stream._over = True  # the host hangs from now on: nothing more is written
        silent = time.monotonic()
        time.sleep(0.9)
        turning = [when for when, told in driver.received if told.turn > 0.0]
        assert turning
        assert 0.4 <= turning[-1] - silent <= 0.7
        assert driver.received[-1][1] == Command()


def test_speed_and_pose_are_measured() -> None:
    body = house_body()
    with Robot(house_driver(body), FREE) as robot:
        for _ in range(8):
            robot.act(Command(turn=0.8))
        readings = robot.readings
        assert readings.turn == pytest.approx(0.8, abs=0.05)
        assert readings.T_world_body is not None
        yaw = np.arctan2(readings.T_world_body[1, 0], readings.T_world_body[0, 0])
        start = body_pose(*body.house.start)
        assert abs(yaw - np.arctan2(start[1, 0], start[0, 0])) > 0.2


def test_without_odometry_the_pose_is_that_of_the_newest_picture() -> None:
    body = house_body()
    driver = BodyDriver(body, SimulationConfig(camera_hz=10.0))
    with Robot(driver, FREE) as robot:
        for _ in range(8):
            robot.act(Command(turn=0.8))
        assert robot.readings.turn == pytest.approx(0.8, abs=0.25)
        assert robot.readings.ages["odom"] < 0.4


def test_simulated_time_may_pass_faster() -> None:
    body = house_body()
    driver = house_driver(body, time_scale=4.0)
    assert driver.info.action_features["forward"].high == pytest.approx(2.0)
    with Robot(driver, FREE) as robot:
        robot.observe()
        begun, ticks = time.monotonic(), body.tick
        time.sleep(0.5)
        assert (body.tick - ticks) * 0.05 == pytest.approx(
            4.0 * (time.monotonic() - begun), rel=0.3
        )
        for _ in range(8):
            robot.act(Command(turn=1.0))
        # Seen from outside it turns as told: 1 rad a second of the wall clock.
        assert robot.readings.turn == pytest.approx(1.0, abs=0.05)


def test_a_stop_holds_at_the_base_too() -> None:
    body = house_body()
    driver = house_driver(body)
    with Robot(driver, FREE) as robot:
        robot.act(Command(turn=0.8))
        robot.estop("halt")
        time.sleep(0.15)
        pose = body.true_pose
        for _ in range(3):
            robot.act(Command(turn=0.8))
        assert body.true_pose == pose
        assert robot.readings.stopped == "halt"
        assert robot.reset()
        assert robot.send(Command(turn=0.8)).turn > 0.0


def test_a_simulator_that_fails_is_a_fault_that_is_told() -> None:
    body = house_body()
    driver = house_driver(body)
    with Robot(driver, FREE) as robot:
        robot.act(Command(turn=0.5))
        body.close()  # the simulator breaks under the driver
        until(lambda: "simulator failed" in robot.health.stopped)
        assert any("not connected" in fault for fault in robot.health.faults)


def test_a_driver_is_opened_once_and_takes_nothing_when_closed() -> None:
    driver = house_driver(house_body())
    robot = Robot(driver, FREE)
    with robot:
        events = robot._require_stream().events
        with pytest.raises(BodyError, match="open already"):
            driver.open(events)
    driver.close()
    with robot:
        assert robot.observe().tick <= 1  # it can be opened again


def test_wrong_settings_are_errors() -> None:
    for name in ("seconds_per_tick", "camera_hz", "cmd_vel_timeout", "time_scale"):
        with pytest.raises(ConfigError, match=name):
            SimulationConfig(**{name: 0.0})


def test_the_brain_explores_the_house_through_robot_and_gate() -> None:
    body = house_body(0.1)
    driver = house_driver(body, camera_hz=10.0)
    config = GateConfig()
    with Robot(driver, config) as robot:
        brain = Brain(
            robot,
            build_hippocampus(
                MemoryConfig(segmenter="instance"), seconds_per_tick=robot.seconds_per_tick
            ),
            movement=CerebellumConfig(speed=0.4, turn_rate=1.4, reaction=0.1),
        )
        end = time.monotonic() + 20.0
        walk = brain.hippocampus.walk
        explored = brain.explore(1000, until=lambda: walk.length > 0.05 or time.monotonic() > end)
        health = robot.health
        assert health.refused == 0
    assert explored.ticks > 15
    assert explored.metres > 0.05
    assert brain.hippocampus.scene.occupancy.explored_area > 3.0
    told = list(driver.received)
    assert_within(told, "forward", config)
    assert_within(told, "turn", config)
    assert told[-1][1] == Command()


def assert_within(told: list[tuple[float, Command]], axis: str, config: GateConfig) -> None:
    limits = getattr(config, axis)
    values = np.array([getattr(command, axis) for _, command in told])
    assert values.max() <= limits.fastest
    assert values.min() >= limits.slowest
    assert values.max() > 0.0 or values.min() < 0.0
    # The body samples what is streamed at 20 Hz: between two of its ticks lie at most that time
    # and one period of the stream.
    for (earlier, before), (later, after) in pairwise(told):
        change = abs(getattr(after, axis) - getattr(before, axis))
        seconds = later - earlier + 0.05 + 0.02
        assert change <= max(limits.acceleration, limits.deceleration) * seconds


@pytest.fixture
def _pybullet() -> None:
    pytest.importorskip("pybullet")


@pytest.mark.usefixtures("_pybullet")
def test_an_arm_follows_a_trajectory_point_by_point_and_closes_its_hand() -> None:
    robot = build_robot(load_robot("tabletop", {"options.simulation.camera_hz": 2.0}))
    with robot:
        start = robot.readings.joints
        assert start is not None
        goal = start + np.array([0.3, 0.1, 0.0, 0.1, 0.0, 0.0, 0.2])
        share = np.linspace(0.0, 1.0, 40)
        way = (10.0 * share**3 - 15.0 * share**4 + 6.0 * share**5)[:, None]
        followed = robot.follow(
            Trajectory(
                joints=robot.info.joints,
                positions=start + way * (goal - start),
                times=1.2 * share,
            )
        )
        assert followed.status == "done", followed
        assert robot.readings.joints == pytest.approx(goal, abs=0.03)
        opened = robot.readings.opening
        for _ in range(8):
            robot.act(Command(gripper=0.01))
        assert robot.readings.opening is not None
        assert opened is not None
        assert robot.readings.opening < opened - 0.03
        assert robot.observe().depth.max() > 0.0
