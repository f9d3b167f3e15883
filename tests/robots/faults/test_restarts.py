"""Robots that go and come back, and who comes when an emergency stop already holds."""

import time

from bystander import Bystander
from driving_brain import GATE
from embodied_mem.robots.dds.messages import Bool
from fault_scene import LATE


def test_a_robot_that_was_killed_and_came_back_is_driven_again_from_rest(shared_scene):
    driving = shared_scene
    driving.until_driving()
    driving.check_limits()
    driving.new_robot()
    driving.until_driving()
    first = driving.log.commands[0]
    # What it is sent first does not resume the speed that its predecessor had.
    assert abs(first.forward) <= GATE.forward.acceleration * 2 / GATE.rate
    assert abs(first.turn) <= GATE.turn.acceleration * 2 / GATE.rate
    driving.check_limits()


def test_an_emergency_stop_reaches_robots_and_brains_that_join_after_it(shared_scene):
    driving = shared_scene
    driving.until_driving()
    with Bystander(driving.domain) as other:
        other.stop()
        driving.robot.until(lambda log: log.states[-1].stopped)
        driving.new_robot()
        driving.new_brain()
        driving.robot.until(lambda log: log.states and log.states[-1].stopped)
        calm = time.monotonic()
        log = driving.wait_until(calm + 2.0)
        assert log.nonzero_between(0.0) == ()
        assert log.still_between(0.0)
        # An old reset, heard again by those who come late, must not count for a newer stop.
        other.reset()
        driving.until_driving()
        other.send("e_stop", Bool(data=True))
        stopped = driving.robot.until(lambda log: log.states[-1].stopped).of("e_stop")[-1]["t"]
        driving.new_brain()
        log = driving.wait_until(time.monotonic() + 2.0)
        assert log.nonzero_between(stopped + LATE) == ()
        other.reset()
        driving.until_driving()
    driving.check_limits()


def test_a_brain_that_stopped_the_robot_itself_drives_again_only_after_its_own_reset(shared_scene):
    driving = shared_scene
    driving.until_driving()
    since = time.monotonic()
    driving.brain.tell("estop")
    log = driving.wait_until(since + 1.0)
    asked = next(event["t"] for event in log.of("e_stop") if event["t"] > since)
    assert log.first_zero_after(since) - asked <= 0.1 + LATE
    assert log.nonzero_between(asked + 0.1 + LATE) == ()
    assert log.states[-1].stopped  # the robot itself was told, too, and holds it
    driving.brain.tell("reset")
    driving.until_driving()
    driving.check_limits()
