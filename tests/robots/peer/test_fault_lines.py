"""Every line of the control does what it says, as seen from the wire."""

import time

import numpy as np
import pytest

from bystander import Bystander
from embodied_mem.robots.dds.messages import Header, Image, time_of
from embodied_mem_envs.robot_peer.broken import BROKEN, broken_image, oversized_image
from embodied_mem_envs.robot_peer.control import HELP, Control
from embodied_mem_envs.robot_peer.faults import Faults
from embodied_mem_envs.robot_peer.wire_names import COLOUR, DEPTH


@pytest.fixture
def world(peer):
    robot = peer("--width", "64", "--height", "48", "--depth", "32FC1")
    with Bystander(robot.domain) as other:
        yield robot, other


def metres(image):
    return image.data.view("<f4").reshape(image.height, image.width)


def silent(other, topic, seconds=0.5):
    known = len(other.hear(topic))
    time.sleep(seconds)
    return len(other.hear(topic)) - known <= 1  # one may have been on its way


def test_sensors_freeze_fall_silent_and_come_back(world):
    robot, other = world
    other.next(COLOUR)
    robot.tell("freeze camera")
    robot.tell("freeze odom")
    other.steer_for(0.5, 0.0, 1.0)
    time.sleep(0.3)
    still, again = other.next(COLOUR), other.next(COLOUR)
    assert (still.data == again.data).all()
    assert time_of(again.header.stamp) > time_of(still.header.stamp)
    assert other.next("odom").pose.pose.orientation.z == 0.0
    robot.tell("resume camera")
    robot.tell("resume odom")
    other.next(COLOUR, lambda image: (image.data != still.data).any())
    other.next("odom", lambda m: abs(m.pose.pose.orientation.z) > 0.05)
    for sensor, topic in (("camera", COLOUR), ("odom", "odom")):
        robot.tell(f"stop {sensor}")
        assert silent(other, topic)
        robot.tell(f"resume {sensor}")
        other.next(topic)


def test_depth_and_odometry_lose_their_values(world):
    robot, other = world
    robot.tell("depth zero")
    other.next(DEPTH, lambda image: (metres(image) == 0.0).all())
    robot.tell("depth nan")
    other.next(DEPTH, lambda image: np.isnan(metres(image)).all())
    robot.tell("depth ok")
    other.next(DEPTH, lambda image: (metres(image) > 0.0).any())
    robot.tell("odom nan")
    other.next("odom", lambda m: np.isnan(m.pose.pose.position.x))
    robot.tell("odom ok")
    other.next("odom", lambda m: m.pose.pose.position.x == 0.0)


def test_a_board_stands_in_the_way_as_far_off_as_told(world):
    robot, other = world
    free = metres(other.next(DEPTH))
    robot.tell("box 0.2")
    image = other.next(DEPTH, lambda image: metres(image).min() < 0.9 * free.min())
    # The middle of the picture looks 0.26 rad down at a board 0.38 m ahead.
    assert metres(image)[24, 32] == pytest.approx(0.38 / np.cos(0.26), abs=0.02)
    robot.tell("box off")
    other.next(DEPTH, lambda image: np.allclose(metres(image), free))


def test_the_clock_jumps_and_the_computer_hangs(world):
    robot, other = world
    for ahead in (3600.0, -5.0):
        robot.tell(f"clock {ahead}")
        odom = other.next("odom", lambda m, ahead=ahead: near(time_of(m.header.stamp), ahead))
        assert near(1e-9 * odom.sample_info.source_timestamp, ahead)
    robot.tell("pause 0.7")
    assert silent(other, "odom", 0.3)
    other.next("odom")


def near(stamp, ahead):
    return abs(stamp - time.time() - ahead) < 2.5


def test_the_button_stops_it_and_a_second_owner_moves_it(world):
    robot, other = world
    robot.tell("publish cmd_vel 0.2 0.1")
    robot.until(lambda log: log.states[-1].forward > 0.15 and log.foreign)
    assert robot.log.commands == ()
    robot.tell("estop")
    assert other.next("estopped", lambda m: m.data).data
    other.reset()
    robot.until(lambda log: log.of("e_stop_reset"))
    assert robot.until(lambda log: log.states[-1].at_rest).states[-1].stopped
    robot.tell("reset")
    robot.until(lambda log: log.states[-1].forward > 0.15)
    robot.tell("unpublish")
    robot.until(lambda log: log.states[-1].at_rest)


def test_another_quality_of_service_no_longer_fits(world):
    robot, other = world
    other.next("odom")
    other.steer(0.0)
    robot.until(lambda log: log.commands)
    robot.tell("qos odom best_effort")
    robot.tell("qos cmd_vel transient_local")
    assert silent(other, "odom")
    deadline = time.monotonic() + 10.0
    while other._writers["cmd_vel"].get_matched_subscriptions():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    robot.tell("qos odom reliable")
    robot.tell("qos cmd_vel volatile")
    other.next("odom")
    other.steer(0.0)


def test_broken_and_huge_pictures_reach_the_wire_and_good_ones_follow(world):
    robot, other = world
    other.hear("odom")
    other.hear(COLOUR)
    end = time.monotonic() + 20.0
    # A busy machine may lose a part of it, and newer pictures then take its place.
    while not any(image.data.nbytes >= 2e6 for image in other.hear(COLOUR)):
        assert time.monotonic() < end
        robot.tell("oversized image 2")
        time.sleep(0.3)
    known = len(other.hear(DEPTH))
    robot.tell(f"malformed image {2 * len(BROKEN)}")
    seen = other.until(DEPTH, lambda heard: len(heard) >= known + 2 * len(BROKEN) + 3)[known:]
    as_usual = ("32FC1", 48, 64, 256, 48 * 256)
    kinds = {(m.encoding, m.height, m.width, m.step, len(m.data)) for m in seen}
    # One is broken in its stamp alone.
    assert len(kinds - {as_usual}) == len(BROKEN) - 1
    assert any(m.header.stamp.nanosec >= 10**9 for m in seen)
    last = seen[-1]
    assert (last.encoding, last.height, last.width, last.step, len(last.data)) == as_usual


def test_every_kind_of_broken_picture_is_broken():
    image = Image(
        header=Header(), height=4, width=5, encoding="rgb8", step=15, data=np.zeros(60, np.uint8)
    )
    good = image.serialize()
    kinds = {broken_image(number, image).serialize() for number in range(len(BROKEN))}
    assert good not in kinds
    assert len(kinds) == len(BROKEN)
    assert len(oversized_image(Header(), 10_000).data) >= 10_000


class NoHands:
    """Stands for the robot where only the answers to lines are looked at."""

    def __getattr__(self, name):
        return lambda *_: "" if name == "spoil" else None


@pytest.mark.parametrize(
    "line",
    ["", "dance", "freeze", "freeze nose", "depth blue", "odom maybe", "clock soon", "box",
     "publish e_stop 1 2", "publish cmd_vel 1", "malformed odom", "oversized image", "stick 8",
     "stick 0"],
)  # fmt: skip
def test_a_line_that_means_nothing_is_answered_and_changes_nothing(line):
    faults = Faults()
    before = (dict(faults.sensors), faults.depth, faults.clock, faults.box)
    assert Control(faults, NoHands()).obey(line).startswith("error: ")
    assert before == (dict(faults.sensors), faults.depth, faults.clock, faults.box)


def test_the_help_names_every_line():
    control = Control(Faults(), NoHands())
    assert control.obey("help") == HELP
    for verb in control._verbs:
        assert verb in HELP
