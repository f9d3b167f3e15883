"""What does not fit together is an error and keeps the robot stopped; it is never silence."""

import time

import pytest
from cyclonedds.pub import DataWriter
from cyclonedds.qos import Policy, Qos
from cyclonedds.topic import Topic

from embodied_mem.robots.dds.messages import Bool
from embodied_mem.robots.dds.participant import DdsLink, DdsNetwork
from embodied_mem.types import Command
from peer import own_domain
from ros_env import ros_python, ros_robot


@pytest.fixture(scope="module")
def one(lasting_scene):
    return lasting_scene()


def until(met, seconds=10.0):
    end = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end
        time.sleep(0.02)


def errors(robot):
    return {check.name: check.found for check in robot.checks() if check.verdict == "error"}


def stays_stopped(peer, robot):
    """Whether nothing but zeros arrive while the brain asks to move."""
    robot.send(Command())
    time.sleep(0.3)
    since = time.monotonic()
    for _ in range(5):
        robot.act(Command(forward=0.2, turn=0.2))
    return peer.log.nonzero_between(since) == ()


def drives(robot):
    until(lambda: robot.act(Command(turn=0.3)).turn > 0.0)
    robot.send(Command())


def test_a_robot_that_is_not_there_is_an_error_for_every_topic_that_it_should_have():
    ros_python()
    with own_domain() as domain, ros_robot(domain) as robot:
        found = errors(robot)
        assert found["cmd_vel subscriber"].startswith("no robot subscribes to /cmd_vel")
        assert found["odom publisher"].startswith("no robot publishes /odom")
        assert {"color publisher", "depth publisher", "camera_info publisher"} <= set(found)
        assert robot.act(Command(forward=0.2)) == Command()


def test_an_incompatible_qos_is_named_with_its_topic_and_nothing_moves(scene):
    spoiled = ("odom best_effort", "estopped volatile", "cmd_vel transient_local")
    peer, robot = scene(before=tuple(f"qos {words}" for words in spoiled))
    found = errors(robot)
    assert "/odom does not fit" in found["odom publisher"]
    assert "reliable" in found["odom publisher"].lower()
    for check in ("estopped publisher", "cmd_vel subscriber"):
        assert "transient" in found[check].lower()
    until(lambda: len([fault for fault in robot.health.faults if "does not fit" in fault]) == 3)
    assert stays_stopped(peer, robot)


def test_somebody_else_who_steers_is_an_error_and_we_do_not(one):
    peer, robot = one
    peer.tell("publish cmd_vel 0.0 0.1")
    try:
        until(lambda: any("somebody else publishes" in fault for fault in robot.health.faults))
        assert "/cmd_vel" in errors(robot)["cmd_vel owner"]
        assert stays_stopped(peer, robot)
    finally:
        peer.tell("unpublish")
    until(lambda: not robot.health.faults)
    drives(robot)


def test_a_stop_by_somebody_who_gave_no_qos_counts_too(one):
    # As `ros2 topic pub --once /e_stop std_msgs/msg/Bool "{data: true}"` of old does it.
    peer, robot = one
    link = DdsLink(DdsNetwork(domain=peer.domain))
    hasty = Qos(Policy.Reliability.BestEffort, Policy.Durability.Volatile)
    topic = Topic(link.participant, "rt/e_stop", Bool)
    writer = DataWriter(link.participant, topic, qos=hasty)
    try:
        until(writer.get_matched_subscriptions)
        writer.write(Bool(data=True))
        until(lambda: robot.health.latched)
        assert stays_stopped(peer, robot)
    finally:
        del writer, topic
        link.close()
    # The peer never heard of it, for it listens as strictly as most robots do.
    assert peer.log.of("estopped") == ()
    until(robot.reset)
    drives(robot)


def test_stamped_commands_and_pictures_of_another_size_are_named(scene):
    _, robot = scene("--stamped", width=320, height=240)
    found = errors(robot)
    assert "TwistStamped" in found["cmd_vel subscriber"]
    assert "320" in found["camera_info"]
    assert "160" in found["camera_info"]
    assert robot.act(Command(forward=0.2)) == Command()
