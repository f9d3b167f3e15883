"""Two ends of a topic: fitting, unfit and foreign, told in words; and against DDS's own verdict."""

import itertools
import time
import uuid

import pytest

from peer import own_domain

pytest.importorskip("cyclonedds")

from cyclonedds.pub import DataWriter
from cyclonedds.sub import DataReader
from cyclonedds.topic import Topic

from embodied_mem.robots.dds import messages
from embodied_mem.robots.dds.discovery import Discovery, Endpoint, OwnEnd
from embodied_mem.robots.dds.participant import DdsLink, DdsNetwork
from embodied_mem.robots.dds.qos import dds_qos, mismatch, policy_name
from embodied_mem.robots.ros.topics import QosProfile, RosConfig

PROFILES = [
    QosProfile(reliability=reliability, durability=durability, deadline=deadline)
    for reliability in ("reliable", "best_effort")
    for durability in ("volatile", "transient_local")
    for deadline in (None, 0.1)
]


def test_what_does_not_fit_is_named():
    offered = dds_qos(QosProfile(reliability="best_effort", deadline=1.0))
    requested = dds_qos(QosProfile(durability="transient_local", deadline=0.1))
    why = mismatch(offered, requested)
    assert "reliability: offered best_effort, requested reliable" in why
    assert "durability: offered volatile, requested transient_local" in why
    assert "deadline: offered 1 s, requested 0.1 s" in why
    assert mismatch(requested, offered) == ""
    assert policy_name(11) == "reliability" and policy_name(99) == "policy 99"


def test_it_is_what_dds_itself_says():
    with own_domain() as domain:
        one, other = DdsLink(DdsNetwork(domain=domain)), DdsLink(DdsNetwork(domain=domain))
        ends = []
        for number, (offer, wish) in enumerate(itertools.product(PROFILES, PROFILES)):
            name = f"rt/t{number}"
            writer = DataWriter(
                one.participant, Topic(one.participant, name, messages.Bool), dds_qos(offer)
            )
            reader = DataReader(
                other.participant, Topic(other.participant, name, messages.Bool), dds_qos(wish)
            )
            ends.append((writer, reader, offer, wish))
        end = time.monotonic() + 10.0
        for writer, reader, offer, wish in ends:
            fits = mismatch(dds_qos(offer), dds_qos(wish)) == ""
            decided = False
            while not decided and time.monotonic() < end:
                refused = reader.get_requested_incompatible_qos_status().total_count > 0
                decided = refused or bool(writer.get_matched_subscriptions())
            assert decided
            assert bool(writer.get_matched_subscriptions()) == fits, (offer, wish)
        del ends, writer, reader
        one.close()
        other.close()


class Ends:
    """A driver's view of a domain, without any DDS."""

    def __init__(self, **config) -> None:
        self.config = RosConfig(**config)
        self.own = uuid.uuid4()
        self.discovery = Discovery(self.config, self.own)
        self.count: dict[str, int] = {}
        for kind, roles in (("writer", self.config.publishes), ("reader", self.config.subscribes)):
            for role in roles:
                self._add(role, kind)

    def _add(self, role: str, kind: str) -> None:
        end = OwnEnd(
            role=role,
            endpoint=self.end(role, kind, participant=self.own),
            matched=lambda: self.count.get(role, 0),
            refused=lambda: (0, 0),
        )
        self.discovery.add_own(end)

    def end(self, role: str, kind: str, *, quality=None, kind_of="A::msg::dds_::T_", participant=1):
        qos = dds_qos(quality or self.config.quality(role))
        topic = "rt" + self.config.topic(role)
        return Endpoint(kind=kind, topic=topic, type_name=kind_of, qos=qos, participant=participant)


def test_nobody_there_is_told_of_every_topic_that_is_needed():
    ends = Ends(arm="panda", joints=("a",))
    faults = ends.discovery.faults()
    assert faults["cmd_vel"] == "no robot subscribes to /cmd_vel"
    assert faults["joint_trajectory"] == "no robot subscribes to /panda/joint_trajectory"
    assert faults["depth"] == "nobody publishes /camera/depth/image_raw"
    assert "battery" not in faults and "e_stop" not in faults
    assert not ends.discovery.complete
    assert {check.verdict for check in ends.discovery.checks() if "owner" not in check.name} == {
        "error"
    }


def test_with_everybody_there_nothing_is_wrong():
    ends = Ends()
    ends.count = dict.fromkeys(ends.config.peers, 1)
    assert ends.discovery.complete
    assert ends.discovery.faults() == {}
    assert {check.verdict for check in ends.discovery.checks()} == {"ok"}
    ends.count["odom"] = 2
    assert [check.verdict for check in ends.discovery.checks()].count("warning") == 1


def test_an_unfit_end_is_told_with_its_policy_or_type():
    ends = Ends()
    unfit = ends.end("odom", "writer", quality=QosProfile(reliability="best_effort"))
    ends.discovery.appeared("a", unfit)
    other = ends.end("cmd_vel", "reader", kind_of="geometry_msgs::msg::dds_::TwistStamped_")
    ends.discovery.appeared("b", other)
    faults = ends.discovery.faults()
    assert "reliability: offered best_effort, requested reliable" in faults["odom"]
    assert "geometry_msgs/msg/TwistStamped" in faults["cmd_vel"]
    lines = {check.name: check for check in ends.discovery.checks()}
    assert "[options.qos.odom]" in lines["/odom publisher"].expected
    ends.discovery.vanished("a")
    assert ends.discovery.faults()["odom"] == "nobody publishes /odom"


def test_an_unfit_emergency_stop_is_an_error_although_nobody_needs_it():
    ends = Ends()
    ends.count = dict.fromkeys(ends.config.peers, 1)
    volatile = ends.end("e_stop", "writer", quality=QosProfile())
    ends.discovery.appeared("a", volatile)
    errors = [check for check in ends.discovery.checks() if check.verdict == "error"]
    assert [check.name for check in errors] == ["/e_stop"]
    assert "durability" in errors[0].found


def test_a_foreign_publisher_is_a_fault_and_ours_is_not():
    ends = Ends()
    ends.count = dict.fromkeys(ends.config.peers, 1)
    ends.discovery.appeared("ours", ends.end("cmd_vel", "writer", participant=ends.own))
    assert ends.discovery.faults() == {}
    ends.discovery.appeared("theirs", ends.end("cmd_vel", "writer"))
    assert "somebody else publishes to /cmd_vel" in ends.discovery.faults()["owner of cmd_vel"]
    assert "error" in {check.verdict for check in ends.discovery.checks()}
    ends.discovery.vanished("theirs")
    assert ends.discovery.faults() == {}
