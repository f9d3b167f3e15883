"""Who may move the robot, who may stop it, and which of many commands counts."""

import threading
import time
from collections.abc import Iterator

import pytest

from embodied_mem.robots.gateway.replies import Refused, State, Welcome
from embodied_mem.robots.gateway.requests import Beat, Bye, Hello
from embodied_mem.robots.gateway.server import GatewayServer
from embodied_mem.robots.gateway.wire import PROTOCOL
from embodied_mem.robots.robot import Robot
from embodied_mem.robots.safety.owners import Owner
from embodied_mem.types import Command
from gateway_clients import RawClient
from gateway_process import wait_until
from memory_robot import MemoryDriver

Near = tuple[MemoryDriver, Robot, GatewayServer]


@pytest.fixture
def near() -> Iterator[Near]:
    driver = MemoryDriver()
    with Robot(driver) as robot, GatewayServer(robot, "tcp://127.0.0.1:*", clients=4) as server:
        yield driver, robot, server
        assert (server.broken, server.last_error) == (0, "")


def test_the_newest_command_wins_when_the_gateway_was_busy(
    near: Near, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, robot, server = near
    busy, handed = threading.Event(), []
    send = robot.send

    def noting(command: Command, *, owner: Owner | None = None) -> Command:
        handed.append(command.forward)
        return send(command, owner=owner)

    monkeypatch.setattr(robot, "send", noting)
    # On a busy machine the last of them would be too old to be followed before they are looked at.
    monkeypatch.setattr(server._desk, "_oldest", 60.0)
    watch = server._desk.watch_latch
    with RawClient(server.endpoint) as client:
        client.hello()
        entered = threading.Event()

        def standing_still() -> None:
            entered.set()
            busy.wait(10.0)
            watch()

        monkeypatch.setattr(server._desk, "watch_latch", standing_still)
        entered.wait(5.0)
        for step in range(100):
            client.drive(0.001 * (step + 1))
        time.sleep(0.1)  # all are there
        busy.set()
        assert client.state().number == client.number
        # A thread of its own hands over, and may not have come to the newest when a state is told.
        wait_until(lambda: handed[-1:] == [pytest.approx(0.1)])
    # What the socket's own queue cannot hold waits with the client and comes a moment later.
    assert len(handed) <= 5
    assert handed[-1] == pytest.approx(0.1)


def test_a_command_that_came_late_or_from_the_future_is_not_followed(near: Near) -> None:
    with RawClient(near[2].endpoint) as client:
        client.hello()
        for age in (0.5, 60.0, -5.0, float("nan"), float("inf")):
            client.drive(0.3, age=age)
            time.sleep(0.05)
            assert "was given" in client.state().refused
    assert all(one.command == Command() for one in near[0].written)


def test_a_human_outranks_the_brain_and_the_brain_is_told(near: Near) -> None:
    with RawClient(near[2].endpoint) as brain, RawClient(near[2].endpoint) as joystick:
        brain.hello("brain", 10)
        joystick.hello("joystick", 100)
        assert brain.keep_driving(0.1, 0.5).refused == ""
        assert joystick.keep_driving(-0.1, 0.5).refused == ""
        brain.drive(0.4)
        time.sleep(0.05)
        state = brain.state()
        assert state.driven_by == "joystick"
        assert "joystick" in state.refused
        assert near[1].last_sent.forward <= 0.0
        time.sleep(0.8)  # the joystick is let go of
        assert brain.state().driven_by == ""
        assert brain.keep_driving(0.1, 0.4).refused == ""
        assert near[1].last_sent.forward > 0.0


def test_two_clients_of_one_name_are_two_owners(near: Near) -> None:
    with RawClient(near[2].endpoint) as first, RawClient(near[2].endpoint) as second:
        first.hello("brain", 10)
        second.hello("brain", 10)
        first.keep_driving(0.2, 0.3)
        second.drive(-0.2)
        time.sleep(0.05)
        assert second.state().driven_by == "brain"


@pytest.mark.parametrize("introduced", [True, False])
def test_anybody_may_stop_also_who_does_not_drive(near: Near, introduced: bool) -> None:
    driver, robot, server = near
    with RawClient(server.endpoint) as brain, RawClient(server.endpoint) as bystander:
        brain.hello()
        if introduced:
            bystander.hello("phone", 0)
        brain.keep_driving(0.3, 0.5)
        bystander.halt("a child")
        assert isinstance(bystander.hear(), State if introduced else Refused)
        assert robot.gate.latched
        count = len(driver.written)
        state = brain.keep_driving(0.3, 0.3)
        assert "a child" in state.latched
        assert len(driver.written) > count
        assert all(one.command.forward == 0.0 for one in driver.written[count:])


def test_stops_are_obeyed_from_a_second_connection_when_no_more_clients_are_taken(
    near: Near,
) -> None:
    endpoint = near[2].endpoint
    clients = [RawClient(endpoint) for _ in range(6)]
    answers = [client.hello(f"client {index}") for index, client in enumerate(clients)]
    assert [isinstance(answer, Welcome) for answer in answers] == [True] * 4 + [False] * 2
    assert isinstance(answers[-1], Refused)
    assert answers[-1].code == "full"
    clients[-1].halt("nobody asked me in")
    clients[-1].hear()
    assert near[1].gate.latched
    for client in clients:
        client.__exit__(None, None, None)


def test_a_reset_ends_no_stop_that_it_did_not_know_of(near: Near) -> None:
    with RawClient(near[2].endpoint) as brain, RawClient(near[2].endpoint) as other:
        brain.hello()
        other.hello("other")
        brain.halt("first")
        stops = brain.state().stops
        other.halt("second, while the first still holds")
        other.state()
        brain.reset(stops)
        assert near[1].gate.latched
        refused = next(reply for reply in iter(brain.hear, None) if isinstance(reply, Refused))
        assert refused.code == "reset"
        assert near[1].gate.latched
        brain.reset(brain.state().stops)
        assert brain.state().latched == ""
        count = len(near[0].written)
        time.sleep(0.2)
        assert all(one.command.forward == 0.0 for one in near[0].written[count:])


def test_commands_from_before_a_reset_do_not_move_the_robot_after_it(
    near: Near, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RawClient(near[2].endpoint) as brain:
        brain.hello()
        brain.halt()
        stops = brain.state().stops
        busy = threading.Event()
        watch = near[2]._desk.watch_latch

        def standing_still() -> None:
            busy.wait(5.0)
            watch()

        monkeypatch.setattr(near[2]._desk, "watch_latch", standing_still)
        time.sleep(0.06)
        brain.drive(0.4)
        brain.reset(stops)
        time.sleep(0.05)
        busy.set()
        assert brain.state().latched == ""
        time.sleep(0.2)
    assert all(one.command.forward == 0.0 for one in near[0].written)


def test_another_protocol_is_refused_with_both_numbers(near: Near) -> None:
    with RawClient(near[2].endpoint) as client:
        client.say(Hello(PROTOCOL + 1, 1, "brain", 10, "control"))
        reply = client.hear()
        assert isinstance(reply, Refused)
        assert reply.code == "protocol"
        assert f"protocol {PROTOCOL}" in reply.reason and str(PROTOCOL + 1) in reply.reason
        client.say(Beat(2))
        reply = client.hear()
        assert isinstance(reply, Refused)
        assert reply.code == "hello"


def test_who_leaves_in_motion_leaves_a_robot_that_comes_to_rest_at_once(near: Near) -> None:
    with RawClient(near[2].endpoint) as client:
        client.hello()
        client.keep_driving(0.3, 0.5)
        client.say(Bye())
        time.sleep(0.15)
        assert "has left" in near[1].gate.stopped
        time.sleep(0.5)
    assert near[1].last_sent.forward == 0.0
