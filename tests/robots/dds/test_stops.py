"""Emergency stops over the wire: at once, latched, for late joiners of both sides, and ordered."""

import threading
import time

from cyclonedds.pub import DataWriter
from cyclonedds.topic import Topic

from bystander import Bystander
from embodied_mem.robots.dds.messages import Bool


def test_anybodys_stop_is_told_at_once_with_its_time(peer, connect):
    robot = peer()
    one = connect(robot.domain).ready()
    with Bystander(robot.domain) as other:
        before = time.time()
        other.stop()
        one.until(lambda one: one.owner.told)
        kind, stamp = one.owner.told[0]
        assert kind == "stop" and before <= stamp <= time.time()
        one.until(lambda one: one.driver.read().stopped)
        other.reset()
        one.until(lambda one: len(one.owner.told) == 2)
        assert one.owner.told[1][0] == "reset" and one.owner.told[1][1] > stamp
        one.until(lambda one: not one.driver.read().stopped)


def test_the_button_on_the_robot_is_heard(peer, connect):
    robot = peer()
    one = connect(robot.domain).ready()
    robot.tell("estop")
    one.until(lambda one: one.driver.read().stopped)
    robot.tell("reset")
    one.until(lambda one: not one.driver.read().stopped)


def test_a_robot_that_starts_anew_is_not_held_to_what_it_said_before(peer, connect):
    robot = peer()
    one = connect(robot.domain).ready()
    robot.tell("estop")
    one.until(lambda one: one.driver.read().stopped)
    robot.kill()
    peer(name="again")
    one.until(lambda one: not one.driver.read().stopped)
    one.ready()


def test_our_stop_reaches_the_robot_and_does_not_come_back_to_us(peer, connect):
    robot = peer()
    one = connect(robot.domain).ready()
    one.driver.announce_estop("a test")
    one.until(lambda one: one.driver.read().stopped)
    one.driver.announce_reset()
    one.until(lambda one: not one.driver.read().stopped)
    threading.Event().wait(0.3)
    assert one.owner.told == []


def test_who_joins_late_hears_a_stop_that_holds(peer, connect):
    robot = peer()
    with Bystander(robot.domain) as other:
        other.stop()
        one = connect(robot.domain)
        one.until(lambda one: ("stop") in {kind for kind, _ in one.owner.told})
        one.until(lambda one: one.driver.read().stopped)


def test_who_joins_late_hears_that_a_stop_has_ended(peer, connect):
    robot = peer()
    with Bystander(robot.domain) as other:
        other.stop()
        other.reset()
        one = connect(robot.domain)
        one.until(lambda one: {kind for kind, _ in one.owner.told} == {"stop", "reset"})
        threading.Event().wait(0.2)
        kinds = [kind for kind, _ in one.owner.told]
        assert kinds[-1] == "reset"  # in whichever order they came
        stamps = dict(one.owner.told)
        assert stamps["reset"] > stamps["stop"]


def test_a_robot_that_starts_late_hears_our_stop(peer, connect):
    first = peer()
    one = connect(first.domain).ready()
    one.driver.announce_estop("a test")
    late = peer(name="late")
    late.until(lambda log: any(event["value"] for event in log.of("e_stop")))
    one.driver.announce_reset()
    later = peer(name="later")
    later.until(lambda log: log.states)
    threading.Event().wait(0.5)
    assert not any(event["value"] for event in later.log.of("e_stop"))


def test_no_stop_is_hidden_by_what_others_say_right_after_it(peer, connect):
    robot = peer()
    one = connect(robot.domain).ready()
    with Bystander(robot.domain) as first, Bystander(robot.domain) as second:
        for bystander in (first, second):
            bystander.send("e_stop", Bool(data=False))
        for count in range(1, 51):
            first.send("e_stop", Bool(data=True))
            second.send("e_stop", Bool(data=False))
            first.send("e_stop", Bool(data=False))
            one.until(lambda one, count=count: len(one.owner.told) >= count, seconds=5.0)


def test_the_deadmans_switch_is_told(peer, connect):
    robot = peer()
    one = connect(robot.domain).ready()
    with Bystander(robot.domain) as other:
        participant = other.link.participant
        writer = DataWriter(participant, Topic(participant, "rt/enable", Bool))
        while not writer.get_matched_subscriptions():
            time.sleep(0.01)
        writer.write(Bool(data=False))
        writer.write(Bool(data=True))
        one.until(lambda one: one.owner.told)
        del writer, participant
    assert one.owner.told == [("enable", 0.0)]
