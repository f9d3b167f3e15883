"""Peers that do not fit: nothing moves, until they do."""

import time

import pytest

from fault_scene import DrivingBrain, dds_options


@pytest.mark.parametrize(
    ("wrong", "right"),
    [
        ("qos odom best_effort", "qos odom reliable"),
        pytest.param(
            "qos camera/depth/image_raw best_effort",
            "qos camera/depth/image_raw reliable",
            marks=pytest.mark.slow,
        ),
        ("qos cmd_vel transient_local", "qos cmd_vel volatile"),
    ],
)
def test_topics_whose_quality_does_not_fit_keep_the_robot_still(wrong, right, peer):
    robot = peer()
    robot.tell(wrong)
    brain = DrivingBrain(dds_options(robot.domain))
    try:
        since = time.monotonic()
        log = robot.until(lambda log: log.states[-1].t > since + 2.0)
        assert log.nonzero_between(0.0) == ()
        assert log.still_between(0.0)
        robot.tell(right)
        robot.until(lambda log: log.states[-1].forward > 0.2)
    finally:
        brain.kill()


def test_a_second_owner_who_was_there_first_is_not_driven_against(peer):
    robot = peer()
    robot.tell("publish cmd_vel 0.0 0.2")
    robot.until(lambda log: log.foreign)
    brain = DrivingBrain(dds_options(robot.domain))
    try:
        since = time.monotonic()
        log = robot.until(lambda log: log.states[-1].t > since + 2.0)
        assert log.nonzero_between(0.0) == ()
        robot.tell("unpublish")
        robot.until(lambda log: log.states[-1].forward > 0.2)
    finally:
        brain.kill()
