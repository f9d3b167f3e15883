"""Everything that rclpy and a robot of another DDS vendor say to each other arrives."""

import time

import numpy as np
import pytest

from bystander import Bystander
from embodied_mem.robots.trajectory import Trajectory
from embodied_mem.types import Command
from embodied_mem_envs.robot_peer.arm import HOME
from fault_scene import TREMBLE
from ros_env import JOINTS

NAMES = {
    "cmd_vel": "cmd_vel",
    "odom": "odom",
    "color": "camera/color/image_raw",
    "depth": "camera/depth/image_raw",
    "camera_info": "camera/color/camera_info",
    "instance": "camera/instance/image_raw",
    "labels": "camera/labels",
    "joint_states": "joint_states",
    "joint_trajectory": "arm/joint_trajectory",
    "e_stop": "e_stop",
    "e_stop_reset": "e_stop_reset",
    "estopped": "estopped",
    "battery": "battery",
}


@pytest.fixture(scope="module")
def plain(lasting_scene):
    """Twist, raw colour, depth in millimetres, an arm and a detector; all topics renamed."""
    topics = {role: f"/{name}" for role, name in NAMES.items()}
    return lasting_scene("--arm", "--detector", instance=True, namespace="elsewhere", topics=topics)


@pytest.fixture(scope="module")
def other(lasting_scene):
    """The other forms of everything, in a namespace."""
    return lasting_scene(
        *("--stamped", "--depth", "32FC1", "--compressed", "--namespace", "fleet/r7"),
        stamped=True,
        compressed=True,
        namespace="/fleet/r7",
    )


def until(met, seconds=10.0):
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end
        time.sleep(0.02)


def errors(robot):
    return [check for check in robot.checks() if check.verdict == "error"]


def test_nothing_is_wrong_with_a_robot_that_is_there(plain, other):
    for _, robot in (plain, other):
        assert errors(robot) == []


def test_pictures_of_both_encodings_show_the_same_room(plain, other):
    depths = {}
    for name, (_, robot) in {"plain": plain, "other": other}.items():
        seen = robot.observe()
        assert seen.rgb.shape == (120, 160, 3)
        assert seen.intrinsics.fx == pytest.approx(80.0)  # a right angle of 160 pixels
        assert seen.T_world_camera[2, 3] == pytest.approx(1.25)
        depths[name] = seen
    # Both stand where house 7 begins; millimetres and JPEG are what differs.
    apart = np.abs(depths["plain"].depth - depths["other"].depth)
    assert np.median(apart) < 0.002
    colours = depths["plain"].rgb.astype(int) - depths["other"].rgb
    assert np.abs(colours).mean() < 12.0
    assert depths["plain"].rgb.std() > 10.0


def test_a_robots_own_detector_names_what_it_sees(plain):
    _, robot = plain
    seen = robot.observe()
    assert seen.instance is not None
    shown = set(np.unique(seen.instance)) - {0}
    assert shown
    assert shown <= set(seen.labels)
    assert all(seen.labels[number] for number in shown)


def test_joints_and_battery_arrive(plain):
    _, robot = plain
    readings = robot.readings
    assert readings.joints == pytest.approx(np.array(HOME), abs=0.02)
    assert readings.joint_velocities == pytest.approx(np.zeros(7), abs=0.05)
    until(lambda: "battery" in robot.readings.values)
    assert 0.0 < robot.readings.values["battery"] <= 1.0


@pytest.mark.parametrize("form", ["plain", "other"])
def test_commands_arrive_as_they_were_sent_and_the_robot_moves(form, request):
    peer, robot = request.getfixturevalue(form)
    since = time.monotonic()
    for _ in range(12):
        sent = robot.act(Command(forward=-0.1, turn=0.5))
    assert sent == Command(forward=-0.1, turn=0.5)
    log = peer.until(lambda log: any(c.forward == -0.1 for c in log.commands))
    assert all(command.followed for command in log.commands)
    assert log.worst_excess(robot.gate.config, slack=TREMBLE).count == 0
    until(lambda: abs(robot.readings.turn - 0.5) < 0.1)
    # Odometry tells what the robot truly does.
    truth = peer.until(lambda log: log.states[-1].t > since + 1.0).states[-1]
    assert truth.turn == pytest.approx(0.5, abs=0.2)
    robot.send(Command())
    peer.until(lambda log: log.commands[-1].zero)


def test_a_whole_trajectory_is_followed(plain):
    peer, robot = plain
    start = robot.readings.joints
    part = np.linspace(0.0, 1.0, 21)[:, None]
    smooth = 3.0 * part**2 - 2.0 * part**3
    way = Trajectory(joints=JOINTS, positions=start + 0.2 * smooth, times=np.linspace(0, 2, 21))
    until(lambda: not robot.health.stopped)  # both scenes may be starting on a loaded machine
    followed = robot.follow(way)
    assert followed.status == "done", followed
    assert robot.readings.joints == pytest.approx(start + 0.2, abs=0.03)
    told = peer.log.trajectories[-1]
    assert told["joints"] == list(JOINTS)


@pytest.mark.parametrize("form", ["plain", "other"])
def test_our_stop_reaches_the_robot_and_whoever_joins_later(form, request):
    peer, robot = request.getfixturevalue(form)
    before = time.monotonic()
    robot.estop("a test")
    log = peer.until(lambda log: any(e["value"] and e["t"] > before for e in log.of("estopped")))
    assert any(event["value"] for event in log.of("e_stop"))
    names = {"namespace": "fleet/r7", "stamped": True} if form == "other" else {}
    with Bystander(peer.domain, **names) as late:
        late.hear("e_stop_reset")
        # Fast DDS repeats its heartbeats every three seconds: so long may history take.
        assert late.until("e_stop", lambda heard: len(heard) > 0)[-1].data
        until(lambda: robot.readings.stopped)
        assert robot.health.latched
        assert robot.reset()
        until(lambda: not robot.health.latched and not robot.readings.stopped)
        assert late.until("e_stop_reset", lambda heard: len(heard) > 0)[-1].data
        late.until("e_stop", lambda heard: not heard[-1].data)


@pytest.mark.parametrize("form", ["plain", "other"])
def test_a_stop_of_a_late_joiner_holds_until_it_is_reset(form, request):
    peer, robot = request.getfixturevalue(form)
    names = {"namespace": "fleet/r7"} if form == "other" else {}
    with Bystander(peer.domain, **names) as human:
        human.stop()
        until(lambda: robot.health.latched)
        since = time.monotonic()
        for _ in range(6):
            assert robot.act(Command(forward=0.2)) == Command()
        assert peer.log.nonzero_between(since) == ()
        human.reset()
        until(lambda: not robot.health.latched)
    until(lambda: not robot.readings.stopped)
    until(lambda: robot.act(Command(turn=0.3)).turn > 0.0)
    robot.send(Command())
