"""Faults that stop a driving robot, once each, and (slow) fifty times each."""

import random

import pytest

from stop_faults import STOP_FAULTS

REPETITIONS = 50
# Fifty times among the slow tests. That these make readings old or a fault is in
# tests/robots/dds/test_faults_seen.py and test_ends.py, that old ones stop it in
# tests/robots/safety/test_gate.py; and their like are below.
ALIKE = {"camera silent", "odometry silent", "odometry unreliable", "clock five seconds behind"}


@pytest.mark.parametrize("fault", [fault for fault in STOP_FAULTS if fault not in ALIKE])
def test_a_fault_stops_the_robot_within_limits_and_it_goes_on_when_the_fault_is_gone(
    fault, shared_scene
):
    shared_scene.until_driving()
    STOP_FAULTS[fault](shared_scene)
    shared_scene.until_driving()
    shared_scene.check_limits()


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("fault", STOP_FAULTS)
def test_it_stops_every_time_in_fifty(fault, scene):
    driving = scene()
    when = random.Random(fault)
    # In its first second a brain learns what the robot's clock shows, and takes any for right.
    driving.wait_until(driving.until_driving() + 1.5)
    for _ in range(REPETITIONS):
        begun = driving.until_driving()
        driving.wait_until(begun + when.uniform(0.0, 0.3))  # at another moment of its period
        STOP_FAULTS[fault](driving)
        driving.check_limits()
    driving.until_driving()
    driving.check_limits()
