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
        self._ends: dict[tuple[str, str], OwnEnd] = {}
        self._others: dict[Any, Endpoint] = {}

    def add_own(self, end: OwnEnd) -> None:
        """Adds our end of a topic."""
        self._ends[end.role, end.endpoint.kind] = end

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
        return all(end.matched() > 0 for end in self._needed())

    def faults(self) -> Mapping[str, str]:
        """Returns what keeps the robot stopped, by topic."""
        found = {}
        waived = ("camera_info",)  # sent once by some cameras, who may then go
        for end in self._needed():
            if end.role not in waived and end.matched() == 0:
                found[end.role] = self._missing(end)
        for end in self._owned():
            if count := self._foreign(end):
                found[f"owner of {end.role}"] = (
                    f"somebody else publishes to {self._config.topic(end.role)} "
                    f"({count} publisher{'s' if count > 1 else ''})"
                )
        return found

    def checks(self) -> Sequence[Check]:
        """Returns one line for every topic that needs somebody, and for every unfit end."""
        needed = self._needed()
        lines = [self._check_peer(end) for end in needed]
        lines += [self._check_owner(end) for end in self._owned()]
        for end in self._ends.values():
            unfit = self._misfits(end)
            if end not in needed and unfit:
                lines.append(
                    Check(
                        name=self._config.topic(end.role),
                        # Of a stop that does not get through nobody knows until it is needed.
                        verdict="error" if end.role.startswith("e_stop") else "warning",
                        found=unfit[0],
                        expected=self._advice(end.role),
                    )
                )
        return lines

    def _needed(self) -> list[OwnEnd]:
        """Returns our ends of the topics at whose other end somebody must be."""
        kinds = {role: "writer" if role in _OWNED else "reader" for role in self._config.peers}
        return [self._ends[role, kind] for role, kind in kinds.items()]

    def _owned(self) -> list[OwnEnd]:
        return [self._ends[role, "writer"] for role in _OWNED if (role, "writer") in self._ends]

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

    def _check_owner(self, end: OwnEnd) -> Check:
        role, count = end.role, self._foreign(end)
        return Check(
            name=f"{self._config.topic(role)} owner",
            verdict="error" if count else "ok",
            found=f"{count} other publishers" if count else "nobody else publishes",
            expected="stop the others, or put a mux between them and the robot" if count else "",
        )

    def _missing(self, end: OwnEnd) -> str:
        """Says why nobody is connected: nobody there, or somebody who does not fit."""
        name = self._config.topic(end.role)
        reasons = self._misfits(end)
        if reasons:
            return f"{name}: {reasons[0]}"
        count, policy = end.refused()
        if self._facing(end) and count:
            return f"{name}: DDS refused to connect, {policy_name(policy)} does not fit"
        if end.endpoint.kind == "writer":
            return f"no robot subscribes to {name}"
        return f"nobody publishes {name}"

    def _facing(self, end: OwnEnd) -> list[Endpoint]:
        ours = end.endpoint
        return [
            other
            for other in self._others.values()
            if other.topic == ours.topic and other.kind != ours.kind
        ]

    def _misfits(self, end: OwnEnd) -> list[str]:
        """Returns why ends of the same topic do not fit ours."""
        ours, reasons = end.endpoint, []
        for other in self._facing(end):
            writer, reader = (ours, other) if ours.kind == "writer" else (other, ours)
            why = mismatch(writer.qos, reader.qos)
            if other.type_name != ours.type_name:
                why = f"its type is {_ros_type(other.type_name)}, ours {_ros_type(ours.type_name)}"
            if why:
                reasons.append(why)
        return reasons

    def _foreign(self, end: OwnEnd) -> int:
        topic = end.endpoint.topic
        return sum(one.kind == "writer" and one.topic == topic for one in self._others.values())

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
