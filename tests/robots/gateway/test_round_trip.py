"""A brain's `Robot` drives another process's robot: everything over a real socket on loopback."""

import time
from collections.abc import Iterator

import numpy as np
import pytest

from embodied_mem.errors import BodyError
from embodied_mem.robots.gateway.client import GatewayDriver, make_gateway
from embodied_mem.robots.gateway.server import GatewayServer
from embodied_mem.robots.robot import Robot
from embodied_mem.types import Command
from gateway_clients import RawClient
from gateway_process import wait_until
from memory_robot import MemoryDriver, base_info


@pytest.fixture
def near() -> Iterator[tuple[MemoryDriver, Robot, GatewayServer]]:
    driver = MemoryDriver()
    with Robot(driver) as robot, GatewayServer(robot, "tcp://127.0.0.1:*") as server:
        yield driver, robot, server
        assert (server.broken, server.last_error) == (0, "")


@pytest.fixture
def far(near: tuple[MemoryDriver, Robot, GatewayServer]) -> Iterator[tuple[Robot, GatewayDriver]]:
    driver = make_gateway({"endpoint": near[2].endpoint})
    with Robot(driver) as robot:
        wait_until(lambda: robot.readings.frame is not None)
        yield robot, driver


Near = tuple[MemoryDriver, Robot, GatewayServer]
Far = tuple[Robot, GatewayDriver]


def test_info_is_there_before_connecting(near: Near) -> None:
    driver = make_gateway({"endpoint": near[2].endpoint})
    assert driver.info == near[0].info
    wait_until(lambda: near[2].clients == 0)


def test_commands_reach_the_robot_and_pictures_come_back(near: Near, far: Far) -> None:
    brain, driver = far
    for _ in range(15):
        sent = brain.act(Command(forward=0.4))
    assert sent.forward == pytest.approx(0.4, abs=0.01)
    speeds = [one.command.forward for one in near[0].written]
    assert max(speeds) == pytest.approx(0.4, abs=0.01)
    wait_until(lambda: driver.state is not None and driver.state.sent.forward == max(speeds))
    observation = brain.observe()
    assert observation.rgb.shape == (12, 16, 3)
    assert observation.T_world_body[0, 3] > 0.2
    frame = near[1].readings.frame
    assert frame is not None
    there = brain.readings.frame
    assert there is not None
    assert np.array_equal(np.unique(there.depth[1:]), np.unique(frame.depth[1:]))
    assert abs(frame.taken - there.taken) < 1.0  # two pictures, one clock: this is one machine


def test_a_picture_is_the_same_at_both_ends_and_its_time_is_mapped(near: Near, far: Far) -> None:
    near[0].seconds_per_picture = 1e6  # the camera stands still: both ends see picture 0
    wait_until(lambda: (frame := far[0].readings.frame) is not None and frame.rgb[0, 0, 0] == 0)
    here, there = far[0].readings.frame, near[1].readings.frame
    assert here is not None and there is not None
    assert np.array_equal(here.rgb, there.rgb)
    assert np.array_equal(here.depth, there.depth)
    assert np.array_equal(here.T_world_camera, there.T_world_camera)
    assert here.intrinsics == there.intrinsics
    assert abs(here.taken - there.taken) < 0.05


def test_ages_grow_by_the_way_and_channels_of_pictures_by_the_picture(near: Near, far: Far) -> None:
    near[0].ages["odom"] = 5.0
    wait_until(lambda: far[0].readings.ages["odom"] >= 5.0)
    assert far[0].readings.ages["odom"] < 6.0
    near[0].pictures = False
    time.sleep(0.3)
    assert far[0].readings.ages["depth"] > 0.25
    assert near[1].readings.ages["depth"] == 0.0


def test_an_emergency_stop_goes_both_ways_and_so_does_its_end(near: Near, far: Far) -> None:
    brain, _ = far
    for _ in range(5):
        brain.act(Command(forward=0.4))
    brain.estop("by the brain")
    wait_until(lambda: near[1].gate.latched)
    assert "by the brain" in near[1].gate.stopped
    assert brain.reset()
    wait_until(lambda: not near[1].gate.latched)
    for _ in range(5):
        brain.act(Command(forward=0.4))
    assert near[1].last_sent.forward > 0.0
    near[1].estop("button")
    wait_until(lambda: brain.gate.latched)
    assert "button" in brain.gate.stopped
    count = len(near[0].written)
    for _ in range(5):
        brain.act(Command(forward=0.4))
    assert all(one.command.forward == 0.0 for one in near[0].written[count:])
    near[1].reset()
    wait_until(lambda: not brain.gate.latched and not brain.readings.stopped)
    for _ in range(5):
        brain.act(Command(forward=0.4))
    assert near[1].last_sent.forward > 0.0


def test_a_reset_right_after_an_own_stop_is_not_taken_for_older(near: Near, far: Far) -> None:
    brain, _ = far
    for _ in range(20):
        brain.estop("and at once")
        wait_until(lambda: near[1].gate.latched)
        brain.reset()
        wait_until(lambda: not near[1].gate.latched)


