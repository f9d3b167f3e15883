"""A robot in another process, over real DDS: what comes, what is sent, who is there."""

import threading

import numpy as np
import pytest

from embodied_mem.errors import BodyError, ConfigError
from embodied_mem.robots.dds.driver import make_dds
from embodied_mem.robots.safety.gated import GATE_STAMP, GatedCommand
from embodied_mem.types import Command


def gated(forward: float, turn: float = 0.0) -> GatedCommand:
    return GatedCommand(GATE_STAMP, Command(forward=forward, turn=turn))


def test_it_is_described_before_it_is_open():
    driver = make_dds({"name": "turtle", "radius": 0.3, "joints": ["a"], "arm": "panda"})
    assert driver.info.name == "turtle"
    assert driver.info.radius == 0.3
    assert set(driver.info.action_features) == {"forward", "turn", "joints"}
    assert driver.read().frame is None
    with pytest.raises(BodyError, match="closed"):
        driver.write(gated(0.0))
    driver.close()
    for wrong in ({"interfac": "lo"}, {"lease": "long"}, {"domain": 500}):
        with pytest.raises(ConfigError):
            make_dds(wrong)


def test_a_robot_is_seen_and_steered(peer, connect):
    robot = peer("--odom-at", "house", "--detector")
    one = connect(robot.domain, instance=True, rates={"odom": 50.0, "depth": 10.0})
    checks = one.driver.checks()
    assert {check.verdict for check in checks} == {"ok"}, checks
    with pytest.raises(BodyError, match="open already"):
        one.driver.open(one.owner.events)
    one.until(lambda one: one.driver.read().frame is not None)
    first = one.driver.read()
    assert first.frame.rgb.shape == (120, 160, 3)
    assert first.frame.intrinsics.width == 160
    assert 0.2 < np.median(first.frame.depth[first.frame.depth > 0.0]) < 10.0
    assert set(np.unique(first.frame.instance)) - {0} <= set(first.frame.labels)
    assert first.stopped == "" and first.faults == () and first.lost == {}
    for _ in range(30):
        one.driver.write(gated(0.3, 0.4))
        threading.Event().wait(0.05)
    readings = one.driver.read()
    assert readings.forward == pytest.approx(0.3, abs=0.02)
    assert readings.turn == pytest.approx(0.4, abs=0.02)
    assert readings.frame.number > first.frame.number
    assert {(c.forward, c.turn) for c in robot.log.commands} == {(0.3, 0.4)}
    # Where the robot says that it was when it took the picture is where it truly was.
    frame = readings.frame
    true = min(robot.log.states, key=lambda state: abs(state.t - frame.taken))
    assert frame.T_world_body[:2, 3] == pytest.approx((true.x, true.y), abs=0.06)
    assert frame.taken == pytest.approx(true.t, abs=0.2)
    assert one.owner.woken > 5
    one.until(lambda one: 0.0 < one.driver.read().values.get("battery", 0.0) <= 1.0)


def test_names_stamps_metres_and_jpeg(peer, connect):
    robot = peer("--namespace", "lab/one", "--stamped", "--depth", "32FC1", "--compressed")
    one = connect(robot.domain, namespace="lab/one", stamped=True, compressed=True).ready()
    assert one.driver.read().frame.rgb.std() > 5.0
    assert one.driver.read().frame.depth.max() > 0.5
    for _ in range(10):
        one.driver.write(gated(0.2))
        threading.Event().wait(0.05)
    assert {c.forward for c in robot.log.commands} == {0.2}


def test_closing_ends_every_thread(peer, connect):
    before = set(threading.enumerate())
    one = connect(peer().domain)
    one.ready()
    named = {thread.name for thread in threading.enumerate()} - {t.name for t in before}
    assert "dds-ros" in named
    one.driver.close()
    assert "dds-ros" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(BodyError, match="closed"):
        one.driver.write(gated(0.1))
    one.driver.open(one.owner.events)
    one.ready()
