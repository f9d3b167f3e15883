"""Objects with LeRobot's contract; fakes in tests/support stand for the motors."""

import time
from math import pi, radians

import numpy as np
import pytest

from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.robots import Robot
from embodied_mem.robots.config import RobotConfig, build_robot, read_config
from embodied_mem.robots.lerobot import LeRobotDriver, make_lerobot
from embodied_mem.robots.lerobot_keys import LeRobotKeys
from embodied_mem.robots.lerobot_options import LeRobotOptions
from embodied_mem.robots.safety.config import ArmGateConfig, GateConfig
from embodied_mem.robots.safety.joint_limits import JointLimits
from embodied_mem.types import Command
from lerobot_robots import MOTORS, FakeArm, FakeKiwi

JOINTS = ("shoulder_pan", "shoulder_lift", "elbow_flex", "wrist_flex", "wrist_roll")
LIMITS = JointLimits(
    low=(-1.5,) * 5,
    high=(1.5,) * 5,
    velocity=(1.0,) * 5,
    acceleration=(4.0,) * 5,
    reflex_acceleration=(20.0,) * 5,
    stop_acceleration=(4.0,) * 5,
    stop_jerk=(40.0,) * 5,
)
ARM_GATE = GateConfig(rate=40.0, zones=None, arm=ArmGateConfig(max_step=0.5))


def arm_robot(arm: FakeArm, **options: object) -> Robot:
    driver = LeRobotDriver(arm, read_config(LeRobotOptions, options))
    return Robot(driver, ARM_GATE, joint_limits=LIMITS)


def test_the_features_say_what_the_robot_has_before_it_is_connected() -> None:
    robot = arm_robot(FakeArm(depth=True))
    assert robot.info.joints == JOINTS
    assert robot.info.required == ("joints", "depth")
    assert robot.observation_features["rgb"].shape == (12, 16, 3)
    assert "forward" not in robot.action_features
    assert robot.action_features["gripper"].high == 0.08


def test_joints_are_streamed_in_degrees_within_our_limits() -> None:
    arm = FakeArm()
    with arm_robot(arm) as robot:
        for _ in range(12):
            robot.act(Command(joints=(0.4, 0.0, -0.2, 0.0, 0.0), gripper=0.04))
        measured = robot.readings.joints
        assert measured is not None
    assert measured[0] == pytest.approx(0.4, abs=0.02)
    sent = [(when, action["shoulder_pan.pos"]) for when, _, action in arm.actions]
    assert sent[-1][1] == pytest.approx(np.degrees(0.4), abs=1.0)
    assert arm.actions[-1][2]["gripper.pos"] == pytest.approx(50.0)
    angles = np.radians([value for _, value in sent])
    # At most one step a period of 25 ms: the references keep the speed limit whatever the load.
    assert np.abs(np.diff(angles)).max() <= 1.0 * 0.025 + 1e-9
    assert not arm.torque  # disconnected


def test_what_the_robot_clips_by_itself_is_what_send_returns() -> None:
    arm = FakeArm(max_relative_target=0.05)
    with arm_robot(arm) as robot:
        returned = [robot.send(Command(joints=(0.45, 0.0, 0.0, 0.0, 0.0))) for _ in range(12)]
    asked = [action["shoulder_pan.pos"] for _, action, _ in arm.actions]
    taken = [action["shoulder_pan.pos"] for _, _, action in arm.actions]
    assert min(np.array(taken) - np.array(asked)) < -0.1  # the robot did clip
    told = [command.joints[0] for command in returned if command.joints is not None]
    assert len(told) == 12
    for angle in told:
        assert min(abs(np.radians(taken) - angle)) < 1e-9
        assert angle < 0.45


def test_nothing_is_sent_to_an_arm_that_nobody_commands() -> None:
    arm = FakeArm()
    with arm_robot(arm) as robot:
        robot.observe()
        robot.estop("to see")
        time.sleep(0.2)
    assert arm.actions == []


def test_an_arm_that_is_not_calibrated_is_not_driven_and_asks_nobody() -> None:
    with pytest.raises(BodyError, match="lerobot-calibrate"):
        arm_robot(FakeArm(calibrated=False)).connect()


def test_a_bus_that_breaks_stops_the_robot_and_its_return_frees_it() -> None:
    arm = FakeArm()
    with arm_robot(arm) as robot:
        robot.send(Command(joints=(0.1, 0.0, 0.0, 0.0, 0.0)))
        arm.broken = "no status packet"
        _until(lambda: "no status packet" in robot.health.stopped)
        with pytest.raises(BodyError, match="no status packet"):
            robot.patience = 0.3
            robot.observe()
            robot.observe()
        arm.broken = ""
        _until(lambda: not robot.health.faults)
        _until(lambda: robot.send(Command(joints=(0.1,) + (0.0,) * 4)).joints is not None)


