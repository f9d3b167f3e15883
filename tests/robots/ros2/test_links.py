from embodied_mem.robots.ros.topics import RosConfig
from embodied_mem.robots.ros2.links import Endpoint, Link, link_checks, link_faults

BASE = Endpoint(node="/base")
MISFIT = Endpoint(node="/other", problem="its QoS: best effort")
BARE = RosConfig(pictures=False, required=("odom",))


def links(**changes):
    whole = {
        "cmd_vel": Link(topic="/cmd_vel", peers=(BASE,), connected=1),
        "odom": Link(topic="/odom", peers=(BASE,), connected=1),
        "e_stop": Link(topic="/e_stop"),
        "battery": Link(topic="/battery"),
    }
    return whole | changes


def verdicts(**changes):
    return {check.name: check.verdict for check in link_checks(BARE, links(**changes))}


def test_a_robot_with_all_that_it_needs_has_no_fault():
    assert link_faults(BARE, links()) == {}
    assert set(verdicts().values()) == {"ok"}


def test_nobody_at_the_other_end_is_a_fault():
    found = link_faults(BARE, links(cmd_vel=Link(topic="/cmd_vel"), odom=Link(topic="/odom")))
    assert found == {
        "cmd_vel": "no robot subscribes to /cmd_vel in domain 0",
        "odom": "no robot publishes /odom in domain 0",
    }


def test_somebody_whom_the_middleware_did_not_connect_is_a_fault():
    found = link_faults(BARE, links(odom=Link(topic="/odom", peers=(BASE,))))
    assert "could not be connected" in found["odom"]


def test_a_misfit_beside_one_that_fits_is_a_warning_and_alone_a_fault():
    both = Link(topic="/odom", peers=(BASE, MISFIT), connected=1)
    alone = Link(topic="/odom", peers=(MISFIT,))
    assert link_faults(BARE, links(odom=both)) == {}
    assert verdicts(odom=both)["odom publisher, another"] == "warning"
    assert "best effort" in link_faults(BARE, links(odom=alone))["odom"]
    assert verdicts(odom=alone)["odom publisher"] == "error"


def test_a_misfit_on_a_stop_topic_is_a_fault_though_nobody_needs_it_and_on_another_it_is_not():
    stop = Link(topic="/e_stop", peers=(MISFIT,))
    assert "e_stop" in link_faults(BARE, links(e_stop=stop))
    assert verdicts(e_stop=stop)["e_stop publisher"] == "error"
    battery = Link(topic="/battery", peers=(MISFIT,))
    assert link_faults(BARE, links(battery=battery)) == {}
    assert verdicts(battery=battery)["battery publisher"] == "warning"


def test_a_second_owner_is_a_fault_and_a_second_sensor_a_warning():
    owned = Link(topic="/cmd_vel", peers=(BASE,), rivals=(Endpoint(node="/teleop"),), connected=1)
    assert "/teleop" in link_faults(BARE, links(cmd_vel=owned))["cmd_vel owner"]
    assert verdicts(cmd_vel=owned)["cmd_vel owner"] == "error"
    twice = Link(topic="/odom", peers=(BASE, Endpoint(node="/twin")), connected=2)
    assert link_faults(BARE, links(odom=twice)) == {}
    assert verdicts(odom=twice)["odom sources"] == "warning"
