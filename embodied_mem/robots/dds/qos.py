"""Quality of service: ours as Cyclone DDS has it, and why two ends of a topic do not fit."""

from typing import Any

from cyclonedds.qos import Policy, Qos
from cyclonedds.util import duration

from embodied_mem.robots.ros.topics import QosProfile

_BLOCKING = 0.1
"""How long a write may wait for slow readers, s."""
_NEVER = (1 << 63) - 1
"""DDS_INFINITY, ns."""
_POLICIES = {
    2: "durability",
    3: "presentation",
    4: "deadline",
    5: "latency budget",
    6: "ownership",
    8: "liveliness",
    10: "partition",
    11: "reliability",
    12: "destination order",
    23: "data representation",
    24: "the message's type",
}
"""Names of `DDS_QosPolicyId_t` (OMG DDS 1.4, 2.3.3, and DDS-XTypes 1.3)."""


def dds_qos(profile: QosProfile, *, ignore_own: bool = False) -> Qos:
    """Returns a profile as Cyclone DDS has it.

    Args:
        profile: Ours.
        ignore_own: Whether a reader passes over what its own participant writes.
    """
    policies: list[Any] = [
        Policy.Reliability.Reliable(duration(seconds=_BLOCKING))
        if profile.reliability == "reliable"
        else Policy.Reliability.BestEffort,
        Policy.Durability.TransientLocal
        if profile.durability == "transient_local"
        else Policy.Durability.Volatile,
        Policy.History.KeepLast(profile.depth),
    ]
    if profile.deadline is not None:
        policies.append(Policy.Deadline(duration(seconds=profile.deadline)))
    if ignore_own:
        policies.append(Policy.IgnoreLocal.Participant)
    return Qos(*policies)


def policy_name(number: int) -> str:
    """Returns what a policy is called by whose number DDS refused a match."""
    return _POLICIES.get(number, f"policy {number}")


def mismatch(offered: Qos, requested: Qos) -> str:
    """Returns why a reader does not get what a writer sends; empty where it does.

    The rules are those of "requested versus offered" (OMG DDS 1.4, 2.2.3) for the policies that
    ROS 2 sets.

    Args:
        offered: The writer's.
        requested: The reader's.
    """
    wrong = []
    for policy in (Policy.Reliability, Policy.Durability):
        has, wants = _name(offered, policy), _name(requested, policy)
        order = _ORDER[policy.__name__]
        if order.index(has) < order.index(wants):
            wrong.append(f"{policy.__name__.lower()}: offered {has}, requested {wants}")
    promised, asked = _deadline(offered), _deadline(requested)
    if promised > asked:
        wrong.append(f"deadline: offered {_seconds(promised)}, requested {_seconds(asked)}")
    if _partitions(offered) != _partitions(requested):
        wrong.append(f"partition: {_partitions(offered)} and {_partitions(requested)}")
    return "; ".join(wrong)


_ORDER = {
    "Reliability": ["best_effort", "reliable"],
    "Durability": ["volatile", "transient_local", "transient", "persistent"],
}
_NAMES = {
    "BestEffort": "best_effort",
    "Reliable": "reliable",
    "Volatile": "volatile",
    "TransientLocal": "transient_local",
    "Transient": "transient",
    "Persistent": "persistent",
}


def _name(qos: Qos, policy: Any) -> str:
    """Returns ROS's name of what a policy is set to; of what is not announced, the default."""
    if policy not in qos:
        return _ORDER[policy.__name__][0]
    text = str(qos[policy]).partition("(")[0]  # such as Policy.Reliability.Reliable(...)
    return _NAMES[text.rpartition(".")[2]]


def _deadline(qos: Qos) -> int:
    """Returns the promised or requested period, ns; what is not announced is no promise."""
    return int(qos[Policy.Deadline].deadline) if Policy.Deadline in qos else _NEVER


def _partitions(qos: Qos) -> tuple[str, ...]:
    return tuple(sorted(qos[Policy.Partition].partitions)) if Policy.Partition in qos else ()


def _seconds(nanoseconds: int) -> str:
    return "none" if nanoseconds >= _NEVER else f"{1e-9 * nanoseconds:.3g} s"
