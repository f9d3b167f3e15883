"""Who is at the other end of every topic: missing, unfit and foreign ends are told in words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, final

from embodied_mem.robots.dds.qos import mismatch, policy_name
from embodied_mem.robots.driver import Check
from embodied_mem.robots.ros.topics import RosConfig

_OWNED = ("cmd_vel", "joint_trajectory")
"""Topics on which nobody else may publish."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Endpoint:
    """A writer or reader that DDS knows of."""

    kind: Literal["writer", "reader"]
    topic: str
    """DDS name, such as `rt/cmd_vel`."""
    type_name: str
    qos: Any
    participant: Any
    """Key of the participant that it belongs to."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OwnEnd:
    """Our end of a topic."""

    role: str
    """Of `RosConfig.topics`."""
    endpoint: Endpoint
    matched: Callable[[], int]
    """How many other ends DDS has connected with it."""
    refused: Callable[[], tuple[int, int]]
    """How many ends DDS refused to connect so far, and the number of the last policy that did not
    fit."""


@final
class Discovery:
    """Keeps what is known of all ends; not thread-safe, as its owner is."""

    def __init__(self, config: RosConfig, participant: Any) -> None:
        """Begins with nobody known.

        Args:
            config: Says which topics need somebody at their other end.
            participant: Key of our own participant, whose ends do not count.
        """
        self._config, self._own = config, participant
        self._ends: dict[str, OwnEnd] = {}
        self._others: dict[Any, Endpoint] = {}

    def add_own(self, end: OwnEnd) -> None:
        """Adds our end of a topic."""
        self._ends[end.role] = end

    def appeared(self, key: Any, endpoint: Endpoint) -> None:
        """Notes an end that somebody opened; ours are passed over."""
        if endpoint.participant != self._own:
            self._others[key] = endpoint

    def vanished(self, key: Any) -> None:
        """Notes that an end was closed, or that its owner fell silent."""
        self._others.pop(key, None)

    @property
    def complete(self) -> bool:
        """Whether somebody fitting is at the other end of every topic that needs it."""
        return all(self._ends[role].matched() > 0 for role in self._config.peers)

    def faults(self) -> Mapping[str, str]:
        """Returns what keeps the robot stopped, by topic."""
        found = {}
        waived = ("camera_info",)  # sent once by some cameras, who may then go
        for role in self._config.peers:
            if role not in waived and self._ends[role].matched() == 0:
                found[role] = self._missing(self._ends[role])
        for role in _OWNED:
            if role in self._ends and self._foreign(role):
                found[f"owner of {role}"] = (
                    f"somebody else publishes to {self._config.topic(role)} "
                    f"({self._foreign(role)} publishers)"
                )
        return found

    def checks(self) -> Sequence[Check]:
        """Returns one line for every topic that needs somebody, and for every unfit end."""
        lines = [self._check_peer(self._ends[role]) for role in self._config.peers]
        lines += [self._check_owner(role) for role in _OWNED if role in self._ends]
        for role, end in self._ends.items():
            unfit = [text for text in map(self._unfit(end), self._facing(end)) if text]
            if role not in self._config.peers and unfit:
                lines.append(
                    Check(
                        name=self._config.topic(role),
                        # Of an e-stop that does not reach us nobody would know until it is needed.
                        verdict="error" if role.startswith("e_stop") else "warning",
                        found=unfit[0],
                        expected=self._advice(role),
                    )
                )
        return lines

    def _check_peer(self, end: OwnEnd) -> Check:
        count = end.matched()
        what = "subscriber" if end.endpoint.kind == "writer" else "publisher"
        name = f"{self._config.topic(end.role)} {what}"
        if count == 0:
            return Check(
                name=name,
                verdict="error",
                found=self._missing(end),
                expected=self._advice(end.role),
            )
        if count > 1 and end.endpoint.kind == "reader":
            return Check(name=name, verdict="warning", found=f"{count} publishers", expected="one")
        return Check(name=name, verdict="ok", found=f"{count} found, quality of service fits")

    def _check_owner(self, role: str) -> Check:
        count = self._foreign(role)
        return Check(
            name=f"{self._config.topic(role)} owner",
            verdict="error" if count else "ok",
            found=f"{count} other publishers" if count else "nobody else publishes",
            expected="stop the others, or put a mux between them and the robot" if count else "",
        )

    def _missing(self, end: OwnEnd) -> str:
        """Says why nobody is connected: nobody there, or somebody who does not fit."""
        name = self._config.topic(end.role)
        facing = self._facing(end)
        reasons = [text for text in map(self._unfit(end), facing) if text]
        if reasons:
            return f"{name}: {reasons[0]}"
        count, policy = end.refused()
        if facing and count:
            return f"{name}: DDS refused to connect, {policy_name(policy)} does not fit"
        if end.endpoint.kind == "writer":
            return f"no robot subscribes to {name}"
        return f"nobody publishes {name}"

    def _facing(self, end: OwnEnd) -> list[Endpoint]:
        ours = end.endpoint
        return [
            other
            for other in list(self._others.values())
            if other.topic == ours.topic and other.kind != ours.kind
        ]

    def _unfit(self, end: OwnEnd) -> Callable[[Endpoint], str]:
        ours = end.endpoint

        def why(other: Endpoint) -> str:
            if other.type_name != ours.type_name:
                return f"its type is {_ros_type(other.type_name)}, ours {_ros_type(ours.type_name)}"
            writer, reader = (ours, other) if ours.kind == "writer" else (other, ours)
            return mismatch(writer.qos, reader.qos)

        return why

    def _foreign(self, role: str) -> int:
        topic = self._ends[role].endpoint.topic
        others = list(self._others.values())
        return sum(other.kind == "writer" and other.topic == topic for other in others)

    def _advice(self, role: str) -> str:
        if role == "cmd_vel":
            return "is the robot on, its domain and namespace right, `stamped` as it wants it?"
        return f"is the robot on, its domain and namespace right? See [options.qos.{role}]"


def _ros_type(name: str) -> str:
    """Returns a type's ROS name.

    >>> _ros_type("nav_msgs::msg::dds_::Odometry_")
    'nav_msgs/msg/Odometry'
    """
    return name.replace("::dds_::", "::").removesuffix("_").replace("::", "/")
