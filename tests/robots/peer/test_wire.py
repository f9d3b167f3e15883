"""A real robot process, heard and steered by another process over real DDS."""

import json
import time

import cv2
import numpy as np
import pytest

from bystander import Bystander
from embodied_mem.robots.dds.messages import (
    Duration,
    Header,
    JointTrajectory,
    JointTrajectoryPoint,
    Twist,
    TwistStamped,
    Vector3,
    stamp_of,
    time_of,
)
from embodied_mem_envs.house.body import CameraConfig, body_pose, mount_pose
from embodied_mem_envs.house.config import HouseConfig
from embodied_mem_envs.house.generate import generate_house
from embodied_mem_envs.house.view import HouseRenderer
from embodied_mem_envs.robot_peer.arm import HOME, JOINTS
from embodied_mem_envs.robot_peer.wire_names import COLOUR, DEPTH, INFO, INSTANCE, LABELS

HOUSE = generate_house(7, HouseConfig(rooms=3))


def yaw_of(odometry):
    turned = odometry.pose.pose.orientation
    return 2.0 * np.arctan2(turned.z, turned.w)


def test_pictures_are_those_of_the_house_where_odometry_says_it_stands(peer):
    robot = peer("--odom-at", "house", "--detector", "--width", "64", "--height", "48")
    with Bystander(robot.domain) as other:
        for topic in (COLOUR, DEPTH, INFO, INSTANCE, LABELS, "odom", "battery"):
            other.hear(topic)
        colour = other.until(COLOUR, bool)[0]
        stamp = time_of(colour.header.stamp)
        same = lambda heard: any(time_of(m.header.stamp) == stamp for m in heard)  # noqa: E731
        depth, info, instance = (
            next(m for m in other.until(topic, same) if time_of(m.header.stamp) == stamp)
            for topic in (DEPTH, INFO, INSTANCE)
        )
        odometry = other.until("odom", bool)[-1]
        labels = json.loads(other.until(LABELS, bool)[0].data)
        assert 0.0 < other.until("battery", bool)[0].percentage <= 1.0
    place = odometry.pose.pose.position
    pose = body_pose(place.x, place.y, yaw_of(odometry))
    camera = CameraConfig(width=64, height=48)
    view = HouseRenderer(HOUSE).render(pose @ mount_pose(camera), camera.intrinsics)
    assert (place.x, place.y) == pytest.approx(HOUSE.start[:2])
    assert (odometry.header.frame_id, odometry.child_frame_id) == ("odom", "base_link")
    assert (colour.encoding, depth.encoding, instance.encoding) == ("rgb8", "16UC1", "16UC1")
    # The pose went over the wire as a quaternion: a ray at an edge may see the other side of it.
    same_pixels = (colour.data.reshape(48, 64, 3) == view.rgb).all(axis=2)
    assert same_pixels.mean() > 0.99
    metres = depth.data.view("<u2").reshape(48, 64) / 1000.0
    assert np.median(np.abs(metres - view.depth)) <= 0.0005
    ids = instance.data.view("<u2").reshape(48, 64)
    assert (ids == view.instance).mean() > 0.99
    assert {int(number): name for number, name in labels.items()} == HOUSE.labels()
    assert np.allclose(np.reshape(info.k, (3, 3)), camera.intrinsics.matrix)
    assert (info.width, info.height) == (64, 48)
    assert abs(stamp - time.time()) < 30.0


def test_depth_in_metres_colour_as_jpeg_and_commands_with_stamps_under_a_name(peer):
    robot = peer("--namespace", "/lab/one", "--depth", "32FC1", "--compressed", "--stamped")
    with Bystander(robot.domain, namespace="lab/one", stamped=True) as other:
        depth = other.next(DEPTH)
        assert depth.encoding == "32FC1"
        assert depth.step == 4 * depth.width
        assert 0.1 < np.median(depth.data.view("<f4")) < 10.0
        picture = other.next(f"{COLOUR}/compressed")
        seen = cv2.imdecode(picture.data, cv2.IMREAD_COLOR)
        assert seen.shape == (120, 160, 3)
        assert "jpeg" in picture.format
        other.steer_for(0.6, 0.3, 0.2)
        moving = other.next("odom", lambda m: m.twist.twist.linear.x > 0.25)
        assert moving.twist.twist.angular.z == pytest.approx(0.2)
        for age in (2.0, 0.2):
            stamp = stamp_of(time.time() - age)
            twist = Twist(linear=Vector3(x=age))
            other.send("cmd_vel", TwistStamped(header=Header(stamp=stamp), twist=twist))
        log = robot.until(lambda log: log.commands[-1].forward == 0.2)
    assert {(c.forward, c.turn) for c in log.commands[:-2]} == {(0.3, 0.2)}
    assert [c.followed for c in log.commands[-2:]] == [False, True]


