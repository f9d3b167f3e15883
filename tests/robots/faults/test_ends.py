"""However a program ends by itself, the last that the robot hears is a ramp to zero."""

import signal
import time
from contextlib import suppress

import pytest

from driving_brain import GATE
from fault_scene import DRIVE, GATE_BRAKES, LATE, ROBOT_STOPS


def asks_to_quit(brain):
    brain.process.stdin.write("quit\n")


def raises(brain):
    brain.process.stdin.write("raise\n")


def is_terminated(brain):
    brain.signal(signal.SIGTERM)


def is_interrupted(brain):
    brain.signal(signal.SIGINT)


@pytest.mark.parametrize("way", [asks_to_quit, raises, is_terminated, is_interrupted])
def test_a_program_that_ends_brings_its_robot_to_rest_within_limits(way, shared_scene):
    driving = shared_scene
    driving.until_driving()
    since = time.monotonic()
    with suppress(BrokenPipeError):
        way(driving.brain)
    driving.brain.process.wait(20.0)
    log = driving.robot.until(lambda log: log.states[-1].t > log.commands[-1].t + ROBOT_STOPS)
    ended = log.commands[-1]
    assert ended.zero
    assert ended.t - since <= 0.1 + GATE_BRAKES + 2 / GATE.rate + 2 * LATE
    # It stood before the robot's own watchdog had anything to do.
    assert log.stopped_by(since) <= ended.t + FOLLOW
    driving.new_brain()
    driving.until_driving()
    driving.check_limits()


FOLLOW = LATE + 0.4 / DRIVE.acceleration