def test_stops_and_faults_of_the_robots_end_stop_the_brain(near: Near, far: Far) -> None:
    near[0].faults = ("the left wheel is gone",)
    wait_until(lambda: "the left wheel is gone" in far[0].readings.faults)
    near[0].faults = ()
    near[0].stopped = "battery empty"
    wait_until(lambda: far[0].readings.stopped == "battery empty")
    assert far[0].act(Command(forward=0.4)).forward == 0.0


def test_a_human_who_takes_over_is_no_emergency(near: Near, far: Far) -> None:
    brain, _ = far
    for _ in range(5):
        brain.act(Command(forward=0.3))
    with RawClient(near[2].endpoint) as joystick:
        joystick.hello("joystick", 100)
        for _ in range(20):
            joystick.drive(-0.1)
            brain.send(Command(forward=0.3))
            time.sleep(0.05)
        assert any("joystick drives" in fault for fault in brain.readings.faults)
        assert near[1].last_sent.forward == pytest.approx(-0.1, abs=0.01)
    wait_until(lambda: not brain.readings.faults)
    for _ in range(8):
        brain.act(Command(forward=0.3))
    assert near[1].last_sent.forward > 0.1
    assert not near[1].gate.latched and not brain.gate.latched


@pytest.mark.parametrize("moving", [True, False])
def test_a_stop_of_the_robots_own_is_not_made_an_emergency_by_its_echo(
    near: Near, far: Far, moving: bool
) -> None:
    brain, _ = far
    for _ in range(6):
        brain.act(Command(forward=0.3 if moving else 0.0))
    for _ in range(5):
        near[0].stopped = "battery empty"
        wait_until(lambda: brain.readings.stopped == "battery empty")
        for _ in range(2):
            brain.act(Command(forward=0.3))
        near[0].stopped = ""
        wait_until(lambda: brain.readings.stopped == "")
        brain.act(Command(forward=0.3))
    time.sleep(0.4)
    assert not any("emergency stop:" in event.what for event in near[1].gate.events)
    brain.gate.estop("a module of the brain")  # not by `Robot.estop`, which announces it

    def is_stopped() -> bool:
        brain.send(Command(forward=0.3))
        return near[1].gate.latched

    wait_until(is_stopped)


def test_checks_tell_of_both_ends(far: Far) -> None:
    rows = {row.name: row for row in far[0].checks()}
    assert {row.verdict for row in rows.values()} <= {"ok", "warning"}
    assert rows["memory"].found == "there"
    assert "p99" in rows["gateway round trip"].found
    assert "owner at the robot's end" in rows


def test_a_lost_link_is_a_fault_and_comes_back_by_itself() -> None:
    with Robot(MemoryDriver()) as robot:
        server = GatewayServer(robot, "tcp://127.0.0.1:*")
        server.start()
        driver = make_gateway({"endpoint": server.endpoint})
        with Robot(driver) as brain:
            wait_until(lambda: not brain.readings.faults)
            server.close()
            wait_until(lambda: any("no answer" in fault for fault in brain.readings.faults))
            with GatewayServer(robot, server.endpoint):
                wait_until(lambda: not brain.readings.faults)
                wait_until(lambda: brain.send(Command(forward=0.3)).forward > 0.0)


def test_another_robot_at_the_same_address_is_a_fault() -> None:
    with Robot(MemoryDriver()) as robot:
        server = GatewayServer(robot, "tcp://127.0.0.1:*")
        server.start()
        driver = make_gateway({"endpoint": server.endpoint})
        with Robot(driver) as brain:
            server.close()
            with (
                Robot(MemoryDriver(info=base_info("other"))) as other,
                GatewayServer(other, server.endpoint),
            ):
                wait_until(lambda: any("serves other" in one for one in brain.readings.faults))
                brain.send(Command(forward=0.3))
                time.sleep(0.2)
                assert other.last_sent == Command()


def test_a_brain_may_come_again(near: Near) -> None:
    brain = Robot(make_gateway({"endpoint": near[2].endpoint}))
    for _ in range(2):
        with brain:
            brain.observe()
            for _ in range(6):
                brain.act(Command(forward=0.2))
            assert near[1].last_sent.forward > 0.0
        wait_until(lambda: near[2].clients == 0)
        wait_until(lambda: near[1].last_sent.forward == 0.0)


def test_nobody_there_is_an_error_that_says_what_to_start() -> None:
    with pytest.raises(BodyError, match="Start one with"):
        make_gateway({"endpoint": "tcp://127.0.0.1:9", "handshake": 0.3})


def test_an_endpoint_that_is_taken_is_an_error(near: Near) -> None:
    second = GatewayServer(near[1], near[2].endpoint)
    with pytest.raises(BodyError, match="cannot listen"):
        second.start()
    second.close()
