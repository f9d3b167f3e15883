"""Who is at the other end of every topic, and what is wrong with that; needs no ROS."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from embodied_mem.robots.driver import Check
from embodied_mem.robots.ros.topics import RosConfig

MOTION = ("cmd_vel", "joint_trajectory")
"""Roles of topics that move the robot: nobody else may publish there."""
SAFETY = ("e_stop", "e_stop_reset", "estopped", "enable")
"""Roles of topics of which no message may fail to arrive."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """Somebody else's publisher or subscription."""

    node: str
    """Full name of its node; programs on plain DDS have none."""
    problem: str = ""
    """Why we cannot talk to each other (type or QoS); empty where we can."""
    key: bytes = b""
    """What tells it from all others."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Link:
    """The other ends of one topic."""

    topic: str
    """Its full name."""
    peers: tuple[Endpoint, ...] = ()
    """Who reads what we write, or writes what we read."""
    rivals: tuple[Endpoint, ...] = ()
    """Who else writes what we write."""
    connected: int = 0
    """With how many of the peers the middleware has really connected us."""

    @property
    def fit(self) -> tuple[Endpoint, ...]:
        """Peers without a problem."""
        return tuple(peer for peer in self.peers if not peer.problem)


def link_faults(config: RosConfig, links: Mapping[str, Link]) -> Mapping[str, str]:
    """Returns what is wrong at this moment and must keep the robot stopped, by role.

    Args:
        config: The robot.
        links: What was found, by role.
    """
    faults = {role: _missing(config, role, links[role]) for role in config.peers}
    for role in SAFETY:
        if role in links:
            faults[role] = _misfits(links[role])
    for role in MOTION:
        if role in links and links[role].rivals:
            faults[f"{role} owner"] = _owned(links[role])
    return {role: text for role, text in faults.items() if text}


def link_checks(config: RosConfig, links: Mapping[str, Link]) -> Sequence[Check]:
    """Returns one line of the table for every topic that matters, and one for each owner."""
    checks = []
    for role, link in links.items():
        writes = role in MOTION
        name = f"{role} {'subscriber' if writes else 'publisher'}"
        needed = role in config.peers
        wrong = _missing(config, role, link) if needed else _misfits(link)
        if wrong:
            weak = not needed and role not in SAFETY
            checks.append(
                Check(
                    name=name,
                    verdict="warning" if weak else "error",
                    found=wrong,
                    expected=f"a compatible peer on {link.topic}",
                )
            )
        elif needed or link.peers:
            checks.append(Check(name=name, verdict="ok", found=_names(link.fit)))
            if rest := _misfits(link):
                checks.append(Check(name=f"{name}, another", verdict="warning", found=rest))
        if writes:
            checks.append(_owner_check(role, link))
        elif role in config.peers and len(link.fit) > 1:
            checks.append(
                Check(
                    name=f"{role} sources",
                    verdict="warning",
                    found=f"{len(link.fit)} publish to {link.topic}: {_names(link.fit)}",
                    expected="one: with more, the robot would be in two places",
                )
            )
    return checks


def _owner_check(role: str, link: Link) -> Check:
    if link.rivals:
        return Check(
            name=f"{role} owner",
            verdict="error",
            found=_owned(link),
            expected="nobody else; stop it, or remap it into a multiplexer",
        )
    return Check(name=f"{role} owner", verdict="ok", found="nobody else publishes")


def _missing(config: RosConfig, role: str, link: Link) -> str:
    """Says why nobody fits at the other end; empty where somebody does."""
    does = "subscribes to" if role in MOTION else "publishes"
    if not link.peers:
        return f"no robot {does} {link.topic} in domain {config.domain}"
    if not link.fit:
        return _misfits(link)
    if link.connected == 0:
        return f"{_names(link.fit)} {does} {link.topic}, but could not be connected"
    return ""


def _misfits(link: Link) -> str:
    found = [f"{peer.node}: {peer.problem}" for peer in link.peers if peer.problem]
    return f"{link.topic} does not fit {'; '.join(found)}" if found else ""


def _owned(link: Link) -> str:
    return f"somebody else publishes to {link.topic}: {_names(link.rivals)}"


def _names(endpoints: Sequence[Endpoint]) -> str:
    return ", ".join(sorted(endpoint.node for endpoint in endpoints))