def test_odometry_begins_at_the_origin_and_tells_the_true_speed(peer):
    robot = peer()
    with Bystander(robot.domain) as other:
        first = other.next("odom")
        assert (first.pose.pose.position.x, first.pose.pose.position.y) == (0.0, 0.0)
        other.steer_for(1.0, 0.3)
        last = other.next("odom", lambda m: m.twist.twist.linear.x < 1e-6)
        went = last.pose.pose.position
    true = robot.until(lambda log: log.states and log.states[-1].at_rest).states
    way = np.hypot(true[-1].x - true[0].x, true[-1].y - true[0].y)
    assert way > 0.2
    assert (went.x, abs(went.y)) == (pytest.approx(way, abs=0.01), pytest.approx(0.0, abs=0.01))


def test_the_drives_stop_by_themselves_when_nobody_speaks(peer):
    robot = peer()
    with Bystander(robot.domain) as other:
        other.steer_for(0.6, 0.4)
    log = robot.until(lambda log: log.stopped_by(log.commands[-1].t) is not None)
    heard = log.commands[-1].t
    assert 0.5 <= log.stopped_by(heard) - heard <= 0.5 + 0.4 / 2.5 + 0.3


def test_an_emergency_stop_holds_against_commands_and_only_a_newer_reset_ends_it(peer):
    robot = peer()
    with Bystander(robot.domain) as other:
        other.hear("estopped")
        other.reset()  # older than the stop: it must not count later
        other.steer_for(0.5, 0.4)
        with Bystander(robot.domain) as third:
            third.stop()
            other.until("estopped", lambda heard: heard and heard[-1].data)
        other.steer_for(0.6, 0.4)
        stop = robot.log.of("e_stop")[0]["t"]
        assert robot.log.stopped_by(stop) - stop <= 0.4 / 5.0 + 0.1
        assert robot.log.still_between(stop + 0.3)
        # Somebody who comes now hears that it is stopped, and a new robot hears of the stop.
        with Bystander(robot.domain) as late:
            assert late.until("estopped", bool)[-1].data is True
        other.reset()
        other.until("estopped", lambda heard: not heard[-1].data)
        calm = time.monotonic()
        robot.until(lambda log: log.states[-1].t > calm + 0.4)
        assert robot.log.still_between(calm)
        other.steer_for(0.5, 0.4)
        assert robot.log.states[-1].forward > 0.3


def test_a_robot_that_joins_after_a_stop_is_stopped_and_after_a_reset_is_not(peer):
    first = peer(name="first")
    with Bystander(first.domain) as other:
        other.stop()
        first.until(lambda log: log.of("e_stop"))
        second = peer(name="second")
        second.until(lambda log: log.states and log.states[-1].stopped)
        other.reset()
        third = peer(name="third")
        for robot in (first, second, third):
            robot.until(lambda log: log.of("e_stop_reset") and not log.states[-1].stopped)


def test_an_arm_follows_what_it_is_sent_and_tells_its_joints_by_name(peer):
    robot = peer("--arm")
    goal = np.array(HOME) + 0.2
    with Bystander(robot.domain) as other:
        point = JointTrajectoryPoint(positions=goal.tolist(), time_from_start=Duration(sec=1))
        other.send("arm/joint_trajectory", JointTrajectory(joint_names=JOINTS, points=[point]))

        def arrived(state):
            place = dict(zip(state.name, state.position, strict=True))
            return np.abs(np.array([place[name] for name in JOINTS]) - goal).max() < 1e-3

        assert sorted(other.next("joint_states", arrived).name) == sorted(JOINTS)
    taken = robot.log.trajectories[0]
    assert (taken["refused"], taken["times"]) == ("", [1.0])


def test_a_command_that_is_no_number_is_written_down_and_not_followed(peer):
    robot = peer()
    with Bystander(robot.domain) as other:
        other.send("cmd_vel", Twist(linear=Vector3(x=float("nan"))))
        log = robot.until(lambda log: log.commands)
    assert not log.commands[0].followed
    assert np.isnan(log.commands[0].forward)
