"""What a driver tells of a robot whose sensors, messages or clock are not as they should be."""

import threading

import pytest
from cyclonedds.pub import DataWriter
from cyclonedds.sub import DataReader
from cyclonedds.topic import Topic

from embodied_mem.robots.dds import messages
from embodied_mem.robots.dds.listener import Listener, Source
from embodied_mem.robots.dds.participant import DdsLink, DdsNetwork
from peer import own_domain


def test_broken_pictures_are_counted_and_never_used(lasting_peer, connect):
    robot = lasting_peer
    one = connect(robot.domain).ready()
    before = one.driver.read().frame.number
    robot.tell("malformed image 16")
    one.until(lambda one: sum(one.driver.read().lost.values()) >= 10)
    one.until(lambda one: one.driver.read().frame.number > before + 3)
    assert one.faults == ""
    robot.tell("oversized image 8")
    lost = sum(one.driver.read().lost.values())
    one.until(lambda one: sum(one.driver.read().lost.values()) > lost)
    number = one.driver.read().frame.number
    one.until(lambda one: one.driver.read().frame.number > number + 3)
    warnings = [check for check in one.driver.checks() if check.name.endswith("messages")]
    assert any(check.verdict == "warning" for check in warnings)


def test_odometry_that_is_not_finite_makes_it_old(lasting_peer, connect):
    robot = lasting_peer
    one = connect(robot.domain).ready()
    robot.tell("odom nan")
    one.until(lambda one: one.driver.read().ages["odom"] > 0.5)
    assert one.driver.read().lost["odom"] > 10
    assert one.driver.read().ages["depth"] > 0.3  # no pose, no frame
    robot.tell("odom ok")
    one.ready()


@pytest.mark.parametrize("word", ["freeze", "stop"])
def test_a_silent_or_frozen_camera_makes_it_old(lasting_peer, connect, word):
    robot = lasting_peer
    one = connect(robot.domain).ready()
    robot.tell(f"{word} camera")
    number = one.driver.read().frame.number
    if word == "stop":
        one.until(lambda one: one.driver.read().ages["depth"] > 0.5)
        assert one.driver.read().frame.number <= number + 2
    else:  # the same picture with new stamps: for the gate to notice, which looks at what is in it
        one.until(lambda one: one.driver.read().frame.number > number + 5)
        seen = one.driver.read().frame
        one.until(lambda one: one.driver.read().frame.number > seen.number)
        assert (one.driver.read().frame.depth == seen.depth).all()
    robot.tell("resume camera")
    one.ready()


def test_a_clock_that_jumps_is_a_fault_and_then_followed(lasting_peer, connect):
    robot = lasting_peer
    one = connect(robot.domain).ready()
    threading.Event().wait(1.2)  # at first the offset of the clocks is only being learnt
    for seconds in ("5", "-3", "0"):
        robot.tell(f"clock {seconds}")
        jumped = one.until(lambda one: "jumped" in one.faults, seconds=2.0)
        settled = one.until(
            lambda one: one.faults == "" and max(one.driver.read().ages.values()) < 0.3
        )
        assert settled - jumped < 5.0


def test_a_thread_that_fails_says_so_and_ends():
    told: list[str] = []
    failed = threading.Event()

    def broken(why: str) -> None:
        told.append(why)
        failed.set()

    with own_domain() as domain, DdsLink(DdsNetwork(domain=domain)) as link:
        topic = Topic(link.participant, "rt/x", messages.Bool)
        reader, writer = DataReader(link.participant, topic), DataWriter(link.participant, topic)

        def take(message: object, now: float) -> None:
            raise RuntimeError("a mistake")

        listener = Listener(
            link.participant,
            [Source(reader=reader, take=take, refuse=told.append)],
            watched=[],
            changed=lambda: None,
            broken=broken,
            name="dds-test",
        )
        writer.write(messages.Bool(data=True))
        assert failed.wait(10.0)
        assert "a mistake" in told[0]
        listener.close()
        listener.close()
        del reader, writer, topic, listener
