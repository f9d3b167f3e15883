"""The cable between brain and robot is pulled: each in its own network namespace, one virtual wire.

The robot's own timeout must stop it, and when the cable is back the brain goes on from rest.
"""

import os
import subprocess
import time
from contextlib import ExitStack

import pytest

from driving_brain import GATE
from fault_scene import DRIVE, ROBOT_STOPS, Scene, dds_options
from peer import own_domain


def ip(*words):
    """Runs `ip`; returns what it complained of."""
    try:
        return subprocess.run(["ip", *words], capture_output=True, text=True).stderr
    except FileNotFoundError as error:
        return str(error)


@pytest.fixture
def cable(tmp_path):
    """Two network namespaces with a cable between them, and a scene with one end in each."""
    tag = f"em{os.getpid() % 100000}"
    spaces = (f"{tag}r", f"{tag}b")
    with ExitStack() as stack:
        for space in spaces:
            complaint = ip("netns", "add", space)
            if complaint:
                pytest.skip(f"network namespaces are not permitted here: {complaint}")
            stack.callback(ip, "netns", "del", space)
        complaint = ip("link", "add", f"{tag}0", "type", "veth", "peer", "name", f"{tag}1")
        if complaint:
            pytest.skip(f"virtual cables are not permitted here: {complaint}")
        for end, space in enumerate(spaces):
            ip("link", "set", f"{tag}{end}", "netns", space)
            ip("-n", space, "addr", "add", f"10.78.0.{end + 1}/24", "dev", f"{tag}{end}")
            ip("-n", space, "link", "set", f"{tag}{end}", "up")
        domain = stack.enter_context(own_domain())
        robot = ("--interface", f"{tag}0", "--peers", "10.78.0.2")
        brain = {"interface": f"{tag}1", "peers": ["10.78.0.1"]}
        prefixes = tuple(("ip", "netns", "exec", space) for space in spaces)
        scene = Scene(
            domain, tmp_path, *robot, options={**dds_options(domain), **brain}, prefixes=prefixes
        )
        yield stack.enter_context(scene), (spaces[1], f"{tag}1")


def pull_and_plug(scene, cable_end, seconds):
    """Pulls the cable of a driving robot for some seconds and plugs it in again."""
    space, name = cable_end
    scene.until_driving()
    since = time.monotonic()
    assert ip("-n", space, "link", "set", name, "down") == ""
    log = scene.check_stop(since, ROBOT_STOPS, deceleration=DRIVE.acceleration)
    assert log.commands[-1].t <= since + 0.2  # the cable was really pulled
    scene.wait_until(since + seconds)
    again = time.monotonic()
    assert ip("-n", space, "link", "set", name, "up") == ""
    ip("-n", space, "addr", "replace", "10.78.0.2/24", "dev", name)
    scene.until_driving()
    first = next(c for c in scene.log.commands if c.t > again)
    assert first.forward <= GATE.forward.acceleration * 2 / GATE.rate
    scene.check_limits()


@pytest.mark.parametrize("seconds", [pytest.param(1.2, marks=pytest.mark.slow), 4.0])
def test_a_robot_that_hears_nothing_stops_and_is_driven_on_when_the_cable_is_back(cable, seconds):
    pull_and_plug(*cable, seconds)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_it_stops_every_time_in_fifty_cuts(cable):
    for cut in range(50):
        # Short cuts go unnoticed by DDS; longer than the lease, both ends must find each other.
        pull_and_plug(*cable, (1.2, 3.0)[cut % 2])


@pytest.mark.slow
def test_after_a_long_cut_both_ends_still_look_for_each_other(cable):
    pull_and_plug(*cable, 100.0)