def test_a_base_with_an_arm_takes_speeds_in_its_units_and_holds_its_arm() -> None:
    kiwi = FakeKiwi()
    driver = LeRobotDriver(kiwi, LeRobotOptions(name="kiwi"))
    gate = GateConfig(zones=None, frozen=60.0)
    with Robot(driver, gate) as robot:
        for _ in range(12):
            robot.act(Command(forward=0.2, turn=0.5))
        x = robot.readings.T_world_body
        assert x is not None
        readings = robot.readings
    assert max(a["x.vel"] for _, a in kiwi.actions) == pytest.approx(0.2)
    assert max(a["theta.vel"] for _, a in kiwi.actions) == pytest.approx(np.degrees(0.5))
    assert all(action["arm_wrist_roll.pos"] == 0.0 for _, action in kiwi.actions)
    assert kiwi.actions[-1][1]["x.vel"] == 0.0
    assert kiwi.actions[-1][1]["theta.vel"] == 0.0
    assert readings.forward == pytest.approx(0.2)
    assert readings.turn == pytest.approx(0.5)
    # Odometry by the wheels: on a circle of 0.4 m.
    assert np.hypot(x[0, 3], x[1, 3] - 0.4) == pytest.approx(0.4, abs=0.05)
    assert driver.info.required == ("odom", "joints")


@pytest.mark.parametrize("units", ["degrees", "normalized", "radians"])
def test_units_there_and_back(units: str) -> None:
    keys = LeRobotKeys(
        {f"{motor}.pos": float for motor in MOTORS},
        units=units,  # type: ignore[arg-type]
        ranges=[(-1.0, 1.5)] * 5 if units == "normalized" else (),
        offsets=(0.1, 0.0, 0.0, 0.0, 0.0) if units != "normalized" else (),
    )
    command = Command(joints=(0.3, -0.4, 0.5, 0.0, 1.0), gripper=0.02)
    action = keys.action(command, {})
    assert keys.angles(action) == pytest.approx(command.joints)
    assert keys.opening(action) == pytest.approx(0.02)
    expected = {
        "degrees": np.degrees(0.2),
        "normalized": (0.3 + 1.0) / 2.5 * 200.0 - 100.0,
        "radians": 0.2,
    }
    assert action["shoulder_pan.pos"] == pytest.approx(expected[units])


def test_depth_in_millimetres_becomes_metres_and_the_camera_looks_where_it_is_mounted() -> None:
    arm = FakeArm(depth=True)
    with arm_robot(arm, mount=[0.2, 0.0, 0.5], pitch=-pi / 6) as robot:
        seen = robot.observe()
    assert seen.depth == pytest.approx(np.full((12, 16), 1.5), abs=1e-6)
    forward = seen.T_world_camera[:3, 2]
    assert forward == pytest.approx([np.cos(pi / 6), 0.0, -np.sin(pi / 6)])
    assert seen.T_world_camera[:3, 3] == pytest.approx([0.2, 0.0, 0.5])
    assert np.linalg.det(seen.T_world_camera[:3, :3]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"joints": ["shoulder"]}, "no motors"),
        ({"units": "normalized"}, "ranges"),
        ({"offsets": [0.1]}, "offsets"),
        ({"camera": "wrist"}, "no camera"),
        ({"depth": "wrist_depth"}, "no depth picture"),
        ({"units": "grad"}, "units"),
        ({"observation_hz": 0}, "observation_hz"),
    ],
)
def test_options_that_do_not_fit_are_errors(options: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        arm_robot(FakeArm(), **options)


def test_a_robot_is_made_from_a_factory_by_name() -> None:
    config = read_config(
        RobotConfig,
        {
            "driver": "lerobot",
            "options": {"object": "lerobot_robots:FakeArm", "arguments": {"depth": True}},
        },
    )
    assert build_robot(config).info.required == ("joints", "depth")
    for wrong in ("", "lerobot_robots", "lerobot_robots:Nobody", "no_such_module:Robot"):
        with pytest.raises(ConfigError, match=r"options\.object"):
            make_lerobot({"object": wrong})
    with pytest.raises(ConfigError, match="no LeRobot robot"):
        make_lerobot({"object": "builtins:dict"})


def test_what_is_no_finite_number_is_an_error() -> None:
    keys = LeRobotKeys({"a.pos": float})
    for wrong in (float("nan"), None, "x"):
        with pytest.raises(BodyError, match=r"a\.pos"):
            keys.angles({"a.pos": wrong})
    assert keys.angles({"a.pos": np.float32(90.0)})[0] == pytest.approx(radians(90.0))


def _until(true: object, seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.01)
